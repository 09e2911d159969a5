"""The noise of readings that have no interval of their own: how far a champion's proven days are apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from retrain_platform.policy.history import History
from retrain_platform.policy.readings import Measured, starts
from retrain_platform.stats.correlation import lag_one, widening
from retrain_platform.stats.intervals import t_quantile

FEWEST = 10
"""Days under which their spread says nothing: every weekday must be among them, and neighbours enough to compare."""
PROVEN = 21
"""Days that a champion is proven by, as for its concept: three weeks."""


class Spread(NamedTuple):
    """How far single readings are apart, in the metric's unit, over so many `days` (of longer periods: periods).

    `days` is that of the proven ones, `widened` by how much neighbours that are alike widen the error of a mean.
    `word` is day or period.
    """

    deviation: float
    days: int
    widened: float = 1.0
    word: str = "day"

    @property
    def enough(self) -> bool:
        """Whether it says anything."""
        return self.days >= FEWEST

    @property
    def freedom(self) -> int:
        """The degrees of freedom of Student's t."""
        return max(1, self.days - 1)

    def error(self, *days: int) -> float:
        """The standard error of a mean over so many days, or of the difference of two such means."""
        return self.widened * self.deviation * sqrt(sum(1 / each for each in days))

    def reach(self, confidence: float, *days: int) -> float:
        """How far the one-sided bound of such a mean or difference lies from it, by Student's t.

        The prediction interval of new days, which assumes them as far apart as those before.
        """
        return t_quantile(confidence, self.freedom) * self.error(*days)

    def chance(self, mean: float, *days: int) -> float:
        """The one-sided p-value of a difference that is at least `mean` where nothing changed."""
        from scipy.special import stdtr  # scipy.stats has it too, at ten times the import

        error = self.error(*days)
        return float(stdtr(self.freedom, -mean / error)) if error else float(mean <= 0)

    @property
    def said(self) -> str:
        """What a sentence says of it: that it is the error, or that it cannot be yet."""
        some = f"{self.days} proven {self.word}{'' if self.days == 1 else 's'}"
        if not self.enough:
            return f"a reading without an interval, and a spread takes {FEWEST} proven {self.word}s, {some} so far"
        return f"its error is the spread of {some}, for a reading of one {self.word} has no interval"


def spread(history: History, readings: Sequence[Measured]) -> Spread:
    """The spread of the first `PROVEN` days of a champion's readings (oldest first, those that are judged left out).

    Readings of hours share their day: all of them make the deviation, their days the degrees of freedom.
    """
    word = "day" if history.period_length <= timedelta(days=1) else "period"
    units = days_of(history, readings)
    proven = list(dict.fromkeys(units))[:PROVEN]
    values = [reading.value for reading, unit in zip(readings, units, strict=True) if unit in proven]
    if len(proven) < 2:
        return Spread(0.0, len(proven), word=word)
    by_day = [[value for value, unit in zip(values, units, strict=False) if unit == day] for day in proven]
    alike = widening(lag_one([np.array([np.mean(day) for day in by_day])]))
    return Spread(float(np.std(values, ddof=1)), len(proven), alike, word)


def days_of(history: History, readings: Sequence[Measured]) -> list[str]:
    """The local day on which each reading's period began; its key where that is not known."""
    begun, zone = starts(history), ZoneInfo(history.timezone)
    return [
        str(begun[each.period].astimezone(zone).date()) if each.period in begun else each.period for each in readings
    ]


def days_in(history: History, readings: Sequence[Measured]) -> int:
    """On how many local days they began."""
    return len(set(days_of(history, readings)))
