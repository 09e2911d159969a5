"""A metric that fell below the champion's own baseline and stayed there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from math import sqrt
from statistics import NormalDist, fmean
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, History, asks
from retrain_platform.policy.fields import Confidence, MetricName, Span, exactly_one
from retrain_platform.policy.readings import Measured, champion_readings
from retrain_platform.policy.wording import number, periods
from retrain_platform.stats.metrics import METRICS


class Fall(NamedTuple):
    """How much worse the newest periods are than the baseline, positive when worse, in the metric's unit.

    `mean` is over the dwell's periods, `lower` its one-sided lower bound (None without intervals),
    `held` how many periods running, ending now, are each worse by more than `limit`.
    """

    baseline: float
    mean: float
    limit: float
    lower: float | None
    held: int


class PerformancePolicy(Record):
    """Fires when each ripe period of `dwell` is worse than the baseline by more than the limit, confirmed.

    The baseline is the mean of `baseline_periods` of the champion's own ripe readings, which are
    not judged themselves: its first ones ('proven'), or the best run of them before the dwell
    ('best'). The limit is `falls_by` in the metric's unit or `falls_by_share` of the baseline;
    of a metric that is better when smaller, a rise is the fall. Confirmed: the one-sided lower
    bound of the mean fall, at `confidence`, is over 0. `dwell` None is one period.
    """

    kind: Literal["performance"] = "performance"
    metric: MetricName
    falls_by: float | None = Field(default=None, gt=0)
    falls_by_share: float | None = Field(default=None, gt=0)
    against: Literal["proven", "best"] = "proven"
    baseline_periods: int = Field(default=3, ge=1)
    dwell: Span | None = None
    confidence: Confidence = 0.95
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_limit(self) -> PerformancePolicy:
        exactly_one(falls_by=self.falls_by, falls_by_share=self.falls_by_share)
        return self

    def decide(self, history: History) -> Finding:
        """Judge the champion's newest ripe readings. `value` is the mean fall, `limit` that of each period."""
        needed = 1 if self.dwell is None else history.periods_in(self.dwell)
        if history.champion is None:
            return self._cannot_tell(needed, f"{self.metric} is judged against a champion's own baseline")
        readings = champion_readings(history, history.champion, self.metric)
        missing = self.baseline_periods + needed - len(readings)
        if missing > 0:
            return self._cannot_tell(
                needed,
                f"{self.metric} waits for {periods(missing, 'more ripe')}: {self.baseline_periods} make the baseline "
                f"of version {history.champion.version} and {needed} are judged, {len(readings)} are in",
            )
        return self._judged(self._fall(readings, needed, history.reading_confidence), readings[-1].period, needed)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        limit = number(self.falls_by) if self.falls_by is not None else f"{self.falls_by_share:.0%}"
        dwell = "" if self.dwell is None else f" for {duration_text(self.dwell)}"
        return (
            f"{self.action} when {self.metric} is worse than its {self.against} {periods(self.baseline_periods)} "
            f"by more than {limit}{dwell}, confirmed at {self.confidence:g}"
        )

    def _cannot_tell(self, needed: int, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", limit=self.falls_by, needed=needed, sentence=why)

    def _fall(self, readings: Sequence[Measured], needed: int, reading_confidence: float) -> Fall:
        sign = 1.0 if METRICS[self.metric].greater_is_better else -1.0
        start = self._baseline_start(readings[:-needed], sign)
        stop = start + self.baseline_periods
        before, judged = readings[start:stop], readings[stop:]
        baseline = fmean(reading.value for reading in before)
        limit = self.falls_by if self.falls_by is not None else (self.falls_by_share or 0.0) * abs(baseline)
        falls = [sign * (baseline - reading.value) for reading in judged]
        mean = fmean(falls[-needed:])
        error = _error_of_difference(before, judged[-needed:], reading_confidence)
        lower = None if error is None else mean - NormalDist().inv_cdf(self.confidence) * error
        return Fall(baseline, mean, limit, lower, sum(1 for _ in takewhile(lambda fall: fall > limit, reversed(falls))))

    def _baseline_start(self, earlier: Sequence[Measured], sign: float) -> int:
        """Where the baseline begins within the readings before the dwell."""
        if self.against == "proven":
            return 0
        size = self.baseline_periods
        return max(
            range(len(earlier) - size + 1),
            key=lambda start: sign * fmean(reading.value for reading in earlier[start : start + size]),
        )

    def _judged(self, fall: Fall, newest: str, needed: int) -> Finding:
        verdict, note = self._verdict(fall, needed)
        word = "worse" if fall.mean >= 0 else "better"
        sentence = (
            f"{self.metric} was {word} than its baseline {number(fall.baseline)} by {number(abs(fall.mean))} over "
            f"{periods(needed, 'ripe')} to {newest}, limit {number(fall.limit)}; {note}"
        )
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=fall.mean,
            limit=fall.limit,
            held=fall.held,
            needed=needed,
            sentence=sentence,
        )

    def _verdict(self, fall: Fall, needed: int) -> tuple[FindingVerdict, str]:
        if fall.held == 0:
            return "quiet", "the newest is within the limit"
        if fall.held < needed:
            return "holding", f"over it for {fall.held} of {periods(needed)}"
        if fall.lower is None:
            return "cannot tell", "a reading without an interval, so the fall cannot be confirmed"
        bound = f"at least {number(fall.lower)} with {self.confidence:.0%} confidence"
        return ("fired", f"confirmed, {bound}") if fall.lower > 0 else ("holding", f"not confirmed: {bound}")


def _error_of_difference(before: Sequence[Measured], after: Sequence[Measured], confidence: float) -> float | None:
    """The standard error of the difference of two means over independent periods; None without intervals."""
    variance = 0.0
    for side in (before, after):
        for reading in side:
            error = reading.error(confidence)
            if error is None:
                return None
            variance += (error / len(side)) ** 2
    return sqrt(variance)
