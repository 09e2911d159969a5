"""Bootstrap intervals of any metric, and of the difference of two models on the same resamples.

A resample draws as many units as there are, with replacement, each with all its rows: units are days or
entities where rows of one are alike, else the rows (of ranking the queries) themselves. Nothing is sorted or
scored again: a metric is worked out once as a function of how often each unit is drawn
(`Metric.recounted`). B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993; whole groups: C. Field
and A. Welsh, "Bootstrapping clustered data", JRSS B 69, 2007.

Three intervals, in `method`:

- `t` (the default): the estimate, plus and minus Student's t with units - 1 degrees of freedom times
  the bootstrap's standard error, which is raised by sqrt(units / (units - 1)) since a resample of few
  units varies too little;
- `percentile`: the resamples' own quantiles (chapter 13);
- `bca`: those, corrected for bias and for an error that grows with the value (chapter 14).

Simulated (docs/benchmarks.md), the three agree from some 50 days on; with 7 to 28, which is what a gate has, `t` is
the nearest to its confidence. Near a metric's bound (an AUC of .98 of 100 rows) `bca` is: errors are skewed there.

A resample in which the metric of either model is undefined (one class only) is counted in `undefined`. Where their
share is more than (1 - confidence) / 2 the bounds and the error are nan: the tail that a bound cuts off
would be theirs. Up to that the others give the interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.intervals import Interval, number_units, t_quantile
from retrain_platform.stats.metrics import Floats, Metric

Method = Literal["t", "percentile", "bca"]
Ints = NDArray[np.integer]

_DRAWS_AT_ONCE = 500_000
"""Counts held at a time, 4 bytes each; it changes no result."""


class Bootstrap(NamedTuple):
    """An interval, in the metric's unit, with how many resamples were drawn and in how many the metric was undefined.

    `interval.groups` is the number of units. `low`, `high` and `standard_error` are nan with fewer than 2 units or too
    many undefined resamples; `t` bounds are symmetric and not cut to the metric's range.
    """

    interval: Interval
    resamples: int
    undefined: int


class _Drawn(NamedTuple):
    """The estimate, its resamples (nan where undefined) and each unit's first-order effect."""

    value: float
    resampled: Floats
    influence: Floats


def bootstrap_single(
    labels: Floats,
    scores: Floats,
    metric: Metric,
    *,
    units: Ints | None = None,
    queries: Ints | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    method: Method = "t",
    seed: int = 0,
) -> Bootstrap:
    """The metric of `scores`. Arrays are of shape (rows,), scores of several classes (rows, classes).

    `units` holds any integer names; without it every row is one, for ranking every query. The same `seed` draws the
    same resamples.

    Raises:
        ValueError: lengths differ, a label is none of the task's, a query lies in two units, `confidence` not within
            (0, 1), `resamples` under 2, another `method`.
    """
    return _bootstrap(labels, (scores,), metric, units, queries, resamples, confidence, method, seed)


def bootstrap_paired(
    labels: Floats,
    a: Floats,
    b: Floats,
    metric: Metric,
    *,
    units: Ints | None = None,
    queries: Ints | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    method: Method = "t",
    seed: int = 0,
) -> Bootstrap:
    """How much better the scores `a` are than `b`, both on the same resamples: positive where `a` is better,
    whichever way the metric points. Arguments and errors as `bootstrap_single`.
    """
    return _bootstrap(labels, (a, b), metric, units, queries, resamples, confidence, method, seed)


def _bootstrap(
    labels: Floats, models: tuple[Floats, ...], metric: Metric, units: Ints | None, queries: Ints | None,
    resamples: int, confidence: float, method: Method, seed: int,
) -> Bootstrap:  # fmt: skip
    if not 0 < confidence < 1:
        raise ValueError(f"confidence == {confidence}, must be > 0 and < 1")
    if resamples < 2:
        raise ValueError(f"resamples == {resamples}, must be >= 2")
    if method not in ("t", "percentile", "bca"):
        raise ValueError(f"method == {method!r}, must be one of t, percentile, bca")
    unit, count = number_units(len(labels), units, queries)
    drawn = _draw(labels, models, metric, unit, count, queries, resamples, seed)
    undefined = int(np.isnan(drawn.resampled).sum())
    nothing = Interval(drawn.value, np.nan, np.nan, np.nan, count, len(labels))
    if count < 2 or np.isnan(drawn.value) or undefined > resamples * (1 - confidence) / 2:
        return Bootstrap(nothing, resamples, undefined)
    known = drawn._replace(resampled=drawn.resampled[~np.isnan(drawn.resampled)])
    error = float(known.resampled.std(ddof=1) * np.sqrt(count / (count - 1)))
    low, high = _bounds(known, error, count, confidence, method)
    return Bootstrap(nothing._replace(low=low, high=high, standard_error=error), resamples, undefined)


def _draw(
    labels: Floats, models: tuple[Floats, ...], metric: Metric, unit: NDArray[np.intp], count: int,
    queries: Ints | None, resamples: int, seed: int,
) -> _Drawn:  # fmt: skip
    """The metric of one model, or of the first over the second, turned so that better is more."""
    signs = [1.0] if len(models) == 1 else [1.0, -1.0]
    if len(models) == 2 and not metric.greater_is_better:
        signs = [-1.0, 1.0]
    value, resampled, influence = 0.0, np.zeros(resamples), np.zeros(count)
    recounts = [metric.recounted(labels, scores, unit, count, queries) for scores in models]
    for sign, scores in zip(signs, models, strict=True):
        value += sign * metric.compute(labels, scores, queries=queries)
        influence += sign * np.bincount(unit, metric.influence(labels, scores, queries), count)
    for place, counts in _counts(count, resamples, seed):
        for sign, recount in zip(signs, recounts, strict=True):
            resampled[place] += sign * recount(counts)
    return _Drawn(value, resampled, influence)


def _counts(count: int, resamples: int, seed: int) -> Iterator[tuple[slice, NDArray[np.int32]]]:
    """How often each unit is drawn in each resample, multinomial, a block of resamples at a time."""
    random = np.random.default_rng(seed)
    block = max(1, min(resamples, _DRAWS_AT_ONCE // max(count, 1)))
    for start in range(0, resamples, block):
        counts = np.zeros((min(block, resamples - start), count), dtype=np.int32)
        for row in counts if count else ():
            row[:] = np.bincount(random.integers(0, count, count), minlength=count)
        yield slice(start, start + len(counts)), counts


def _bounds(drawn: _Drawn, error: float, count: int, confidence: float, method: Method) -> tuple[float, float]:
    if method == "t":
        reach = error * t_quantile((1 + confidence) / 2, count - 1)
        return drawn.value - reach, drawn.value + reach
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if method == "bca" and error > 0:
        tails = _corrected(drawn, tails)
    low, high = np.quantile(drawn.resampled, tails)
    return float(low), float(high)


def _corrected(drawn: _Drawn, tails: Floats) -> Floats:
    """BCa's tails: the bias from the share of resamples under the estimate, ties half, the acceleration
    from the units' influences (Efron and Tibshirani, equations 14.9 to 14.15).
    """
    from scipy.special import ndtr, ndtri

    below = (drawn.resampled < drawn.value).mean() + (drawn.resampled == drawn.value).mean() / 2
    step = 0.5 / len(drawn.resampled)  # a share of 0 or 1 is known no better than that
    bias = ndtri(np.clip(below, step, 1 - step))
    effect = drawn.influence
    acceleration = (effect**3).sum() / (6 * (effect**2).sum() ** 1.5)
    shifted = bias + ndtri(tails)
    corrected: Floats = ndtr(bias + shifted / (1 - acceleration * shifted))
    return corrected
