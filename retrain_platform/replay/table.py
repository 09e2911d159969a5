"""A bare table: its rows in the order of time, cut into periods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.dataset.period import Calendar, Every, Period
from retrain_platform.training.base import Task

BATCH = timedelta(days=1)
"""How long a batch of equal count lasts to a policy: whatever its rows' own times, they come one a day."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_UNITS: tuple[Every, ...] = ("month", "week", "day", "hour")
FEWEST, MOST = 26, 150
"""Of so many periods a calendar is taken by itself."""
_DENSE = 0.9
"""And where so many of them have rows."""


class Table(NamedTuple):
    """Rows in the order of time: features, labels (float64, or class names), and when each happened.

    `times` is in UTC, or None where the time column only orders. `tied` says of each row whether the one before it has
    the same time, shape (rows,). `groups` number the entities of the rows, shape (rows,), where a column names them.
    """

    features: pd.DataFrame
    labels: NDArray[np.generic]
    times: pd.Series[Any] | None
    tied: NDArray[np.bool_]
    groups: NDArray[np.intp] | None = None


class Cut(NamedTuple):
    """A table cut into periods: their spans, and of each the place of its first row; the last place is the end.

    `every` is the calendar's unit, None for batches of equal count; `said` calls a period in words, as in 'week'.
    """

    periods: tuple[Period, ...]
    places: tuple[int, ...]
    every: Every | None
    said: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """The rows of each period."""
        return tuple(np.diff(self.places).tolist())

    @property
    def length(self) -> timedelta:
        """How long a period lasts to a policy."""
        if self.every is None:
            return BATCH
        return Calendar(every=self.every, start=self.periods[0].start.date()).length()


def in_batches(rows: int, count: int) -> Cut:
    """`count` batches of equal count, as `numpy.array_split` cuts; their keys number them from 0.

    Raises:
        ValueError: fewer than two batches, or more batches than rows.
    """
    if not 2 <= count <= max(2, rows):
        raise ValueError(f"batches == {count}, must be at least 2 and at most the number of rows, {rows}")
    sizes = [rows // count + (place < rows % count) for place in range(count)]
    wide = len(str(count - 1))
    spans = tuple(
        Period(key=f"{place:0{wide}}", start=_EPOCH + place * BATCH, end=_EPOCH + (place + 1) * BATCH)
        for place in range(count)
    )
    return Cut(spans, (0, *np.cumsum(sizes).tolist()), None, "batch")


def by_calendar(times: pd.Series[Any], every: Every) -> Cut:
    """The calendar's periods from that of the first row to that of the last (UTC), gaps included."""
    first = times.iloc[0].date()
    start = first.replace(day=1) if every == "month" else first
    calendar = Calendar(every=every, start=start)
    spans = [calendar.at(0)]
    while spans[-1].end <= times.iloc[-1]:
        spans.append(calendar.at(len(spans)))
    if every == "hour":  # the day's hours before the first row are no gap
        spans = [span for span in spans if span.end > times.iloc[0]]
    edges = times.searchsorted([pd.Timestamp(span.start) for span in spans[1:]], side="left")
    return Cut(tuple(spans), (0, *(int(edge) for edge in edges), len(times)), every, every)


def usual_cut(table: Table, batches: int) -> Cut:
    """By the longest calendar unit that gives 26 to 150 periods, most with rows, else `batches` of equal count."""
    times = table.times
    if times is not None and len(times):
        days = (times.iloc[-1] - times.iloc[0]) / pd.Timedelta(days=1)
        for every in _UNITS:
            count = days / (Calendar(every=every, start=_EPOCH.date()).length() / timedelta(days=1))
            if count > MOST + 1 or count < FEWEST - 2:
                continue
            made = by_calendar(times, every)
            filled = np.count_nonzero(np.diff(made.places)) / len(made.periods)
            if FEWEST <= len(made.periods) <= MOST and filled >= _DENSE:
                return made
    return in_batches(len(table.labels), min(batches, max(2, len(table.labels))))


def first_training(table: Table, cut: Cut, task: Task) -> int:
    """How many periods a first model learns from where nobody says it: one, or as many as hold two classes."""
    labels = table.labels
    other = np.arange(len(labels)) if task == "regression" else np.flatnonzero(labels != labels[0])
    needed = int(other[0]) if len(other) else 0
    return max(1, int(np.searchsorted(cut.places, needed, side="right")))
