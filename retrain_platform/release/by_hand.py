"""What a person does to a release: approve, reject, roll back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retrain_platform.release.advance import next_in_line, open_release
from retrain_platform.release.base import ReleasePlan, ReleaseState, Stage, Transition
from retrain_platform.release.fold import apply, release_of
from retrain_platform.release.table import Event, IllegalMove, transition


def approve(state: ReleaseState, as_of: datetime) -> tuple[Transition, ...]:
    """Let the release that waits for approval go on: to its staging, else into shadow, else as the first model.

    Raises:
        IllegalMove: nothing waits for approval.
    """
    opened = state.open
    if opened is None:
        raise IllegalMove("no release is under way: nothing to approve")
    event, place = Event.APPROVED, "goes into shadow"
    if opened.needs_staging:
        event, place = Event.APPROVED_FOR_STAGING, "goes to the staging instance"
    elif state.champion is None:
        event, place = Event.APPROVED_FIRST, "answers as the first model"
    sentence = f"approved: version {opened.version} {place} from {as_of:%Y-%m-%d} on"
    return (transition(opened.stage, event, opened.version, sentence),)


def open_version(
    state: ReleaseState,
    version: str,
    decision_id: str,
    as_of: datetime,
    plan: ReleasePlan,
    *,
    expedited: bool = False,
) -> tuple[Transition, ...]:
    """Put a registered version on its way, also one whose way has ended; what is under way gives way or goes first.

    Who opens it approves it, but where two people must.

    Raises:
        IllegalMove: it answers already, or is on its way.
    """
    if version == state.champion:
        raise IllegalMove(f"version {version!r} answers already")
    known = release_of(state, version)
    if known is not None and known.stage.open:
        raise IllegalMove(f"version {version!r} is on its way already: it is in stage {known.stage.value}")
    return open_release(state, version, decision_id, as_of, plan.by_a_person, mode="act", urgent=expedited, again=True)


def reject(state: ReleaseState, as_of: datetime, why: str) -> tuple[Transition, ...]:
    """End the release under way before it takes over; the champion stays, a waiting version follows.

    Raises:
        IllegalMove: none is under way, or it already answers (roll it back instead).
    """
    opened = state.open
    if opened is None:
        raise IllegalMove("no release is under way: nothing to reject")
    if opened.stage is Stage.BAKE:
        raise IllegalMove(f"version {opened.version!r} already answers: roll it back instead")
    moved = transition(opened.stage, Event.REJECTED, opened.version, f"rejected: {why}")
    return (moved, *next_in_line(apply(state, moved, as_of)))


def roll_back(
    state: ReleaseState, as_of: datetime, why: str, to: str | None, versions: Sequence[str]
) -> tuple[Transition, ...]:
    """Give the traffic back to an earlier version; what is under way ends, a waiting version follows.

    `to` None is the version that the champion replaced. `versions` are the registry's, oldest
    first; earlier is what stands before the champion there, or has answered before.

    Raises:
        IllegalMove: there is no champion, or `to` is not an earlier version.
    """
    champion = state.champion
    if champion is None:
        raise IllegalMove("no model answers yet: nothing to roll back")
    target = _target(state, champion, to, versions)
    moves: list[Transition] = []
    opened = state.open
    if opened is not None and opened.version != champion:
        sentence = f"ended by the rollback of version {champion}: {why}"
        moves.append(transition(opened.stage, Event.ROLLED_BACK, opened.version, sentence))
    stage = Stage.BAKE if opened is not None and opened.version == champion else Stage.DONE
    sentence = f"rolled back by hand to version {target}: {why}"
    moves.append(transition(stage, Event.ROLLED_BACK, champion, sentence, to=target))
    for moved in moves:
        state = apply(state, moved, as_of)
    return (*moves, *next_in_line(state))


def _target(state: ReleaseState, champion: str, to: str | None, versions: Sequence[str]) -> str:
    release = release_of(state, champion)
    if to is None and release is not None and release.previous is not None:
        return release.previous
    before = versions[: versions.index(champion)] if champion in versions else versions
    answered = {each.version for each in state.ended if each.stage in (Stage.DONE, Stage.ROLLED_BACK)}
    earlier = [each for each in versions if each != champion and (each in before or each in answered)]
    if not earlier:
        raise IllegalMove(f"version {champion!r} is the first: there is no earlier version to return to")
    if to is None:
        raise IllegalMove(
            f"version {champion!r} replaced no other: name the version to return to, one of {', '.join(earlier)}"
        )
    if to not in earlier:
        raise IllegalMove(f"to == {to!r}, must be an earlier version than {champion!r}: one of {', '.join(earlier)}")
    return to
