"""What a retrain now would gain, in the metric and in money."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean, stdev
from typing import NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.policy.fields import exactly_one
from retrain_platform.policy.wording import number

COUNTED = {"accuracy": 1.0, "mae": 1.0}
"""The metrics of which a gain is a number of errors: rows called wrongly, or units by which rows are missed."""

_IN_LABELS_UNIT = ("rmse", "mae")


def point(metric: str) -> float:
    """What is called one point of a metric: 1 in the label's unit for rmse and mae, else 0.01.

    >>> point("auc"), point("rmse")
    (0.01, 1.0)
    """
    return 1.0 if metric in _IN_LABELS_UNIT else 0.01


class CostSpec(Record):
    """What things cost, in the user's currency.

    `retrain` is one retrain's computing and `review` what a person's look at it costs. What a better
    model is worth is given in one of two ways: `per_point` for one point of the model's own metric in
    one period (0.01; of rmse and mae 1), or `error` for one error, of a metric that counts them
    (accuracy: a wrong call; mae: one unit of one row). `hour`, an hour of computing, prices the
    measured durations in the retraining log.
    """

    currency: str = Field(pattern=r"^\S{1,8}$")
    retrain: float = Field(ge=0)
    review: float = Field(default=0, ge=0)
    hour: float | None = Field(default=None, ge=0)
    per_point: float | None = Field(default=None, gt=0)
    error: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_worth(self) -> CostSpec:
        exactly_one(per_point=self.per_point, error=self.error)
        return self

    @property
    def of_retrain(self) -> float:
        """What one retrain costs, its review included."""
        return self.retrain + self.review

    def of_measured(self, hours: float) -> float:
        """What a retrain of so many hours has cost: by the hour where an hour has a price, else as stated."""
        return self.review + (self.retrain if self.hour is None else hours * self.hour)

    def worth(self, gain: float, metric: str, rows: float) -> float | None:
        """What `gain` is worth in a period of so many rows; None where the metric counts no errors."""
        if self.per_point is not None:
            return gain / point(metric) * self.per_point
        return None if metric not in COUNTED else gain * COUNTED[metric] * rows * (self.error or 0.0)

    def money(self, amount: float) -> str:
        """An amount as sentences write it: whole from 100 on.

        >>> CostSpec(currency="EUR", retrain=40, per_point=5).money(1234.5)
        '1,234 EUR'
        """
        shown = f"{amount:,.0f}" if abs(amount) >= 99.5 else f"{amount:,.2f}".removesuffix(".00")
        return f"{shown} {self.currency}"


class ExpectedGain(Record):
    """What a retrain would gain: `value` of `metric`, within `low` and `high` at two-sided `confidence`.

    It was measured on this champion in the period `reading`; `share` is the gain as a share of the
    metric's own level. `worth` and its bounds are money in one period; None without costs.
    """

    metric: str
    value: float
    share: float = 0.0
    low: float | None
    high: float | None
    confidence: float
    reading: str
    as_of: datetime
    worth: float | None = None
    worth_low: float | None = None
    worth_high: float | None = None
    currency: str = ""

    @property
    def sentence(self) -> str:
        """One sentence, the first line of a decision.

        >>> ExpectedGain(metric="auc", value=0.012, low=0.004, high=0.02, confidence=0.95, reading="2013-06-04",
        ...              as_of=datetime(2013, 6, 11)).sentence
        'a retrain now would gain 0.012 auc (+0.004 to +0.02), measured in 2013-06-04'
        """
        span = " (without an interval)"
        if self.low is not None and self.high is not None:
            span = f" ({_signed(self.low)} to {_signed(self.high)})"
        worth = "" if self.worth is None else f", worth {self.worth:,.0f} {self.currency} a period"
        if self.worth is not None and self.worth_low is not None and self.worth_high is not None:
            worth += f" ({self.worth_low:,.0f} to {self.worth_high:,.0f})"
        verb = "gain" if self.value >= 0 else "lose"
        shown = f"a retrain now would {verb} {number(abs(self.value))} {self.metric}{span}"
        told = self.low is not None and self.high is not None and not self.low <= 0 <= self.high
        doubt = "" if told else ", not told from no change"
        return f"{shown}{worth}, measured in {self.reading}{doubt}"


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '-'}{number(abs(value))}"


def measured_gain(
    gaps: Sequence[GapReading], version: str | None, cost: CostSpec | None, rows: float
) -> ExpectedGain | None:
    """What the newest reading of this champion says; None before there is one. `rows` are a period's."""
    mine = own(gaps, version)
    newest = mine[-1] if mine else None
    if newest is None or newest.value is None:
        return None
    level = abs(newest.stale.value) if newest.stale and newest.stale.value else 0.0
    bounds = (newest.value, newest.low, newest.high)
    worths = [None if cost is None or each is None else cost.worth(each, newest.metric, rows) for each in bounds]
    return ExpectedGain(
        metric=newest.metric,
        value=newest.value,
        share=newest.value / level if level else 0.0,
        low=newest.low,
        high=newest.high,
        confidence=newest.confidence,
        reading=newest.period,
        as_of=newest.as_of,
        worth=worths[0],
        worth_low=worths[1],
        worth_high=worths[2],
        currency="" if cost is None or worths[0] is None else cost.currency,
    )


def own(gaps: Sequence[GapReading], version: str | None) -> list[GapReading]:
    """The readings with a value that were taken of this version, oldest first."""
    return [reading for reading in gaps if reading.version == version and reading.value is not None]


class Decay(NamedTuple):
    """By how much the gap opens in one period: the mean over earlier champions, and its standard error."""

    slope: float
    error: float
    champions: int


def decay(gaps: Sequence[GapReading], without: str, length: timedelta) -> Decay | None:
    """How fast the gap opened after each retrain but the newest; None before two champions have shown it.

    Each champion's readings give one line through the origin, for a model is not behind itself; the
    champions are the sample, for the readings of one share its stale side.
    """
    slopes = []
    for version in dict.fromkeys(reading.version for reading in gaps if reading.version != without):
        points = [(r.age / length, r.value) for r in own(gaps, version) if r.age and r.value is not None]
        if points:
            slopes.append(sum(age * value for age, value in points) / sum(age**2 for age, _ in points))
    if len(slopes) < 2:
        return None
    return Decay(fmean(slopes), stdev(slopes) / len(slopes) ** 0.5, len(slopes))
