"""Our own policies in a replay: which are walked, and which windows they may choose among."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retrain_platform.policy import SchedulePolicy, StalenessPolicy
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.ours import CHOOSING, OURS, UnknownWindow, check_windows, ours
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.report import replay
from retrain_platform.replay.walked import Named
from retrain_platform_tests.replay.pasts import ALL, DAY, GivenPast, by_age, matrix, setting

NEWEST = Strategy(name="newest 3", window=3)


def on(*strategies: Strategy, delay: int = 0) -> Setting:
    return setting(matrix(GivenPast(by_age(0.04), 24), *strategies), delay=delay)


def test_where_one_window_is_replayed_there_is_nothing_to_choose() -> None:
    assert [each.name for each in ours(on(ALL))] == [OURS]


@pytest.mark.parametrize("delay", [0, 2])
def test_where_several_are_one_policy_chooses_among_them_all(delay: int) -> None:
    _, choosing = ours(on(NEWEST, ALL, delay=delay))
    assert choosing.name == CHOOSING
    assert isinstance(choosing.policy, StalenessPolicy)
    assert choosing.policy.windows == ((3 + delay) * DAY, "all"), "it reaches back from the decision"
    check_windows(on(NEWEST, ALL, delay=delay), [choosing])


def test_a_name_that_is_taken_is_the_user_s() -> None:
    assert [each.name for each in ours(on(NEWEST, ALL), {OURS})] == [CHOOSING]


def test_it_is_walked_once_from_the_first_window_and_its_decisions_name_theirs() -> None:
    made = on(NEWEST, ALL)
    report = replay("a table", made, ours(made), [0.1], "day")
    names = [each.name for each in report.policies if each.kind == "policy"]
    assert names == ["staleness (newest 3)", CHOOSING, "staleness (all the past)"]
    [choosing] = [each for each in report.policies if each.name == CHOOSING]
    assert choosing.retrains
    assert {each.strategy for each in choosing.decisions} <= {"newest 3", "all the past"}
    assert all("it learns from" in each.reason for each in choosing.decisions)


def test_a_window_that_is_not_replayed_is_told() -> None:
    policy = StalenessPolicy(metric="accuracy", windows=("7d", "all"))
    with pytest.raises(UnknownWindow, match=r"windows of mine == newest 7, must be among .* replayed: 3, all"):
        check_windows(on(NEWEST, ALL), [Named("fixed", SchedulePolicy(every="3d")), Named("mine", policy)])


@pytest.mark.parametrize(("window", "strategy"), [(3, 1), (4, 1), (9, 2), ("all", 0)])
def test_a_chosen_window_is_the_nearest_that_there_is(window: int | str, strategy: int) -> None:
    made = on(ALL, NEWEST, Strategy(name="newest 8", window=8))
    chosen = ("all",) if window == "all" else (timedelta(days=int(window)),)
    way = follow(StalenessPolicy(metric="accuracy", windows=chosen), made, 0.1).way
    assert {each.strategy for each in way.retrains} == {strategy}
