"""The planned cadence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from retrain_platform.dataset.days import PreferredWindow
from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Depth, Finding, FindingVerdict, asks
from retrain_platform.policy.calendar import Cron, Season, cadence_text, cron_moments, local
from retrain_platform.policy.fields import Span, exactly_one
from retrain_platform.policy.history import History
from retrain_platform.policy.waiting import last_attempt, served, waited

_DAY = timedelta(days=1)
MOST_JITTER = 0.5


class Due(NamedTuple):
    """How long after the last attempt the cadence comes round, what it is called, and whether that time has passed.

    `came` is when it came, or will come, due: not before the season began whose cadence it is.
    """

    after: timedelta
    called: str
    passed: bool
    came: datetime


class SchedulePolicy(Record):
    """Fires when `every` has passed, or a moment of `cron` has come, since a retrain was last attempted.

    Attempts are the champion's training and those that were turned away, so that a candidate that failed is not
    tried again at every tick. Cron moments are read on the model's own zone, and met by the first decision at or
    after them. On the days of a `calendar` entry (the first that holds) its `every` is the cadence. A
    cadence that is due waits for a `preferred` window, but no longer than `at_most`. `jitter` lengthens
    `every` by up to this share of it, in whole periods, always the same for a model's name: models with one
    spec do not start together. With a `depth` it asks for a retrain that deep, and counts from the last one that was:
    beside a light cadence a full one has its own. The finding's `value` and `limit` are days.
    """

    kind: Literal["schedule"] = "schedule"
    every: Span | None = None
    cron: Cron | None = None
    calendar: tuple[Season, ...] = ()
    preferred: tuple[PreferredWindow, ...] = ()
    at_most: Span | None = None
    jitter: float = Field(default=0.0, ge=0, le=MOST_JITTER)
    depth: Depth | None = None
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_cadence(self) -> SchedulePolicy:
        exactly_one(every=None if self.every is None else duration_text(self.every), cron=self.cron)
        if self.cron is not None and self.jitter:
            raise ValueError(f"jitter == {self.jitter}, must be 0 beside cron: write other minutes or hours there")
        if self.preferred and self.at_most is None:
            raise ValueError(
                "at_most == None, must be given beside preferred: how long a due retrain may wait, as in 3d"
            )
        if self.at_most is not None and not self.preferred:
            raise ValueError(f"at_most == {duration_text(self.at_most)}, must stand beside preferred windows")
        return self

    def decide(self, history: History) -> Finding:
        """Judge the time since the last attempt."""
        since = last_attempt(history, self.depth or "incremental")
        if since is None:
            return self._before_the_first(history)
        due = self._due(history, since)
        verdict, waits = self._verdict(history, due)
        past = waited(history, since)
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=round(past / _DAY, 1),
            limit=due.after / _DAY,
            held=round(past / history.period_length),
            needed=history.periods_in(due.after),
            sentence=f"last {self._deep}training {since.date()}, {past / _DAY:.3g} days ago; due {due.called}, "
            f"on {(since + due.after).date()}{waits}",
            depth=self.depth,
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        depth = "" if self.depth is None else f" (depth {self.depth})"
        said = f"{self.action}{depth} {cadence_text(self.every, self.cron)}, counted from the last {self._deep}training"
        for season in self.calendar:
            said += f", from {season.first} to {season.last} every {duration_text(season.every)}"
        if self.jitter:
            said += f", up to {self.jitter:.0%} later by the model's name, in whole periods"
        if self.preferred and self.at_most is not None:
            windows = " or ".join(str(window) for window in self.preferred)
            said += f", waiting at most {duration_text(self.at_most)} for {windows}"
        return said

    @property
    def _deep(self) -> str:
        """What it calls the trainings that it counts from; those of any depth have no name."""
        return {"full": "full ", "light": "light or full "}.get(self.depth or "", "")

    def _before_the_first(self, history: History) -> Finding:
        every = self._every(history)
        comes = cadence_text(every, self.cron)
        return Finding(
            trigger=self.kind,
            verdict="cannot tell",
            limit=None if every is None else every / _DAY,
            needed=history.periods_in(every),
            sentence=f"{comes} counts from the first training, which is still to come",
        )

    def _every(self, history: History) -> timedelta | None:
        """The cadence in force: the season's, else the usual one; None where that is `cron`."""
        season = self._season(history)
        return self.every if season is None else season.every

    def _season(self, history: History) -> Season | None:
        today = local(history).date()
        return next((season for season in self.calendar if season.holds(today)), None)

    def _due(self, history: History, since: datetime) -> Due:
        every, season = self._every(history), self._season(history)
        if every is None:
            moment = next(cron_moments(self.cron or "", since.astimezone(ZoneInfo(history.timezone))))
            after = waited(history, since) - waited(history, moment)
            return Due(after, cadence_text(None, self.cron), waited(history, since) >= after, moment.astimezone(UTC))
        later = jitter_periods(history.model, self.jitter, every, history.period_length) * history.period_length
        called, came = cadence_text(every, None), since.astimezone(UTC) + every + later
        if season is not None:
            called += f" (season {season})"
            came = max(came, season.began(local(history)).astimezone(UTC))
        if later:
            called += f" and {duration_text(later)} of jitter"
        return Due(every + later, called, served(history, since, every + later), came)

    def _verdict(self, history: History, due: Due) -> tuple[FindingVerdict, str]:
        """Whether it fires, and what it waits for when it is due and does not."""
        if not due.passed:
            return "quiet", ""
        now = local(history)
        if self.at_most is None or any(window.holds(now) for window in self.preferred):
            return "fired", ""
        if served(history, due.came, self.at_most):
            return "fired", f"; no preferred window came within {duration_text(self.at_most)}"
        windows = " or ".join(str(window) for window in self.preferred)
        latest = (due.came + self.at_most).astimezone(now.tzinfo).date()
        return "holding", f"; waits for {windows}, at most until {latest}"


def jitter_periods(model: str, jitter: float, every: timedelta, period_length: timedelta) -> int:
    """By how many whole periods a model's cadence is longer: 0 up to `jitter` of `every`, even over names.

    A decision is taken once a period, so a shift by less would be no shift.
    """
    most = int(jitter * every / period_length)
    share = int.from_bytes(sha256(model.encode()).digest()[:8], "big") / 2**64
    return int(share * (most + 1))
