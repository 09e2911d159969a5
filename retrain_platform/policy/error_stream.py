"""The champion's errors day by day: a detector that looks every day at a stated rate of false alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.concept import Daily, daily_errors
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import Span
from retrain_platform.policy.history import History
from retrain_platform.policy.wording import are_in, number
from retrain_platform.stats.correlation import lag_one_before
from retrain_platform.stats.cusum import LEARNING, rising, run_length, self_started, threshold_for

Floats = NDArray[np.float64]
Watches = Literal["loss", "residual"]
Detector = Literal["cusum", "adwin", "page_hinkley", "kswin"]

_FEWEST = LEARNING + 1
"""Days under which a stream says nothing."""

_DAY = timedelta(days=1)


class Stream(NamedTuple):
    """A champion's days with rows, and their errors as standard normal deviates where nothing changed.

    `correlation` is that of neighbouring days as the last one was read, `newest` the days that came in last.
    """

    days: tuple[str, ...]
    deviates: Floats
    correlation: float
    newest: frozenset[str]


def stream(history: History, watches: Watches) -> Stream | None:
    """The champion's daily errors, each standardised by the days before it; None without a champion.

    Neighbouring days that are alike would raise alarms by themselves: their correlation is taken
    out, as its own days before that day tell it, so that no later day changes what a day said.
    """
    if history.champion is None:
        return None
    known = [each for each in history.concept if each.version == history.champion.version]
    mine = daily_errors(known)
    values = _values(mine, watches)
    alike = lag_one_before(values)
    newest = frozenset(day.day for each in known if each.as_of == known[-1].as_of for day in each.days)
    return Stream(mine.days, self_started(values, alike), float(alike[-1]) if len(alike) else 0.0, newest)


def _values(daily: Daily, watches: Watches) -> Floats:
    return daily.losses if watches == "loss" else daily.residuals


class ErrorStreamPolicy(Record):
    """Fires when the champion's daily errors changed, by a detector that looks at every ripe day.

    `watches`: the mean loss, of which a rise counts, or the mean of label minus score, to either
    side. `cusum` is the platform's own: on a stream that does not change it raises a false alarm once in
    `false_alarm_every` on average (simulated in `stats/cusum.py`'s tests, days that are alike
    and skewed ones included), and finds a shift of `shift` standard deviations of a day soonest. It fires
    when the sum was over its threshold on any of the days that came in last, and begins anew with a
    new champion. The others are river's (the extra `replay-peers`), over the same standardised
    days, with river's own `settings`; they fire when they alarm on one of the days that came in
    last, and state no rate.
    """

    soft: ClassVar[bool] = True
    kind: Literal["error_stream"] = "error_stream"
    watches: Watches = "loss"
    detector: Detector = "cusum"
    false_alarm_every: Span = timedelta(days=365)
    shift: float = Field(default=1.0, gt=0, le=4)
    settings: dict[str, float] = {}
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _settings_of_river(self) -> ErrorStreamPolicy:
        if self.detector == "cusum" and self.settings:
            raise ValueError(
                f"settings == {self.settings}, must be empty for cusum: its own are false_alarm_every and shift"
            )
        if self.false_alarm_every < 10 * _DAY:
            raise ValueError(f"false_alarm_every == {duration_text(self.false_alarm_every)}, must be at least 10d")
        return self

    def decide(self, history: History) -> Finding:
        """Follow the champion's days. `value` is the sum, `limit` its threshold; of river's, the alarms."""
        seen = stream(history, self.watches)
        if seen is None:
            return self._cannot_tell("an error stream is a champion's, and there is none")
        if len(seen.days) < _FEWEST:
            return self._cannot_tell(f"an error stream takes {_FEWEST} ripe days, {are_in(len(seen.days))}")
        return self._summed(seen) if self.detector == "cusum" else self._alarmed(seen, history)

    def judged(self, history: History) -> tuple[str, ...]:
        """The periods that a fired finding rests on: those since the sum was 0 before the newest; of river's, these."""
        seen = stream(history, self.watches)
        if seen is None or not seen.days:
            return ()
        days = set(seen.newest)
        if self.detector == "cusum":
            since = min((place for place, day in enumerate(seen.days) if day in seen.newest), default=0)
            before = np.flatnonzero(self._sums(seen)[:since] <= 0)
            days.update(seen.days[before.max(initial=-1) + 1 :])
        mine = (each for each in history.concept if history.champion and each.version == history.champion.version)
        return tuple(each.period for each in mine if any(day.day in days for day in each.days))

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        if self.detector != "cusum":
            return f"{self.action} when river's {self.detector} alarms on the daily {self.watches}"
        threshold, arms = self._threshold()
        delay = run_length(threshold, self.shift / 2, self.shift)
        return (
            f"{self.action} when the daily {self.watches} changes, by a cumulative sum with a false alarm "
            f"in {duration_text(self.false_alarm_every)} on average, a shift of {number(self.shift)} deviations "
            f"found in about {number(delay)} days{'' if arms == 1 else ', to either side'}"
        )

    def _threshold(self) -> tuple[float, int]:
        """The threshold of each side, and how many sides there are: two share the false alarms."""
        arms = 1 if self.watches == "loss" else 2
        return threshold_for(arms * (self.false_alarm_every / _DAY), self.shift / 2), arms

    def _sums(self, seen: Stream) -> Floats:
        """The sum of the side that is farther from 0, day by day."""
        sides = [rising(sign * seen.deviates, self.shift / 2) for sign in (1, -1)[: self._threshold()[1]]]
        sums: Floats = np.max(sides, axis=0)
        return sums

    def _summed(self, seen: Stream) -> Finding:
        threshold, _ = self._threshold()
        sums = self._sums(seen)
        fresh = [place for place, day in enumerate(seen.days) if day in seen.newest]
        most = max(fresh, key=lambda place: sums[place])
        verdict: FindingVerdict = "fired" if sums[most] > threshold else "quiet"
        alike = f", the days' correlation of {number(seen.correlation)} taken out" if seen.correlation else ""
        return self._finding(
            verdict,
            float(sums[most]),
            threshold,
            f"the cumulative sum of the daily {self.watches} is {number(float(sums[-1]))} after {len(seen.days)} days "
            f"to {seen.days[-1]}, limit {number(threshold)} (a false alarm in {duration_text(self.false_alarm_every)}"
            f"{alike}); {_since(seen.days, sums, threshold, most)}",
        )

    def _alarmed(self, seen: Stream, history: History) -> Finding:
        found = [each for each in history.detected if each.asked == self.asked]
        if not found:
            return self._cannot_tell(f"river's {self.detector} was not run on the stream")
        if found[0].why:
            return self._cannot_tell(found[0].why)
        fresh = [day for day in found[0].alarms if day in seen.newest]
        said = f"on {', '.join(fresh)}" if fresh else "not on the days that came in last"
        return self._finding(
            "fired" if fresh else "quiet",
            len(fresh),
            0,
            f"river's {self.detector} on the daily {self.watches} to {seen.days[-1]} alarms {said}",
        )

    @property
    def asked(self) -> str:
        """What is asked of a detector, as one text: its name, what it watches, its settings."""
        settings = ", ".join(f"{name}={value}" for name, value in sorted(self.settings.items()))
        return f"{self.detector} {self.watches} {settings}".strip()

    def _finding(self, verdict: FindingVerdict, value: float, limit: float, sentence: str) -> Finding:
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=value,
            limit=limit,
            held=int(verdict == "fired"),
            sentence=sentence,
        )

    def _cannot_tell(self, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", sentence=why)


def _since(days: tuple[str, ...], sums: Floats, threshold: float, most: int) -> str:
    """From when to when the sum was over its threshold about the day of the `most`."""
    if sums[most] <= threshold:
        return "under it"
    under = np.flatnonzero(sums <= threshold)
    since, until = under[under < most].max(initial=-1) + 1, under[under > most].min(initial=len(sums))
    if until == len(sums):
        return f"over it since {days[since]}"
    return f"over it from {days[since]} to {days[until - 1]}, {number(float(sums[most]))} at most"
