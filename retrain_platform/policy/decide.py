"""The one decision of a model and tick."""

from __future__ import annotations

from datetime import UTC, date
from math import ceil
from typing import Any

from retrain_platform.dataset.record import fingerprint
from retrain_platform.policy.backoff import backoff
from retrain_platform.policy.base import Action, Depth, Finding, RetrainDecision
from retrain_platform.policy.compose import Composition, Policy, combine, judged, leaves
from retrain_platform.policy.cost import usual_rows
from retrain_platform.policy.depth import depth_of
from retrain_platform.policy.event import EVENT_KINDS, MANUAL, EventPolicy, NoChampionPolicy, RequestedPolicy
from retrain_platform.policy.gain import ExpectedGain, measured_gain
from retrain_platform.policy.guard import Stop, blackout, cooldown, hold_back
from retrain_platform.policy.history import History, Requested
from retrain_platform.policy.opposite import Judged, opposite
from retrain_platform.policy.quarantine import after_rollback
from retrain_platform.policy.waiting import first_tick
from retrain_platform.policy.wording import periods


def decide(policy: Policy, history: History) -> RetrainDecision:
    """Judge `history` by `policy`, and beside it what is always listened to, and whether the data is broken.

    That is a person's request, outside events of the kinds that the policy has no say on itself, and the lack
    of a champion. The policy's own guards hold back no request; its cooldown and blackouts also hold back another
    try at a first model. Broken data and too few ripe rows stop every retrain; an open release all but retrain
    now. The same policy and history give the same decision, its id included.
    """
    asked = _asked(policy, history)
    parts = (*(each.finding for each in asked), _data(history))
    found = combine("decision", parts, needed=1)
    stops = (*_stops(history), *backoff(found, history), *after_rollback(found, history))
    finding = hold_back(found, stops)
    answered = tuple(request.key for request in history.requested if _answers(policy, request, finding))
    by_hand = any(each.retrains for each in asked[1:-1])
    overrides = _overridden(policy, history, finding, by_hand=by_hand and finding.action.retrains)
    gain = _expected_gain(history)
    depth, deeper = depth_of(finding, history)
    return RetrainDecision(
        id=_identity(policy, history, finding, answered, gain),
        model=history.model,
        period=history.period.key,
        as_of=history.as_of,
        policy=policy.fingerprint(),
        action=finding.action,
        automatic=not by_hand,
        overrides=overrides,
        reason=_reason(finding, parts[0], overrides, history.unexplored, _deep(finding, depth, deeper)),
        finding=finding,
        answers=answered,
        within=finding.within,
        opposite=opposite(asked, finding, stops, history),
        expected_gain=gain,
        depth=depth,
        window=finding.window if finding.action.retrains else None,
    )


def _asked(policy: Policy, history: History) -> list[Judged]:
    """The policy first, then what people said, and the lack of a champion last."""
    heard = [Judged(each, each.decide(history)) for each in _always_heard(policy)]
    missing = Judged(NoChampionPolicy(), _no_champion(policy, history))
    return [Judged(policy, judged(policy, history)), *heard, missing]


def _always_heard(policy: Policy) -> list[RequestedPolicy | EventPolicy]:
    """Requests, and events of the kinds that no event policy of the spec's own takes on."""
    theirs = {kind for event in _events(policy) for kind in event.kinds}
    rest = tuple(kind for kind in EVENT_KINDS if kind not in theirs)
    return [RequestedPolicy(), EventPolicy(kinds=rest)] if rest else [RequestedPolicy()]


def _events(policy: Policy) -> list[EventPolicy]:
    """The event policies of the spec, at any depth."""
    return [each for each in leaves(policy) if isinstance(each, EventPolicy)]


def _answers(policy: Policy, request: Requested, finding: Finding) -> bool:
    """Whether the decision does what the request asks for, so that it need not be heard again."""
    if finding.action.retrains or request.kind == MANUAL:
        return finding.action.retrains
    events = [event for event in (*_events(policy), EventPolicy()) if event.hears(request)]
    asked = events[0].asks(request)
    return asked is Action.NONE or (finding.fired and finding.action.rank >= asked.rank)


def _no_champion(policy: Policy, history: History) -> Finding:
    """A first model is tried outside of blackouts, again after the cooldown; no cap counts first releases."""
    guarded = policy if isinstance(policy, Composition) else None
    stops = cooldown(guarded.cooldown, history) + blackout(guarded.blackouts, history) if guarded else ()
    return hold_back(NoChampionPolicy().decide(history), stops)


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
    first = champion is None or not champion.decision_id  # nothing was trained here before
    if first and not history.ripe:
        closed = history.drift[0].as_of if history.drift else history.period.end
        return f"no ripe period (training can help from {first_tick(history, closed + history.label_delay)} on)"
    labelled = sum(period.labelled for period in history.ripe)
    if first and (labelled < history.rows_needed or len(history.ripe) < history.periods_needed):
        return (
            f"{labelled} ripe rows of {periods(len(history.ripe))} (a first training takes {history.rows_needed} "
            f"of {history.periods_needed}; it can help from about {_enough_from(history, labelled)} on)"
        )
    if (waits := _too_few_of_the_world(history)) is not None:
        return waits
    if champion is not None and (history.new_ripe_rows == 0 or not history.ripe):
        closed = champion.seen_until + history.period_length
        return (
            f"no ripe row that version {champion.version} has not seen "
            f"(training can help from {first_tick(history, closed + history.label_delay)} on)"
        )
    return None


def _too_few_of_the_world(history: History) -> str | None:
    """Why the rows made as the newest are do not do yet, and when they will if they go on coming as they did."""
    world = history.world
    if world is None or (world.labelled >= history.rows_needed and world.periods >= history.periods_needed):
        return None
    usual = sum(period.labelled for period in history.ripe) / max(1, len(history.ripe))
    count = max(ceil(history.rows_needed / max(1.0, usual)), history.periods_needed, world.periods + 1)
    enough = first_tick(history, world.since + count * history.period_length + history.label_delay)
    return (
        f"{world.labelled} ripe rows of {periods(world.periods)} since {world.since:%Y-%m-%d}, when "
        f"{' and '.join(world.changed)} changed (a training takes {history.rows_needed} of {history.periods_needed}; "
        f"training can help from {enough} on)"
    )


def _enough_from(history: History, labelled: int) -> date:
    """The first decision with enough ripe rows for a first training, if they go on coming as they did."""
    a_period = max(1, labelled // len(history.ripe))
    more = max(-(-(history.rows_needed - labelled) // a_period), history.periods_needed - len(history.ripe), 1)
    return first_tick(history, history.as_of + more * history.period_length)


def _reason(finding: Finding, own: Finding, overrides: tuple[str, ...], unexplored: str, deep: str) -> str:
    """One sentence: the action, how deep, why, and what it passed over."""
    said = own.sentence if finding.verdict == "quiet" else finding.sentence
    lead = "nothing to do" if finding.action is Action.NONE else finding.action.value.replace("_", " ")
    passed = f", overriding {' and '.join(overrides)}" if overrides else ""
    waits = f"; its release will wait for a person: {unexplored}" if unexplored and finding.action.retrains else ""
    return f"{lead}{deep}: {said}{passed}{waits}"


def _deep(finding: Finding, depth: Depth, deeper: str) -> str:
    """How deep the retrain goes, in words, where anybody said something of it."""
    if not finding.action.retrains or finding.depth is None:
        return ""
    return f" ({depth}, for {deeper})" if deeper else f" ({depth})"


def _expected_gain(history: History) -> ExpectedGain | None:
    """What a retrain now would gain, where this champion was measured against a fresh challenger."""
    if history.champion is None:
        return None
    return measured_gain(history.gaps, history.champion.version, history.cost, usual_rows(history))


def _identity(
    policy: Policy, history: History, finding: Finding, answered: tuple[str, ...], gain: ExpectedGain | None
) -> str:
    """Sixteen hex digits of what was judged, by what, and what was found."""
    return fingerprint(
        {
            "model": history.model,
            "policy": policy.fingerprint(),
            "as_of": history.as_of.astimezone(UTC).isoformat(),
            "finding": _without_windows(finding.model_dump(mode="json")),
            "release_open": history.release_open,
            "answers": answered,
            **({} if gain is None else {"expected_gain": gain.model_dump(mode="json")}),
        }
    )


def _without_windows(finding: dict[str, Any]) -> dict[str, Any]:
    """A finding as it was before policies chose windows, where none does: what was decided then keeps its identity."""
    kept = {name: value for name, value in finding.items() if name != "window" or value is not None}
    return {**kept, "parts": [_without_windows(part) for part in finding["parts"]]}
