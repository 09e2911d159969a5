"""The gate on past periods: both recipes fitted again to past cuts, each scored on the period that followed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import (
    NO_CHAMPION,
    VERDICTS,
    Confidence,
    GateBase,
    MetricName,
    Questions,
    as_settled,
    levels,
    size_told,
    surely,
)
from retrain_platform.validation.margin import Seen, settle


def pooled(comparisons: dict[str, dict[str, Comparison]], metric: str) -> Seen | None:
    """The mean over periods of the metric's difference, each period counting the same; None without an interval.

    The periods are taken as they are, their days as the unit: the variance of the mean is the sum of theirs over the
    square of their number, its degrees of freedom by Welch and Satterthwaite. Where a period has no interval of its
    own (of one day), the periods are the unit, and there must be two.
    """
    found = [each[metric] for each in comparisons.values() if metric in each]
    values = [one.difference for one in found if one.difference is not None]
    if not values or len(values) < len(comparisons):
        return None
    count, mean = len(values), sum(values) / len(values)
    variances = [one.standard_error**2 for one in found if one.standard_error is not None]
    if len(variances) == count:
        spent = sum(part**2 / (one.days - 1) for part, one in zip(variances, found, strict=True))
        freedom = sum(variances) ** 2 / spent if spent > 0 else float(sum(one.days - 1 for one in found))
        error = sum(variances) ** 0.5 / count
        return Seen(mean, error, freedom, error)
    if count < 2:
        return None
    error = (sum((value - mean) ** 2 for value in values) / (count - 1) / count) ** 0.5
    return Seen(mean, error, count - 1, error)


class Backtest(GateBase):
    """The candidate's recipe must not have been worse than the champion's over the last `periods` before the exam.

    At the start of each of them both recipes are fitted to the rows before it, and compared on the rows within:
    2 fits a period, none where the two recipes are one. `not_worse_by` holds for the mean of the periods.
    `confidence` None is the exam's.
    """

    kind: Literal["backtest"] = "backtest"
    metric: MetricName
    periods: int = Field(default=4, ge=1, le=52)
    not_worse_by: float = Field(default=0.02, ge=0)
    confidence: Confidence | None = None

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return (
            f"{self.metric} of the recipe must not be worse than that of the champion's recipe by more than "
            f"{self.not_worse_by:g} over the last {self.periods} periods"
        )

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return (self.metric,)

    def questions(self, measurements: Measurements) -> Questions:
        """One, where there are two recipes to compare."""
        found = measurements.backtest
        asked = int(self.required and measurements.basis != "alone" and (found is None or not found.same))
        return Questions(asked, asked)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """`settle` of the mean difference over the periods."""
        found = measurements.backtest
        if measurements.basis == "alone":
            return (self._answer("passed", NO_CHAMPION),)
        if found is None or found.why:
            return (self._answer("cannot tell", (found.why if found else measurements.why) or "it was not measured"),)
        if found.same:
            return (self._answer("passed", "the recipe is the champion's: over the past it does the same"),)
        newest = dict(list(found.comparisons.items())[-self.periods :])
        seen = pooled(newest, self.metric)
        if seen is None or len(newest) < self.periods:
            said = f"{len(newest)} periods with an interval of {self.metric}, must be {self.periods}"
            return (self._answer("cannot tell", said),)
        sure = levels(measurements, self.confidence)
        settled = settle(seen, self.not_worse_by, sure)
        each = ", ".join(f"{key} {one[self.metric].difference:+z.4f}" for key, one in newest.items())
        days = sum(one[self.metric].days for one in newest.values())
        sentence = (
            f"{self.metric} {seen.difference:+z.4f} [{settled.low:+z.4f}, {settled.high:+z.4f}] against the champion's "
            f"recipe ({surely(sure)}; {each}; {days} days), must not fall by more than "
            f"{self.not_worse_by:g}; {size_told(settled, self.not_worse_by, days)}"
        )
        more = {"value": seen.difference, "limit": -self.not_worse_by, **as_settled(settled, sure)}
        return (self._answer(VERDICTS[settled.standing], sentence, **more),)

    def _answer(self, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"backtest {self.metric}", verdict, sentence, **more)
