"""Calibration, the relation of label and feature, and the stream of daily errors."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from retrain_platform.policy import CalibrationPolicy, ConceptDriftPolicy, ErrorStreamPolicy
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import Detected
from retrain_platform_tests.policy.histories import champion, concept, end_of, history

WEEK = 30
SURE, UNSURE = 0.001, 0.2


def calibration(*shifts: tuple[float, float], **fields: Any) -> Finding:
    known = tuple(concept(4 + place, bias=shift) for place, shift in enumerate(shifts))
    policy = CalibrationPolicy(**{"bias_over": 0.03, "dwell": "2w", **fields})
    return policy.decide(history(WEEK, concept=known))


def relation(*weeks: dict[str, tuple[float, float]], **fields: Any) -> Finding:
    known = tuple(concept(4 + place, relation=each) for place, each in enumerate(weeks))
    return ConceptDriftPolicy(**fields).decide(history(WEEK, concept=known))


class TestCalibration:
    @pytest.mark.parametrize(
        ("shifts", "verdict", "held"),
        [
            ([(0.05, SURE), (0.05, SURE)], "fired", 2),
            ([(-0.05, SURE), (0.05, SURE)], "fired", 2),
            ([(0.0, 1.0), (0.05, SURE)], "holding", 1),
            ([(0.05, SURE), (0.05, UNSURE)], "holding", 0),
            ([(0.05, SURE), (0.02, SURE)], "quiet", 0),
            ([(0.03, SURE), (0.03, SURE)], "quiet", 0),
        ],
    )
    def test_counts_weeks_over_the_limit_and_beyond_chance(
        self, shifts: list[tuple[float, float]], verdict: str, held: int
    ) -> None:
        found = calibration(*shifts)
        assert (found.verdict, found.held, found.needed) == (verdict, held, 2)
        assert (found.value, found.limit) == (shifts[-1][0], 0.03)

    def test_sentence(self) -> None:
        assert calibration((0.05, SURE), (0.05, SURE)).sentence == (
            "the bias of the scores moved by 0.05 in 2013-02-05 against 2013-01-01 to 2013-01-08, limit 0.03, "
            "p = 0.001; confirmed for 2 of 2 ripe periods"
        )

    def test_needs_a_limit_and_what_it_limits(self) -> None:
        with pytest.raises(ValidationError, match="must be at least one of them given"):
            CalibrationPolicy()
        assert calibration((0.05, SURE), bias_over=None, slope_over=0.1).verdict == "cannot tell"

    def test_says_what_it_waits_for(self) -> None:
        waits = concept(5, why="21 days prove version 1, 14 are ripe")
        policy = CalibrationPolicy(bias_over=0.03)
        assert policy.decide(history(WEEK, concept=(waits,))).sentence.endswith("21 days prove version 1, 14 are ripe")
        assert "no sound ripe period of version 1" in policy.decide(history(WEEK)).sentence
        assert "there is none" in policy.decide(history(WEEK, champion=None)).sentence

    def test_another_version_is_no_evidence(self) -> None:
        known = tuple(concept(week, bias=(0.05, SURE)) for week in (4, 5))
        other = history(WEEK, concept=known, champion=champion(6, version="2"))
        assert CalibrationPolicy(bias_over=0.03).decide(other).verdict == "cannot tell"


class TestConceptDrift:
    def test_of_many_features_one_must_be_beyond_what_chance_does_to_all(self) -> None:
        """p = .02 is beyond chance alone, and not as the least of five."""
        alone = {"carrier": (0.04, 0.02)}
        among = {**alone, **dict.fromkeys(("dest", "temp", "wind", "(score)"), (0.01, 0.5))}
        assert relation(alone).verdict == "fired"
        assert relation(among).verdict == "holding"
        assert relation(among, features=["carrier"]).verdict == "fired"

    def test_names_the_feature_its_cell_and_the_shift(self) -> None:
        found = relation({"carrier": (-0.04, SURE), "dest": (0.09, UNSURE)}, over=0.02)
        assert "the label's relation to carrier (AA) moved by -0.04" in found.sentence
        assert (found.value, found.limit) == (-0.04, 0.02)

    def test_a_small_change_is_within_the_limit_however_sure(self) -> None:
        assert relation({"carrier": (0.01, 1e-9)}, over=0.02).verdict == "quiet"

    def test_cannot_tell_of_features_that_nobody_measured(self) -> None:
        assert relation({"carrier": (0.04, SURE)}, features=["tail*"]).verdict == "cannot tell"


def weeks(losses: np.ndarray, version: str = "1", first: int = 4) -> tuple[Any, ...]:
    return tuple(
        concept(first + place, losses=list(each), version=version) for place, each in enumerate(losses.reshape(-1, 7))
    )


def steady(days: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 0.05, days)


def stream(losses: np.ndarray, detected: tuple[Detected, ...] = (), **fields: Any) -> Finding:
    return ErrorStreamPolicy(**fields).decide(history(WEEK, concept=weeks(losses), detected=detected))


class TestErrorStream:
    def test_a_rise_fires_and_the_sentence_says_since_when(self) -> None:
        found = stream(np.concatenate([steady(98), steady(14, 1) + 0.15]))
        assert found.verdict == "fired"
        assert found.value is not None
        assert found.limit is not None
        assert found.value > found.limit
        assert "over it since 2013-05-" in found.sentence

    def test_one_that_came_back_within_the_newest_week_fires_still_and_once(self) -> None:
        """Over on Wednesday, under on Monday: a decision that looks at the last day alone forgets it."""
        passing = np.concatenate([steady(98), steady(7, 1) + np.repeat([0.2, -0.2], [3, 4])])
        found = stream(passing)
        assert found.verdict == "fired"
        assert "over it from 2013-05-08 to 2013-05-09, 5.6 at most" in found.sentence
        assert stream(np.concatenate([passing, steady(7, 2)])).verdict == "quiet"

    def test_days_that_came_in_together_are_all_looked_at(self) -> None:
        passing = np.concatenate([steady(98), steady(7, 1) + np.repeat([0.2, -0.2], [3, 4]), steady(7, 2)])
        known = weeks(passing)
        late = tuple(each.model_copy(update={"as_of": known[-1].as_of}) for each in known[-2:])
        assert ErrorStreamPolicy().decide(history(WEEK, concept=(*known[:-2], *late))).verdict == "fired"

    def test_skewed_days_do_not_cry_wolf(self) -> None:
        """Squares of normal days: the standard deviation of normal days would take their tail for a change."""
        calm = 0.5 + 0.05 * np.random.default_rng(4).normal(size=(20, 112)) ** 2
        assert sum(stream(each).verdict == "fired" for each in calm) <= 2

    def test_a_steady_stream_is_quiet(self) -> None:
        assert stream(steady(112)).verdict == "quiet"

    def test_a_fall_of_the_loss_is_good_and_one_of_the_residual_is_not(self) -> None:
        falls = np.concatenate([steady(98), steady(14, 1) - 0.15])
        assert stream(falls).verdict == "quiet"
        assert stream(falls, watches="residual").verdict == "fired"

    def test_the_first_observations_never_fire(self) -> None:
        found = stream(np.array([9.0, 0, 5, 100, 1, 1000, 1e6]), false_alarm_every="10d")
        assert (found.verdict, found.action) == ("cannot tell", Action.NONE)
        assert "15 ripe days, 7 are in" in found.sentence

    def test_a_new_champion_begins_anew_on_its_own_days(self) -> None:
        known = (*weeks(steady(70)), *weeks(steady(21, 1) + 5, version="2", first=14))
        found = ErrorStreamPolicy().decide(history(WEEK, concept=known, champion=champion(13, version="2")))
        assert found.verdict == "quiet"
        assert "after 21 days" in found.sentence

    def test_more_false_alarms_allowed_is_a_lower_threshold(self) -> None:
        seldom, often = (stream(steady(28), false_alarm_every=every) for every in ("1000d", "60d"))
        assert seldom.limit is not None
        assert often.limit is not None
        assert seldom.limit > often.limit

    def test_two_sides_share_the_false_alarms(self) -> None:
        one, two = stream(steady(28)), stream(steady(28), watches="residual")
        assert one.limit is not None
        assert two.limit is not None
        assert two.limit > one.limit

    def test_a_day_within_two_hourly_periods_is_one_day(self) -> None:
        known = tuple(each for each in weeks(steady(28)) for _ in range(2))
        assert "after 28 days" in ErrorStreamPolicy().decide(history(WEEK, concept=known)).sentence


class TestDetectorsFromOutside:
    LOSSES = steady(28)

    def told(self, *alarms: str, why: str = "") -> Finding:
        said = Detected(asked="adwin loss delta=0.01", as_of=end_of(WEEK), alarms=alarms, why=why)
        return stream(self.LOSSES, (said,), detector="adwin", settings={"delta": 0.01})

    def test_fire_on_an_alarm_in_the_newest_period_alone(self) -> None:
        assert self.told("2013-02-20").verdict == "fired"
        assert self.told("2013-02-18").verdict == "quiet"

    def test_that_could_not_be_run_cannot_tell(self) -> None:
        assert self.told(why="river is not installed").sentence == "river is not installed"
        assert stream(self.LOSSES, detector="kswin").verdict == "cannot tell"

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"settings": {"delta": 0.1}}, "must be empty for cusum"),
            ({"false_alarm_every": "5d"}, "must be at least 10d"),
            ({"shift": 0}, "greater than 0"),
        ],
    )
    def test_and_settings_that_mean_nothing_are_refused(self, fields: dict[str, Any], message: str) -> None:
        with pytest.raises(ValidationError, match=message):
            ErrorStreamPolicy(**fields)
