"""The state of a release as the fold of its ledger entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, get_args

from retrain_platform.release.base import Entry, Release, ReleaseState, Stage, Transition, TransitionKind
from retrain_platform.release.table import TABLE, IllegalMove

TRANSITION_KINDS: frozenset[str] = frozenset(get_args(TransitionKind))
"""The ledger kinds that `fold` reads, beside `OUTSIDE_PROMOTION`; all others tell it nothing."""

OUTSIDE_PROMOTION = "outside_promotion"
"""The ledger kind of an alias moved by hand elsewhere; its body is {'version': ...}."""


def moves_release(entry: Entry) -> bool:
    """Whether the fold reads the entry."""
    return entry.kind in TRANSITION_KINDS or entry.kind == OUTSIDE_PROMOTION


def transition_body(transition: Transition, decision_id: str | None = None) -> dict[str, Any]:
    """What the ledger keeps of a transition.

    `decision_id` is needed for the first transition of a version ('opened', or the 'promoted' of a
    first model), and harmless for the others.
    """
    body = transition.model_dump(mode="json")
    return body if decision_id is None else body | {"decision_id": decision_id}


def fold(entries: Sequence[Entry]) -> ReleaseState:
    """The state after `entries`, in order of `seq`.

    Raises:
        IllegalMove: naming the entry that the table does not allow after those before it.
    """
    state = ReleaseState()
    for _, after in course(entries):
        state = after
    return state


def course(entries: Sequence[Entry]) -> Iterator[tuple[Entry, ReleaseState]]:
    """Each entry that moved the release, with the state after it, in order of `seq`.

    Raises:
        IllegalMove: as `fold`.
    """
    state = ReleaseState()
    for entry in entries:
        if entry.kind == OUTSIDE_PROMOTION:
            state = _outside(state, entry)
        elif entry.kind in TRANSITION_KINDS:
            state = _after(state, entry)
        else:
            continue
        yield entry, state


def _after(state: ReleaseState, entry: Entry) -> ReleaseState:
    body = dict(entry.body)
    decision_id = body.pop("decision_id", "")
    try:
        return apply(state, Transition.model_validate(body), entry.as_of, decision_id)
    except IllegalMove as error:
        raise IllegalMove(f"ledger entry {entry.seq} of {entry.model!r}: {error}") from error


def apply(state: ReleaseState, transition: Transition, as_of: datetime, decision_id: str = "") -> ReleaseState:
    """The state after one transition.

    Raises:
        IllegalMove: the version is not in a stage from which the table leads to the transition's,
            its place is taken by another version, or a rollback names no version to return to.
    """
    known = release_of(state, transition.version)
    before = None if known is None else known.stage
    if not any(stage == before and after is transition.stage for (stage, _), after in TABLE.items()):
        raise IllegalMove(
            f"version {transition.version!r} cannot go from {_named(before)} to {_named(transition.stage)}"
        )
    if transition.kind == "opened" and transition.version == state.champion:
        raise IllegalMove(f"version {transition.version!r} cannot be opened: it answers")
    if transition.kind == "rolled_back" and transition.version != state.champion:
        raise IllegalMove(f"version {transition.version!r} cannot be rolled back: {state.champion!r} answers")
    release = _moved(known, transition, as_of, decision_id)
    if transition.kind == "promoted":
        release = release.model_copy(update={"previous": state.champion})
    return _crowned(_placed(state, release), transition, as_of)


def release_of(state: ReleaseState, version: str) -> Release | None:
    """The release of `version`: the open or waiting one, else the last that ended."""
    rest = (release for release in (state.waiting, state.open) if release is not None)
    return next((release for release in reversed((*state.ended, *rest)) if release.version == version), None)


def _moved(known: Release | None, transition: Transition, as_of: datetime, decision_id: str) -> Release:
    changes: dict[str, Any] = {
        "stage": transition.stage,
        "share": transition.share,
        "step": transition.step,
        "stage_as_of": as_of,
        "sentence": transition.sentence,
    }
    if known is not None and transition.kind != "opened":
        return known.model_copy(update=changes)
    decision_id = decision_id or ("" if known is None else known.decision_id)
    if not decision_id:
        raise IllegalMove(f"the first transition of version {transition.version!r} must carry its decision_id")
    return Release(
        version=transition.version,
        decision_id=decision_id,
        opened_as_of=as_of,
        needs_approval=transition.needs_approval,
        needs_staging=transition.needs_staging,
        urgent=transition.urgent,
        **changes,
    )


def _placed(state: ReleaseState, release: Release) -> ReleaseState:
    """Put the release where its stage belongs, and take it from where it was."""
    places = _without(state, release.version)
    if not release.stage.open:
        return places.model_copy(update={"ended": (*places.ended, release)})
    place = "waiting" if release.stage is Stage.WAITING else "open"
    taken: Release | None = getattr(places, place)
    if taken is not None:
        raise IllegalMove(f"version {release.version!r} cannot be {place}: {taken.version!r} is")
    return places.model_copy(update={place: release})


def _without(state: ReleaseState, version: str) -> ReleaseState:
    def kept(release: Release | None) -> Release | None:
        return None if release is None or release.version == version else release

    ended = tuple(release for release in state.ended if release.version != version)
    return state.model_copy(update={"open": kept(state.open), "waiting": kept(state.waiting), "ended": ended})


def _crowned(state: ReleaseState, transition: Transition, as_of: datetime) -> ReleaseState:
    """Who answers after the transition, and since when that is proven."""
    if transition.kind == "promoted":
        proven = as_of if transition.stage is Stage.DONE else None
        return state.model_copy(
            update={"champion": transition.version, "released_as_of": as_of, "proven_as_of": proven}
        )
    if transition.kind == "proven":
        return state.model_copy(update={"proven_as_of": as_of})
    if transition.kind == "rolled_back":
        if transition.to is None:
            raise IllegalMove(f"the rollback of version {transition.version!r} must name the version to return to")
        return _returned(state, transition.to, as_of, f"answers again: {transition.sentence}")
    return state


def _outside(state: ReleaseState, entry: Entry) -> ReleaseState:
    """An alias moved elsewhere: that version answers, and what was under way is superseded by it."""
    version = str(entry.body["version"])
    if version == state.champion:
        return state
    sentence = f"promoted outside the platform: version {version}"
    opened = state.open
    if opened is not None and opened.version != version:
        update = {"stage": Stage.SUPERSEDED, "share": 0, "stage_as_of": entry.as_of, "sentence": sentence}
        state = _placed(state, opened.model_copy(update=update))
    returned = _returned(state, version, entry.as_of, sentence)
    crowned = returned.ended[-1].model_copy(update={"previous": state.champion})
    return returned.model_copy(update={"ended": (*returned.ended[:-1], crowned)})


def _returned(state: ReleaseState, version: str, as_of: datetime, sentence: str) -> ReleaseState:
    """`version` answers at once and counts as proven: nothing better is left to score beside it."""
    known = release_of(state, version)
    release = Release(
        version=version,
        decision_id="" if known is None else known.decision_id,
        stage=Stage.DONE,
        share=100,
        opened_as_of=as_of if known is None else known.opened_as_of,
        stage_as_of=as_of,
        previous=None if known is None else known.previous,
        sentence=sentence,
    )
    return _placed(state, release).model_copy(
        update={"champion": version, "released_as_of": as_of, "proven_as_of": as_of}
    )


def _named(stage: Stage | None) -> str:
    return "nowhere" if stage is None else repr(str(stage))
