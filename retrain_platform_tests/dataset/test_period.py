from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.period import Calendar

ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
WEEKS = Calendar(every="week", start=date(2013, 1, 1), end=date(2014, 1, 1), timezone="America/New_York")

STARTS = [date(2007, 2, 28), date(2013, 1, 1), date(2024, 10, 27)]
CALENDARS = [
    Calendar(every=every, start=start.replace(day=1) if every == "month" else start, timezone=zone)
    for every, start, zone in product(("hour", "day", "week", "month"), STARTS, ZONES)
]
calendars = st.sampled_from(CALENDARS)


@given(calendars, st.integers(0, 3000))
def test_periods_follow_each_other_without_gap_or_overlap(calendar: Calendar, index: int) -> None:
    this, following = calendar.at(index), calendar.at(index + 1)
    assert this.end == following.start
    assert this.start.astimezone(UTC) < this.end.astimezone(UTC)


@given(calendars, st.integers(0, 3000), st.floats(0, 0.999))
def test_every_moment_is_held_by_the_period_it_falls_in(calendar: Calendar, index: int, part: float) -> None:
    period = calendar.at(index)
    start, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    held = calendar.holding(start + (end - start) * part)
    assert held is not None
    assert held.start == period.start


@given(calendars.filter(lambda calendar: calendar.every != "hour"), st.integers(0, 3000))
def test_a_key_leads_back_to_its_period(calendar: Calendar, index: int) -> None:
    period = calendar.at(index)
    assert calendar.period(period.key) == period
    assert calendar.index(period.key) == index


def test_the_weeks_of_2013_begin_on_tuesdays_and_follow_the_clock_change() -> None:
    assert WEEKS.at(0).start.isoformat() == "2013-01-01T00:00:00-05:00"
    assert WEEKS.at(26).start.isoformat() == "2013-07-02T00:00:00-04:00"
    assert WEEKS.cron == "0 0 * * 2"
    spring = WEEKS.at(9)
    assert spring.end.astimezone(UTC) - spring.start.astimezone(UTC) == timedelta(days=7, hours=-1)


def test_closed_periods_end_by_the_watermark_and_before_the_calendar_s_end() -> None:
    assert WEEKS.closed(WEEKS.at(3).end - timedelta(seconds=1))[-1].key == "2013-01-15"
    assert WEEKS.closed(WEEKS.at(3).end)[-1].key == "2013-01-22"
    assert len(WEEKS.closed(datetime(2015, 1, 1, tzinfo=UTC))) == 52


def test_before_the_first_period_there_is_none() -> None:
    assert WEEKS.holding(datetime(2013, 1, 1, 4, 59, tzinfo=UTC)) is None
    assert WEEKS.closed(datetime(2012, 1, 1, tzinfo=UTC)) == []


def test_between_takes_both_ends() -> None:
    assert [period.key for period in WEEKS.between("2013-01-08", "2013-01-22")] == [
        "2013-01-08",
        "2013-01-15",
        "2013-01-22",
    ]


@pytest.mark.parametrize("key", ["2013-01-02", "2012-12-25", "week 3", ""])
def test_a_key_of_no_period_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="must be the start of a week"):
        WEEKS.period(key)


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ({"timezone": "Mars/Olympus"}, "IANA name"),
        ({"end": "2012-01-01"}, "later than start"),
        ({"every": "month", "start": "2013-01-02"}, "first of a month"),
        ({"every": "fortnight"}, "'hour', 'day', 'week' or 'month'"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(fields: dict[str, str], cure: str) -> None:
    with pytest.raises(ValidationError, match=cure):
        Calendar.model_validate({"start": "2013-01-01", **fields})


@given(calendars, st.integers(0, 12_000_000), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_moment_on_the_calendar_s_clock_is_the_same_instant_and_stays_subtractable(
    calendar: Calendar, minutes: int, later: timedelta
) -> None:
    moment = datetime(2007, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    here, there = calendar.local(moment), calendar.local(moment + later)
    assert here == moment
    assert there - here == later
    assert here.date() == moment.astimezone(ZoneInfo(calendar.timezone)).date()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_the_end_of_a_period_is_shown_as_the_day_that_begins_then(zone: str) -> None:
    calendar = Calendar(every="day", start=date(2025, 3, 2), timezone=zone)
    assert calendar.local(calendar.at(0).end.astimezone(UTC)).date() == date(2025, 3, 3)
