"""How a version gets on its way, and how live evidence moves it on: one release at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from retrain_platform.policy.wording import periods
from retrain_platform.release.base import Evidence, Release, ReleasePlan, ReleaseState, Stage, Transition
from retrain_platform.release.fold import apply, release_of
from retrain_platform.release.table import Event, transition
from retrain_platform.validation.margin import Standing, weigh


def open_release(
    state: ReleaseState,
    version: str,
    decision_id: str,
    as_of: datetime,
    plan: ReleasePlan,
    *,
    mode: Literal["propose", "act"],
    urgent: bool = False,
    again: bool = False,
) -> tuple[Transition, ...]:
    """Put `version` on its way; empty when it already is or was (a repeat doubles nothing).

    With `again` one whose way has ended, and which does not answer, begins anew.
    A first model answers at once. Else a release in shadow or before it is superseded by the newer; behind a canary or
    a bake the newer waits, in place of whichever waited. An urgent one supersedes everything but a bake. Where
    `plan.approval` or mode 'propose' asks for a person, approval comes first, for a first model too; where `plan.live`
    has a staging, that comes next, before any traffic.
    """
    known = release_of(state, version)
    if known is not None and (not again or known.stage.open or version == state.champion):
        return ()
    needs_approval = plan.approval or mode == "propose"
    needs_staging = plan.live is not None and plan.live.staging is not None
    cleared, queued = _make_room(state, version, urgent)
    event = _opening(state, queued, needs_approval, needs_staging)
    sentence = _SENTENCES[event].format(version=version, decision=decision_id, day=f"{as_of:%Y-%m-%d}")
    opened = transition(None if known is None else known.stage, event, version, sentence)
    kept = {"needs_approval": needs_approval, "needs_staging": needs_staging, "urgent": urgent}
    return (*cleared, opened.model_copy(update=kept))


_SENTENCES = {
    Event.OPENED: "version {version} of decision {decision} goes into shadow from {day} on",
    Event.OPENED_FIRST: "first model: version {version} of decision {decision} answers from {day} on",
    Event.OPENED_FOR_APPROVAL: "version {version} of decision {decision} waits for a person's approval from {day} on",
    Event.OPENED_FOR_STAGING: "version {version} of decision {decision} goes to the staging instance from {day} on",
    Event.QUEUED: "version {version} of decision {decision} waits from {day} on for the release under way to end",
}


def _opening(state: ReleaseState, queued: bool, needs_approval: bool, needs_staging: bool) -> Event:
    if queued:
        return Event.QUEUED
    if needs_approval:
        return Event.OPENED_FOR_APPROVAL
    if needs_staging:
        return Event.OPENED_FOR_STAGING
    return Event.OPENED_FIRST if state.champion is None else Event.OPENED


def _make_room(state: ReleaseState, version: str, urgent: bool) -> tuple[tuple[Transition, ...], bool]:
    """What the newcomer supersedes, and whether it must still wait."""
    under_way = state.open
    stages = (Stage.APPROVAL, Stage.STAGING, Stage.SHADOW, *([Stage.CANARY] if urgent else []))
    gives_way = under_way is not None and under_way.stage in stages
    leaving = [state.waiting, under_way if gives_way else None]
    cleared = tuple(_superseded(release, version, urgent) for release in leaving if release is not None)
    return cleared, under_way is not None and not gives_way


def _superseded(release: Release, version: str, urgent: bool) -> Transition:
    newer = f"the urgent version {version}" if urgent else f"the newer version {version}"
    sentence = f"version {release.version} leaves {release.stage} for {newer}"
    return transition(release.stage, Event.SUPERSEDED, release.version, sentence)


def next_in_line(state: ReleaseState) -> tuple[Transition, ...]:
    """The waiting version's turn, as soon as no other is under way; empty otherwise."""
    waiting = state.waiting
    if waiting is None or state.open is not None:
        return ()
    event, place = Event.TURN_CAME, "goes into shadow"
    if waiting.needs_approval:
        event, place = Event.TURN_CAME_FOR_APPROVAL, "waits for a person's approval"
    elif waiting.needs_staging:
        event, place = Event.TURN_CAME_FOR_STAGING, "goes to the staging instance"
    return (transition(waiting.stage, event, waiting.version, f"the road is free: version {waiting.version} {place}"),)


def stage_periods(plan: ReleasePlan, period: timedelta) -> dict[Stage, int]:
    """The ripe periods that each judged stage needs, at least 1; a canary's is for each step.

    `period` is the nominal length of a period. No stage is left out however short the plan: every
    version takes the same road.
    """
    return {
        Stage.SHADOW: max(1, round(plan.shadow / period)),
        Stage.CANARY: 1,
        Stage.BAKE: max(1, round(plan.bake / period)),
    }


def advance(
    state: ReleaseState,
    evidence: Evidence | None,
    plan: ReleasePlan,
    *,
    as_of: datetime,
    period: timedelta,
) -> tuple[Transition, ...]:
    """The moves that the newly closed period allows; empty for 'not yet' (see `standing`).

    The clock is `evidence.clock`, the ripe event periods since the stage (or canary step) began;
    elapsed time moves nothing. Shadow and canary, once served: not worse moves up, a share of 100
    is the promotion; worse, and undecided after `plan.patience` ripe periods, keep the champion.
    Bake: worse returns to the previous champion at once; else it is proven when served. Periods that
    one of the two could not score (`evidence.unscored`) wear out the patience, and in bake serve,
    so that a release beside a version that cannot score ends; they never move one up. The waiting
    version, if any, follows the one that ends.

    Raises:
        ValueError: the evidence compares other versions than those under way.
    """
    opened = state.open
    if opened is None:
        return next_in_line(state)
    if evidence is None or opened.stage in (Stage.APPROVAL, Stage.STAGING) or as_of < opened.stage_as_of:
        return ()
    _must_fit(state, opened, evidence)
    moved = _judged(opened, evidence, plan, stage_periods(plan, period)[opened.stage])
    return () if moved is None else (moved, *next_in_line(apply(state, moved, as_of)))


def standing(state: ReleaseState, evidence: Evidence | None, plan: ReleasePlan, *, period: timedelta) -> str:
    """One sentence on where the release stands and, while it does not move, what is missing."""
    opened = state.open
    if opened is None or state.control is None:
        return unjudged(state)
    required = stage_periods(plan, period)[opened.stage]
    ripe = 0 if evidence is None else evidence.clock
    if evidence is None or ripe < required:
        return f"version {opened.version} in {opened.stage}: {ripe} of {periods(required, 'ripe')} so far"
    return f"version {opened.version} in {opened.stage}, not yet: {_seen(evidence, plan)}"


def unjudged(state: ReleaseState) -> str:
    """Where a release stands that no evidence judges: none is, or it waits for a person or for its staging."""
    opened = state.open
    if opened is None:
        champion = "no model answers yet" if state.champion is None else f"version {state.champion} answers"
        return f"no release is under way; {champion}"
    waits = "waits for a person's approval" if opened.stage is Stage.APPROVAL else "is tried on the staging instance"
    return f"version {opened.version} {waits}"


def _must_fit(state: ReleaseState, opened: Release, evidence: Evidence) -> None:
    if (evidence.version, evidence.other) != (opened.version, state.control):
        raise ValueError(
            f"evidence == {evidence.version!r} against {evidence.other!r}, "
            f"must be {opened.version!r} against {state.control!r}, the versions under way"
        )


def _judged(opened: Release, evidence: Evidence, plan: ReleasePlan, required: int) -> Transition | None:
    ripe = evidence.clock
    verdict = weigh(evidence.difference, evidence.low, evidence.high, plan.not_worse_by)
    waited = ripe + evidence.unscored
    if opened.stage is Stage.BAKE:
        return _baked(opened, evidence, plan, verdict, served=waited >= required)
    if ripe >= required and verdict == "not worse":
        return _upward(opened, evidence, plan)
    if ripe >= required and verdict == "worse":
        sentence = f"worse beyond the margin, the champion stays: {_seen(evidence, plan)}"
        return transition(opened.stage, Event.WORSE, opened.version, sentence, evidence=evidence)
    if waited >= max(required, plan.patience):
        sentence = f"undecided after {periods(waited, 'ripe')}, the champion stays: {_seen(evidence, plan)}"
        return transition(opened.stage, Event.PATIENCE_OVER, opened.version, sentence, evidence=evidence)
    return None


def _upward(opened: Release, evidence: Evidence, plan: ReleasePlan) -> Transition:
    """The next larger share of the plan; the last one, 100, is the promotion.

    By share, not by number, so that a plan changed on the way never takes traffic back.
    """
    step, share = next((step, share) for step, share in enumerate(plan.canary) if share > opened.share)
    seen = _seen(evidence, plan)
    if share == 100:
        sentence = f"not worse, version {opened.version} takes over: {seen}"
        return transition(opened.stage, Event.PROMOTED, opened.version, sentence, step=step, evidence=evidence)
    sentence = f"not worse, version {opened.version} answers {share}% of entities: {seen}"
    return transition(
        opened.stage, Event.NOT_WORSE, opened.version, sentence, share=share, step=step, evidence=evidence
    )


def _baked(
    opened: Release, evidence: Evidence, plan: ReleasePlan, verdict: Standing, *, served: bool
) -> Transition | None:
    seen = _seen(evidence, plan)
    if verdict == "worse":
        sentence = f"worse beyond the margin, back to version {opened.previous}: {seen}"
        return transition(opened.stage, Event.WORSE, opened.version, sentence, to=opened.previous, evidence=evidence)
    if not served:
        return None
    sentence = f"proven, version {opened.version} was not found worse beyond the margin: {seen}"
    return transition(opened.stage, Event.PROVEN, opened.version, sentence, evidence=evidence)


def _seen(evidence: Evidence, plan: ReleasePlan) -> str:
    """What was measured, against what, on how much."""
    basis = f"{evidence.rows} rows of {periods(len(evidence.periods), 'ripe')}, margin {plan.not_worse_by:g}"
    if evidence.unscored:
        basis += f"; {evidence.unscored} more that one of the two could not score"
    if evidence.difference is None or evidence.low is None or evidence.high is None:
        return f"no comparison with version {evidence.other} ({evidence.why or 'no reason given'}), {basis}"
    interval = f"{evidence.difference:+z.4f} [{evidence.low:+z.4f}, {evidence.high:+z.4f}]"
    return f"{plan.metric or 'quality'} {interval} against version {evidence.other} on {basis}"
