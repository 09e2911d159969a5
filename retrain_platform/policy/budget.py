"""So many retrains in so much time: when one is spent, and when it is kept for later."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.fields import Span
from retrain_platform.policy.history import History
from retrain_platform.policy.waiting import waited
from retrain_platform.stats.staying import Staying

PLANNED = 0.85
"""What a retrain at its turn is worth, of 1 for which it is spent: the rest is for what comes by surprise."""
KEPT = 0.4
"""So much of what the champion was better than fresh models counts against replacing it."""
SURPRISE = 0.2
"""For each period of the pace, losses of so much of a period's are worth a retrain."""


class Left(NamedTuple):
    """What is left of a budget: retrains, of how many, and periods until it begins anew."""

    retrains: int
    of: int
    periods: float

    def pace(self, served: int) -> float:
        """The periods from one retrain to the next if the rest is spread evenly, those already served counted in."""
        return (self.periods + served) / (self.retrains + 1)

    def worth(self, found: Staying, served: int) -> float:
        """What a retrain now is worth, of 1 for which it is spent.

        For a gap that opens evenly what staying costs goes with the square of the time; a retrain at its turn comes to
        `PLANNED`. What else could be saved, less what the champion was better than fresh models are, is counted in what
        a retrain saves in the time of the pace.
        """
        pace = self.pace(served)
        saved = found.ahead + found.beyond - KEPT * found.better
        return PLANNED * (served / pace) ** 2 + (saved / (SURPRISE * pace * found.level) if found.level > 0 else 0.0)


class Budget(Record):
    """At most `retrains` in each `within`, counted from when the first model took over; the first is free."""

    retrains: int = Field(ge=1)
    within: Span

    def left(self, history: History) -> Left:
        """What is left at the history's `as_of`. An attempt counts, whatever became of it."""
        began = _began(history)
        if began is None:
            return Left(self.retrains, self.retrains, self.within / history.period_length)
        past = waited(history, began)
        into = past - past // self.within * self.within
        spent = sum(waited(history, each.as_of) <= into for each in history.retrained if each.as_of > began)
        return Left(max(0, self.retrains - spent), self.retrains, (self.within - into) / history.period_length)

    def describe(self) -> str:
        """The budget in words."""
        return f"at most {self.retrains} times in {duration_text(self.within)}"


def _began(history: History) -> datetime | None:
    """When the first model took over; None before there is one."""
    since = None if history.champion is None else history.champion.released_as_of
    return min((each.as_of for each in history.released), default=since)
