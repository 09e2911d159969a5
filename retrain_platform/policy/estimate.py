"""A metric that is probably falling, told before its labels are in: worth a look, never a retrain."""

from __future__ import annotations

from itertools import takewhile
from math import sqrt
from statistics import NormalDist, fmean
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.error_reports import Estimated
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import Confidence, MetricName, Span, exactly_one
from retrain_platform.policy.history import Champion, History
from retrain_platform.policy.readings import Measured, champion_readings
from retrain_platform.policy.spread import days_in, spread
from retrain_platform.policy.wording import are_in, lasting, number, periods
from retrain_platform.stats.metrics import METRICS


class _Level(NamedTuple):
    """The baseline, and its standard error; `said` where that is the spread of days."""

    value: float
    error: float
    said: str


class _Below(NamedTuple):
    """How far an estimate is below the baseline, positive when worse, and the lower bound of that."""

    fall: float
    lower: float


class EstimatePolicy(Record):
    """Fires when the metric, as estimated before the labels came, is below the proven baseline for `dwell`.

    The baseline is the mean of the champion's first `baseline_periods` ripe readings. Each period
    counts whose fall is over `falls_by` (or `falls_by_share` of the baseline) and whose lower bound, at
    `confidence` and with the estimate's own error, is over 0. Where the baseline's readings have no interval (those
    of one day), how far the champion's first days are apart is their error, as for `performance`. An estimate
    cannot see a changed concept and may be wrong: it asks for a look at most.
    """

    soft: ClassVar[bool] = True
    kind: Literal["estimate"] = "estimate"
    metric: MetricName
    falls_by: float | None = Field(default=None, gt=0)
    falls_by_share: float | None = Field(default=None, gt=0)
    baseline_periods: int = Field(default=3, ge=1)
    dwell: Span | None = None
    confidence: Confidence = 0.95
    action: Literal[Action.WATCH, Action.INVESTIGATE] = Action.INVESTIGATE

    @model_validator(mode="after")
    def _one_limit(self) -> EstimatePolicy:
        exactly_one(falls_by=self.falls_by, falls_by_share=self.falls_by_share)
        return self

    def decide(self, history: History) -> Finding:
        """Judge the newest estimates. `value` is the newest one's fall."""
        needed = history.periods_in(self.dwell)
        champion = history.champion
        if champion is None:
            return self._cannot_tell(needed, "is estimated of a champion, and there is none")
        readings = champion_readings(history, champion, self.metric)
        baseline = readings[: self.baseline_periods]
        if len(baseline) < self.baseline_periods:
            return self._cannot_tell(
                needed,
                f"waits for its baseline: {periods(self.baseline_periods, 'ripe')} of version {champion.version} "
                f"make it, {are_in(len(baseline))}",
            )
        estimates = self._estimates(history, champion)
        if not estimates:
            return self._cannot_tell(needed, "has no estimate: no period of this champion awaits its labels")
        period, newest = estimates[-1]
        if newest.value is None:
            return self._cannot_tell(needed, f"has no estimate in {period}: {newest.why}")
        level = self._level(history, baseline, readings)
        if isinstance(level, str):
            return self._cannot_tell(needed, f"cannot be judged before its labels are in: {level}")
        return self._judged(history, level, [(key, each) for key, each in estimates if each.value is not None], needed)

    def judged(self, history: History) -> tuple[str, ...]:
        """The periods that a fired finding rests on: those of the dwell, whose labels are not in."""
        needed = history.periods_in(self.dwell)
        told = [] if history.champion is None else self._estimates(history, history.champion)
        return tuple(period for period, each in told if each.value is not None)[-needed:]

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        limit = number(self.falls_by) if self.falls_by is not None else f"{self.falls_by_share:.0%}"
        dwell = lasting(self.dwell)
        return (
            f"{self.action} when {self.metric}, estimated before its labels come, is worse than its proven "
            f"{periods(self.baseline_periods)} by more than {limit}{dwell}, confirmed at {self.confidence:g}"
        )

    def _cannot_tell(self, needed: int, why: str) -> Finding:
        return Finding(
            trigger=self.kind,
            verdict="cannot tell",
            limit=self.falls_by,
            needed=needed,
            sentence=f"{self.metric} {why}",
        )

    def _estimates(self, history: History, champion: Champion) -> list[tuple[str, Estimated]]:
        """The newest estimate of each period, oldest period first."""
        found = {
            each.period: each.metrics[self.metric]
            for each in sorted(history.estimated, key=lambda each: each.as_of)
            if each.version == champion.version and self.metric in each.metrics
        }
        return sorted(found.items())

    def _level(self, history: History, baseline: list[Measured], readings: list[Measured]) -> _Level | str:
        """The baseline with its error; why that cannot be told."""
        value = fmean(reading.value for reading in baseline)
        errors = [reading.error(history.reading_confidence) for reading in baseline]
        known = [error for error in errors if error is not None]
        if len(known) == len(errors):
            return _Level(value, sqrt(sum(error**2 for error in known)) / len(known), "")
        days = spread(history, readings)
        if not days.enough:
            return days.said
        reach = days.reach(self.confidence, days_in(history, baseline))
        return _Level(value, reach / NormalDist().inv_cdf(self.confidence), f"; of the baseline {days.said}")

    def _judged(
        self, history: History, baseline: _Level, estimates: list[tuple[str, Estimated]], needed: int
    ) -> Finding:
        level = baseline.value
        limit = self.falls_by if self.falls_by is not None else (self.falls_by_share or 0.0) * abs(level)
        below = [self._below(each, level, baseline.error, history.reading_confidence) for _, each in estimates]
        held = sum(1 for _ in takewhile(lambda each: each.fall > limit and each.lower > 0, reversed(below)))
        newest = below[-1]
        verdict: FindingVerdict = "fired" if held >= needed else "holding" if newest.fall > limit else "quiet"
        word = "worse" if newest.fall >= 0 else "better"
        said = f"over it for {held} of {periods(needed)}" if held else "within it"
        if newest.fall > limit and not held:
            said = f"over it, not confirmed: at least {number(newest.lower)}"
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=newest.fall,
            limit=limit,
            held=held,
            needed=needed,
            sentence=f"{self.metric} of {estimates[-1][0]} is estimated {word} than its baseline {number(level)} by "
            f"{number(abs(newest.fall))}, limit {number(limit)}; {said} (its labels are not in){baseline.said}",
        )

    def _below(self, estimated: Estimated, level: float, noise: float, confidence: float) -> _Below:
        sign = 1.0 if METRICS[self.metric].greater_is_better else -1.0
        fall = sign * (level - (estimated.value or 0.0))
        told = Measured("", estimated.value or 0.0, estimated.low, estimated.high)
        error = sqrt((told.error(confidence) or 0.0) ** 2 + noise**2)
        return _Below(fall, fall - NormalDist().inv_cdf(self.confidence) * error)
