"""Days of a year and hours of a week, as a spec names them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from retrain_platform.dataset.record import Record

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LEAP = 2000
"""A year that has every day that a yearly range can name."""
_DAY = timedelta(days=1)
_LONGEST_YEAR = 366


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


class NamedDays(DayRange):
    """Days, and why they are special."""

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
