"""What live traffic showed, counted by version in short bins of time: sums that any window and test is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from retrain_platform.dataset.record import Record

WIDTH = timedelta(seconds=10)
"""The length of a bin: a version is compared with its control of the same ten seconds."""
_CELLS_A_DOUBLING = 14
_LEAST_MS = 0.01
K = TypeVar("K", int, str)


def bin_start(at: datetime, width: timedelta = WIDTH) -> datetime:
    """The start of the bin that holds the moment, or of the stretch of `width`, UTC; whole seconds, from 1970 on."""
    seconds = int(width.total_seconds())
    return datetime.fromtimestamp(at.timestamp() // seconds * seconds, UTC)


def latency_cell(milliseconds: float) -> int:
    """The number of the cell, 5% wide, that holds a latency; all under 0.01 ms are in cell 0.

    >>> latency_cell(1.0) == latency_cell(1.01), latency_cell(100) - latency_cell(50)
    (True, 14)
    """
    return max(0, math.floor(_CELLS_A_DOUBLING * math.log2(max(milliseconds, _LEAST_MS) / _LEAST_MS)))


def cells_apart(ratio: float) -> int:
    """How many cells lie between a latency and `ratio` times it, rounded, at least one.

    >>> cells_apart(1.05), cells_apart(1.10), cells_apart(2)
    (1, 2, 14)
    """
    return max(1, round(_CELLS_A_DOUBLING * math.log2(ratio)))


def cell_end(cell: int) -> float:
    """The upper edge of a cell in milliseconds: what a quantile is told as, never too low."""
    return float(_LEAST_MS * 2 ** ((cell + 1) / _CELLS_A_DOUBLING))


class Tally(Record):
    """Feedback of one kind: how many, how many of them above 0, and the sum of their values."""

    count: int = 0
    hits: int = 0
    total: float = 0.0


class Bin(Record):
    """What `version` did in the bin that starts at `start`.

    `answered`: its answers were used; else it scored beside. `calls` are requests, `rows` their records, `errors` the
    calls that it failed, `latency` calls by `latency_cell`. `entities` are those that the split met for the first time.
    Feedback and labels stand in the bin in which they came; `events` by kind are feedback by the bin of the *answer*,
    for kinds of which only the yes is ever sent. `labels` rows were labelled, with `loss` in sum, each within [0, 1].
    `against` counts, by the other version, rows that both scored by how much less this one lost: the loss of the other
    minus its own, in hundredths.
    """

    start: datetime
    version: str
    answered: bool
    calls: int = 0
    rows: int = 0
    errors: int = 0
    entities: int = 0
    latency: Mapping[int, int] = {}
    feedback: Mapping[str, Tally] = {}
    events: Mapping[str, int] = {}
    labels: int = 0
    loss: float = 0.0
    against: Mapping[str, Mapping[int, int]] = {}


def merged(one: Bin, other: Bin) -> Bin:
    """What both saw of the same bin: every count is the sum. Unchecked, as sums of what was checked."""
    return Bin.model_construct(
        start=one.start,
        version=one.version,
        answered=one.answered,
        calls=one.calls + other.calls,
        rows=one.rows + other.rows,
        errors=one.errors + other.errors,
        entities=one.entities + other.entities,
        latency=_summed(one.latency, other.latency),
        feedback={
            kind: _tallied(one.feedback.get(kind, Tally()), other.feedback.get(kind, Tally()))
            for kind in {**one.feedback, **other.feedback}
        },
        events=_summed(one.events, other.events),
        labels=one.labels + other.labels,
        loss=one.loss + other.loss,
        against={
            version: _summed(one.against.get(version, {}), other.against.get(version, {}))
            for version in {**one.against, **other.against}
        },
    )


def _summed(one: Mapping[K, int], other: Mapping[K, int]) -> dict[K, int]:
    both = dict(one)
    for key, count in other.items():
        both[key] = both.get(key, 0) + count
    return both


def _tallied(one: Tally, other: Tally) -> Tally:
    return Tally(count=one.count + other.count, hits=one.hits + other.hits, total=one.total + other.total)


class BinStore(Protocol):
    """Where bins are kept: written once for each line of a log, however often it is read."""

    def bins(self, model: str, since: datetime, until: datetime, versions: Sequence[str] = ()) -> list[Bin]:
        """The bins that start in [since, until), by start and version; of `versions` only, where any are named."""

    def complete_until(self) -> datetime | None:
        """All that was logged before is in the bins: later ones may still grow. None: nobody has said."""
