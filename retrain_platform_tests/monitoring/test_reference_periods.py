"""Which periods a new one is compared with."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.dataset.period import Calendar
from retrain_platform.monitoring.reference import (
    LastReference,
    ReferencePeriods,
    SameSeasonReference,
    last,
    lead,
    same_season,
    season,
    shifted,
)

WEEKS = Calendar(every="week", start=date(2011, 1, 4), timezone="America/New_York")
KEYS = [WEEKS.at(place).key for place in range(160)]


class TestLast:
    def test_is_the_newest_periods(self):
        found = last(LastReference(periods=3), KEYS[:10], lambda key: False, ())
        assert found.periods == tuple(KEYS[7:10])
        assert found.said == "the last 3 sound periods"

    def test_leaves_out_what_drifted_until_a_champion_has_learned_from_it(self):
        drifted = {KEYS[8], KEYS[9]}
        found = last(LastReference(periods=3), KEYS[:10], drifted.__contains__, ())
        assert found.periods == tuple(KEYS[5:8])
        assert found.said == "the last 3 sound periods, without 2 that drifted themselves"
        learned = last(LastReference(periods=3), KEYS[:10], drifted.__contains__, {KEYS[9]})
        assert learned.periods == (KEYS[6], KEYS[7], KEYS[9])

    def test_a_rule_is_one_basis_whatever_periods_it_takes(self):
        earlier, later = (last(LastReference(periods=3), KEYS[:count], lambda key: False, ()) for count in (9, 10))
        assert earlier.periods != later.periods
        assert earlier.basis == later.basis != ""

    @given(drifted=st.sets(st.integers(0, 19)), periods=st.integers(2, 8))
    def test_never_holds_a_drifted_period(self, drifted: set[int], periods: int):
        out = {KEYS[place] for place in drifted}
        found = last(LastReference(periods=periods), KEYS[:20], out.__contains__, ())
        assert not out & {*found.periods}
        assert len(found.periods) == min(periods, 20 - len(drifted))
        assert list(found.periods) == sorted(found.periods)


class TestLead:
    def test_is_how_many_periods_after_its_reference_one_is(self):
        known = ReferencePeriods(periods=tuple(KEYS[3:8]), said="")
        assert [lead(WEEKS, known, WEEKS.at(place)) for place in (8, 11)] == [1, 4]

    def test_a_season_a_year_ago_does_not_lead_on_to_this_one(self):
        found = same_season(SameSeasonReference(), WEEKS, WEEKS.period("2013-07-02"), KEYS)
        assert found is not None
        assert lead(WEEKS, found, WEEKS.period("2013-07-02")) == 0


class TestSeason:
    def test_is_the_period_a_year_ago_and_two_weeks_to_either_side(self):
        assert season(WEEKS, WEEKS.period("2013-07-02"), 1) == [
            "2012-06-12", "2012-06-19", "2012-06-26", "2012-07-03", "2012-07-10",
        ]  # fmt: skip
        wide = SameSeasonReference(years=2)
        found = same_season(wide, WEEKS, WEEKS.period("2013-07-02"), KEYS)
        assert found is not None
        assert len(found.periods) == 10
        assert found.periods[0] == "2011-06-14"
        assert found.said == "the same season of 2011 and 2012"

    def test_in_the_first_year_there_is_none(self):
        assert same_season(SameSeasonReference(), WEEKS, WEEKS.period("2011-07-05"), KEYS) is None
        assert same_season(SameSeasonReference(), WEEKS, WEEKS.period("2013-07-02"), ["2012-07-03"]) is None

    @pytest.mark.parametrize(("every", "count"), [("day", 15), ("month", 3), ("hour", 29)])
    def test_is_as_long_whatever_the_period(self, every: str, count: int):
        calendar = Calendar(every=every, start=date(2011, 1, 1))
        found = season(calendar, calendar.at(calendar.index("2013-07-01" + ("-12:00" if every == "hour" else ""))), 1)
        assert len(found) == count
        assert all(key < "2012-08-02" for key in found)
        if every == "hour":
            assert {key[-5:] for key in found} == {"12:00"}

    def test_the_twenty_ninth_of_february_is_the_twenty_eighth_a_year_before(self):
        days = Calendar(every="day", start=date(2011, 1, 1))
        assert season(days, days.period("2012-02-29"), 1)[7] == "2011-02-28"

    @given(place=st.integers(0, 159), years=st.integers(1, 4))
    def test_never_reaches_the_period_itself_or_later(self, place: int, years: int):
        assert all(key < KEYS[place] for key in season(WEEKS, WEEKS.at(place), years))


def test_a_reference_is_shifted_by_whole_years():
    keys = KEYS[104:110]
    ago = shifted(WEEKS, keys, 1)
    assert ago == KEYS[51:57]
    assert shifted(WEEKS, keys, 3) is None
