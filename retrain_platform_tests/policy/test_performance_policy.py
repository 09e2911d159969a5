"""A fall against the baseline: what is the baseline, what counts, what confirms."""

from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.policy import PerformancePolicy
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import History
from retrain_platform.policy.readings import Measured
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import champion, history, readings, ripe

WEEK = 20


def judge(performance: tuple[Any, ...], known: dict[str, Any] | None = None, **fields: Any) -> Finding:
    policy = PerformancePolicy(**{"metric": "auc", "falls_by": 0.05, "dwell": "2w", **fields})
    return policy.decide(history(WEEK, performance=performance, **(known or {})))


class TestDwell:
    @pytest.mark.parametrize(
        ("judged", "verdict", "held"),
        [
            ([0.62, 0.62], "fired", 2),
            ([0.70, 0.62, 0.62, 0.62], "fired", 3),
            ([0.70, 0.62], "holding", 1),
            ([0.62, 0.70], "quiet", 0),
            ([0.62, 0.62, 0.66], "quiet", 0),
            ([0.75, 0.80], "quiet", 0),
            ([0.62, None, 0.62], "fired", 2),
        ],
    )
    def test_counts_ripe_periods_that_are_each_worse(self, judged: list[float | None], verdict: str, held: int) -> None:
        found = judge(readings(0.69, 0.70, 0.71, *judged))
        assert (found.verdict, found.held, found.needed) == (verdict, held, 2)

    @pytest.mark.parametrize(("limit", "verdict"), [(0.25, "quiet"), (0.2499, "fired")])
    def test_the_limit_itself_is_within(self, limit: float, verdict: str) -> None:
        assert judge(readings(0.75, 0.75, 0.75, 0.5, 0.5), falls_by=limit).verdict == verdict

    def test_waits_for_baseline_and_dwell(self) -> None:
        found = judge(readings(0.69, 0.70, 0.71, 0.5))
        assert found.verdict == "cannot tell"
        assert found.sentence == (
            "auc waits for 1 more ripe period: 3 make the baseline of version 1 and 2 are judged, 4 are in"
        )
        assert "5 more ripe periods" in judge(()).sentence

    def test_has_no_baseline_without_a_champion(self) -> None:
        assert judge(readings(*[0.7] * 6), {"champion": None}).verdict == "cannot tell"

    def test_the_sentence_has_the_numbers(self) -> None:
        found = judge(readings(0.69, 0.70, 0.71, 0.62, 0.60))
        assert found.sentence == (
            "auc was worse than its baseline 0.7 by 0.09 over 2 ripe periods to 2013-02-26, limit 0.05; "
            "confirmed, at least 0.0823 with 95% confidence"
        )
        assert "auc was better than its baseline 0.7 by 0.05" in judge(readings(*[0.7] * 3, 0.75, 0.75)).sentence


class TestBaseline:
    def test_is_of_this_champion_only(self) -> None:
        """The version before was better; what counts is what the new one showed itself."""
        before, own = readings(*[0.9] * 6), readings(*[0.7] * 5, first=10, version="2")
        found = judge((*before, *own), {"champion": champion(9, version="2")})
        assert found.verdict == "quiet"
        assert found.value == pytest.approx(0)

    def test_of_the_version_before_stands_until_this_one_is_proven(self) -> None:
        """One that is bad from its first day must not become its own baseline."""
        before, own = readings(*[0.8] * 6), readings(*[0.7] * 6, first=10, version="2")
        unproven = {"champion": champion(9, version="2", until_proven="1")}
        found = judge((*before, *own[:2]), unproven)
        assert (found.verdict, found.held) == ("fired", 2)
        assert "the baseline of version 1, which stands until its successor is proven 0.8" in found.sentence
        assert judge((*before, *own), {"champion": champion(9, version="2")}).verdict == "quiet"
        waits = judge((*before, *own[:1]), unproven)
        assert waits.verdict == "cannot tell"
        assert "waits for 1 more ripe period to be held against the baseline of version 1" in waits.sentence
        short = judge((*before[:2], *own), unproven)
        assert short.verdict == "cannot tell"
        assert "it lacks 1 more ripe period" in short.sentence

    def test_is_not_judged_itself(self) -> None:
        assert judge(readings(0.5, 0.8, 0.8, 0.7, 0.7)).verdict == "quiet"

    def test_leaves_out_periods_whose_data_was_broken(self) -> None:
        values = readings(0.7, 0.7, 0.7, 0.6, 0.6)
        assert judge(values, {"ripe": ripe(WEEK)}).fired
        assert judge(values, {"ripe": ripe(WEEK, unsound=[8])}).verdict == "cannot tell"

    @pytest.mark.parametrize("change", [{"role": "shadow"}, {"ripe": False}])
    def test_is_of_what_it_answered_and_what_is_ripe(self, change: dict[str, Any]) -> None:
        values = readings(0.7, 0.7, 0.7, 0.6, 0.6)
        assert judge(values).fired
        assert judge((values[0].model_copy(update=change), *values[1:])).verdict == "cannot tell"

    def test_a_period_measured_twice_counts_once_and_the_last(self) -> None:
        once = readings(0.7, 0.7, 0.7, 0.7, 0.7)
        again = readings(0.6, 0.6, first=7)
        assert judge((*once, *again)) == judge(readings(0.7, 0.7, 0.7, 0.6, 0.6))

    def test_best_is_the_best_run_before_the_dwell(self) -> None:
        values = readings(0.70, 0.70, 0.70, 0.76, 0.77, 0.75, 0.70, 0.69, 0.69)
        assert judge(values).verdict == "quiet"
        best = judge(values, against="best")
        assert (best.verdict, best.held) == ("fired", 3)
        assert best.value == pytest.approx(0.76 - 0.69)

    def test_best_takes_nothing_from_the_dwell(self) -> None:
        assert judge(readings(0.6, 0.6, 0.6, 0.9, 0.9), against="best").value == pytest.approx(-0.3)


class TestDirection:
    def test_a_rise_of_an_error_is_a_fall(self) -> None:
        def found(*judged: float) -> Finding:
            values = readings(20, 20, 20, *judged, metric="rmse", half=0.1)
            return judge(values, metric="rmse", falls_by=3)

        assert found(25, 24).fired
        assert found(25, 24).value == pytest.approx(4.5)
        assert found(15, 15).verdict == "quiet"

    def test_best_of_an_error_is_the_smallest(self) -> None:
        values = readings(20, 10, 20, 20, 20, metric="rmse", half=0.1)
        assert judge(values, metric="rmse", against="best", baseline_periods=1, falls_by=3).value == pytest.approx(10)

    @pytest.mark.parametrize(("share", "verdict"), [(0.1, "fired"), (0.12, "quiet")])
    def test_a_share_is_of_the_baseline(self, share: float, verdict: str) -> None:
        values = readings(0.8, 0.8, 0.8, 0.71, 0.71)
        found = judge(values, falls_by=None, falls_by_share=share)
        assert found.verdict == verdict
        assert found.limit == pytest.approx(share * 0.8)


class TestConfirmation:
    def test_the_bound_is_that_of_a_difference_of_means(self) -> None:
        """Equal errors e, 3 and 2 periods: the difference has the error e sqrt(1/3 + 1/2)."""
        fall, z95 = 0.08, NormalDist().inv_cdf(0.95)
        exact = fall / (z95 * sqrt(1 / 3 + 1 / 2)) * NormalDist().inv_cdf(0.975)
        values = (0.7, 0.7, 0.7, 0.62, 0.62)
        assert judge(readings(*values, half=exact * 0.999)).fired
        unconfirmed = judge(readings(*values, half=exact * 1.001))
        assert unconfirmed.verdict == "holding"
        assert unconfirmed.action is Action.WATCH
        assert "not confirmed: at least -" in unconfirmed.sentence

    def test_more_confidence_asks_for_more(self) -> None:
        values = readings(0.7, 0.7, 0.7, 0.62, 0.62, half=0.08)
        assert judge(values, confidence=0.9).fired
        assert not judge(values, confidence=0.999).fired

    def test_a_wider_interval_at_a_higher_level_is_the_same_error(self) -> None:
        def reaching(level: float) -> Measured:
            half = NormalDist(0, 0.02).inv_cdf((1 + level) / 2)
            return Measured("2013-01-01", 0.7, 0.7 - half, 0.7 + half)

        assert reaching(0.95).error(0.95) == pytest.approx(0.02)
        assert reaching(0.5).error(0.5) == pytest.approx(0.02)
        values = readings(0.7, 0.7, 0.7, 0.62, 0.62, half=0.12)
        assert not judge(values).fired
        assert judge(values, {"reading_confidence": 0.9999}).fired

    def test_a_reading_without_an_interval_confirms_nothing(self) -> None:
        found = judge(readings(0.7, 0.7, 0.7, 0.6, 0.6, half=None))
        assert found.verdict == "cannot tell"
        assert "without an interval" in found.sentence

    def test_a_model_that_does_not_change_is_confirmed_fallen_once_in_twenty(self) -> None:
        rng, error = np.random.default_rng(7), 0.02
        half = NormalDist(0, error).inv_cdf(0.975)
        policy = PerformancePolicy(metric="auc", falls_by=1e-9)
        draws = rng.normal(0.7, error, size=(2000, 4))
        fired = sum(policy.decide(history(performance=readings(*row, half=half))).fired for row in draws)
        assert 0.035 < fired / 2000 < 0.065

    @pytest.mark.parametrize("weeks", [5, 13])
    def test_the_best_of_many_runs_is_confirmed_fallen_no_more_often(self, weeks: int) -> None:
        """The best run of several is partly luck; without a correction .145 of 13 weeks would fire."""
        rng, error = np.random.default_rng(11), 0.02
        half = NormalDist(0, error).inv_cdf(0.975)
        policy = PerformancePolicy(metric="auc", falls_by=1e-9, against="best")
        draws = rng.normal(0.7, error, size=(1500, weeks))
        fired = sum(policy.decide(history(4 + weeks, performance=readings(*row, half=half))).fired for row in draws)
        assert 0.005 < fired / 1500 < 0.065


@given(known=histories(), small=st.floats(0.001, 0.3), large=st.floats(0.001, 0.3), dwell=st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_asking_more_never_fires_more(known: History, small: float, large: float, dwell: int) -> None:
    def fires(falls_by: float, confidence: float) -> bool:
        fields = {"falls_by": falls_by, "confidence": confidence, "baseline_periods": 1, "dwell": f"{dwell}w"}
        return PerformancePolicy(metric="auc", **fields).decide(known).fired

    if fires(max(small, large), 0.95):
        assert fires(min(small, large), 0.95)
        assert fires(max(small, large), 0.6)


class TestMistakes:
    def test_exactly_one_limit(self) -> None:
        with pytest.raises(ValidationError, match="falls_by == None and falls_by_share == None, must be one"):
            PerformancePolicy(metric="auc")
        with pytest.raises(ValidationError, match=r"falls_by == 0.1 and falls_by_share == 0.1, must be only one"):
            PerformancePolicy(metric="auc", falls_by=0.1, falls_by_share=0.1)

    def test_an_unknown_metric_names_the_known_ones(self) -> None:
        with pytest.raises(ValidationError, match=r"metric == 'auuc', must be one of .*auc.*rmse"):
            PerformancePolicy(metric="auuc", falls_by=0.1)
