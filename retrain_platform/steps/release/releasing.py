"""The release's part of a watch run: gather the evidence, advance by it, project the aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.record import fingerprint
from retrain_platform.monitoring.reports import Role
from retrain_platform.release.advance import advance
from retrain_platform.release.aliases import aliases
from retrain_platform.release.base import Evidence, Release, ReleaseState, Stage, Transition
from retrain_platform.release.evidence import gather
from retrain_platform.release.fold import moves_release, transition_body
from retrain_platform.steps.answers import Judged, columns_to_judge, judged, stored, together
from retrain_platform.steps.known import days_of, labelled, ripened
from retrain_platform.steps.lines import INCIDENT
from retrain_platform.steps.release.archiving import archive
from retrain_platform.steps.release.fitness import watch_target
from retrain_platform.steps.release.live_time import data_time
from retrain_platform.steps.values import Scored
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import AliasTaken


def move(shop: Workshop, period: Period) -> tuple[ReleaseState, Evidence | None, tuple[Transition, ...]]:
    """Advance the open release by the evidence that is ripe at the period's end.

    A period that the road has left behind moves nothing: its fold is shown as it was. A release that live traffic
    moves is shown as it stands: the gateway's controller advances it.
    """
    if not shop.is_next(period):
        return shop.state(before=period.end), None, ()
    if shop.spec.release.live is not None:
        project(shop, shop.state())
        _look_back(shop, period, shop.state())
        return shop.state(), None, ()
    before = shop.state(before=period.end)
    evidence = evidence_for(shop, before, period.end)
    moves = advance(before, evidence, shop.spec.plan, as_of=period.end, period=shop.spec.period.length())
    decision_id = before.open.decision_id if before.open else ""
    record(shop, moves, key=f"release:{period.key}", as_of=period.end, decision_id=decision_id)
    state = shop.state()
    project(shop, state)
    _look_back(shop, period, state)
    return state, evidence, moves


def _look_back(shop: Workshop, period: Period, state: ReleaseState) -> None:
    """Whether there is a way back, and which versions nobody needs any more."""
    watch_target(shop, period, state)
    archive(shop, state, period.end)


def record(
    shop: Workshop,
    moves: Iterable[Transition],
    *,
    key: str,
    as_of: datetime,
    decision_id: str,
    actor: str = "platform",
    why: str = "",
    expect: int | None = None,
) -> None:
    """Append the moves to the ledger; the same `key` again changes nothing.

    Raises:
        LedgerMoved: the model's last line is not number `expect`, where that is given: the moves were made for another
            state, and nothing was written.
    """
    if wanted := list(moves):
        as_of = _no_earlier(shop, as_of)
    for number, move_ in enumerate(wanted):
        shop.ledger.append(
            shop.model,
            move_.kind,
            f"{key}:{number}",
            as_of,
            body=transition_body(move_, decision_id),
            actor=actor,
            why=why or move_.sentence,
            expect=None if expect is None else expect + number,
        )


def _no_earlier(shop: Workshop, as_of: datetime) -> datetime:
    """No move is dated before the moves that stand: the ledger cut at any data time must be a beginning of it, also
    where live traffic moved a release after the end of the period that a run is about.
    """
    return max([as_of, *(entry.as_of for entry in shop.entries() if moves_release(entry))])


def project(shop: Workshop, state: ReleaseState) -> dict[str, str | None]:
    """Make what is served, and the registry's aliases, what the ledger says; gives the aliases that had to change.

    What is served comes first: a registry that is away keeps no rollback from the requests. A version that the
    registry does not hold has no alias. An alias that somebody else set stays where it is, and is told once.
    """
    shop.exporter.publish(shop.split())
    wanted = {
        alias: None if version is not None and shop.is_outside(version) else version
        for alias, version in aliases(state, shop.spec.release.aliases).items()
    }
    try:
        return shop.registry.set_aliases(shop.model, wanted)
    except AliasTaken as error:
        _tell_taken(shop, str(error))
        return {}


def _tell_taken(shop: Workshop, why: str) -> None:
    entries = shop.entries()
    key = f"alias:{fingerprint(why)}"
    if not any(entry.key == key for entry in entries):
        as_of = max([data_time(shop.spec, entries), *(entry.as_of for entry in entries)])
        shop.ledger.append(shop.model, INCIDENT, key, as_of, why=why, body={"kind": "alias"})


def evidence_for(shop: Workshop, state: ReleaseState, as_of: datetime) -> Evidence | None:
    """The open version against the other on all ripe rows that both scored.

    Shadow and canary look back to the release's beginning, for both versions score every row all the
    while; bake looks at what came after the promotion. The clock counts the stage's own periods.
    """
    release, other = state.open, state.control
    if release is None or other is None:
        return None
    since = release.stage_as_of if release.stage is Stage.BAKE else release.opened_as_of
    scored = _scored_by_both(shop, (release.version, other), since, as_of)
    unscored = _unscored(shop, release, other, as_of)
    if not scored:
        return _nothing_to_compare(release, other, unscored) if unscored else None
    evidence = _compared(shop, (release.version, other), scored, as_of)
    in_stage = sum(shop.spec.period.period(key).start >= release.stage_as_of for key in scored)
    return evidence.model_copy(update={"in_stage": in_stage, "unscored": len(unscored)})


def _compared(
    shop: Workshop, versions: tuple[str, str], scored: Mapping[str, tuple[Role, Role]], as_of: datetime
) -> Evidence:
    """One version against the other on all labelled rows of the periods, whose roles there are given."""
    columns = columns_to_judge(shop.spec)
    frames = [(labelled(shop, key, as_of, columns=columns), roles) for key, roles in scored.items()]
    both = _judged(shop, scored, frames)
    return gather(
        both.labels,
        both.scores[0],
        both.scores[1],
        np.concatenate([days_of(frame, shop.spec.period.timezone) for frame, _ in frames]),
        queries=both.queries,
        version=versions[0],
        other=versions[1],
        periods=tuple(scored),
        metric=shop.spec.primary,
        plan=shop.spec.plan,
        looks=len(scored),
    )


def _judged(shop: Workshop, keys: Iterable[str], frames: Sequence[tuple[pd.DataFrame, tuple[Role, Role]]]) -> Judged:
    """The labelled rows of all periods with the answers of both versions, the one under way first."""
    classes = [found.classes if (found := _scored(shop, key)) else {} for key in keys]
    named = [name for name in ("_label", shop.spec.label.query) if name is not None]
    rows = pd.concat([frame[named] for frame, _ in frames], ignore_index=True)
    answers = (
        together([stored(frame, roles[side], own) for (frame, roles), own in zip(frames, classes, strict=True)])
        for side in (0, 1)
    )
    return judged(shop.spec, rows, *answers)


def _scored(shop: Workshop, key: str) -> Scored | None:
    return shop.values.newest(shop.model, "predictions", key, Scored)


def _nothing_to_compare(release: Release, other: str, unscored: Sequence[str]) -> Evidence:
    """The evidence of a release whose rows one of the two could never score."""
    return Evidence(
        version=release.version,
        other=other,
        periods=(),
        rows=0,
        difference=None,
        low=None,
        high=None,
        why=f"none scored by both, {unscored[0]} to {unscored[-1]}",
        in_stage=0,
        unscored=len(unscored),
    )


def _unscored(shop: Workshop, release: Release, other: str, as_of: datetime) -> list[str]:
    """The ripe periods of the stage, oldest first, that one of the two versions could not score.

    Not those of a bake that the version under way failed itself: it answers already, and they do not prove it.
    A model from outside falls silent once it is replaced, which is no problem that anyone would tell.
    """
    found, silent = [], shop.is_outside(other)
    for key, value in ripened(shop, as_of).items():
        scored = _scored(shop, key)
        if scored is None or not (scored.problems or silent) or value.period.start < release.stage_as_of:
            continue
        versions = set(scored.versions.values())
        answers = release.stage is not Stage.BAKE or release.version in versions
        if answers and not {release.version, other} <= versions:
            found.append(key)
    return found


def _scored_by_both(
    shop: Workshop, versions: tuple[str, str], since: datetime, as_of: datetime
) -> dict[str, tuple[Role, Role]]:
    """The ripe periods from `since` on that both versions scored, with the role that each had, oldest first."""
    found = {}
    for key, value in ripened(shop, as_of).items():
        scored = _scored(shop, key)
        roles = {version: role for role, version in scored.versions.items()} if scored else {}
        if value.period.start >= since and all(version in roles for version in versions):
            found[key] = (roles[versions[0]], roles[versions[1]])
    return found
