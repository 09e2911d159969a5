"""Gates on who pays: no segment may lose what the whole gains."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import NO_CHAMPION, Confidence, GateBase, MetricName, bounds, measured, strict
from retrain_platform.validation.margin import weigh
from retrain_platform.validation.performance import VERDICTS


class Segments(GateBase):
    """In no segment worse than the champion by more than the margin.

    The worst segment decides: one that is worse beyond the margin, and surely so, fails the
    candidate. A segment that cannot be told is shown and blocks nothing. The confidence is that of
    all segments together (Bonferroni over those that have an interval).
    """

    kind: Literal["segments"] = "segments"
    metric: MetricName
    not_worse_by: float = Field(default=0.02, ge=0)
    confidence: Confidence = 0.95

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return f"{self.metric} must not be worse than the champion's by more than {self.not_worse_by:g} in any segment"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return (self.metric,)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a segment, the worst first; one in all where there is nothing to compare."""
        if measurements.basis == "alone":
            return (self._result("", "passed", NO_CHAMPION),)
        found = {
            name: metrics[self.metric] for name, metrics in measurements.segments.items() if self.metric in metrics
        }
        if not found:
            return (self._result("", "cannot tell", measurements.why or "no segment was measured"),)
        told = sum(bounds(each, self.confidence) is not None for each in found.values())
        confidence = strict(self.confidence, measurements, max(1, told))
        results = [self._of(name, each, confidence, told, measurements) for name, each in found.items()]
        return tuple(sorted(results, key=lambda result: (result.value is None, result.value or 0.0)))

    def _of(
        self, name: str, comparison: Comparison, confidence: float, told: int, measurements: Measurements
    ) -> GateResult:
        interval = bounds(comparison, confidence)
        if interval is None:
            return self._result(name, "cannot tell", f"{name}: {comparison.why or 'no interval'}")
        standing = weigh(comparison.difference, interval.low, interval.high, self.not_worse_by)
        sentence = (
            f"{name}: {measured(comparison, interval, confidence)}, corrected for {told} segments, "
            f"must not fall by more than {self.not_worse_by:g}; resolves {interval.reach:.4f}"
        )
        rows = measurements.worst_rows.get(name, ()) if standing == "worse" else ()
        return self._result(name, VERDICTS[standing], sentence).model_copy(
            update={
                "value": comparison.difference,
                "limit": -self.not_worse_by,
                "resolves": interval.reach,
                "rows": rows,
            }
        )

    def _result(self, name: str, verdict: GateVerdict, sentence: str) -> GateResult:
        return GateResult(
            gate=f"segments {self.metric} {name}".strip(),
            verdict=verdict,
            value=None,
            limit=None,
            blocking=self.required and verdict != "cannot tell",
            sentence=sentence,
        )
