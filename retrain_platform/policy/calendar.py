"""Days, hours and seasons on a model's own calendar: when a retrain is wanted, and when it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.fields import Span
from retrain_platform.policy.history import History

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LEAP = 2000
"""A year that has every day that a yearly range can name."""
_CRON_FIELDS = 5
_DAY = timedelta(days=1)
_LONGEST_YEAR = 366


def local(history: History) -> datetime:
    """The history's `as_of` as the model's own clock shows it."""
    return history.as_of.astimezone(ZoneInfo(history.timezone))


def _day_text(value: object) -> object:
    """A day of every year as MM-DD, a day of one year as YYYY-MM-DD, whichever way YAML read it."""
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    text = value.strip() if isinstance(value, str) else ""
    yearly = re.fullmatch(r"\d\d-\d\d", text) is not None
    try:
        date.fromisoformat(f"{_LEAP}-{text}" if yearly else text)
    except ValueError:
        raise ValueError(f"day == {value!r}, must be a day as in '12-20' (every year) or '2013-12-20'") from None
    return text


Day = Annotated[str, BeforeValidator(_day_text)]
"""'12-20', a day of every year, or '2013-12-20'."""


class DayRange(Record):
    """The days from `first` to `last`, both included: of every year ('11-15', may pass the year's end), or of one."""

    model_config = ConfigDict(serialize_by_alias=True)

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")

    @model_validator(mode="after")
    def _of_one_sort(self) -> DayRange:
        if len(self.first) != len(self.last):
            raise ValueError(
                f"to == {self.last}, must be written as from is, {self.first}: both with a year or neither"
            )
        if not self.yearly and self.last < self.first:
            raise ValueError(f"to == {self.last}, must not be before from == {self.first}")
        return self

    @property
    def yearly(self) -> bool:
        """Whether it comes back every year."""
        return len(self.first) == len("12-20")

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        text = f"{day:%m-%d}" if self.yearly else f"{day:%Y-%m-%d}"
        if self.first <= self.last:
            return self.first <= text <= self.last
        return text >= self.first or text <= self.last

    def began(self, moment: datetime) -> datetime:
        """The midnight at which the run of its days began that `moment` lies in, on the moment's clock."""
        day = moment.date()
        for _ in range(_LONGEST_YEAR):
            if not self.holds(day - _DAY):
                break
            day -= _DAY
        return datetime.combine(day, time(), tzinfo=moment.tzinfo)

    def ends(self, moment: datetime) -> date:
        """The last of its days in the run that `moment` lies in."""
        day = moment.date()
        for _ in range(_LONGEST_YEAR):
            if not self.holds(day + _DAY):
                break
            day += _DAY
        return day

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


class Season(DayRange):
    """Days with another cadence."""

    every: Span


class Blackout(DayRange):
    """Days without automatic retrains, and why."""

    why: str = ""

    def __str__(self) -> str:
        return super().__str__() + (f" ({self.why})" if self.why else "")


class PreferredWindow(Record):
    """Weekdays and the hours [first, second) of their clock, 0 to 24; hours from 22 to 4 pass midnight."""

    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)
    hours: tuple[Annotated[int, Field(ge=0, le=24)], Annotated[int, Field(ge=0, le=24)]] = (0, 24)

    @model_validator(mode="after")
    def _some_time(self) -> PreferredWindow:
        if self.hours[0] == self.hours[1]:
            raise ValueError(f"hours == {list(self.hours)}, must begin and end at different hours, as in [6, 10]")
        return self

    def holds(self, moment: datetime) -> bool:
        """Whether the moment, on its own clock, lies in it; the hours after midnight belong to the day before."""
        begin, end = self.hours
        if begin < end:
            return begin <= moment.hour < end and WEEKDAYS[moment.weekday()] in self.days
        eve = moment if moment.hour >= begin else moment - timedelta(days=1)
        return (moment.hour >= begin or moment.hour < end) and WEEKDAYS[eve.weekday()] in self.days

    def __str__(self) -> str:
        days = "any day" if self.days == WEEKDAYS else ", ".join(self.days)
        return days if self.hours == (0, 24) else f"{days} {self.hours[0]}-{self.hours[1]} h"


def _readable(value: str) -> str:
    """`value`, if it is a cron expression that some moment matches."""
    said = "must be minute, hour, day, month and weekday, as in '0 6 * * 1' (Mondays at 6)"
    if len(value.split()) != _CRON_FIELDS:
        raise ValueError(f"cron == {value!r}, {said}")
    try:
        next(CronSim(value, datetime(_LEAP, 1, 1)))  # noqa: DTZ001 - any clock will do
    except CronSimError as error:
        raise ValueError(f"cron == {value!r}, {said}: {error}") from None
    except StopIteration:
        raise ValueError(f"cron == {value!r}, must come round: no day matches it") from None
    return value


Cron = Annotated[str, AfterValidator(_readable)]
"""Five fields as crontab(5) reads them; a clock change is met as Debian's cron meets it."""


def cron_moments(cron: str, after: datetime) -> Iterator[datetime]:
    """The moments of `cron` strictly after `after`, on the clock of its zone."""
    yield from CronSim(cron, after)


def shortest_gap(cron: str, looks: int = 500) -> timedelta:
    """The least time between two moments of `cron`, by the first `looks` of them since 2000."""
    moments = islice(cron_moments(cron, datetime(_LEAP, 1, 1)), looks)  # noqa: DTZ001 - a clock without changes
    return min((later - earlier for earlier, later in pairwise(moments)), default=timedelta.max)


def cadence_text(every: timedelta | None, cron: str | None) -> str:
    """'every 8w', or 'by cron 0 6 * * 1'."""
    return f"by cron {cron}" if every is None else f"every {duration_text(every)}"
