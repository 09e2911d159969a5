"""The transition table of a release: every legal move, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from retrain_platform.release.base import Evidence, Stage, Transition, TransitionKind
from retrain_platform.release.live.evidence import LiveEvidence


class Event(StrEnum):
    """What can happen to a version on its way. The first five bring a release into being."""

    OPENED = "opened"
    OPENED_FIRST = "opened_first"
    OPENED_FOR_APPROVAL = "opened_for_approval"
    OPENED_FOR_STAGING = "opened_for_staging"
    QUEUED = "queued"
    TURN_CAME = "turn_came"
    TURN_CAME_FOR_APPROVAL = "turn_came_for_approval"
    TURN_CAME_FOR_STAGING = "turn_came_for_staging"
    APPROVED = "approved"
    APPROVED_FIRST = "approved_first"
    APPROVED_FOR_STAGING = "approved_for_staging"
    STAGED = "staged"
    STAGED_FIRST = "staged_first"
    NOT_WORSE = "not_worse"
    PROMOTED = "promoted"
    PROVEN = "proven"
    WORSE = "worse"
    PATIENCE_OVER = "patience_over"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"


ENDED = tuple(stage for stage in Stage if not stage.open)
"""The stages from which only a person brings a version on its way again."""

_OPENINGS: Mapping[Event, Stage] = MappingProxyType(
    {
        Event.OPENED: Stage.SHADOW,
        Event.OPENED_FIRST: Stage.DONE,
        Event.OPENED_FOR_APPROVAL: Stage.APPROVAL,
        Event.OPENED_FOR_STAGING: Stage.STAGING,
        Event.QUEUED: Stage.WAITING,
    }
)

TABLE: Mapping[tuple[Stage | None, Event], Stage] = MappingProxyType(
    {
        **{(None, event): after for event, after in _OPENINGS.items()},
        (Stage.WAITING, Event.TURN_CAME): Stage.SHADOW,
        (Stage.WAITING, Event.TURN_CAME_FOR_APPROVAL): Stage.APPROVAL,
        (Stage.WAITING, Event.TURN_CAME_FOR_STAGING): Stage.STAGING,
        (Stage.WAITING, Event.SUPERSEDED): Stage.SUPERSEDED,
        (Stage.APPROVAL, Event.APPROVED): Stage.SHADOW,
        (Stage.APPROVAL, Event.APPROVED_FIRST): Stage.DONE,
        (Stage.APPROVAL, Event.APPROVED_FOR_STAGING): Stage.STAGING,
        (Stage.APPROVAL, Event.SUPERSEDED): Stage.SUPERSEDED,
        (Stage.APPROVAL, Event.REJECTED): Stage.REJECTED,
        (Stage.APPROVAL, Event.ROLLED_BACK): Stage.ABORTED,
        (Stage.STAGING, Event.STAGED): Stage.SHADOW,
        (Stage.STAGING, Event.STAGED_FIRST): Stage.DONE,
        (Stage.STAGING, Event.WORSE): Stage.ABORTED,
        (Stage.STAGING, Event.PATIENCE_OVER): Stage.ABORTED,
        (Stage.STAGING, Event.SUPERSEDED): Stage.SUPERSEDED,
        (Stage.STAGING, Event.REJECTED): Stage.REJECTED,
        (Stage.STAGING, Event.ROLLED_BACK): Stage.ABORTED,
        (Stage.SHADOW, Event.NOT_WORSE): Stage.CANARY,
        (Stage.SHADOW, Event.PROMOTED): Stage.BAKE,
        (Stage.SHADOW, Event.WORSE): Stage.ABORTED,
        (Stage.SHADOW, Event.PATIENCE_OVER): Stage.ABORTED,
        (Stage.SHADOW, Event.SUPERSEDED): Stage.SUPERSEDED,
        (Stage.SHADOW, Event.REJECTED): Stage.REJECTED,
        (Stage.SHADOW, Event.ROLLED_BACK): Stage.ABORTED,
        (Stage.CANARY, Event.NOT_WORSE): Stage.CANARY,
        (Stage.CANARY, Event.PROMOTED): Stage.BAKE,
        (Stage.CANARY, Event.WORSE): Stage.ABORTED,
        (Stage.CANARY, Event.PATIENCE_OVER): Stage.ABORTED,
        (Stage.CANARY, Event.SUPERSEDED): Stage.SUPERSEDED,
        (Stage.CANARY, Event.REJECTED): Stage.REJECTED,
        (Stage.CANARY, Event.ROLLED_BACK): Stage.ABORTED,
        (Stage.BAKE, Event.PROVEN): Stage.DONE,
        (Stage.BAKE, Event.WORSE): Stage.ROLLED_BACK,
        (Stage.BAKE, Event.ROLLED_BACK): Stage.ROLLED_BACK,
        (Stage.DONE, Event.ROLLED_BACK): Stage.ROLLED_BACK,
        **{(ended, event): after for ended in ENDED for event, after in _OPENINGS.items()},
    }
)
"""(stage before, event) to the stage after; None before is a version not yet on its way."""


class IllegalMove(ValueError):
    """A move that the table, or the state of the release, does not allow."""


def allowed(before: Stage | None) -> tuple[Event, ...]:
    """The events that can happen in stage `before`, in the table's order."""
    return tuple(event for stage, event in TABLE if stage == before)


def move(before: Stage | None, event: Event) -> Stage:
    """The stage after `event`.

    Raises:
        IllegalMove: naming the stage, the event and the events that the stage allows.
    """
    after = TABLE.get((before, event))
    if after is None:
        names = [str(each) for each in allowed(before)] or "nothing: the release has ended"
        where = "before the release is opened" if before is None else f"in stage {str(before)!r}"
        raise IllegalMove(f"event == {str(event)!r} {where}, must be one of {names}")
    return after


def transition(
    before: Stage | None,
    event: Event,
    version: str,
    sentence: str,
    *,
    share: int = 0,
    step: int = 0,
    to: str | None = None,
    evidence: Evidence | None = None,
    live: LiveEvidence | None = None,
) -> Transition:
    """The `Transition` that `event` makes of a version in stage `before`; raises as `move`.

    `share` and `step` are the canary's; a version in bake or done has share 100, an ended one 0.
    """
    after = move(before, event)
    return Transition(
        kind=_kind(before, after),
        version=version,
        stage=after,
        event=event.value,
        step=step,
        to=to,
        sentence=sentence,
        evidence=evidence,
        live=live,
        share=100 if after in (Stage.BAKE, Stage.DONE) else share,
    )


def _kind(before: Stage | None, after: Stage) -> TransitionKind:
    if after is Stage.DONE:
        return "proven" if before is Stage.BAKE else "promoted"
    if before is None or (not before.open and after.open):
        return "opened"
    return _KINDS.get(after, "advanced")


_KINDS: Mapping[Stage, TransitionKind] = MappingProxyType(
    {
        Stage.BAKE: "promoted",
        Stage.ABORTED: "aborted",
        Stage.REJECTED: "rejected",
        Stage.SUPERSEDED: "superseded",
        Stage.ROLLED_BACK: "rolled_back",
    }
)
