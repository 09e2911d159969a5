"""Operations and business measures as triggers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from retrain_platform.policy import MeasurePolicy
from retrain_platform.policy.base import Action, Finding
from retrain_platform_tests.policy.histories import champion, history, measured, series

ABOVE = MeasurePolicy(name="latency", above=300, dwell="2w")
FALLS = MeasurePolicy(name="sales", falls_by=5, baseline_periods=3, dwell="2w")


def judge(policy: MeasurePolicy, *values: float, **known: Any) -> Finding:
    return policy.decide(history(measures=series(policy.name, *values, segment=policy.segment), **known))


class TestABound:
    @pytest.mark.parametrize(
        ("values", "verdict", "held"),
        [
            ((400, 400), "fired", 2),
            ((400, 200, 400), "holding", 1),
            ((400, 400, 300), "quiet", 0),
            ((400,), "holding", 1),
        ],
    )
    def test_above(self, values: tuple[float, ...], verdict: str, held: int) -> None:
        found = judge(ABOVE, *values)
        assert (found.verdict, found.held, found.needed, found.limit, found.value) == (
            verdict,
            held,
            2,
            300,
            values[-1],
        )

    def test_below_needs_no_champion(self) -> None:
        policy = MeasurePolicy(name="rating", below=3.5)
        assert judge(policy, 3.4, champion=None).verdict == "fired"
        assert judge(policy, 3.5, champion=None).sentence == "rating 3.5 in 2013-03-19, not below 3.5"

    def test_a_period_without_a_value_breaks_the_dwell(self) -> None:
        gap = (measured(9, latency=400), measured(10), measured(11, latency=400))
        found = ABOVE.decide(history(measures=gap))
        assert (found.verdict, found.held) == ("holding", 1)

    def test_what_was_not_measured_now_cannot_be_told_and_why_is_said(self) -> None:
        assert judge(ABOVE).verdict == "cannot tell"
        newest = measured(11).model_copy(update={"problems": ("path == 'ops.csv', must match a file",)})
        found = ABOVE.decide(history(measures=(measured(10, latency=400), newest)))
        assert found.verdict == "cannot tell"
        assert "must match a file" in found.sentence

    def test_a_segment_is_judged_by_its_own_values(self) -> None:
        policy = MeasurePolicy(name="latency", above=300, segment="north")
        assert judge(policy, 400).verdict == "fired"
        assert policy.decide(history(measures=series("latency", 400))).verdict == "cannot tell"


class TestAChange:
    """The champion answers from week 4 on; week 11 is the newest."""

    @pytest.mark.parametrize(
        ("newest", "verdict"), [((90, 90), "fired"), ((90, 98), "quiet"), ((98, 90), "holding"), ((110, 110), "quiet")]
    )
    def test_a_fall_from_the_champion_s_first_periods(self, newest: tuple[float, ...], verdict: str) -> None:
        found = judge(FALLS, 50, 50, 50, 100, 101, 99, *newest, champion=champion(6))
        assert found.verdict == verdict
        assert found.value == pytest.approx(100 - np.mean(newest))

    def test_an_unsteady_baseline_leaves_the_same_fall_unconfirmed(self) -> None:
        found = judge(FALLS, 80, 100, 120, 90, 90, champion=champion(6))
        assert (found.verdict, found.action) == ("holding", Action.WATCH)
        assert "not confirmed" in found.sentence

    def test_a_rise_is_the_fall_of_what_is_better_when_smaller(self) -> None:
        policy = MeasurePolicy(name="latency", rises_by_share=0.1, baseline_periods=3)
        found = judge(policy, 100, 101, 99, 120, champion=champion(7))
        assert (found.verdict, found.limit) == ("fired", pytest.approx(10))
        assert "rose by 20 from its baseline 100" in found.sentence
        assert judge(policy, 100, 101, 99, 80, champion=champion(7)).verdict == "quiet"

    def test_before_there_are_enough_periods_it_cannot_be_told(self) -> None:
        assert "waits for 1 more period" in judge(FALLS, 100, 101, 99, 90, champion=champion(7)).sentence
        assert judge(FALLS, 100, 101, 99, 90, 90, champion=None).verdict == "cannot tell"

    def test_false_alarms_of_one_look_are_at_most_what_the_confidence_states(self) -> None:
        """Limits that hardly count, so that the confirmation alone decides; a one-sided 99% bound over 2000 streams."""
        policy = MeasurePolicy(name="sales", falls_by=1e-9, baseline_periods=4, confidence=0.95)
        rng = np.random.default_rng(3)
        fired = sum(judge(policy, *rng.normal(100, 10, 5), champion=champion(6)).fired for _ in range(2000))
        assert 0 < fired <= stats.binom.ppf(0.99, 2000, 0.05)


def test_exactly_one_limit_is_asked_for() -> None:
    with pytest.raises(ValidationError, match="must be only one of them"):
        MeasurePolicy(name="latency", above=1, below=2)
    with pytest.raises(ValidationError, match="must be one of them given"):
        MeasurePolicy(name="latency")
