"""When no automatic retrain may come: blackouts, and the ranges of days that they are made of."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.days import DayRange
from retrain_platform.policy import AnyOf, VolumePolicy, decide
from retrain_platform.policy.base import Action
from retrain_platform.policy.calendar import Blackout
from retrain_platform_tests.policy.histories import end_of, history, requested

NEW_YORK = ZoneInfo("America/New_York")


class TestBlackouts:
    FIRES = VolumePolicy(new_ripe_rows=100)
    CLOSED = AnyOf.model_validate(
        {"policies": [FIRES.model_dump()], "blackouts": [{"from": "03-20", "to": "03-30", "why": "the big sale"}]}
    )

    def test_holds_back_what_is_automatic_and_names_its_end(self) -> None:
        held = decide(self.CLOSED, history(11))
        assert held.action is Action.WATCH
        assert held.reason.startswith(
            "watch: retrain held back by the blackout 03-20..03-30 (the big sale) until 2013-03-30"
        )
        assert decide(self.CLOSED, history(12)).action is Action.RETRAIN

    def test_gives_way_to_a_person_and_to_urgency_on_record(self) -> None:
        for known in (history(11, requested=(requested(),)), history(11, requested=(requested(urgent=True),))):
            decision = decide(self.CLOSED, known)
            assert decision.action.retrains
            assert decision.overrides == ("the blackout 03-20..03-30 (the big sale) until 2013-03-30",)
        urgent = self.CLOSED.model_copy(update={"policies": (VolumePolicy(new_ripe_rows=100, action="retrain_now"),)})
        assert decide(urgent, history(11)).overrides == ("the blackout 03-20..03-30 (the big sale) until 2013-03-30",)

    def test_holds_back_a_first_model_too(self) -> None:
        assert decide(self.CLOSED, history(11, champion=None)).action is Action.WATCH
        assert decide(self.CLOSED, history(10, champion=None)).action is Action.RETRAIN

    def test_a_day_is_one_on_the_zone_of_the_model(self) -> None:
        """26 March begins in New York when it has begun four hours ago in UTC."""
        one_day = self.CLOSED.model_copy(
            update={"blackouts": (Blackout.model_validate({"from": "03-25", "to": "03-25"}),)}
        )
        assert end_of(11).astimezone(UTC).date() == date(2013, 3, 26)
        earlier = history(11).model_copy(update={"as_of": (end_of(11) - timedelta(hours=1)).astimezone(UTC)})
        assert decide(one_day, earlier).action is Action.WATCH
        assert decide(one_day, history(11)).action is Action.RETRAIN

    @given(first=st.dates(date(2012, 1, 1), date(2012, 12, 31)), length=st.integers(0, 364), day=st.integers(-800, 800))
    def test_a_yearly_range_holds_the_same_days_every_year(self, first: date, length: int, day: int) -> None:
        last = first + timedelta(days=length)
        yearly = DayRange.model_validate({"from": f"{first:%m-%d}", "to": f"{last:%m-%d}"})
        asked = first + timedelta(days=day)
        months = {f"{first + timedelta(days=past):%m-%d}" for past in range(length + 1)} | (
            {"02-29"} if yearly.first < "02-29" < yearly.last else set()
        )
        if length < 364:
            assert yearly.holds(asked) == (f"{asked:%m-%d}" in months)

    def test_a_range_of_one_year_holds_in_that_year(self) -> None:
        once = DayRange.model_validate({"from": date(2013, 12, 20), "to": "2014-01-05"})
        assert [once.holds(date(year, 12, 31)) for year in (2012, 2013, 2014)] == [False, True, False]
        assert once.ends(datetime(2013, 12, 31, tzinfo=NEW_YORK)) == date(2014, 1, 5)
        assert once.began(datetime(2014, 1, 2, 7, tzinfo=NEW_YORK)) == datetime(2013, 12, 20, tzinfo=NEW_YORK)

    @pytest.mark.parametrize(
        ("first", "last", "said"),
        [
            ("13-01", "12-31", "day == '13-01', must be a day"),
            ("2013-02-29", "2013-03-01", "day == '2013-02-29', must be a day"),
            ("12-20", "2014-01-05", "to == 2014-01-05, must be written as from is, 12-20"),
            ("2014-01-05", "2013-12-20", "to == 2013-12-20, must not be before from == 2014-01-05"),
            (None, "12-31", "day == None, must be a day"),
        ],
    )
    def test_refuses_what_is_no_range(self, first: Any, last: Any, said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            DayRange.model_validate({"from": first, "to": last})
