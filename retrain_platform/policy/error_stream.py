"""The champion's errors day by day: a detector that looks every day at a stated rate of false alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.concept import Daily, daily_errors
from retrain_platform.policy.base import Action, Finding, FindingVerdict, History, asks
from retrain_platform.policy.fields import Span
from retrain_platform.policy.wording import are_in, number
from retrain_platform.stats.correlation import lag_one
from retrain_platform.stats.cusum import rising, run_length, self_started, threshold_for, whitened

Floats = NDArray[np.float64]
Watches = Literal["loss", "residual"]
Detector = Literal["cusum", "adwin", "page_hinkley", "kswin"]

_FEWEST = 10
"""Days under which a stream says nothing."""

_DAY = timedelta(days=1)


class Stream(NamedTuple):
    """A champion's days with rows, and their errors as standard normal deviates where nothing changed."""

    days: tuple[str, ...]
    deviates: Floats
    correlation: float
    newest: frozenset[str]


def stream(history: History, watches: Watches) -> Stream | None:
    """The champion's daily errors, each standardised by the days before it; None without a champion.

    Neighbouring days that are alike would raise alarms by themselves: their correlation, over the
    days of all versions in the history, is taken out.
    """
    if history.champion is None:
        return None
    versions = dict.fromkeys((*(each.version for each in history.concept), history.champion.version))
    daily = {name: daily_errors([each for each in history.concept if each.version == name]) for name in versions}
    correlation = lag_one([_values(each, watches) for each in daily.values()])
    mine = daily[history.champion.version]
    deviates = self_started(whitened(_values(mine, watches), correlation))
    last = [each for each in history.concept if each.version == history.champion.version][-1:]
    return Stream(mine.days, deviates, correlation, frozenset(day.day for each in last for day in each.days))


def _values(daily: Daily, watches: Watches) -> Floats:
    return daily.losses if watches == "loss" else daily.residuals


class ErrorStreamPolicy(Record):
    """Fires when the champion's daily errors changed, by a detector that looks at every ripe day.

    `watches`: the mean loss, of which a rise counts, or the mean of label minus score, to either
    side. `cusum` is the platform's own: on a stream that does not change it raises a false alarm once in
    `false_alarm_every` on average (simulated in `stats/cusum.py`'s tests, days that are alike
    included), and finds a shift of `shift` standard deviations of a day soonest. It fires while the sum
    is over its threshold, and begins anew with a new champion. The others are river's (the extra
    `replay-peers`), over the same standardised days, with river's own `settings`; they fire when they alarm in the
    newest
    ripe period, and state no rate.
    """

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

    def _summed(self, seen: Stream) -> Finding:
        threshold, arms = self._threshold()
        sides = [rising(sign * seen.deviates, self.shift / 2) for sign in (1, -1)[:arms]]
        sums = np.max(sides, axis=0)
        over = len(sums) if (sums > threshold).all() else int((sums[::-1] > threshold).argmin())
        verdict: FindingVerdict = "fired" if over else "quiet"
        alike = f", the days' correlation of {number(seen.correlation)} taken out" if seen.correlation else ""
        since = f"over it since {seen.days[-over]}" if over else "under it"
        return self._finding(
            verdict,
            float(sums[-1]),
            threshold,
            f"the cumulative sum of the daily {self.watches} is {number(float(sums[-1]))} after {len(seen.days)} days "
            f"to {seen.days[-1]}, limit {number(threshold)} (a false alarm in {duration_text(self.false_alarm_every)}"
            f"{alike}); {since}",
        )

    def _alarmed(self, seen: Stream, history: History) -> Finding:
        found = [each for each in history.detected if each.asked == self.asked]
        if not found:
            return self._cannot_tell(f"river's {self.detector} was not run on the stream")
        if found[0].why:
            return self._cannot_tell(found[0].why)
        fresh = [day for day in found[0].alarms if day in seen.newest]
        said = f"on {', '.join(fresh)}" if fresh else "not in the newest ripe period"
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
