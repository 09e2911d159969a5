"""Intervals of a metric, and of the difference of two models, with the day as the sampling unit.

Rows of one day share their weather, so the rows are not independent, the days nearly are. The
standard error is the delete-one-day jackknife's (JK1 in K. Wolter, "Introduction to Variance
Estimation", 2007, chapter 4), the quantile Student's t with days - 1 degrees of freedom. Simulated
over 7 days of unequal size it covers as asked (.95) where the days' effects are symmetric; where
one day in a few is far off (an effect of |z|), .88 over 7 days, .91 over 14 and .925 over 28.

`linear_single` and `linear_paired` are the same in closed form, to first order and for any unit: the sum of
squares of the units' influences (the linearised variance of Wolter's chapter 6, with units as
clusters). With rows as the unit it is the delta method on multinomial cells for accuracy, precision, recall
and F1, the usual error of a mean for losses, and for AUC that of DeLong, with days that of Obuchowski.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.metrics import Metric

Floats = NDArray[np.float64]

_FEW = 4
"""Names of groups that spread over more than so many times the rows are sorted."""


class Interval(NamedTuple):
    """An estimate and its two-sided interval, in the metric's unit; nan where it cannot be computed.

    `groups` is the number of days. The bounds are symmetric and not cut to the metric's range.
    With fewer than 2 days, or where a metric is undefined without one of them, `low`, `high` and
    `standard_error` are nan.
    """

    value: float
    low: float
    high: float
    standard_error: float
    groups: int
    rows: int


def single(
    labels: Floats,
    scores: Floats,
    days: NDArray[np.integer],
    metric: Metric,
    confidence: float = 0.95,
    queries: NDArray[np.integer] | None = None,
) -> Interval:
    """The metric of `scores`. Arrays are of shape (rows,), scores of several classes (rows, classes);
    `days` holds any integer names of the groups, `queries` those of the lists that ranking metrics rank.

    Raises:
        ValueError: lengths differ, a label is none of the task's, `confidence` not within (0, 1).
    """
    return jackknifed(side(labels, scores, days, metric, queries), len(labels), confidence)


class Side(NamedTuple):
    """One model's metric on some rows: of all of them, and without each day, shape (days,).

    Two of the same rows make a comparison (`apart`); who holds one model beside many works it out once.
    """

    value: float
    without: Floats


def side(
    labels: Floats,
    scores: Floats,
    days: NDArray[np.integer],
    metric: Metric,
    queries: NDArray[np.integer] | None = None,
) -> Side:
    """What a comparison needs of one model; arguments and errors as `single`."""
    return sides(labels, scores, days, metric, np.zeros(len(labels), dtype=np.intp), 1, queries)[0]


def sides(
    labels: Floats,
    scores: Floats,
    days: NDArray[np.integer],
    metric: Metric,
    parts: NDArray[np.intp],
    places: int,
    queries: NDArray[np.integer] | None = None,
) -> list[Side]:
    """`side` of the rows of each part 0, 1, ... `places` - 1, by its own days; `parts` of shape (rows,).

    Raises:
        ValueError: as `single`.
    """
    groups, count = numbered(days)
    values, without = metric.in_parts(labels, scores, parts, places, groups, count, queries)
    held = np.bincount(parts * count + groups, minlength=places * count).reshape(places, count) > 0
    return [Side(float(values[place]), without[place, held[place]]) for place in range(places)]


def jackknifed(side: Side, rows: int, confidence: float) -> Interval:
    """The interval of one model's metric on so many rows.

    Raises:
        ValueError: `confidence` not within (0, 1).
    """
    return _jackknife(side.value, side.without, rows, confidence)


def paired(
    labels: Floats,
    a: Floats,
    b: Floats,
    days: NDArray[np.integer],
    metric: Metric,
    confidence: float = 0.95,
    queries: NDArray[np.integer] | None = None,
) -> Interval:
    """How much better the scores `a` are than `b` on the same rows: positive where `a` is better,
    whichever way the metric points. Arrays as in `single`.

    Raises:
        ValueError: as `single`.
    """
    return beside(labels, a, b, days, metric, confidence, queries).interval


class Beside(NamedTuple):
    """A paired difference with what is needed to hold it against a share of `b`'s own value.

    `error` is the standard error of the metric of `b`, `shared` its covariance with the difference (as signed):
    that of the difference plus k times b's metric is then the root of
    standard_error ** 2 + 2 k shared + (k error) ** 2. nan where there is no interval.
    """

    interval: Interval
    error: float
    shared: float


def beside(
    labels: Floats,
    a: Floats,
    b: Floats,
    days: NDArray[np.integer],
    metric: Metric,
    confidence: float = 0.95,
    queries: NDArray[np.integer] | None = None,
) -> Beside:
    """`paired`, with how its noise goes together with that of `b`'s own metric; arguments and errors as there."""
    mine, theirs = (side(labels, scores, days, metric, queries) for scores in (a, b))
    return apart(mine, theirs, metric, len(labels), confidence)


def apart(a: Side, b: Side, metric: Metric, rows: int, confidence: float = 0.95) -> Beside:
    """`beside` of two models' sides, both of the same `rows` rows and days.

    Raises:
        ValueError: `confidence` not within (0, 1).
    """
    sign, count = 1.0 if metric.greater_is_better else -1.0, len(b.without)
    value, without = sign * (a.value - b.value), sign * (a.without - b.without)
    interval = _jackknife(value, without, rows, confidence)
    if count < 2:
        return Beside(interval, np.nan, np.nan)
    shared = (count - 1) / count * ((without - value) * (b.without - b.value)).sum()
    return Beside(interval, jackknife_error(b.value, b.without), float(shared))


def linear_single(
    labels: Floats,
    scores: Floats,
    metric: Metric,
    *,
    units: NDArray[np.integer] | None = None,
    queries: NDArray[np.integer] | None = None,
    confidence: float = 0.95,
) -> Interval:
    """The metric of `scores` in closed form. Arrays as in `single`; without `units` every row is one,
    for ranking every query.

    Raises:
        ValueError: as `single`.
    """
    value = metric.compute(labels, scores, queries=queries)
    return _linear(value, metric.influence(labels, scores, queries), units, queries, confidence)


def linear_paired(
    labels: Floats,
    a: Floats,
    b: Floats,
    metric: Metric,
    *,
    units: NDArray[np.integer] | None = None,
    queries: NDArray[np.integer] | None = None,
    confidence: float = 0.95,
) -> Interval:
    """How much better `a` is than `b` on the same rows in closed form, signed as in `paired`; arguments
    and errors as in `linear_single`.
    """
    sign = 1.0 if metric.greater_is_better else -1.0
    value = sign * (metric.compute(labels, a, queries=queries) - metric.compute(labels, b, queries=queries))
    influence = sign * (metric.influence(labels, a, queries) - metric.influence(labels, b, queries))
    return _linear(value, influence, units, queries, confidence)


def lower_bound(value: float, standard_error: float, groups: int, confidence: float) -> float:
    """The one-sided lower bound of an estimate over `groups` days; nan with fewer than 2."""
    return value - standard_error * t_quantile(confidence, groups - 1) if groups > 1 else float("nan")


def number_units(
    rows: int, units: NDArray[np.integer] | None, queries: NDArray[np.integer] | None
) -> tuple[NDArray[np.intp], int]:
    """Each row's unit from 0, and how many there are: of `units`, else of `queries`, else every row.

    Raises:
        ValueError: `units` or `queries` has not `rows` values.
    """
    named = queries if units is None else units
    if named is None:
        return np.arange(rows), rows
    if len(named) != rows:
        raise ValueError(f"units == {len(named)}, must be one for each of {rows} rows")
    return numbered(named)


def numbered(days: NDArray[np.integer]) -> tuple[NDArray[np.intp], int]:
    """Each row's group from 0, and how many there are; `days` holds any integer names."""
    if not len(days):
        return np.zeros(0, dtype=np.intp), 0
    least, most = int(days.min()), int(days.max())
    if most - least > _FEW * len(days):
        names, groups = np.unique(days, return_inverse=True)
        return groups.astype(np.intp), len(names)
    away = np.asarray(days, dtype=np.intp) - least  # days of a few weeks are counted, not sorted
    there = np.bincount(away) > 0
    return (np.cumsum(there) - 1)[away], int(there.sum())


def _linear(
    value: float,
    influence: Floats,
    units: NDArray[np.integer] | None,
    queries: NDArray[np.integer] | None,
    confidence: float,
) -> Interval:
    unit, count = number_units(len(influence), units, queries)
    error = linear_error(np.bincount(unit, influence, count).astype(np.float64))
    return _interval(value, error, count, len(influence), confidence)


def _jackknife(value: float, without: Floats, rows: int, confidence: float) -> Interval:
    return _interval(value, jackknife_error(value, without), len(without), rows, confidence)


def _interval(value: float, error: float, count: int, rows: int, confidence: float) -> Interval:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence == {confidence}, must be > 0 and < 1")
    return Interval(value, *two_sided(value, error, count, confidence), error, count, rows)


def two_sided(value: float, standard_error: float, groups: int, confidence: float) -> tuple[float, float]:
    """The bounds of an estimate over `groups` days, by Student's t; nan where the error is."""
    reach = standard_error * t_quantile((1 + confidence) / 2, max(1, groups - 1))
    return value - reach, value + reach


def linear_error(effects: Floats) -> float:
    """The linearised standard error, by each unit's effect, shape (units,); nan with fewer than 2."""
    count = len(effects)
    return float(np.sqrt(count / (count - 1) * (effects**2).sum())) if count > 1 else float("nan")


def jackknife_error(value: float, without: Floats) -> float:
    """The delete-one standard error of `value`, by its values `without` each group; nan with fewer than 2."""
    count = len(without)
    return float(np.sqrt((count - 1) / count * ((without - value) ** 2).sum())) if count > 1 else float("nan")


def t_quantile(probability: float, freedom: float) -> float:
    """The quantile of Student's t with so many degrees of freedom."""
    from scipy.special import stdtrit  # scipy.stats has it too, at ten times the import

    return float(stdtrit(freedom, probability))
