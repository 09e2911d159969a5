"""The gap to a fresh challenger as a trigger, and as money."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from scipy import stats

from retrain_platform.policy import AnyOf, CostPolicy, GapPolicy, decide
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.gain import CostSpec, decay, measured_gain
from retrain_platform_tests.policy.histories import PRICES, WEEK, champion, gap, history, retrained


def judged(policy: GapPolicy | CostPolicy, *gaps: Any, week: int = 11, **known: Any) -> Finding:
    return policy.decide(history(week, gaps=gaps, **known))


class TestGap:
    def test_a_gap_over_the_limit_that_is_told_from_chance_fires(self) -> None:
        found = judged(GapPolicy(over=0.005), gap(10, 0.02))
        assert (found.verdict, found.action, found.value, found.limit) == ("fired", Action.RETRAIN, 0.02, 0.005)
        least = 0.02 - stats.t.ppf(0.95, 13) * 0.004
        assert f"at least {least:.3g} with 95% confidence" in found.sentence

    def test_one_that_is_not_told_from_chance_is_held(self) -> None:
        found = judged(GapPolicy(over=0.005), gap(10, 0.02, error=0.02))
        assert found.verdict == "holding"
        assert "not confirmed" in found.sentence

    def test_a_small_one_is_quiet_however_certain(self) -> None:
        assert judged(GapPolicy(over=0.005), gap(10, 0.004, error=0.0001)).verdict == "quiet"

    def test_a_dwell_is_served_by_the_ripe_periods_that_were_judged(self) -> None:
        policy = GapPolicy(over=0.005, dwell="4w")
        one = judged(policy, gap(10, 0.02))
        two = judged(policy, gap(8, 0.02), gap(10, 0.03))
        assert (one.verdict, one.held, one.needed) == ("holding", 2, 4)
        assert (two.verdict, two.held, two.value) == ("fired", 4, pytest.approx(0.025))

    def test_overlapping_readings_serve_no_period_twice(self) -> None:
        found = judged(GapPolicy(over=0.005, dwell="4w"), gap(9, 0.02), gap(10, 0.02))
        assert (found.verdict, found.held) == ("holding", 3)

    def test_a_reading_within_the_limit_ends_the_dwell(self) -> None:
        found = judged(GapPolicy(over=0.005, dwell="4w"), gap(6, 0.02), gap(8, 0.001), gap(10, 0.02))
        assert (found.verdict, found.held) == ("holding", 2)

    def test_readings_of_another_champion_are_no_evidence(self) -> None:
        found = judged(GapPolicy(), gap(10, 0.05, version="0"))
        assert found.verdict == "cannot tell"
        assert "none was taken since it answers" in found.sentence

    def test_what_a_reading_waits_for_is_said(self) -> None:
        found = judged(GapPolicy(), gap(10, None))
        assert found.verdict == "cannot tell"
        assert "it waits for 1 more ripe period" in found.sentence

    def test_a_reading_without_an_interval_confirms_nothing(self) -> None:
        assert judged(GapPolicy(), gap(10, 0.05, error=None)).verdict == "cannot tell"


class TestCost:
    """PRICES: a retrain is 140 EUR, 0.01 AUC is 50 EUR a week; trained at the end of week 3, so that 12 weeks
    planned leave 4 at the end of week 11."""

    POLICY = CostPolicy(planned="12w")

    def test_staying_costs_the_gap_in_each_period_until_the_planned_retrain(self) -> None:
        found = judged(self.POLICY, gap(10, 0.02), cost=PRICES)
        assert (found.verdict, found.action) == ("fired", Action.RETRAIN)
        assert (found.value, found.limit) == (pytest.approx(2 * 50 * 4), 140)
        assert "staying for 4 periods, until the retrain planned for 2013-04-23, costs 400 EUR" in found.sentence
        least = (0.02 - stats.t.ppf(0.8, 13) * 0.004) * 100 * 50 * 4
        assert f"at least {least:,.0f} EUR with 80% confidence" in found.sentence

    def test_the_same_gap_is_not_worth_it_when_a_retrain_is_planned_soon(self) -> None:
        found = judged(CostPolicy(planned="9w"), gap(10, 0.02), cost=PRICES)
        assert (found.verdict, found.value) == ("quiet", pytest.approx(100))

    def test_a_retrain_that_failed_counts_as_planned_ones_do(self) -> None:
        late = judged(self.POLICY, gap(10, 0.02), cost=PRICES, retrained=(retrained(7),))
        assert late.value == pytest.approx(2 * 50 * 8)

    def test_an_uncertain_gap_is_held_although_it_would_pay(self) -> None:
        found = judged(self.POLICY, gap(10, 0.02, error=0.02), cost=PRICES)
        assert found.verdict == "holding"
        assert "not confirmed" in found.sentence

    def test_a_gap_below_0_costs_nothing(self) -> None:
        found = judged(self.POLICY, gap(10, -0.01), cost=PRICES)
        assert found.verdict == "quiet"
        assert "costs 0 EUR" in found.sentence
        assert "would gain nothing" in found.sentence

    def test_errors_are_counted_by_the_rows_of_a_usual_period(self) -> None:
        prices = CostSpec(currency="EUR", retrain=1, error=0.5)
        reading = gap(10, 0.02).model_copy(update={"metric": "accuracy"})
        found = judged(self.POLICY, reading, cost=prices)
        assert found.value == pytest.approx(0.02 * 100 * 0.5 * 4)

    def test_before_the_first_reading_the_decay_of_earlier_champions_is_expected(self) -> None:
        """Version 1 lost 0.002 a week, version 2 lost 0.003; version 3 is 10 weeks behind."""
        now = champion(15, version="3")
        earlier = (gap(9, 0.002 * 4, cut=3, version="1"), gap(15, 0.003 * 2, cut=11, version="2"))
        found = judged(CostPolicy(planned="20w"), *earlier, week=25, cost=PRICES, champion=now)
        assert found.value == pytest.approx(0.0025 * 10 * 100 * 50 * 10)
        assert "expected from the decay behind 2 earlier champions" in found.sentence

    @pytest.mark.parametrize(
        ("known", "said"),
        [
            ({"champion": None, "cost": PRICES}, "only where there is a champion"),
            ({"cost": None}, "section cost"),
            ({"cost": PRICES}, "neither a reading of the gap"),
            ({"cost": PRICES, "gaps": (gap(10, None),)}, "neither a reading of the gap"),
            ({"cost": CostSpec(currency="EUR", retrain=1, error=1), "gaps": (gap(10, 0.1),)}, "cost.per_point"),
        ],
    )
    def test_what_is_missing_is_said(self, known: dict[str, Any], said: str) -> None:
        found = self.POLICY.decide(history(11, **known))
        assert found.verdict == "cannot tell"
        assert said in found.sentence


def test_decay_needs_two_earlier_champions() -> None:
    one = (gap(9, 0.008, cut=3), gap(11, 0.012, cut=3))
    assert decay(one, "2", WEEK) is None
    found = decay((*one, gap(15, 0.01, cut=11, version="2")), "3", WEEK)
    assert found is not None
    assert found.slope == pytest.approx(((0.008 * 4 + 0.012 * 6) / (16 + 36) + 0.005) / 2)


class TestExpectedGain:
    def test_a_decision_carries_the_newest_reading_of_its_champion(self) -> None:
        known = history(11, gaps=(gap(8, 0.01), gap(10, 0.02), gap(10, 0.9, version="0")), cost=PRICES)
        gain = decide(AnyOf(policies=[GapPolicy()]), known).expected_gain
        assert gain is not None
        assert (gain.value, gain.low, gain.high, gain.reading) == (0.02, 0.012, 0.028, known.gaps[1].period)
        assert (gain.worth, gain.currency) == (pytest.approx(100), "EUR")
        assert gain.share == pytest.approx(0.02 / 0.7)
        assert gain.sentence == (
            "a retrain now would gain 0.02 auc (+0.012 to +0.028), worth 100 EUR a period (60 to 140), "
            "measured in 2013-03-12"
        )

    def test_without_a_reading_nothing_is_said_and_the_decision_s_id_is_as_before(self) -> None:
        policy = AnyOf(policies=[GapPolicy(action="watch")])
        none, foreign = decide(policy, history(11)), decide(policy, history(11, cost=PRICES))
        assert none.expected_gain is None
        assert none.id == foreign.id
        assert decide(policy, history(11, gaps=(gap(10, 0.001),))).id != none.id

    def test_a_loss_and_a_doubt_are_called_so(self) -> None:
        found = measured_gain((gap(10, -0.001),), "1", None, 100)
        assert found is not None
        assert found.sentence.startswith("a retrain now would lose 0.001 auc (-0.009 to +0.007), measured in")
        assert found.sentence.endswith("not told from no change")


@pytest.mark.parametrize("worth", [{}, {"per_point": 1, "error": 1}])
def test_a_better_model_s_worth_is_given_in_one_way(worth: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=r"must be one of them given|must be only one of them"):
        CostSpec(currency="EUR", retrain=1, **worth)
