"""The one decision of a model and tick."""

from __future__ import annotations

from datetime import UTC, date

from retrain_platform.dataset.record import fingerprint
from retrain_platform.policy.base import Action, Finding, History, RetrainDecision
from retrain_platform.policy.compose import Composition, Policy, combine
from retrain_platform.policy.event import NoChampionPolicy, RequestedPolicy
from retrain_platform.policy.guard import Stop, cooldown, hold_back
from retrain_platform.policy.waiting import first_tick


def decide(policy: Policy, history: History) -> RetrainDecision:
    """Judge `history` by `policy`, and beside it whether someone asks, a champion is missing, the data is broken.

    The policy's own guards hold back no request, its cooldown also another try at a first model.
    Broken data and too few ripe rows stop every retrain; an open release all but retrain now. The
    same policy and history give the same decision, its id included.
    """
    requested = RequestedPolicy().decide(history)
    parts = (policy.decide(history), requested, _no_champion(policy, history), _data(history))
    finding = hold_back(combine("decision", parts, needed=1), _stops(history))
    answered = tuple(request.key for request in history.requested) if finding.action.retrains else ()
    overrides = _overridden(policy, history, finding, by_hand=bool(answered))
    return RetrainDecision(
        id=_identity(policy, history, finding, answered),
        model=history.model,
        period=history.period.key,
        as_of=history.as_of,
        policy=policy.fingerprint(),
        action=finding.action,
        automatic=not requested.fired,
        overrides=overrides,
        reason=_reason(finding, parts[0], overrides),
        finding=finding,
        answers=answered,
    )


def _no_champion(policy: Policy, history: History) -> Finding:
    """A first model that was turned away is tried again after the cooldown; no cap counts first releases."""
    span = policy.cooldown if isinstance(policy, Composition) else None
    return hold_back(NoChampionPolicy().decide(history), cooldown(span, history))


def _overridden(policy: Policy, history: History, finding: Finding, *, by_hand: bool) -> tuple[str, ...]:
    """What stood against the decision and gave way: to urgency, or to the person whose request it answers."""
    guards = policy.stops(history) if by_hand and isinstance(policy, Composition) else ()
    return tuple(dict.fromkeys((*finding.overrides, *(guard.why for guard in guards))))


def _data(history: History) -> Finding:
    """Broken data is a trigger of its own: someone must look."""
    if not history.problem:
        return Finding(trigger="broken_data", verdict="quiet", sentence="the newest period's data is sound")
    return Finding(
        trigger="broken_data",
        verdict="fired",
        action=Action.INVESTIGATE,
        sentence=f"the data of {history.period.key} is broken: {history.problem}",
    )


def _stops(history: History) -> tuple[Stop, ...]:
    """What stands against any retrain of this model now, whoever asks for it."""
    stops = []
    if history.problem:
        stops.append(
            Stop(f"broken data ({history.problem}), on which nothing is trained", Action.INVESTIGATE, yields=False)
        )
    if (waits := _too_few_rows(history)) is not None:
        stops.append(Stop(waits, Action.WATCH, yields=False))
    if history.release_open is not None:
        stops.append(Stop(f"the open release of version {history.release_open}", Action.WATCH, yields=True))
    return tuple(stops)


def _too_few_rows(history: History) -> str | None:
    """Why training could learn nothing new yet, and the first decision at which it could; None where it could.

    The first: at the earliest when the oldest period that is known, or the first after those that
    the champion saw, has had its label delay.
    """
    champion = history.champion
    if champion is None and not history.ripe:
        closed = history.drift[0].as_of if history.drift else history.period.end
        return f"no ripe period (training can help from {first_tick(history, closed + history.label_delay)} on)"
    labelled = sum(period.labelled for period in history.ripe)
    if champion is None and (labelled < history.rows_needed or len(history.ripe) < history.periods_needed):
        return (
            f"{labelled} ripe rows of {len(history.ripe)} periods (a first training takes {history.rows_needed} "
            f"of {history.periods_needed}; it can help from about {_enough_from(history, labelled)} on)"
        )
    if champion is not None and (history.new_ripe_rows == 0 or not history.ripe):
        closed = champion.seen_until + history.period_length
        return (
            f"no ripe row that version {champion.version} has not seen "
            f"(training can help from {first_tick(history, closed + history.label_delay)} on)"
        )
    return None


def _enough_from(history: History, labelled: int) -> date:
    """The first decision with enough ripe rows for a first training, if they go on coming as they did."""
    a_period = max(1, labelled // len(history.ripe))
    periods = max(-(-(history.rows_needed - labelled) // a_period), history.periods_needed - len(history.ripe), 1)
    return first_tick(history, history.as_of + periods * history.period_length)


def _reason(finding: Finding, own: Finding, overrides: tuple[str, ...]) -> str:
    """One sentence: the action, why, and what it passed over."""
    said = own.sentence if finding.verdict == "quiet" else finding.sentence
    lead = "nothing to do" if finding.action is Action.NONE else finding.action.value.replace("_", " ")
    passed = f", overriding {' and '.join(overrides)}" if overrides else ""
    return f"{lead}: {said}{passed}"


def _identity(policy: Policy, history: History, finding: Finding, answered: tuple[str, ...]) -> str:
    """Sixteen hex digits of what was judged, by what, and what was found."""
    return fingerprint(
        {
            "model": history.model,
            "policy": policy.fingerprint(),
            "as_of": history.as_of.astimezone(UTC).isoformat(),
            "finding": finding.model_dump(mode="json"),
            "release_open": history.release_open,
            "answers": answered,
        }
    )
