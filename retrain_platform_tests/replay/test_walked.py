"""Every policy's way at every cost: walked once where the cost is not read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.window import Window
from retrain_platform.policy import Policy, SchedulePolicy, StalenessPolicy
from retrain_platform.policy.reads import reads_cost
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.ours import count_of
from retrain_platform.replay.prefix import follow
from retrain_platform.replay.road import Road
from retrain_platform.replay.walked import Named, walked
from retrain_platform_tests.policy.policy_examples import ALL as FAMILY
from retrain_platform_tests.replay.pasts import ALL, GivenPast, by_age, drawn, matrix, setting

COSTS = (0.0, 0.1, 500.0)


@pytest.mark.parametrize("policy", FAMILY, ids=lambda policy: policy.describe()[:60])
def test_one_walk_stands_for_all_costs_where_the_policy_reads_none(policy: Any) -> None:
    on, told = setting(drawn(7)), []
    found = walked(on, [Named("ours", policy)], COSTS, "day", told.append)
    ours = [each[-1].way for each in found]
    apart = [follow(policy, on, cost).way for cost in COSTS]
    assert [(way.retrains, way.total) for way in ours] == [(way.retrains, way.total) for way in apart]
    assert len(told) == (len(COSTS) if reads_cost(policy) else 1)


def test_a_policy_that_reads_the_cost_is_walked_at_each() -> None:
    on = setting(matrix(GivenPast(by_age(0.05), 24)))
    found = walked(on, [Named("ours", StalenessPolicy(metric="accuracy"))], COSTS, "day", lambda _: None)
    counts = [len(each[-1].way.retrains) for each in found]
    assert counts[0] > counts[1] > counts[2] == 0


def test_each_strategy_is_walked_beside_the_others_by_its_name() -> None:
    on = setting(matrix(GivenPast(by_age(), 5), Strategy(name="newest 2", window=2), ALL))
    [found] = walked(on, [Named("ours", SchedulePolicy(every="2d"))], [0.1], "day", lambda _: None)
    names = [each.name for each in found if each.kind != "fixed"]
    assert names == ["never (newest 2)", "never (all the past)", "ours (newest 2)", "ours (all the past)"]
    assert {retrain.strategy for retrain in found[-1].way.retrains} == {1}


@pytest.mark.parametrize("delay", [0, 2])
def test_where_several_windows_are_tried_the_lines_of_a_spec_name_the_one_that_was_walked(delay: int) -> None:
    made = matrix(GivenPast(by_age(), 9), Strategy(name="newest 2", window=2), ALL)
    on = setting(made)._replace(road=Road(made, delay=delay))
    chooses = StalenessPolicy(metric="accuracy", windows=("all", "2d"))
    named = [Named("ours", SchedulePolicy(every="2d")), Named("chooses", chooses)]
    [found] = walked(on, named, [0.1], "day", lambda _: None)
    assert {each.window for each in found if each.name == "chooses"} == {None}
    for name, count in (("ours (newest 2)", 2), ("every 2 days (newest 2)", 2), ("ours (all the past)", None)):
        [window] = [each.window for each in found if each.name == name]
        told = TypeAdapter(Window).validate_python(window)
        assert count_of(told, on) == count
    [alone] = walked(setting(matrix(GivenPast(by_age(), 9))), named[:1], [0.1], "day", lambda _: None)
    assert {each.window for each in alone} == {None}


@pytest.mark.parametrize("every", ["day", "week", "month"])
def test_the_lines_of_a_fixed_period_retrain_when_it_did(every: Any) -> None:
    """Also of thirteen months, which are not thirteen times the shortest; and across a change of clocks."""
    calendar = Calendar(every=every, start="2023-09-01", timezone="Europe/Berlin")
    past = GivenPast(by_age(), 34)
    past.periods = tuple(each._replace(period=calendar.at(place)) for place, each in enumerate(past.periods))
    on = setting(matrix(past))._replace(length=calendar.length())
    [found] = walked(on, [], [0.1], every, lambda _: None)
    for fixed in (each for each in found if each.kind == "fixed"):
        policy = TypeAdapter(Policy).validate_python(fixed.spec)
        assert follow(policy, on, 0.1).way.retrains == fixed.way.retrains, fixed.name
