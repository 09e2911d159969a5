"""What the ripe rows say of the version under way, and what they can say at all."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.release.base import Evidence, ReleasePlan
from retrain_platform.stats.intervals import Interval, paired
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.stats.sequential import look_confidence

Floats = NDArray[np.float64]


def gather(  # noqa: PLR0913 - the rows, whose they are, and by what they are compared: all by name
    labels: Floats,
    open_scores: Floats,
    other_scores: Floats,
    days: NDArray[np.integer],
    *,
    version: str,
    other: str,
    periods: Sequence[str],
    metric: str,
    plan: ReleasePlan,
    looks: int,
    queries: NDArray[np.integer] | None = None,
) -> Evidence:
    """Compare the version under way with the other on all rows that both scored, whoever answered.

    Arrays are of shape (rows,), scores of several classes (rows, classes), the ripe rows of `periods`, which are
    those since the stage (or canary step) began. `other_scores` are the champion's, in bake the previous
    champion's. A row with nan, without a label or not scored by one of the two, does not count. `days` holds any
    integer names of the days, `queries` the lists of ranking. `looks` counts the judgements of this stage, this
    one included (from 1): the interval widens with it, so that a look at every tick keeps the plan's confidence.

    Raises:
        ValueError: arrays of different lengths, an unknown metric, `looks` under 1.
    """
    _must_be_alike(labels, open_scores, other_scores, days)
    keep = np.isfinite(labels) & _answered(open_scores) & _answered(other_scores)
    confidence = look_confidence(plan.confidence, looks)
    chosen = metric_named(metric)
    within = None if queries is None else queries[keep]
    interval = paired(labels[keep], open_scores[keep], other_scores[keep], days[keep], chosen, confidence, within)
    return told(interval, version=version, other=other, periods=periods, metric=metric)


def told(interval: Interval, *, version: str, other: str, periods: Sequence[str], metric: str) -> Evidence:
    """The evidence that a paired difference is; arguments as `gather`."""
    why = _missing(interval, metric)
    return Evidence(
        version=version,
        other=other,
        periods=tuple(periods),
        rows=interval.rows,
        difference=None if why else interval.value,
        low=None if why else interval.low,
        high=None if why else interval.high,
        why=why,
    )


def _answered(scores: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(scores).all(axis=tuple(range(1, scores.ndim))))


def _must_be_alike(*arrays: NDArray[Any]) -> None:
    lengths = [len(each) for each in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"lengths == {lengths}, must be equal")


def _missing(interval: Interval, metric: str) -> str:
    if interval.rows == 0:
        return "no labelled row that both versions scored"
    if not np.isfinite(interval.value):
        return f"{metric} cannot be computed on {interval.rows} rows, of one class perhaps"
    if not np.isfinite(interval.low):
        return f"days == {interval.groups}, too few for an interval of {metric}"
    return ""


def detectable(standard_error_a_period: float, plan: ReleasePlan, stage_periods: int, power: float = 0.8) -> float:
    """The smallest true fall, in the metric's unit, that a stage calls worse with probability `power`.

    `standard_error_a_period` is that of the paired difference on one ripe period; it shrinks with
    the root of `stage_periods`, the last of as many looks. The rule is `weigh`'s: the point beyond
    the margin and the interval below 0, so the fall must exceed the larger of the margin and the
    interval's half width by the normal quantile of `power` standard errors.

    Raises:
        ValueError: `stage_periods` under 1, a negative standard error, `power` not within (0, 1).

    >>> round(detectable(0.0028, ReleasePlan(), 1), 4)
    0.0124
    """
    if standard_error_a_period < 0:
        raise ValueError(f"standard_error_a_period == {standard_error_a_period}, must be >= 0")
    if not 0 < power < 1:
        raise ValueError(f"power == {power}, must be > 0 and < 1")
    normal = NormalDist()
    confidence = look_confidence(plan.confidence, stage_periods)
    error = standard_error_a_period / np.sqrt(stage_periods)
    reach = normal.inv_cdf((1 + confidence) / 2) * error
    return float(max(plan.not_worse_by, reach) + normal.inv_cdf(power) * error)
