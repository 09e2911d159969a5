"""One model on the rows of an exam, whole and by segment; two of them make the comparisons that gates judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import finite
from retrain_platform.monitoring.performance import POOL
from retrain_platform.monitoring.reading import segment_groups
from retrain_platform.stats.intervals import Side, apart, numbered, side
from retrain_platform.stats.intervals import sides as each_side
from retrain_platform.stats.metrics import Metric
from retrain_platform.stats.metrics.base import MetricTask, rows_of_each
from retrain_platform.validation.base import Comparison

Floats = NDArray[np.float64]

ALL = "all"
"""The name of the part that is all rows."""


class Part(NamedTuple):
    """All rows, or those of one segment, 'column=value'; `why` they cannot be told, '' where they can."""

    name: str
    rows: NDArray[np.bool_] | slice
    why: str = ""


WHOLE = Part(ALL, slice(None))


class Column(NamedTuple):
    """The segments of a column: each row's by number, shape (rows,), the names, 'column=value', and why each cannot be
    told. `pool` are the rows of all that are too small, where there are any.
    """

    codes: NDArray[np.intp]
    names: list[str]
    whys: list[str]
    pool: Part | None

    def parts(self) -> list[Part]:
        """The segments one by one, and the pool."""
        found = [Part(name, self.codes == code, self.whys[code]) for code, name in enumerate(self.names)]
        return found if self.pool is None else [*found, self.pool]


class Told(NamedTuple):
    """One model on the rows of a part: how many there are, over how many days, how many scores are no numbers, and its
    side of each metric's comparison; none where the rows cannot be told, and `why`.
    """

    rows: int
    days: int
    not_finite: int
    sides: Mapping[str, Side]
    why: str = ""


def segments(
    labels: NDArray[Any],
    queries: NDArray[np.integer] | None,
    columns: Mapping[str, NDArray[np.object_]],
    task: MetricTask,
    least: int,
) -> list[Column]:
    """The segments of each column. Arrays are of shape (rows,).

    A segment under `least` (positives and negatives for a binary label, queries for ranking, else rows) cannot be told.
    """

    def why(rows: NDArray[np.bool_] | NDArray[np.intp]) -> str:
        return _too_small(labels[rows], None if queries is None else queries[rows], task, least)

    found = []
    for column, values in columns.items():
        groups, names = segment_groups(values)
        whys, pool = [why(rows) for rows in rows_of_each(groups.codes, groups.count)], None
        small = np.array([bool(each) for each in whys], dtype=bool)
        if small.any():
            name = f"{POOL} (pooled)" if POOL in names and not small[names.index(POOL)] else POOL
            pool = Part(f"{column}={name}", small[groups.codes], why(small[groups.codes]))
        found.append(Column(groups.codes, [f"{column}={name}" for name in names], whys, pool))
    return found


def _too_small(labels: NDArray[Any], queries: NDArray[np.integer] | None, task: MetricTask, least: int) -> str:
    rows, positives = len(labels), int((labels == 1).sum())
    if task == "binary" and min(positives, rows - positives) < least:
        return f"cannot tell: {positives} positives, {rows - positives} negatives, must be >= {least}"
    if queries is not None and (lists := len(np.unique(queries))) < least:
        return f"cannot tell: {lists} queries, must be >= {least}"
    if rows < least:
        return f"cannot tell: {rows} rows, must be >= {least}"
    return ""


def sides(
    labels: Floats,
    scores: Floats,
    days: NDArray[np.integer],
    metrics: Sequence[Metric],
    *,
    queries: NDArray[np.integer] | None = None,
    part: Part = WHOLE,
) -> Told:
    """What one model's comparisons need of a part.

    Arrays are of shape (rows,), `scores` of several classes (rows, classes).
    """
    chosen = (labels[part.rows], scores[part.rows], days[part.rows])
    within = None if queries is None else queries[part.rows]
    own = {} if part.why else {each.name: side(*chosen, each, within) for each in metrics}
    return Told(len(chosen[0]), numbered(chosen[2])[1], _not_finite(chosen[1]), own, part.why)


def sides_by_segment(
    labels: Floats,
    scores: Floats,
    days: NDArray[np.integer],
    metrics: Sequence[Metric],
    columns: Sequence[Column],
    *,
    queries: NDArray[np.integer] | None = None,
) -> dict[str, Told]:
    """The same of each segment and pool of the columns, by name; the segments of a column are worked out together."""
    found: dict[str, Told] = {}
    groups, count = numbered(days)
    missing = ~np.isfinite(scores.reshape(len(scores), -1)).all(axis=1)
    for codes, names, whys, pool in columns:
        of = {each.name: each_side(labels, scores, days, each, codes, len(names), queries) for each in metrics}
        held = np.bincount(codes * count + groups, minlength=len(names) * count).reshape(len(names), count)
        torn = np.bincount(codes, missing, len(names))
        for code, (name, why) in enumerate(zip(names, whys, strict=True)):
            told = {} if why else {metric: by_code[code] for metric, by_code in of.items()}
            own = held[code]
            found[name] = Told(int(own.sum()), int(np.count_nonzero(own)), int(torn[code]), told, why)
        if pool is not None:
            found[pool.name] = sides(labels, scores, days, metrics, queries=queries, part=pool)
    return found


def _not_finite(scores: Floats) -> int:
    return int((~np.isfinite(scores.reshape(len(scores), -1)).all(axis=1)).sum())


def compared(
    candidate: Mapping[str, Told], champion: Mapping[str, Told], metrics: Sequence[Metric], confidence: float
) -> dict[str, Any]:
    """`comparisons` and `segments` of `Measurements`, of two models on the same parts, `WHOLE` among them."""
    found = {
        name: {each.name: comparison(each, mine, champion[name], confidence) for each in metrics}
        for name, mine in candidate.items()
    }
    return {"comparisons": found.pop(ALL), "segments": found}


def comparison(metric: Metric, candidate: Told, champion: Told, confidence: float) -> Comparison:
    """One metric of two models on the same rows."""
    if candidate.why:
        return Comparison.untold(metric.name, confidence, candidate.why, rows=candidate.rows, days=candidate.days)
    mine, theirs = candidate.sides[metric.name], champion.sides[metric.name]
    found = apart(mine, theirs, metric, candidate.rows, confidence)
    interval = found.interval
    why = ""
    if not np.isfinite(interval.value):
        missing = _undefined(candidate, champion)
        why = f"cannot tell: {metric.name} cannot be computed on {interval.rows} rows, {missing}"
    elif not np.isfinite(interval.low):
        why = f"cannot tell: days == {interval.groups}, too few for an interval"
    return Comparison(
        metric=metric.name,
        confidence=confidence,
        rows=interval.rows,
        days=interval.groups,
        why=why,
        candidate=finite(mine.value),
        champion=finite(theirs.value),
        difference=finite(interval.value),
        low=finite(interval.low),
        high=finite(interval.high),
        standard_error=finite(interval.standard_error),
        champion_error=finite(found.error),
        shared=finite(found.shared),
    )


def _undefined(candidate: Told, champion: Told) -> str:
    """Why a metric has no value there, as far as the rows tell."""
    for who, told in (("candidate", candidate), ("champion", champion)):
        if told.not_finite:
            return f"{told.not_finite} of the {who}'s scores are not finite"
    return "of one class perhaps"
