from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.dataset.times import BadTimes, as_text, to_utc

NEW_YORK = "America/New_York"


def utc(*texts: str) -> list[pd.Timestamp]:
    return [pd.Timestamp(text, tz="UTC") for text in texts]


def read(*values: object, timezone: str = NEW_YORK, dtype: object = object) -> list[pd.Timestamp]:
    return to_utc(pd.Series(values, dtype=dtype, name="departure"), timezone).tolist()


def test_times_without_a_zone_are_on_the_calendar_s_clock() -> None:
    assert read("2013-01-01 05:15", "2013-07-01T05:15:30") == utc("2013-01-01 10:15", "2013-07-01 09:15:30")
    assert read(datetime(2013, 1, 1, 5), date(2013, 7, 1)) == utc("2013-01-01 10:00", "2013-07-01 04:00")  # noqa: DTZ001


def test_times_with_a_zone_keep_their_moment() -> None:
    assert read("2013-01-01T05:15:00-05:00", "2013-07-01 05:15Z") == utc("2013-01-01 10:15", "2013-07-01 05:15")
    berlin = datetime(2013, 1, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert read(berlin) == utc("2013-01-01 11:00")


def test_a_repeated_hour_is_its_first_and_a_skipped_one_ends_at_the_gap() -> None:
    assert read("2013-11-03 01:30", "2013-03-10 02:30") == utc("2013-11-03 05:30", "2013-03-10 07:00")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_comes_out_as_nanoseconds_in_utc(unit: str) -> None:
    found = to_utc(pd.Series(pd.to_datetime(["2013-01-01 05:15"])).dt.as_unit(unit), NEW_YORK)
    assert str(found.dtype) == "datetime64[ns, UTC]"
    assert found.tolist() == utc("2013-01-01 10:15")


def test_missing_times_stay_missing_and_an_empty_column_is_one_of_times() -> None:
    assert read("2013-01-01", None, float("nan"))[1:] == [pd.NaT, pd.NaT]
    assert str(to_utc(pd.Series([], dtype=object), NEW_YORK).dtype) == "datetime64[ns, UTC]"


def test_some_with_and_some_without_a_zone_is_an_error_that_shows_one_of_each() -> None:
    with pytest.raises(BadTimes, match=r"departure == '2013-01-02' has no zone while '2013-01-01T00:00:00Z' has one"):
        read("2013-01-01T00:00:00Z", "2013-01-02")


@pytest.mark.parametrize("wrong", ["tomorrow", "31/12/2013", "2013-13-01"])
def test_what_is_no_time_is_named(wrong: str) -> None:
    with pytest.raises(BadTimes, match=f"departure == '{wrong}', must be a time"):
        read("2013-01-01", wrong)


def test_numbers_are_no_times() -> None:
    with pytest.raises(BadTimes, match=r"departure == 1356998400, must be a time"):
        read(1356998400, dtype="int64")


@settings(max_examples=30, deadline=None)
@given(st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1)), st.sampled_from(["Europe/Dublin", NEW_YORK, "UTC"]))  # noqa: DTZ001
def test_any_local_time_is_read_as_python_reads_its_first_occurrence(local: datetime, timezone: str) -> None:
    local = local.replace(microsecond=0)
    zone = ZoneInfo(timezone)
    if local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != local:
        return  # in a gap: zoneinfo shifts by the gap's length, pandas to its end
    assert read(local.isoformat(), timezone=timezone) == [pd.Timestamp(local.replace(tzinfo=zone)).tz_convert("UTC")]


def test_a_number_keeps_its_name_beside_a_missing_one() -> None:
    whole = as_text(pd.Series([12, 7]))
    beside = as_text(pd.Series([12, 7, np.nan]), missing="unknown")
    assert whole.tolist() == ["12", "7"]
    assert beside.tolist() == ["12", "7", "unknown"]
    assert as_text(pd.Series([1.5, 2.0])).tolist() == ["1.5", "2"]
