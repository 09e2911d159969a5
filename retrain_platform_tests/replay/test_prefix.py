"""Policies on a road: the functions that decide live, and what they are shown of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retrain_platform.policy import FloorPolicy, SchedulePolicy, VolumePolicy
from retrain_platform.replay.matrix import Matrix
from retrain_platform.replay.prefix import _Walk, follow
from retrain_platform.replay.road import Retrain
from retrain_platform.replay.standing import BESIDE
from retrain_platform_tests.policy.policy_examples import ALL as FAMILY
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix, setting, span


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("delay", [0, 2])
def test_a_schedule_walks_as_the_baseline_of_the_same_period(count: int, delay: int) -> None:
    on = setting(drawn(1), delay=delay)
    walked = follow(SchedulePolicy(every=f"{count}d"), on, 0.1)
    assert walked.way.retrains == on.road.every(count, 0.1).retrains
    assert walked.way.total == pytest.approx(on.road.every(count, 0.1).total)


def changed_after(made: Matrix, place: int) -> Matrix:
    """The same up to the period `place`; every later loss is another."""
    losses = made.loss.copy()
    losses[:, :, place + 1 :] = 1 - losses[:, :, place + 1 :]
    return replace(made, loss=losses)


@pytest.mark.parametrize("policy", FAMILY, ids=lambda policy: policy.describe()[:60])
def test_changing_the_future_changes_no_past_decision(policy: Any) -> None:
    made = drawn(7)
    whole = follow(policy, setting(made), 0.1).said
    for place in (3, 6, 9):
        other = follow(policy, setting(changed_after(made, place)), 0.1).said
        known = sum(period <= place for period in setting(made).road.decisions)
        assert other[:known] == whole[:known]


def test_decisions_of_a_policy_that_reads_losses_follow_them() -> None:
    policy = FloorPolicy(metric="accuracy", at_least=0.5, confirmed=False)
    made = drawn(7)
    told = [[each.action for each in follow(policy, setting(one), 0.1).said] for one in (made, changed_after(made, 3))]
    assert told[0][:3] == told[1][:3]
    assert told[0] != told[1]


def test_only_the_losses_of_models_that_were_paid_for_are_seen() -> None:
    made = drawn(5)
    walk = _Walk(setting(made), 0.1)
    for at in range(1, 8):
        known = walk.known(at)
        if at == 3:
            walk.retrain(at, "a decision")
    own = [each for each in known.performance if each.role == "champion"]
    mine = [1 - made.loss[0, 0 if period <= 3 else 3, period] for period in range(1, 8)]
    assert [each.metrics["accuracy"].value for each in own] == pytest.approx(mine)
    assert [each.version for each in own] == ["1"] * 3 + ["2"] * 4
    before = [each for each in known.performance if each.role == "previous"]
    assert {each.version for each in before} == {"1"}
    beside = [1 - made.loss[0, 0, period] for period in range(4, 8)]
    assert [each.metrics["accuracy"].value for each in before] == pytest.approx(beside)


def test_a_model_that_was_replaced_is_scored_beside_its_successor_for_a_while_only() -> None:
    walk = _Walk(setting(drawn(5, count=20)), 0.1)
    for at in range(1, 19):
        known = walk.known(at)
        if at == 2:
            walk.retrain(at, "a decision")
    before = [each.period for each in known.performance if each.role == "previous"]
    assert before == [span(place).key for place in range(3, 3 + BESIDE)]


def test_what_is_known_is_what_had_come_in() -> None:
    on = setting(drawn(5), delay=2)
    walk = _Walk(on, 0.25)
    for at in range(3, 7):
        known = walk.known(at)
    assert [each.period for each in known.performance] == [on.road.matrix.periods[place].period.key for place in (3, 4)]
    assert len(known.ripe) == 5
    assert known.champion is not None
    assert known.champion.seen_until == on.road.matrix.periods[0].period.end
    assert known.new_ripe_rows == 400
    assert known.cost is not None
    assert (known.cost.of_retrain, known.cost.worth(0.05, "accuracy", 100)) == (0.25, pytest.approx(0.05))


def test_where_labels_come_late_a_period_is_still_that_of_the_model_that_answered_it() -> None:
    walk = _Walk(setting(drawn(5), delay=2), 0.1)
    for at in range(3, 9):
        known = walk.known(at)
        if at == 5:
            walk.retrain(at, "a decision")
    own = [(each.period, each.version) for each in known.performance if each.role == "champion"]
    assert own == [(span(place).key, "1" if place <= 5 else "2") for place in range(3, 7)]


def test_a_policy_that_always_fires_retrains_after_every_period() -> None:
    on = setting(drawn(2))
    walked = follow(VolumePolicy(new_ripe_rows=1), on, 0.1)
    assert walked.way.retrains == tuple(Retrain(at) for at in on.road.decisions)


def test_a_policy_that_never_fires_is_never() -> None:
    on = setting(drawn(2))
    assert follow(VolumePolicy(new_ripe_rows=10**9), on, 0.1).way.total == on.road.every(0, 0.1).total


def test_a_failed_training_is_told_and_the_model_before_goes_on() -> None:
    on = setting(matrix(GivenPast(by_age(), 6, untrainable=[2])))
    walked = follow(VolumePolicy(new_ripe_rows=1), on, 0.1)
    assert [each.failed for each in walked.said] == [False, True, False, False]
    assert walked.way.failed == (Retrain(2),)


def test_nothing_is_trained_at_a_gap() -> None:
    on = setting(matrix(GivenPast(by_age(), 6, rows=[100, 100, 0, 100, 100, 100])))
    walked = follow(SchedulePolicy(every="1d"), on, 0.1)
    assert [each.at for each in walked.way.retrains] == [1, 3, 4]
    assert "has not seen" in walked.said[1].reason


def test_a_period_without_a_metric_is_read_as_such() -> None:
    past = GivenPast(lambda first, last, period: float("nan") if period == 2 else 0.5, 5)
    walk = _Walk(setting(matrix(past)), 0.1)
    known = [walk.known(at) for at in (1, 2, 3)][-1]
    assert [each.metrics["accuracy"].value for each in known.performance] == [0.5, None, 0.5]
    assert np.isfinite(follow(SchedulePolicy(every="1d"), setting(matrix(past)), 0.1).way.total)
