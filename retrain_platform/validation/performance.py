"""Gates on how good the candidate is: floors, against the champion, no catastrophic fall."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import (
    NO_CHAMPION,
    VERDICTS,
    Confidence,
    GateBase,
    Limit,
    MetricName,
    Questions,
    as_settled,
    bounds,
    levels,
    limit_of,
    measured,
    seen_of,
    size_told,
)
from retrain_platform.validation.margin import Levels, Seen, settle


class Floor(GateBase):
    """The candidate's own value, whoever the champion is: the point against a fixed limit."""

    kind: Literal["floor"] = "floor"
    metric: MetricName
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Floor:
        self._limit()
        return self

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return f"{self.metric} must be {self._limit()}"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return (self.metric,)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """Passed at the limit itself; cannot tell where the metric was not measured."""
        value = measurements.candidate.get(self.metric)
        limit = self._limit()
        if value is None:
            verdict: GateVerdict = "cannot tell"
            sentence = f"{self.metric} was not measured: {measurements.why or 'no reason given'}"
        else:
            verdict = "passed" if limit.holds(value) else "failed"
            sentence = f"{self.metric} {value:.4f} on {measurements.rows} rows, must be {limit}"
        return (self.answer(f"floor {self.metric}", verdict, sentence, value=value, limit=limit.value),)

    def _limit(self) -> Limit:
        return limit_of(self.metric, self.at_least, self.at_most)


class AgainstChampion(GateBase):
    """Not worse than the champion by more than a margin, or better by as much, with confidence.

    `relative` measures the margin in shares of the champion's value: `metric: rmse, better_by: 0.05,
    relative: true` asks for at most 0.95 times the champion's. `confidence` None is the exam's. What the rows
    cannot resolve is 'cannot tell' (`margin.settle`).
    """

    kind: Literal["against_champion"] = "against_champion"
    metric: MetricName
    not_worse_by: float | None = Field(default=None, ge=0)
    better_by: float | None = Field(default=None, ge=0)
    relative: bool = False
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _one_margin(self) -> AgainstChampion:
        if (self.not_worse_by is None) == (self.better_by is None):
            given = "both" if self.better_by is not None else "none"
            raise ValueError(f"margin == {given}, must be one of not_worse_by, better_by")
        return self

    def describe(self) -> str:
        """The gate in one plain sentence."""
        unit = " of the champion's" if self.relative else ""
        if self.better_by is not None:
            return f"{self.metric} must be better than the champion's by {self.better_by:g}{unit}"
        return f"{self.metric} must not be worse than the champion's by more than {self.not_worse_by:g}{unit}"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return (self.metric,)

    def questions(self, measurements: Measurements) -> Questions:
        """One, where there is a champion."""
        asked = int(self.required and measurements.basis != "alone")
        return Questions(asked, asked)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """`settle` of the paired difference, at the levels of the exam."""
        return (self.asked(measurements, levels(measurements, self.confidence)),)

    def asked(self, measurements: Measurements, sure: Levels) -> GateResult:
        """The one answer, at the levels that are given."""
        if measurements.basis == "alone":
            return self._result("passed", f"{self.metric}: {NO_CHAMPION}")
        comparison = measurements.comparisons.get(self.metric)
        seen = seen_of(comparison, self._share())
        if comparison is None or seen is None:
            why = measurements.why if comparison is None else comparison.why
            return self._result("cannot tell", f"{self.metric}: {why or 'it was not measured'}")
        return self._settled(comparison, seen, sure, measurements)

    def _settled(self, comparison: Comparison, seen: Seen, sure: Levels, measurements: Measurements) -> GateResult:
        margin = self._margin(comparison)
        settled = settle(seen, margin, sure)
        asked = f"must not fall by more than {margin:.4g}" if margin >= 0 else f"must gain {-margin:.4g}"
        told = measured(comparison, settled, sure)
        verdict = VERDICTS[settled.standing]
        return self._result(
            verdict,
            f"{told}, {asked}; {size_told(settled, margin, comparison.days)}",
            value=comparison.difference,
            limit=-margin,
            rows=measurements.worst_rows.get("all", ()) if verdict == "failed" else (),
            **as_settled(settled, sure),
        )

    def _share(self) -> float:
        """The margin in shares of the champion's value; 0 where it is a number."""
        return self._by() if self.relative else 0.0

    def _by(self) -> float:
        return -self.better_by if self.better_by is not None else (self.not_worse_by or 0.0)

    def _margin(self, comparison: Comparison) -> float:
        return self._by() * abs(comparison.champion or 0.0) if self.relative else self._by()

    def _result(self, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"against_champion {self.metric}", verdict, sentence, **more)


class Catastrophic(GateBase):
    """No metric may fall off a cliff, asked of the point: a guard of what the other gates do not name.

    Scores (greater is better) may fall by `falls_by`, absolute; errors may rise by `falls_by_share`
    of the champion's value. `metrics` None is every metric that was compared.
    """

    kind: Literal["catastrophic"] = "catastrophic"
    metrics: tuple[MetricName, ...] | None = Field(default=None, min_length=1)
    falls_by: float = Field(default=0.05, gt=0)
    falls_by_share: float = Field(default=0.2, gt=0)

    def describe(self) -> str:
        """The gate in one plain sentence."""
        which = "any metric" if self.metrics is None else " or ".join(self.metrics)
        return (
            f"{which} must not fall by more than {self.falls_by:g}, "
            f"nor an error rise by more than {self.falls_by_share:g} of the champion's"
        )

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return self.metrics or ()

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a metric; one in all where there is nothing to compare."""
        names = measurements.comparisons if self.metrics is None else self.metrics
        if measurements.basis == "alone":
            return (self._result("", "passed", NO_CHAMPION),)
        if not names:
            return (self._result("", "cannot tell", measurements.why or "no metric was compared"),)
        return tuple(self._of(name, measurements) for name in names)

    def _of(self, name: str, measurements: Measurements) -> GateResult:
        comparison = measurements.comparisons.get(name)
        if comparison is None or comparison.difference is None or comparison.champion is None:
            why = measurements.why if comparison is None else comparison.why
            return self._result(name, "cannot tell", f"{name}: {why or 'it was not measured'}")
        greater = metric_named(name).greater_is_better
        limit = self.falls_by if greater else self.falls_by_share * abs(comparison.champion)
        failed = comparison.difference < -limit
        sentence = f"{name} {comparison.difference:+z.4f} against the champion, must not fall by more than {limit:.4g}"
        rows = measurements.worst_rows.get("all", ()) if failed else ()
        more = {"value": comparison.difference, "limit": -limit, "resolves": _reach(comparison), "rows": rows}
        return self.answer(f"catastrophic {name}", "failed" if failed else "passed", sentence, **more)

    def _result(self, name: str, verdict: GateVerdict, sentence: str) -> GateResult:
        return self.answer(f"catastrophic {name}", verdict, sentence)


def _reach(comparison: Comparison) -> float | None:
    """The half width of the interval as measured."""
    interval = bounds(comparison, comparison.confidence)
    return None if interval is None else interval.reach
