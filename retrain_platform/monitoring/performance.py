"""How well a version did on a period's labelled rows, whole and by segment, with the day as the unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.reading import segment_groups
from retrain_platform.monitoring.reports import PeriodPerformance, Reading, Role
from retrain_platform.stats.intervals import Interval, jackknifed, sides
from retrain_platform.stats.metrics import Metric, metric

Floats = NDArray[np.float64]
Days = NDArray[np.integer]

POOL = "other"
"""The segment that holds all rows of the segments too small to judge."""


def measure(  # noqa: PLR0913 - the rows, what they are of, and how to measure: all by name
    labels: Floats,
    scores: Floats,
    days: Days,
    *,
    period: str,
    version: str,
    role: Role,
    as_of: datetime,
    metrics: Sequence[str],
    rows: int,
    segments: Mapping[str, NDArray[np.object_]],
    confidence: float = 0.95,
    min_segment: int = 50,
    queries: NDArray[np.integer] | None = None,
) -> PeriodPerformance:
    """The metrics of a ripe period's labelled rows.

    `labels`, `scores`, `days` (any integer names of the days), each of `segments` and, for ranking, `queries` are of
    shape (labelled rows,), scores of several classes (labelled rows, classes), their labels places among them;
    `rows` counts the period's rows with or without a label. A segment with fewer
    than `min_segment` positives or negatives (binary), queries (ranking) or rows cannot be told: its
    readings have no value, and its rows are pooled in the segment 'other'. A metric that is
    undefined on the rows likewise has no value, and says why.

    Raises:
        ValueError: lengths differ, an unknown metric, metrics of two tasks, a binary label that is
            not 0 or 1, `confidence` not within (0, 1).
    """
    _same_length(len(labels), {"scores": scores, "days": days, **segments})
    if queries is not None:
        _same_length(len(labels), {"queries": queries})
    ruled = _Ruled(_of_one_task(metrics), confidence, min_segment)
    sample = _Sample(labels, scores, days, queries)
    return PeriodPerformance(
        period=period,
        version=version,
        role=role,
        as_of=as_of,
        ripe=True,
        rows=rows,
        labelled=len(labels),
        metrics=ruled.read(sample),
        segments={name: ruled.by_segment(sample, values) for name, values in segments.items()},
    )


def not_ripe(
    *, period: str, version: str, role: Role, as_of: datetime, rows: int, labelled: int, why: str
) -> PeriodPerformance:
    """The same for a period whose labels are not in: no metrics, and `why` says what is missing."""
    return PeriodPerformance(
        period=period, version=version, role=role, as_of=as_of, ripe=False, rows=rows, labelled=labelled, why=why
    )


def _same_length(rows: int, arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, values in arrays.items():
        if len(values) != rows:
            raise ValueError(f"len({name}) == {len(values)}, must be {rows}, as of the labels")


def _of_one_task(names: Sequence[str]) -> list[Metric]:
    chosen = [metric(name) for name in names]
    if chosen and not set.intersection(*(set(each.tasks) for each in chosen)):
        raise ValueError(f"metrics == {list(names)}, must all be of one task")
    return chosen


class _Sample(NamedTuple):
    """Labelled rows, in arrays of one length."""

    labels: Floats
    scores: Floats
    days: Days
    queries: NDArray[np.integer] | None

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> _Sample:
        queries = None if self.queries is None else self.queries[chosen]
        return _Sample(self.labels[chosen], self.scores[chosen], self.days[chosen], queries)


class _Ruled(NamedTuple):
    """How a sample is read."""

    metrics: Sequence[Metric]
    confidence: float
    min_segment: int

    def read(self, sample: _Sample) -> dict[str, Reading]:
        """Each metric with its interval."""
        return self.read_parts(sample, np.zeros(len(sample.labels), dtype=np.intp), 1)[0]

    def read_parts(self, sample: _Sample, parts: NDArray[np.intp], count: int) -> list[dict[str, Reading]]:
        """Each metric with its interval, of the rows of each part."""
        labels, scores, days, queries = sample
        rows = np.bincount(parts, minlength=count).tolist()
        found: list[dict[str, Reading]] = [{} for _ in range(count)]
        for each in self.metrics:
            told = sides(labels, scores, days, each, parts, count, queries)
            for place, side in enumerate(told):
                found[place][each.name] = _reading(jackknifed(side, rows[place], self.confidence), each)
        return found

    def by_segment(self, sample: _Sample, values: NDArray[np.object_]) -> dict[str, dict[str, Reading]]:
        """Each segment's readings, by its text, sorted; the pool last."""
        if len(values) == 0 or not self.metrics:
            return {}
        groups, names = segment_groups(values)
        parts = dict(zip(names, np.split(groups.order, groups.starts[1:]), strict=True))
        small = {name: why for name, chosen in parts.items() if (why := self.too_small(sample.where(chosen)))}
        told = dict(zip(names, self.read_parts(sample, groups.codes, groups.count), strict=True))
        readings = {
            name: self.untold(sample.where(chosen), small[name]) if name in small else told[name]
            for name, chosen in parts.items()
        }
        if small:
            pool = sample.where(np.concatenate([parts[name] for name in small]))
            why = self.too_small(pool)
            name = POOL if POOL in small or POOL not in parts else f"{POOL} (pooled)"
            readings[name] = self.untold(pool, why) if why else self.read(pool)
        return readings

    def too_small(self, sample: _Sample) -> str:
        """Why the sample cannot be told; empty where it can."""
        rows, positives = len(sample.labels), int((sample.labels == 1).sum())
        if self.metrics[0].task_of(sample.scores) != "binary":
            queries = sample.queries
            counted = (rows, "rows") if queries is None else (len(np.unique(queries)), "queries")
            said = f"cannot tell: {counted[0]} {counted[1]}, needs {self.min_segment}"
            return "" if counted[0] >= self.min_segment else said
        if min(positives, rows - positives) >= self.min_segment:
            return ""
        return f"cannot tell: {positives} positives and {rows - positives} negatives, needs {self.min_segment} of each"

    def untold(self, sample: _Sample, why: str) -> dict[str, Reading]:
        """Readings without a value."""
        rows, days = len(sample.labels), len(np.unique(sample.days))
        return {each.name: Reading(value=None, rows=rows, days=days, why=why) for each in self.metrics}


def _reading(interval: Interval, of: Metric) -> Reading:
    """The interval with its gaps explained."""
    value, low, high = (None if np.isnan(each) else each for each in (interval.value, interval.low, interval.high))
    why = ""
    if interval.rows == 0:
        why = "cannot tell: no labelled rows"
    elif value is None:
        why = f"cannot tell: {of.name} is undefined on these {interval.rows} rows"
    elif low is None:
        why = "no interval: one day" if interval.groups < 2 else f"no interval: {of.name} hangs on a single day"
    return Reading(value=value, low=low, high=high, rows=interval.rows, days=interval.groups, why=why)
