"""The days of carriers know nothing of what happens on them or later, but in their outcome and their label."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from retrain_platform.defs.models.flight_delay import flights
from retrain_platform.defs.models.health_predictor import accounts
from retrain_platform.defs.models.score_predictor import carrier_days

NEW_YORK = ZoneInfo("America/New_York")
Tables = tuple[pd.DataFrame, pd.DataFrame]
NOT_KNOWN = [*carrier_days.OUTCOME, "unhealthy"]


@pytest.fixture(scope="module")
def march() -> Tables:
    """Three weeks around the change to summer time."""
    flown, weather, _ = flights.tables()
    inside = flown["time_hour"].between("2013-03-01T05", "2013-03-22T04")
    return (
        flown[inside].reset_index(drop=True),
        weather[weather["time_hour"].between("2013-02-28", "2013-03-23")].reset_index(drop=True),
    )


def days(flown: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    return accounts.labelled(carrier_days.days_of(flown, weather))


def test_what_becomes_of_the_flights_changes_no_feature(march: Tables) -> None:
    flown, weather = march
    changed = flown.assign(arr_delay=np.random.default_rng(1).normal(0, 60, len(flown)))
    before, after = days(flown, weather), days(changed, weather)
    pd.testing.assert_frame_equal(before.drop(columns=NOT_KNOWN), after.drop(columns=NOT_KNOWN))
    assert not before["bad_share"].equals(after["bad_share"])


@pytest.mark.parametrize("cut", ["2013-03-05T05:00:00Z", "2013-03-12T04:00:00Z"])
def test_weather_from_midnight_on_changes_no_day_that_begins_then_or_before(march: Tables, cut: str) -> None:
    flown, weather = march
    storm = weather.copy()
    storm.loc[storm["time_hour"] >= cut, ["temp", "wind_speed"]] = -999.0
    before, after = (days(flown, each).drop(columns=NOT_KNOWN) for each in (weather, storm))
    known = before["day_begins"] <= pd.Timestamp(cut)
    assert known.any()
    assert not known.all()
    pd.testing.assert_frame_equal(before[known], after[known])
    assert (after.loc[after["day_begins"] > pd.Timestamp(cut), "temp"] == -999.0).all()


def test_flights_of_later_days_change_no_earlier_day_but_its_label(march: Tables) -> None:
    flown, weather = march
    until = flown[flown["time_hour"] < "2013-03-12T04"].reset_index(drop=True)
    early = days(flown, weather)
    early = early[early["day_begins"] < pd.Timestamp("2013-03-12T04:00Z")]
    found = days(until, weather)
    pd.testing.assert_frame_equal(found.drop(columns="unhealthy"), early.drop(columns="unhealthy"))
    done = found["day_begins"] < pd.Timestamp("2013-03-06T04:00Z")
    assert found["unhealthy"][done].notna().all()
    assert found["unhealthy"][~done].isna().all()
    pd.testing.assert_series_equal(found["unhealthy"][done], early["unhealthy"][done])


def test_scores_and_labels_are_what_they_say(march: Tables) -> None:
    """Counted by hand, from the flights themselves."""
    flown, weather = march
    told = days(flown, weather).set_index(["account", "day_begins"]).sort_index()
    local = pd.to_datetime(flown["time_hour"], utc=True).dt.tz_convert(NEW_YORK).dt.normalize()
    bad = ~(flown["arr_delay"] <= 15)
    mine = (flown["carrier"] == "UA") & (flown["origin"] == "EWR")
    first = pd.Timestamp("2013-03-08", tz=NEW_YORK)
    here = mine & (local == first)
    row = told.loc[("UA@EWR", first.tz_convert("UTC"))]
    assert row["flights"] == here.sum()
    assert row["on_time_score"] == pytest.approx(100 * (1 - bad[here].mean()))
    week = mine & (local >= first) & (local < pd.Timestamp("2013-03-15", tz=NEW_YORK))
    assert row["unhealthy"] == float(bad[week].mean() > 0.35)
    assert told["unhealthy"].mean() > 0.05


def test_a_year_of_days_comes_by_span_and_in_order() -> None:
    span = (datetime(2013, 1, 1, tzinfo=NEW_YORK), datetime(2014, 1, 1, tzinfo=NEW_YORK))
    year, labelled = carrier_days.events(*span), accounts.events(*span)
    assert len(year) == len(labelled) == 10_396
    assert year["account"].nunique() == 31
    assert year["on_time_score"].between(0, 100).all()
    assert labelled["unhealthy"].isna().sum() == (labelled["day_begins"] >= pd.Timestamp("2013-12-26T05:00Z")).sum()
    assert labelled["unhealthy"].mean() == pytest.approx(0.22, abs=0.01)
    half = datetime(2013, 7, 1, tzinfo=NEW_YORK)
    parts = [carrier_days.events(span[0], half), carrier_days.events(half, span[1])]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), year)
    assert (accounts.LIMIT, accounts.AHEAD) == (0.35, 7)
