"""Ways through a matrix: who serves when, by the rules of the road, and histories that are too short."""

from __future__ import annotations

import numpy as np
import pytest

from retrain_platform.replay.optimum import budgeted, oracle
from retrain_platform.replay.road import Retrain, Road, TooShort, road
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix


def test_never_and_every_k_retrain_when_they_say() -> None:
    on = Road(matrix(GivenPast(by_age(0.05, 0.1), 8)))
    assert on.every(0, 0.1).retrains == ()
    assert [each.at for each in on.every(1, 0.1).retrains] == [1, 2, 3, 4, 5, 6]
    assert [each.at for each in on.every(3, 0.1).retrains] == [3, 6]
    never, third = on.every(0, 0.1), on.every(3, 0.1)
    assert never.total == never.loss == pytest.approx(sum(0.1 + 0.05 * age for age in range(7)))
    assert third.loss == pytest.approx(7 * 0.1 + 0.05 * (0 + 1 + 2) * 2)
    assert third.total == pytest.approx(third.loss + 0.2)


def test_nothing_is_decided_at_the_end_of_the_last_period() -> None:
    on = Road(drawn(1, count=5))
    assert list(on.scored) == [1, 2, 3, 4]
    assert list(on.decisions) == [1, 2, 3]


def test_labels_that_come_late_make_the_first_model_late_and_every_model_older() -> None:
    on = Road(matrix(GivenPast(by_age(0.05, 0.1), 8)), delay=2)
    assert (on.first, list(on.scored), list(on.decisions)) == (2, [3, 4, 5, 6, 7], [3, 4, 5, 6])
    assert on.every(1, 0.0).losses[3:].tolist() == pytest.approx([0.2] * 5), "each is two periods old at its first"
    assert np.isnan(on.every(1, 0.0).losses[:3]).all()


def test_a_retrain_that_fails_costs_and_changes_nothing() -> None:
    on = Road(matrix(GivenPast(by_age(), 6, untrainable=[2])))
    tried, never = on.way([Retrain(2)], 0.1), on.every(0, 0.1)
    assert tried.failed == (Retrain(2),)
    assert tried.loss == never.loss
    assert tried.total == pytest.approx(never.total + 0.1)


def test_undefined_periods_and_gaps_cost_nobody_anything() -> None:
    past = GivenPast(lambda f, last, period: float("nan") if period == 3 else 0.5, 6, rows=[9, 9, 9, 9, 0, 9])
    on = Road(matrix(past))
    assert on.every(0, 0.0).loss == pytest.approx(1.5)
    assert np.isnan(on.every(1, 0.0).losses).tolist() == [True, False, False, True, True, False]


class TestHistoriesThatAreTooShort:
    def test_one_period(self) -> None:
        with pytest.raises(
            TooShort, match=r"periods == 1, must be at least 2: 1 to learn from first, and one to be judged on"
        ):
            road(matrix(GivenPast(by_age(), 1), cuts=range(1)))

    def test_shorter_than_a_label_delay(self) -> None:
        with pytest.raises(TooShort, match=r"periods == 3, must be at least 5: 1 to learn from first, 3 until labels"):
            road(matrix(GivenPast(by_age(), 3)), delay=3)

    def test_no_first_model(self) -> None:
        with pytest.raises(
            TooShort, match=r"no first model of the first 1 of 4 periods: one class only; let it learn from more"
        ):
            road(matrix(GivenPast(by_age(), 4, untrainable=[0])))

    def test_a_metric_that_is_nowhere_defined(self) -> None:
        with pytest.raises(TooShort, match="undefined in each of the 3 periods"):
            road(matrix(GivenPast(lambda f, last, period: float("nan"), 4)))

    def test_two_periods_are_enough_to_replay_and_leave_no_decision(self) -> None:
        on = road(matrix(GivenPast(by_age(), 2)))
        assert oracle(on, 0.1).total == pytest.approx(0.1)
        assert len(budgeted(on, 5)) == 1
