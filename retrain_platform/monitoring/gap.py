"""The gap to a fresh challenger: what a refit on today's rows would gain over one of the champion's age.

Two models of one cheap recipe, one that knows what the champion knew and one that knows all but the
newest ripe periods, score those periods: the recipe is the same on both sides, so that their
difference is what was learned since. The level of the champion's own metric does not tell it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.record import Record
from retrain_platform.stats.intervals import Interval, lower_bound, paired
from retrain_platform.stats.metrics import metric as metric_named

Floats = NDArray[np.float64]


class ChallengerSpec(Record):
    """How the gap is measured: every `every`, on the newest ripe periods of `judge_on`, later than either side's rows.

    Both sides take the model's own recipe, window and features, made cheap: trees by `trees` and
    `leaves`, and at most `rows` rows on the fresh side, thinned at one rate on both, so that what the
    number of rows is worth stays within the gap. An estimator of scikit-learn is taken as it is.
    """

    every: Duration = timedelta(weeks=2)
    judge_on: Duration = timedelta(weeks=2)
    trees: int = Field(default=60, ge=5, le=1000)
    leaves: int = Field(default=31, ge=2, le=1000)
    rows: int = Field(default=50_000, ge=100)


class Side(Record):
    """One of the two cheap models: it learned from a share of the `rows` before `until`; `value` is its metric."""

    until: datetime
    rows: int
    value: float | None = None


class GapReading(Record):
    """Fresh less stale on the rows of `judged`, positive where fresh is better, whichever way the metric points.

    `low` and `high` bound `value` at two-sided `confidence`, with `days` as the sampling unit;
    `version` is the champion whose cut the stale side has, and `champion` its own metric on the same
    rows, None unless it scored them all. `share` of the labelled rows was learned from, on both sides. Without a
    value, `why` says what is missing.
    """

    period: str
    as_of: datetime
    version: str
    metric: str
    judged: tuple[str, ...] = ()
    share: float = 1.0
    stale: Side | None = None
    fresh: Side | None = None
    champion: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    confidence: float = 0.95
    rows: int = 0
    days: int = 0
    why: str = ""

    def lower(self, confidence: float) -> float | None:
        """The one-sided lower bound of the gap; None without an interval."""
        if self.value is None or self.standard_error is None:
            return None
        return lower_bound(self.value, self.standard_error, self.days, confidence)

    @property
    def age(self) -> timedelta | None:
        """How much later the fresh side's rows end than the stale side's: what the gap was opened by."""
        if self.stale is None or self.fresh is None:
            return None
        return self.fresh.until.astimezone(UTC) - self.stale.until.astimezone(UTC)  # one zone's clocks may change


def read_gap(
    asked: GapReading,
    labels: Floats,
    fresh: Floats,
    stale: Floats,
    champion: Floats | None,
    days: NDArray[np.integer],
    queries: NDArray[np.integer] | None = None,
) -> GapReading:
    """What was `asked`, with its values filled in from the scores of the judged rows.

    Arrays are of shape (rows,), scores of several classes (rows, classes), `days` any integer names of the days,
    `queries` of the lists of ranking. `asked` says who is compared, by
    which metric and at which confidence; a side that it has no word of gets no value.

    Raises:
        ValueError: lengths differ, an unknown metric, a binary label that is not 0 or 1.
    """
    of = metric_named(asked.metric)
    interval = paired(labels, fresh, stale, days, of, asked.confidence, queries)

    def value(scores: Floats) -> float | None:
        return _number(of.compute(labels, scores, queries=queries))

    return asked.model_copy(
        update={
            "stale": asked.stale and asked.stale.model_copy(update={"value": value(stale)}),
            "fresh": asked.fresh and asked.fresh.model_copy(update={"value": value(fresh)}),
            "champion": None if champion is None else value(champion),
            "rows": interval.rows,
            "days": interval.groups,
            **_bounds(interval, asked.metric),
        }
    )


def _bounds(interval: Interval, metric: str) -> dict[str, float | str | None]:
    """The gap and its interval, as far as the rows tell them, and why no further."""
    if not np.isfinite(interval.value):
        return {"value": None, "why": f"{metric} is undefined on the {interval.rows} rows judged"}
    if not np.isfinite(interval.low):
        return {"value": interval.value, "why": f"no interval: {interval.groups} days are too few"}
    return {
        "value": interval.value,
        "low": interval.low,
        "high": interval.high,
        "standard_error": interval.standard_error,
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
