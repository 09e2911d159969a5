"""The planned cadence."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, History, asks
from retrain_platform.policy.fields import Span
from retrain_platform.policy.waiting import last_attempt, served, waited


class SchedulePolicy(Record):
    """Fires when `every` has passed since the champion was trained or a retrain was last attempted.

    The later of the two counts, so that a candidate that was turned away is not tried again at
    every tick. The finding's `value` and `limit` are days.
    """

    kind: Literal["schedule"] = "schedule"
    every: Span
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Judge the time since the last attempt."""
        since = last_attempt(history)
        if since is None:
            return Finding(
                trigger=self.kind,
                verdict="cannot tell",
                limit=self.every / timedelta(days=1),
                needed=history.periods_in(self.every),
                sentence=f"every {duration_text(self.every)} counts from the first training, which is still to come",
            )
        verdict: FindingVerdict = "fired" if served(history, since, self.every) else "quiet"
        past = waited(history, since)
        days, every, due = past / timedelta(days=1), duration_text(self.every), (since + self.every).date()
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=round(days, 1),
            limit=self.every / timedelta(days=1),
            held=round(past / history.period_length),
            needed=history.periods_in(self.every),
            sentence=f"last training {since.date()}, {days:.3g} days ago; due every {every}, on {due}",
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} every {duration_text(self.every)}, counted from the last training"
