"""The planned cadence, and enough new rows."""

from datetime import UTC, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.period import Calendar
from retrain_platform.policy import SchedulePolicy, VolumePolicy
from retrain_platform.policy.base import Action
from retrain_platform.policy.history import History
from retrain_platform.policy.waiting import first_tick, served, waited
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import champion, end_of, history, retrained

SOON = settings(max_examples=60, deadline=None)


class TestSchedule:
    EIGHT = SchedulePolicy(every="8w")

    def test_counts_from_the_champions_training(self) -> None:
        """Week 3 to week 11 crosses the clock change of 10 March: an hour less than 8 weeks has passed."""
        quiet, due = self.EIGHT.decide(history(10)), self.EIGHT.decide(history(11))
        assert waited(history(11), end_of(3)) == timedelta(weeks=8) - timedelta(hours=1)
        assert (quiet.verdict, quiet.held, quiet.needed) == ("quiet", 7, 8)
        assert (due.verdict, due.held, due.needed, due.limit) == ("fired", 8, 8, 56)
        assert due.sentence == "last training 2013-01-29, 56 days ago; due every 8w, on 2013-03-26"

    def test_counts_from_a_retrain_that_was_turned_away(self) -> None:
        found = self.EIGHT.decide(history(12, retrained=(retrained(8),)))
        assert found.verdict == "quiet"
        assert found.held == 4

    def test_counts_from_the_champion_where_it_is_later(self) -> None:
        assert self.EIGHT.decide(history(12, champion=champion(8), retrained=(retrained(3),))).held == 4

    def test_has_nothing_to_count_from_before_the_first_training(self) -> None:
        found = self.EIGHT.decide(history(champion=None))
        assert found.verdict == "cannot tell"
        assert found.needed == 8

    def test_asks_what_the_spec_says(self) -> None:
        assert SchedulePolicy(every="1w", action="schedule").decide(history()).action is Action.SCHEDULE

    @SOON
    @given(known=histories(), shorter=st.integers(1, 10), longer=st.integers(1, 10))
    def test_a_shorter_cadence_fires_whenever_a_longer_one_does(
        self, known: History, shorter: int, longer: int
    ) -> None:
        def fires(weeks: int) -> bool:
            return SchedulePolicy(every=timedelta(weeks=weeks)).decide(known).fired

        if fires(max(shorter, longer)):
            assert fires(min(shorter, longer))

    @pytest.mark.parametrize("every", ["0d", "8", "8 weeks", -1])
    def test_refuses_what_is_no_span(self, every: object) -> None:
        with pytest.raises(ValidationError, match=r"duration == .*, must be"):
            SchedulePolicy(every=every)


class TestWaiting:
    def test_an_hourly_model_is_not_an_hour_early(self) -> None:
        calendar = Calendar(every="hour", start="2013-03-10", timezone="America/New_York")
        ticks = [calendar.at(index).end for index in range(8)]
        hourly = {"period": calendar.at(6), "period_length": timedelta(hours=1), "champion": None, "ripe": ()}
        known = History(
            **{**history(0, champion=None, ripe=()).model_dump(), **hourly, "as_of": ticks[6]},
        )
        assert served(known, ticks[0], timedelta(hours=6))
        assert not served(known, ticks[1], timedelta(hours=6))

    @SOON
    @given(week=st.integers(1, 50), ahead=st.integers(-20, 40))
    @example(week=42, ahead=7)  # the clocks go back on 3 November
    def test_the_first_tick_is_the_next_that_is_not_before_the_moment(self, week: int, ahead: int) -> None:
        known = history(week, champion=None)
        for moment in (end_of(week) + timedelta(days=ahead), (end_of(week) + timedelta(days=ahead)).astimezone(UTC)):
            day = first_tick(known, moment)
            weeks, rest = divmod((day - end_of(week).date()).days, 7)
            assert rest == 0
            assert weeks == max(1, -(-ahead // 7))


class TestVolume:
    @pytest.mark.parametrize(("rows", "verdict"), [(499, "quiet"), (500, "fired"), (501, "fired")])
    def test_counts_rows(self, rows: int, verdict: str) -> None:
        found = VolumePolicy(new_ripe_rows=500).decide(history(new_ripe_rows=rows))
        assert (found.verdict, found.value, found.limit) == (verdict, rows, 500)

    @pytest.mark.parametrize(("rows", "verdict"), [(199, "quiet"), (200, "fired")])
    def test_counts_a_share_of_the_training_rows(self, rows: int, verdict: str) -> None:
        known = history(new_ripe_rows=rows, champion=champion(3, training_rows=1000))
        found = VolumePolicy(new_ripe_share=0.2).decide(known)
        assert (found.verdict, found.limit) == (verdict, 200)
        assert "limit 200 (20% of its training rows)" in found.sentence

    def test_a_share_of_nothing_is_still_a_row(self) -> None:
        known = history(new_ripe_rows=0, champion=champion(3, training_rows=0))
        assert not VolumePolicy(new_ripe_share=0.2).decide(known).fired

    def test_of_a_model_that_was_made_elsewhere_a_share_of_its_rows_is_unknown_and_a_number_is_not(self) -> None:
        adopted = history(new_ripe_rows=900, champion=champion(3, training_rows=0))
        share, number = (
            VolumePolicy(new_ripe_share=0.5).decide(adopted),
            VolumePolicy(new_ripe_rows=900).decide(adopted),
        )
        assert (share.verdict, number.verdict) == ("cannot tell", "fired")
        assert "is not on record: new_ripe_rows asks for a number" in share.sentence

    def test_cannot_tell_without_a_champion(self) -> None:
        assert VolumePolicy(new_ripe_rows=1).decide(history(champion=None)).verdict == "cannot tell"

    def test_takes_exactly_one_limit(self) -> None:
        with pytest.raises(ValidationError, match="new_ripe_rows == None and new_ripe_share == None, must be one"):
            VolumePolicy()
        with pytest.raises(ValidationError, match=r"new_ripe_rows == 5 and new_ripe_share == 0.2, must be only one"):
            VolumePolicy(new_ripe_rows=5, new_ripe_share=0.2)
