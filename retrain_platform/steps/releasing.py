"""The release's part of a watch run: gather the evidence, advance by it, project the aliases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.release.advance import advance
from retrain_platform.release.aliases import aliases
from retrain_platform.release.base import Evidence, Release, ReleaseState, Stage, Transition
from retrain_platform.release.evidence import gather
from retrain_platform.release.fold import transition_body
from retrain_platform.steps.ripening import ripened
from retrain_platform.steps.values import Scored
from retrain_platform.steps.watching import days_of, labelled
from retrain_platform.steps.workshop import Workshop

WATCHED = "watched"


def frontier(shop: Workshop) -> str | None:
    """The newest period whose watch run ended: the ledger says so."""
    watched = [entry.body["period"] for entry in shop.ledger.entries(shop.model) if entry.kind == WATCHED]
    return max(watched, default=None)


def is_next(shop: Workshop, period: Period) -> bool:
    """Whether `period` is the one that the road has reached: only there does a release move."""
    newest = frontier(shop)
    return newest is None or shop.spec.period.index(period.key) > shop.spec.period.index(newest)


def move(shop: Workshop, period: Period) -> tuple[ReleaseState, Evidence | None, tuple[Transition, ...]]:
    """Advance the open release by the evidence that is ripe at the period's end.

    A period that the road has left behind moves nothing: its fold is shown as it was.
    """
    if not is_next(shop, period):
        return shop.state(before=period.end), None, ()
    before = shop.state(before=period.end)
    evidence = evidence_for(shop, before, period.end)
    moves = advance(before, evidence, shop.spec.plan, as_of=period.end, period=shop.spec.period.length())
    decision_id = before.open.decision_id if before.open else ""
    record(shop, moves, key=f"release:{period.key}", as_of=period.end, decision_id=decision_id)
    state = shop.state()
    project(shop, state)
    return state, evidence, moves


def record(
    shop: Workshop,
    moves: Iterable[Transition],
    *,
    key: str,
    as_of: datetime,
    decision_id: str,
    actor: str = "platform",
    why: str = "",
) -> None:
    """Append the moves to the ledger; the same `key` again changes nothing."""
    for number, move_ in enumerate(moves):
        shop.ledger.append(
            shop.model,
            move_.kind,
            f"{key}:{number}",
            as_of,
            body=transition_body(move_, decision_id),
            actor=actor,
            why=why or move_.sentence,
        )


def project(shop: Workshop, state: ReleaseState) -> dict[str, str | None]:
    """Make the registry's aliases what the ledger says; gives what had to change."""
    return shop.registry.set_aliases(shop.model, aliases(state))


def evidence_for(shop: Workshop, state: ReleaseState, as_of: datetime) -> Evidence | None:
    """The open version against the other on all ripe rows that both scored since its stage began."""
    release = state.open
    if release is None or release.stage not in (Stage.SHADOW, Stage.CANARY, Stage.BAKE):
        return None
    mine, theirs, other = _sides(release, state)
    if other is None:
        return None
    periods = _scored_by_both(shop, release, mine, theirs, as_of)
    if not periods:
        return None
    frame = pd.concat([labelled(shop, key, as_of) for key in periods])
    return gather(
        frame["_label"].to_numpy(np.float64),
        frame[mine].to_numpy(np.float64),
        frame[theirs].to_numpy(np.float64),
        days_of(frame, shop.spec.period.timezone),
        version=release.version,
        other=other,
        periods=periods,
        metric=shop.spec.primary,
        plan=shop.spec.plan,
        looks=len(periods),
    )


def _sides(release: Release, state: ReleaseState) -> tuple[str, str, str | None]:
    """The roles whose scores are compared, and the other version."""
    if release.stage is Stage.BAKE:
        return "champion", "previous", release.previous
    return ("canary" if release.stage is Stage.CANARY else "shadow"), "champion", state.champion


def _scored_by_both(shop: Workshop, release: Release, mine: str, theirs: str, as_of: datetime) -> tuple[str, ...]:
    found = []
    for key, value in ripened(shop, as_of).items():
        scored = shop.values.newest(shop.model, "predictions", key, Scored)
        started = value.period.start >= release.stage_as_of
        if started and scored and scored.versions.get(mine) == release.version and theirs in scored.versions:
            found.append(key)
    return tuple(sorted(found))
