"""Bins of a version and its control as arrays by stratum of time, for the stage that they are compared in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from retrain_platform.release.base import Release, Stage
from retrain_platform.release.live.bins import WIDTH, Bin, cell_end
from retrain_platform.release.live.evidence import StageClock
from retrain_platform.release.live.strata import Stratum, stratum_of
from retrain_platform.stats.evidence import Counts
from retrain_platform.stats.slower import quantile_cell
from retrain_platform.stats.two_arms import Arms

_SWITCH = timedelta(seconds=2)
"""How long workers may take to obey a new split: the first bin begins after it."""

Pick = Callable[[Bin], float]


class Sides(NamedTuple):
    """The closed bins of both versions: `own` and `others` as the stage compares them, `labelled` those in which labels
    of the version came, in the order of time. `since` is the stage's beginning, `labels_since` that of the labels that
    count, `until` the end of the closed bins.
    """

    own: Sequence[Bin]
    others: Sequence[Bin]
    labelled: Sequence[Bin]
    others_labelled: Sequence[Bin]
    since: datetime
    labels_since: datetime
    until: datetime


def sides(bins: Sequence[Bin], opened: Release, other: str, clock: StageClock, until: datetime) -> Sides:
    """What of the bins the stage compares: a shadow's or a previous champion's answers beside, else what was answered.

    Labels are compared wherever they came of rows that both scored: from the release's opening on before the promotion,
    after it of what the promoted version answers.
    """
    since = clock.stage + _SWITCH
    closed = sorted((each for each in bins if each.start + WIDTH <= until), key=lambda each: each.start)
    labels_since = reads_since(clock, opened.stage)

    def of(version: str, answered: bool) -> list[Bin]:
        return [
            each for each in closed if each.version == version and each.answered == answered and each.start >= since
        ]

    def labelled(version: str) -> list[Bin]:
        return [each for each in closed if each.version == version and each.start >= labels_since]

    return Sides(
        own=of(opened.version, opened.stage is not Stage.SHADOW),
        others=of(other, opened.stage is not Stage.BAKE),
        labelled=labelled(opened.version),
        others_labelled=labelled(other),
        since=clock.stage,
        labels_since=labels_since,
        until=until,
    )


def reads_since(clock: StageClock, stage: Stage) -> datetime:
    """From when on bins are read: labels look back to the release's opening until it is promoted."""
    return clock.stage if stage is Stage.BAKE else clock.opened


def failed(each: Bin) -> int:
    """How many calls the version could not answer; a failure may stand in the bin after its request's first record."""
    return min(each.errors, each.calls)


def arms(found: Sides, hits: Pick, n: Pick, *, delay: timedelta = timedelta()) -> Arms:
    """Hits of n of both sides by stratum that closed `delay` ago: none is counted twice or early."""
    places = _places(found, delay)
    table = np.zeros((4, len(places)))
    for row, side in ((0, found.own), (2, found.others)):
        for each in side:
            place = places.get(stratum_of(each.start, found.since))
            if place is not None:
                count = n(each)
                table[row, place] += min(max(hits(each), 0.0), count)
                table[row + 1, place] += count
    return Arms(*table)


def _places(found: Sides, delay: timedelta) -> dict[Stratum, int]:
    strata = {stratum_of(each.start, found.since) for side in (found.own, found.others) for each in side}
    closed = sorted(each for each in strata if each.end + delay <= found.until)
    return {stratum: place for place, stratum in enumerate(closed)}


class Latencies(NamedTuple):
    """Calls of both sides by stratum and cell of latency, shape (strata, cells); column 0 is the cell `first`."""

    own: Counts
    others: Counts
    first: int


def latencies(found: Sides) -> Latencies | None:
    """The latencies of both sides in closed strata; None where neither has any."""
    places = _places(found, timedelta())
    cells = [cell for side in (found.own, found.others) for each in side for cell in each.latency]
    if not cells or not places:
        return None
    first, width = min(cells), max(cells) - min(cells) + 1
    tables = []
    for side in (found.own, found.others):
        table = np.zeros((len(places), width), dtype=np.int64)
        for each in side:
            place = places.get(stratum_of(each.start, found.since))
            for cell, count in each.latency.items() if place is not None else ():
                table[place, cell - first] += count
        tables.append(table)
    return Latencies(tables[0], tables[1], first)


def latency_quantile(bins: Iterable[Bin], share: float) -> float | None:
    """The upper edge of the cell that holds the quantile of all calls' latencies, in milliseconds; None without any."""
    cells: Counter[int] = Counter()
    for each in bins:
        cells.update(each.latency)
    if not cells:
        return None
    table = np.zeros(max(cells) + 1, dtype=np.int64)
    table[list(cells)] = list(cells.values())
    cell = quantile_cell(table, share)
    return None if cell is None else cell_end(cell)
