"""A gap to a fresh challenger that has opened and stays open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from statistics import fmean
from typing import Literal

from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import Confidence, Span
from retrain_platform.policy.gain import own
from retrain_platform.policy.history import History
from retrain_platform.policy.wording import lasting, number, periods
from retrain_platform.stats.intervals import lower_bound


class GapPolicy(Record):
    """Fires when a fresh challenger has been better by more than `over` throughout `dwell`, confirmed.

    `over` is in the unit of the model's own metric. `dwell` is counted in the ripe periods that the
    readings were judged on; None is one reading. Confirmed: the one-sided lower bound, at `confidence`,
    of the mean of those readings is over 0, not over `over`: the interval tells a gap from chance,
    `over` says which gap matters. The readings share their stale side, so that their errors are not
    taken to average out.
    """

    kind: Literal["gap"] = "gap"
    over: float = Field(default=0.005, ge=0)
    confidence: Confidence = 0.95
    dwell: Span | None = None
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Judge the readings of this champion. `value` is the mean gap of the readings that decide."""
        needed = history.periods_in(self.dwell)
        if history.champion is None:
            return self._cannot_tell(needed, "the gap to a challenger is that of a champion, which is still to come")
        version = history.champion.version
        readings = own(history.gaps, version)
        if readings:
            return self._judged(readings, needed)
        taken = [reading for reading in history.gaps if reading.version == version]
        why = taken[-1].why if taken else "none was taken since it answers"
        return self._cannot_tell(needed, f"no gap between version {version} and a fresh challenger is measured: {why}")

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        dwell = lasting(self.dwell)
        return (
            f"{self.action} when a fresh challenger is better by more than {number(self.over)}{dwell}, "
            f"confirmed at {self.confidence:g}"
        )

    def _cannot_tell(self, needed: int, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", limit=self.over, needed=needed, sentence=why)

    def _judged(self, readings: Sequence[GapReading], needed: int) -> Finding:
        over = list(takewhile(lambda reading: (reading.value or 0.0) > self.over, reversed(readings)))
        held = len({period for reading in over for period in reading.judged})
        deciding = over if held >= needed else [readings[-1]]
        mean = fmean(reading.value or 0.0 for reading in deciding)
        verdict, note = self._verdict(deciding, mean, held, needed)
        spans = [reading.judged for reading in deciding]
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=mean,
            limit=self.over,
            held=held,
            needed=needed,
            sentence=f"a fresh challenger was {'better' if mean >= 0 else 'worse'} by {number(abs(mean))} "
            f"{readings[-1].metric} over {spans[-1][0]} to {spans[0][-1]}, limit {number(self.over)}; {note}",
        )

    def _verdict(
        self, deciding: Sequence[GapReading], mean: float, held: int, needed: int
    ) -> tuple[FindingVerdict, str]:
        if not held:
            return "quiet", "the newest reading is within the limit"
        if held < needed:
            return "holding", f"over it for {held} of {periods(needed, 'ripe')}"
        errors = [reading.standard_error for reading in deciding if reading.standard_error is not None]
        if len(errors) < len(deciding):
            return "cannot tell", "a reading has no interval, so the gap cannot be confirmed"
        least = lower_bound(mean, fmean(errors), min(reading.days for reading in deciding), self.confidence)
        bound = f"at least {number(least)} with {self.confidence:.0%} confidence"
        return ("fired", f"confirmed, {bound}") if least > 0 else ("holding", f"not confirmed: {bound}")
