"""A release that a person moves: approved, turned away, rolled back."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.release import by_hand
from retrain_platform.release.base import Entry, LedgerMoved, Transition
from retrain_platform.release.table import IllegalMove
from retrain_platform.steps.by_hand.acting import (
    Act,
    Moved,
    NotNow,
    WrongUse,
    last_line,
    moved_meanwhile,
    must_be_mine,
    reason,
)
from retrain_platform.steps.release.approving import may_approve
from retrain_platform.steps.release.live_time import moved_at
from retrain_platform.steps.release.releasing import project, record
from retrain_platform.steps.workshop import Workshop


def approve(shop: Workshop, act: Act, version: str | None = None) -> tuple[Transition, ...]:
    """Approve what waits for a person; `version` None means whichever waits.

    Raises:
        NotNow: nothing waits, another version does, or `four_eyes` asks for another person; somebody wrote first.
        WrongUse: no reason.
    """
    entries = shop.entries()
    _refuse_used(entries, act)
    try:
        may_approve(shop.spec, entries, version, act.actor)
        moves = by_hand.approve(shop.state(), moved_at(shop.spec, entries, shop.now()))
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    return _record(shop, entries, "approve", moves, act)


def reject(shop: Workshop, act: Act, version: str | None = None) -> tuple[Transition, ...]:
    """Turn away what is under way and does not answer yet; `version` None means whichever is.

    Raises:
        NotNow: nothing is under way, it answers already, or another version is; somebody wrote first.
        WrongUse: no reason.
    """
    entries, state, why = shop.entries(), shop.state(), reason(act.why)
    _refuse_used(entries, act)
    if version is not None and state.open is not None and state.open.version != version:
        raise NotNow(f"version == {version!r}, must be the one under way: {state.open.version}")
    try:
        moves = by_hand.reject(state, moved_at(shop.spec, entries, shop.now()), why)
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    return _record(shop, entries, "reject", moves, act)


def roll_back(shop: Workshop, act: Act, to: str | None = None) -> tuple[Transition, ...]:
    """Give the traffic back to an earlier version; `to` None is the champion before.

    Raises:
        WrongUse: the registry has no version `to`, or no reason.
        NotNow: no model answers, or `to` is not an earlier version; somebody wrote first.
    """
    entries, state, why = shop.entries(), shop.state(), reason(act.why)
    # A registry that nobody needed yet is not made for this question.
    versions = [version.version for version in shop.registry.versions(shop.model)] if state.champion else []
    if to is not None and state.champion and to not in versions:
        raise WrongUse("to", to, f"must be one of {', '.join(versions)}")
    try:
        moves = by_hand.roll_back(state, moved_at(shop.spec, entries, shop.now()), why, to, versions)
    except IllegalMove as error:
        raise NotNow(str(error)) from None
    return _record(shop, entries, "rollback", moves, act)


def used_by(entries: Sequence[Entry], link: str) -> Entry | None:
    """What an approval link was used for; None while it was not."""
    return next((entry for entry in entries if link and f":link:{link}:" in entry.key), None)


def _refuse_used(entries: Sequence[Entry], act: Act) -> None:
    if used := used_by(entries, act.link):
        did = "approve" if used.key.startswith("approve:") else "reject"
        when = f"{used.at:%Y-%m-%d %H:%M} UTC"
        raise NotNow(f"this link was used already, to {did}, by {used.actor} at {when}: {used.why}")


def _record(
    shop: Workshop, entries: Sequence[Entry], what: Moved, moves: tuple[Transition, ...], act: Act
) -> tuple[Transition, ...]:
    state, why = shop.state(), reason(act.why)
    on_way = state.open or state.waiting
    decision_id = on_way.decision_id if on_way else ""
    key = f"{what}:link:{act.link}" if act.link else f"{what}:{len(entries) + 1}"
    as_of, last = moved_at(shop.spec, entries, shop.now()), last_line(entries, act)
    try:
        record(shop, moves, key=key, as_of=as_of, actor=act.actor, why=why, decision_id=decision_id, expect=last)
    except LedgerMoved:
        raise moved_meanwhile(shop.model) from None
    must_be_mine(shop.ledger.entries(shop.model), f"{key}:0", act)
    project(shop, shop.state())
    return moves
