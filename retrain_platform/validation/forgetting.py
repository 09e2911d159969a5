"""The gate on what a model that goes on learning still knows of the rows before."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import NO_CHAMPION, Confidence, GateBase, MetricName, Questions, bounds, levels


class Forgetting(GateBase):
    """Not worse by more than `not_worse_by` than the version that it goes on from, on `rows` that this learned from.

    The rows are spread evenly over the older periods, the same at every look. Asked of incremental retrains alone: a
    model that is trained anew has nothing to forget. The interval has the day as its unit; `confidence` None is the
    exam's. It fails where the whole interval is beyond the margin, passes where all of it is within, else it cannot
    tell.
    """

    kind: Literal["forgetting"] = "forgetting"
    metric: MetricName
    not_worse_by: float = Field(ge=0)
    rows: int = Field(default=20_000, ge=100)
    confidence: Confidence | None = None

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return (
            f"a model that goes on learning must not be worse than before by more than {self.not_worse_by:g} "
            f"{self.metric} on {self.rows} of the rows that it learned from then"
        )

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it on the exam's own rows: none."""
        return ()

    def questions(self, measurements: Measurements) -> Questions:
        """One, where a model went on learning."""
        asked = int(self.required and self.metric in (measurements.remembered or {}))
        return Questions(asked, asked)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """The paired difference on old rows against the margin."""
        if measurements.basis == "alone":
            return (self._result("passed", f"{self.metric}: {NO_CHAMPION}"),)
        if measurements.remembered is None:
            return (self._result("cannot tell", f"{self.metric}: {measurements.why or 'it was not measured'}"),)
        comparison = measurements.remembered.get(self.metric)
        if comparison is None:
            return (self._result("passed", "trained anew: there is nothing to forget"),)
        return (self._judged(comparison, measurements),)

    def _judged(self, comparison: Comparison, measurements: Measurements) -> GateResult:
        sure = levels(measurements, self.confidence)
        passing, failing = bounds(comparison, sure.passing), bounds(comparison, sure.failing)
        if passing is None or failing is None:
            return self._result("cannot tell", f"{self.metric} on old rows: {comparison.why or 'it has no interval'}")
        verdict: GateVerdict = "passed" if passing.low >= -self.not_worse_by else "cannot tell"
        verdict = "failed" if failing.high < -self.not_worse_by else verdict
        said = (
            f"{self.metric} {comparison.difference:+z.4f} [{passing.low:+z.4f}, {passing.high:+z.4f}] on "
            f"{comparison.rows} rows of {comparison.days} days that the version before learned from, must not fall "
            f"by more than {self.not_worse_by:g}"
        )
        more = {"value": comparison.difference, "limit": -self.not_worse_by, "resolves": passing.reach}
        ends = {"low": passing.low, "high": passing.high, "level": 1 - sure.passing, "fail_level": 1 - sure.failing}
        return self._result(verdict, said, **more, **ends)

    def _result(self, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"forgetting {self.metric}", verdict, sentence, **more)
