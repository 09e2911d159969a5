"""A release that a person moves: approved, turned away, rolled back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from retrain_platform.dataset.record import Record
from retrain_platform.release import by_hand
from retrain_platform.release.base import Entry, ReleaseState, Transition
from retrain_platform.release.fold import fold
from retrain_platform.release.table import IllegalMove
from retrain_platform.steps.by_hand.acting import (
    Act,
    Moved,
    NotNow,
    WrongUse,
    last_line,
    must_be_mine,
    must_follow,
    reason,
)
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.release.approving import may_approve
from retrain_platform.steps.release.fitness import known_problem
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.release.releasing import project, record
from retrain_platform.steps.workshop import Workshop


class Done(Record):
    """What was moved. `late` says why the aliases do not follow yet, '' they do: what is on record stands without."""

    moves: tuple[Transition, ...]
    late: str = ""


def approve(shop: Workshop, act: Act, version: str | None = None) -> Done:
    """Approve what waits for a person; `version` None means whichever waits.

    Raises:
        NotNow: nothing waits, another version does, or `four_eyes` asks for another person; somebody wrote first.
        WrongUse: no reason.
    """
    entries = shop.entries()
    _refuse_used(entries, act)
    try:
        may_approve(shop.spec, entries, version, act.actor)
        moves = by_hand.approve(fold(entries), moved_at(shop.spec, entries, shop.now()))
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    return _record(shop, entries, "approve", moves, act)


def reject(shop: Workshop, act: Act, version: str | None = None) -> Done:
    """Turn away what is under way and does not answer yet; `version` None means whichever is.

    Raises:
        NotNow: nothing is under way, it answers already, or another version is; somebody wrote first.
        WrongUse: no reason.
    """
    entries, why = shop.entries(), reason(act.why)
    state = fold(entries)
    _refuse_used(entries, act)
    if version is not None and state.open is not None and state.open.version != version:
        raise NotNow(f"version == {version!r}, must be the one under way: {state.open.version}")
    try:
        moves = by_hand.reject(state, moved_at(shop.spec, entries, shop.now()), why)
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    return _record(shop, entries, "reject", moves, act)


def roll_back(shop: Workshop, act: Act, to: str | None = None, *, force: bool = False) -> Done:
    """Give the traffic back to an earlier version; `to` None is the champion before.

    `force` returns also to one that could not score the newest period.

    Raises:
        WrongUse: the registry has no version `to`, or no reason.
        NotNow: no model answers, `to` is not an earlier version, or could not score; somebody wrote first.
    """
    entries, why = shop.entries(), reason(act.why)
    state = fold(entries)
    versions = _versions(shop, state, entries)
    if to is not None and state.champion and to not in versions:
        raise WrongUse("to", to, f"must be one of {', '.join(versions)}")
    try:
        moves = by_hand.roll_back(state, moved_at(shop.spec, entries, shop.now()), why, to, versions)
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    target = next((move.to for move in moves if move.to is not None), None)
    if not force and target is not None and (problem := known_problem(shop.values, shop.model, target)):
        raise NotNow(f"{problem}; name another version, or return to it all the same with --force")
    return _record(shop, entries, "rollback", moves, act)


MOVES: Mapping[str, Callable[..., Done]] = MappingProxyType(
    {"approve": approve, "reject": reject, "rollback": roll_back}
)
"""What a person does to a release, by its name at every door."""


def used_by(entries: Sequence[Entry], link: str) -> Entry | None:
    """What an approval link was used for; None while it was not."""
    return next((entry for entry in entries if link and f":link:{link}:" in entry.key), None)


def used_already(used: Entry) -> NotNow:
    """What to say of a link that was used: by whom, when, what for."""
    did = "approve" if used.key.startswith("approve:") else "reject"
    return NotNow(f"this link was used already, to {did}, by {used.actor} at {used.at:%Y-%m-%d %H:%M} UTC: {used.why}")


def _refuse_used(entries: Sequence[Entry], act: Act) -> None:
    if used := used_by(entries, act.link):
        raise used_already(used)


def recorded(
    shop: Workshop, entries: Sequence[Entry], moves: tuple[Transition, ...], act: Act, *, key: str, decision_id: str
) -> None:
    """Append a person's moves to `entries`, which they were made for.

    Raises:
        NotNow: somebody else wrote first.
        WrongUse: no reason.
    """
    why, last = reason(act.why), last_line(entries, act)
    as_of = moved_at(shop.spec, entries, shop.now())
    with must_follow(shop.model):
        record(shop, moves, key=key, as_of=as_of, actor=act.actor, why=why, decision_id=decision_id, expect=last)
    must_be_mine(shop.ledger.entries(shop.model), f"{key}:0", act)


def _record(shop: Workshop, entries: Sequence[Entry], what: Moved, moves: tuple[Transition, ...], act: Act) -> Done:
    state = fold(entries)
    on_way = state.open or state.waiting
    key = f"{what}:link:{act.link}" if act.link else f"{what}:{len(entries) + 1}"
    recorded(shop, entries, moves, act, key=key, decision_id=on_way.decision_id if on_way else "")
    return Done(moves=moves, late=_projected(shop))


def _versions(shop: Workshop, state: ReleaseState, entries: Sequence[Entry]) -> list[str]:
    """The registry's versions, oldest first; while it is away, those that the ledger knows.

    A registry that nobody needed yet is not made for this question.
    """
    if state.champion is None:
        return []
    try:
        return [version.version for version in shop.registry.versions(shop.model)]
    except Exception:  # whatever a server that is away raises: going back must not wait for it
        made = [e.body["version"] for e in entries if e.kind == RETRAINED and e.body["version"] is not None]
        return list(dict.fromkeys(str(version) for version in made))


def _projected(shop: Workshop) -> str:
    """Why the projection is late; '' it is not. The next watch run or the gateway's next look makes it good."""
    try:
        project(shop, shop.state())
    except Exception as error:
        return f"on record; the registry's aliases follow later: {type(error).__name__}: {error}"
    return ""
