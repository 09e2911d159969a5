"""The one time partitioning of a model: half-open periods on its own calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from datetime import timezone as fixed
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, field_validator, model_validator

from retrain_platform.dataset.record import Record

Every = Literal["hour", "day", "week", "month"]


class Period(Record):
    """One partition, [start, end): both ends carry a zone; `key` is its name in Dagster."""

    key: str
    start: datetime
    end: datetime


def _plain_date(value: object) -> object:
    """YAML reads 2013-01-01 as a date and '2013-01-01' as a text: both are meant."""
    return value.date() if isinstance(value, datetime) else value


CalendarDate = Annotated[date, BeforeValidator(_plain_date)]


class Calendar(Record):
    """Which periods a model has. Period 0 begins at `start`, local midnight; `end` is exclusive."""

    every: Every = "week"
    start: CalendarDate
    end: CalendarDate | None = None
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"timezone == {value!r}, must be an IANA name such as 'UTC' or 'Europe/Berlin'")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Calendar:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"end == {self.end}, must be later than start == {self.start}")
        if self.every == "month" and self.start.day != 1:
            raise ValueError(f"start == {self.start}, must be the first of a month where every == 'month'")
        return self

    def at(self, index: int) -> Period:
        """The period number `index`, counted from 0 at `start`."""
        start, end = self._edge(index), self._edge(index + 1)
        return Period(key=start.strftime(self.key_format), start=start, end=end)

    def period(self, key: str) -> Period:
        """The period named `key`.

        Raises:
            ValueError: when `key` names no period of this calendar.
        """
        try:
            start = datetime.strptime(key, self.key_format).replace(tzinfo=ZoneInfo(self.timezone))
        except ValueError:
            start = None
        found = None if start is None else self.holding(start)
        if found is None or found.key != key:
            raise ValueError(f"period == {key!r}, must be the start of a {self.every}, as in {self.at(0).key!r}")
        return found

    def holding(self, moment: datetime) -> Period | None:
        """The period that `moment` falls in; None before the first."""
        local = moment.astimezone(ZoneInfo(self.timezone))
        if local < self._edge(0):
            return None
        return self.at(self._index(local))

    def local(self, moment: datetime) -> datetime:
        """The same instant as this calendar's clock shows it, for people.

        Its offset is fixed: two moments of one zone that changes its clock are compared, and subtracted, by
        what the clock shows, which no instant must be.
        """
        shown = moment.astimezone(ZoneInfo(self.timezone))
        return shown.replace(tzinfo=fixed(shown.utcoffset() or timedelta()), fold=0)

    def closed(self, watermark: datetime) -> list[Period]:
        """Every period whose end is at or before `watermark`, oldest first."""
        periods: list[Period] = []
        while (period := self.at(len(periods))).end <= watermark and self.within(period):
            periods.append(period)
        return periods

    def within(self, period: Period) -> bool:
        """Whether the whole period lies before the calendar's `end` (a cut last one does not count)."""
        return self.end is None or period.end <= self._midnight(self.end)

    def between(self, first: str, last: str) -> list[Period]:
        """The periods from `first` to `last`, both included."""
        index = self._index(self.period(first).start)
        stop = self._index(self.period(last).start)
        return [self.at(position) for position in range(index, stop + 1)]

    def index(self, key: str) -> int:
        """How many periods lie before the one named `key`."""
        return self._index(self.period(key).start)

    def length(self) -> timedelta:
        """The nominal length of a period (a month counts 28 days: its shortest)."""
        days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 28}
        return timedelta(days=days[self.every])

    @property
    def key_format(self) -> str:
        """How a period's start is written as its key."""
        return "%Y-%m-%d-%H:%M" if self.every == "hour" else "%Y-%m-%d"

    @property
    def cron(self) -> str:
        """The cron line whose ticks are the periods' edges."""
        weekday = self.start.isoweekday() % 7
        return {"hour": "0 * * * *", "day": "0 0 * * *", "week": f"0 0 * * {weekday}", "month": "0 0 1 * *"}[self.every]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.timezone))

    def _edge(self, index: int) -> datetime:
        if self.every == "hour":
            utc = self._midnight(self.start).astimezone(ZoneInfo("UTC")) + timedelta(hours=index)
            return utc.astimezone(ZoneInfo(self.timezone))
        if self.every == "month":
            months = self.start.month - 1 + index
            return self._midnight(date(self.start.year + months // 12, months % 12 + 1, 1))
        return self._midnight(self.start + timedelta(days=index * (7 if self.every == "week" else 1)))

    def _index(self, local: datetime) -> int:
        if self.every == "hour":
            utc = ZoneInfo("UTC")  # a subtraction within one zone ignores its clock changes
            return int((local.astimezone(utc) - self._edge(0).astimezone(utc)) // timedelta(hours=1))
        if self.every == "month":
            return (local.year - self.start.year) * 12 + local.month - self.start.month
        days = (local.astimezone(ZoneInfo(self.timezone)).date() - self.start).days
        return days // (7 if self.every == "week" else 1)


Share = Annotated[float, Field(ge=0, le=1)]
