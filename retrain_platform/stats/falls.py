"""What share of a metric is lost from one set of scores to another of the same rows, and shares of rows that hold.

Both with the day as the sampling unit. The error of a fall is the delete-one-day jackknife's of the ratio itself
(K. Wolter, "Introduction to Variance Estimation", 2007, chapter 4), so the noise of the value that it is a share
of counts too. The error of a share is that of a ratio of sums over days, in closed form (Wolter, chapter 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.intervals import jackknife_error, linear_error, numbered
from retrain_platform.stats.metrics import Metric

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
"""A model's scores before and after."""


class Fall(NamedTuple):
    """A share with its standard error over `days`; nan where it cannot be computed, `error` also with one day."""

    value: float
    error: float
    days: int


def relative_fall(
    labels: Floats,
    pair: Pair,
    days: NDArray[np.integer],
    metric: Metric,
    queries: NDArray[np.integer] | None = None,
) -> Fall:
    """The share of the metric's own absolute value that is lost from before to after; negative where it is gained.

    nan where the metric is undefined or 0 before. Arrays of shape (rows,), scores of several classes (rows, classes);
    `days` holds any integer names.
    """
    return _jackknifed(labels, (pair,), days, metric, queries)


def falls_apart(
    labels: Floats,
    pair: Pair,
    other: Pair,
    days: NDArray[np.integer],
    metric: Metric,
    queries: NDArray[np.integer] | None = None,
) -> Fall:
    """How much larger the relative fall of one model is than another's, on the same rows; arguments as above."""
    return _jackknifed(labels, (pair, other), days, metric, queries)


def share_held(held: NDArray[np.bool_], days: NDArray[np.integer]) -> Fall:
    """The share of rows that hold, shape (rows,).

    Where all or none do, the rows show no spread: the error is then 1.5 / rows, since what was seen in none of n rows
    has a share of less than 3 / n (the rule of three: B. Jovanovic and P. Levy, The American Statistician 51, 1997).
    """
    groups, count = numbered(days)
    if not len(held):
        return Fall(float("nan"), float("nan"), 0)
    share = float(held.mean())
    if count < 2:
        return Fall(share, float("nan"), count)
    error = linear_error(np.bincount(groups, held - share, count) / len(held))
    return Fall(share, max(error, 1.5 / len(held)) if share in (0.0, 1.0) else error, count)


def _jackknifed(
    labels: Floats,
    pairs: Sequence[Pair],
    days: NDArray[np.integer],
    metric: Metric,
    queries: NDArray[np.integer] | None,
) -> Fall:
    groups, count = numbered(days)
    sign = 1.0 if metric.greater_is_better else -1.0
    value, without = 0.0, np.zeros(count)
    for turn, (before, after) in zip((1.0, -1.0), pairs, strict=False):
        a, b = (metric.compute(labels, scores, queries=queries) for scores in (before, after))
        value += turn * sign * _share(a, b)
        each = (metric.without_each(labels, scores, groups, count, queries) for scores in (before, after))
        without += turn * sign * _shares(*each)
    return Fall(value, jackknife_error(value, without), count)


def _share(before: float, after: float) -> float:
    return (before - after) / abs(before) if before else float("nan")


def _shares(before: Floats, after: Floats) -> Floats:
    shares: Floats = np.divide(before - after, np.abs(before), out=np.full(len(before), np.nan), where=before != 0)
    return shares
