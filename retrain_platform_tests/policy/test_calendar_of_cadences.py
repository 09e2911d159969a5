"""When a retrain is wanted, and when it is not: cron, seasons, windows, jitter."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.days import PreferredWindow
from retrain_platform.dataset.period import Calendar
from retrain_platform.policy import SchedulePolicy, problems
from retrain_platform.policy.base import Action
from retrain_platform.policy.calendar import cron_moments, shortest_gap
from retrain_platform.policy.history import History
from retrain_platform.policy.schedule import jitter_periods
from retrain_platform_tests.policy.histories import CALENDAR, WEEK, champion, history, retrained

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
DAYS = Calendar(every="day", start=date(2013, 1, 1), timezone="America/New_York")


def schedule(**fields: Any) -> SchedulePolicy:
    return SchedulePolicy.model_validate(fields)


def at_the_end_of(day: int, trained: int, **known: Any) -> History:
    """A daily model as of the end of day number `day`, trained as of the end of `trained`."""
    moments = {"trained_as_of": DAYS.at(trained).end, "released_as_of": DAYS.at(trained).end}
    daily = {
        "as_of": DAYS.at(day).end,
        "period": DAYS.at(day),
        "period_length": DAY,
        "champion": champion(0).model_copy(update={**moments, "seen_until": DAYS.at(trained).start}),
        "ripe": (),
    }
    return history(3).model_copy(update={**daily, **known})


class TestCron:
    MONDAYS = schedule(cron="0 6 * * 1")

    def test_fires_at_the_first_decision_at_or_after_a_moment(self) -> None:
        """Trained on Tuesday, 29 January; Monday the 4th at 6 lies in the day that ends on Tuesday, 5 February."""
        quiet, due = (self.MONDAYS.decide(at_the_end_of(day, trained=27)) for day in (33, 34))
        assert DAYS.at(34).end.date() == date(2013, 2, 5)
        assert (quiet.verdict, due.verdict) == ("quiet", "fired")
        assert due.limit == 6.25
        assert due.sentence == "last training 2013-01-29, 7 days ago; due by cron 0 6 * * 1, on 2013-02-04"

    def test_a_moment_counts_for_the_decision_taken_at_it_but_not_twice(self) -> None:
        mondays = schedule(cron="0 0 * * 1")
        assert mondays.decide(at_the_end_of(33, trained=28)).fired
        assert not mondays.decide(at_the_end_of(39, trained=33)).fired
        assert mondays.decide(at_the_end_of(40, trained=33)).fired

    def test_counts_from_an_attempt_that_was_turned_away(self) -> None:
        tried = (retrained(0).model_copy(update={"as_of": DAYS.at(34).end}),)
        assert not self.MONDAYS.decide(at_the_end_of(35, trained=20, retrained=tried)).fired

    def test_is_read_on_the_zone_of_the_model(self) -> None:
        """21 h on Sunday in New York is already Monday in UTC."""
        late = schedule(cron="0 21 * * 0")
        known = at_the_end_of(32, trained=28)
        assert known.as_of == datetime(2013, 2, 3, tzinfo=NEW_YORK)
        assert not late.decide(known).fired
        assert not late.decide(known.model_copy(update={"as_of": datetime(2013, 2, 4, 1, 30, tzinfo=UTC)})).fired
        assert late.decide(known.model_copy(update={"as_of": datetime(2013, 2, 4, 2, 0, tzinfo=UTC)})).fired

    @settings(max_examples=200, deadline=None)
    @given(trained=st.integers(0, 300), later=st.integers(0, 60), weekday=st.integers(0, 6), hour=st.integers(0, 23))
    def test_fires_exactly_when_a_moment_lies_after_the_training_and_not_after_now(
        self, trained: int, later: int, weekday: int, hour: int
    ) -> None:
        known = at_the_end_of(trained + later, trained)
        hours = (known.as_of - timedelta(hours=back) for back in range(24 * later))
        came = any(moment.isoweekday() % 7 == weekday and moment.hour == hour for moment in hours)
        assert schedule(cron=f"0 {hour} * * {weekday}").decide(known).fired == came

    def test_a_clock_change_skips_no_moment(self) -> None:
        after = cron_moments("30 2 * * *", datetime(2013, 3, 9, 6, tzinfo=NEW_YORK))
        assert next(after) == datetime(2013, 3, 10, 3, tzinfo=NEW_YORK)

    @pytest.mark.parametrize(
        ("cron", "gap"),
        [
            ("0 6 * * 1", 7 * DAY),
            ("0 6 1,15 * *", 14 * DAY),
            ("0 6 1 * *", 28 * DAY),
            ("0 0 29 2 *", 1461 * DAY),
            ("*/5 9 * * *", timedelta(minutes=5)),
        ],
    )
    def test_its_shortest_gap(self, cron: str, gap: timedelta) -> None:
        assert shortest_gap(cron) == gap

    @pytest.mark.parametrize("cron", ["0 6 * 1", "0 6 * * 1 2013", "61 6 * * 1", "0 6 31 2 *", "weekly", "0 0 6 * * 1"])
    def test_refuses_what_is_none(self, cron: str) -> None:
        with pytest.raises(ValidationError, match=r"cron == .*, must"):
            schedule(cron=cron)

    def test_is_one_of_two(self) -> None:
        with pytest.raises(ValidationError, match=r"every == 8w and cron == 0 6 .*, must be only one"):
            schedule(every="8w", cron="0 6 * * 1")
        with pytest.raises(ValidationError, match="every == None and cron == None, must be one"):
            schedule()


class TestSeasons:
    POLICY = schedule(every="8w", calendar=[{"from": "03-01", "to": "03-20", "every": "2w"}])

    def test_another_cadence_on_its_days(self) -> None:
        """Trained on 29 January; week 7 ends on 26 February, week 8 on 5 March, week 11 on 26 March."""
        found = [self.POLICY.decide(history(week, champion=champion(6))) for week in (7, 8, 9, 11)]
        assert [(each.verdict, each.limit) for each in found] == [
            ("quiet", 56),
            ("fired", 14),
            ("fired", 14),
            ("quiet", 56),
        ]
        assert "due every 2w (season 03-01..03-20)" in found[1].sentence

    def test_the_first_that_holds(self) -> None:
        ranges = [{"from": "03-01", "to": "03-31", "every": "2w"}, {"from": "01-01", "to": "12-31", "every": "4w"}]
        policy = schedule(every="8w", calendar=ranges)
        assert [policy.decide(history(week)).limit for week in (8, 13)] == [14, 28]

    def test_replaces_a_cron_too(self) -> None:
        policy = schedule(cron="0 6 1 1 *", calendar=[{"from": "03-01", "to": "03-20", "every": "2w"}])
        assert [policy.decide(history(week)).fired for week in (7, 8, 11)] == [False, True, False]


class TestPreferredWindows:
    POLICY = schedule(every="7d", preferred=[{"days": ["sunday"]}], at_most="4d")

    def test_a_due_retrain_waits_for_its_window(self) -> None:
        """Due on Tuesday, 5 February; the day that ends on Sunday the 10th is later than 4 days: it ends on the 9th."""
        found = {day: self.POLICY.decide(at_the_end_of(day, trained=27)) for day in range(33, 40)}
        assert DAYS.at(34).end.date() == date(2013, 2, 5)
        assert [found[day].verdict for day in range(33, 40)] == ["quiet", *["holding"] * 4, "fired", "fired"]
        assert found[34].sentence.endswith("waits for sunday, at most until 2013-02-09")
        assert found[34].action is Action.WATCH
        assert "no preferred window came within 4d" in found[38].sentence

    def test_the_window_is_met_at_once(self) -> None:
        longer = schedule(every="7d", preferred=[{"days": ["sunday"]}], at_most="9d")
        assert [longer.decide(at_the_end_of(day, trained=27)).verdict for day in (38, 39)] == ["holding", "fired"]

    def test_the_wait_begins_with_the_season_whose_cadence_it_is(self) -> None:
        """The training is long ago, and the season began on 7 February: the wait lasts until the 11th."""
        season = [{"from": "02-07", "to": "03-20", "every": "2d"}]
        policy = schedule(every="50w", calendar=season, preferred=[{"days": ["friday"], "hours": [6, 7]}], at_most="4d")
        found = [policy.decide(at_the_end_of(day, trained=0)).verdict for day in (35, 36, 39, 40)]
        assert found == ["quiet", "holding", "holding", "fired"]

    @pytest.mark.parametrize(
        ("hours", "inside"),
        [((0, 24), range(24)), ((6, 10), (6, 7, 8, 9)), ((22, 24), (22, 23))],
    )
    def test_hours_are_half_open(self, hours: tuple[int, int], inside: Any) -> None:
        window = PreferredWindow(days=("sunday",), hours=hours)
        sunday = datetime(2013, 2, 10, tzinfo=NEW_YORK)
        assert {hour for hour in range(24) if window.holds(sunday.replace(hour=hour))} == set(inside)
        assert not any(window.holds(sunday.replace(day=11, hour=hour)) for hour in range(24))

    def test_hours_past_midnight_belong_to_the_evening(self) -> None:
        window = PreferredWindow(days=("sunday",), hours=(22, 4))
        assert window.holds(datetime(2013, 2, 10, 22, tzinfo=NEW_YORK))
        assert window.holds(datetime(2013, 2, 11, 3, tzinfo=NEW_YORK))
        assert not window.holds(datetime(2013, 2, 10, 3, tzinfo=NEW_YORK))
        assert not window.holds(datetime(2013, 2, 11, 22, tzinfo=NEW_YORK))

    def test_a_wait_has_an_end(self) -> None:
        with pytest.raises(ValidationError, match="at_most == None, must be given beside preferred"):
            schedule(every="8w", preferred=[{"days": ["sunday"]}])
        with pytest.raises(ValidationError, match="at_most == 3d, must stand beside preferred"):
            schedule(every="8w", at_most="3d")


class TestJitter:
    def test_twenty_models_do_not_start_at_once(self) -> None:
        weeks = Counter(jitter_periods(f"model_{number}", 0.25, 8 * WEEK, WEEK) for number in range(300))
        assert set(weeks) == {0, 1, 2}
        assert min(weeks.values()) > 70
        assert len({jitter_periods(f"model_{number}", 0.25, 8 * WEEK, WEEK) for number in range(20)}) == 3

    def test_a_name_has_one_jitter_and_the_cadence_is_so_much_longer(self) -> None:
        policy = schedule(every="8w", jitter=0.25)
        known = history(20)
        later = jitter_periods(known.model, 0.25, 8 * WEEK, WEEK)
        assert later == 2
        assert policy.decide(known).limit == 70
        assert policy.decide(known.model_copy(update={"model": "model_0"})).limit == 56 + 7 * jitter_periods(
            "model_0", 0.25, 8 * WEEK, WEEK
        )

    @given(
        name=st.text(min_size=1, max_size=8),
        jitter=st.floats(0, 0.5),
        every=st.integers(1, 60),
        length=st.integers(1, 10),
    )
    def test_is_never_more_than_its_share(self, name: str, jitter: float, every: int, length: int) -> None:
        later = jitter_periods(name, jitter, every * DAY, length * DAY)
        assert 0 <= later * length <= jitter * every

    def test_has_no_place_beside_cron(self) -> None:
        with pytest.raises(ValidationError, match=r"jitter == 0.1, must be 0 beside cron"):
            schedule(cron="0 6 * * 1", jitter=0.1)


class TestWhatACadenceCannotMean:
    def found(self, policy: SchedulePolicy, period: timedelta = WEEK, calendar: Any = CALENDAR) -> dict[str, str]:
        listed = problems(policy, period=period, label_delay=2 * DAY, calendar=calendar)
        return {path: cure for path, _, cure in listed}

    def test_a_cron_faster_than_labels_ripen(self) -> None:
        cure = self.found(schedule(cron="0 6 * * 1"))["policy.cron"]
        assert cure.startswith("must leave at least 2w between its moments (now 1w): one new period takes 1w to close")
        assert self.found(schedule(cron="0 6 1 * *")) == {}

    def test_a_season_faster_than_labels_ripen(self) -> None:
        seasons = [{"from": "11-01", "to": "11-10", "every": "2w"}, {"from": "11-15", "to": "12-31", "every": "1w"}]
        found = self.found(schedule(every="8w", calendar=seasons))
        assert list(found) == ["policy.calendar[1].every"]
        assert "1w to ripen (label delay 2d" in found["policy.calendar[1].every"]

    def test_a_jitter_that_no_decision_can_follow(self) -> None:
        cure = self.found(schedule(every="8w", jitter=0.1))["policy.jitter"]
        assert cure.startswith("must be 0, or at least 0.125: 10% of 8w is less than a period of 1w")
        assert self.found(schedule(every="8w", jitter=0.125)) == {}
        assert self.found(schedule(every="2w", jitter=0.4))["policy.jitter"].startswith("must be 0, or at least 0.5:")

    def test_a_window_in_which_nothing_is_decided(self) -> None:
        """Weeks that begin on Tuesday, 1 January end on Tuesdays at midnight."""
        windows = [{"days": ["monday"]}, {"days": ["tuesday"]}, {"hours": [6, 10]}]
        found = self.found(schedule(every="8w", preferred=windows, at_most="2w"))
        assert list(found) == ["policy.preferred[0]", "policy.preferred[2]"]
        assert "(as at tuesday 00:00)" in found["policy.preferred[0]"]

    def test_every_hour_of_a_week_is_an_end_of_an_hourly_model(self) -> None:
        hours = Calendar(every="hour", start=date(2013, 1, 1))
        policy = schedule(every="8w", preferred=[{"days": ["sunday"], "hours": [23, 24]}], at_most="2w")
        assert self.found(policy, timedelta(hours=1), hours) == {}
        months = Calendar(every="month", start=date(2013, 1, 1))
        assert self.found(schedule(every="8w", preferred=[{"days": ["sunday"]}], at_most="52w"), 28 * DAY, months) == {}
