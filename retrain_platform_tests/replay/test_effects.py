"""What hurts in practice, switched off one by one: the road without it, and what it costs each policy."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.policy import SchedulePolicy, StalenessPolicy
from retrain_platform.replay.effects import BEST_FIXED, EFFECTS, Effects, effect_costs, there, told, told_of
from retrain_platform.replay.optimum import oracle
from retrain_platform.replay.page import page
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import Effect
from retrain_platform.replay.road import Road
from retrain_platform.replay.rules import Margin, Rules
from retrain_platform.replay.walked import Named, walked
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix, setting
from retrain_platform_tests.replay.test_optimum import ALL_OF_IT

POLICIES = [Named("ours", StalenessPolicy(metric="accuracy")), Named("thirds", SchedulePolicy(every="3d"))]


def hurting(made: Any, rules: Rules = ALL_OF_IT, *, delay: int = 2) -> Setting:
    told_ = setting(made, delay=delay)
    return told_._replace(road=told_.road._replace(rules=rules))


def test_each_is_left_out_alone() -> None:
    road = Road(drawn(1), delay=2, rules=ALL_OF_IT)
    assert Effects().on(road) == road
    assert Effects(labels=False).on(road) == road._replace(start=3, delay=0)
    assert Effects(gates=False).on(road).rules == ALL_OF_IT._replace(gate=None)
    assert Effects(rollback=False).on(road).rules == ALL_OF_IT._replace(watch=None)
    assert Effects(release=False).on(road).rules == ALL_OF_IT._replace(takes=0, shares=())
    assert Effects(False, False, False, False).on(road) == Road(road.matrix, start=3)


def test_the_same_periods_are_served_whatever_is_left_out() -> None:
    road = Road(drawn(1), delay=2, rules=ALL_OF_IT)
    assert {Effects().without(each).on(road).scored for each in EFFECTS} == {road.scored}


def test_labels_at_once_make_every_model_newer() -> None:
    late = Road(matrix(GivenPast(by_age(), 9)), delay=2)
    at_once = Effects(labels=False).on(late)
    assert late.every(1, 0.0).loss == pytest.approx(6 * 0.2)
    assert at_once.every(1, 0.0).loss == pytest.approx(6 * 0.1)
    assert at_once.every(0, 0.0).loss == pytest.approx(late.every(0, 0.0).loss - 6 * 2 * 0.05)


def test_only_what_is_there_can_be_left_out() -> None:
    made = drawn(1)
    slow = Rules(takes=1)
    assert there(setting(made)) == ()
    assert there(hurting(made)) == EFFECTS
    assert there(hurting(made, slow, delay=0)) == ("release",)
    assert there(hurting(made, Rules(gate=Margin(worse_by=0.1)), delay=1)) == ("labels", "gates")
    short = matrix(GivenPast(by_age(), 9), cuts=range(6))
    assert there(hurting(short, slow, delay=2)) == ("release",), "what labels at once would train is not there"


def test_what_an_effect_costs_is_the_difference_of_two_whole_walks() -> None:
    on = hurting(drawn(5, count=10))
    ways = walked(on, POLICIES, (0.05,), "day", lambda text: None)
    found = effect_costs(on, ways, POLICIES, (0.05,), "day", lambda text: None)
    assert len(found) == 4 * 4
    for each in found:
        bare = on._replace(road=Effects().without(each.effect).on(on.road))
        for total, where in ((each.total, on), (each.without, bare)):
            ways = {
                "ours": follow(POLICIES[0].policy, where, each.cost).way.total,
                "thirds": where.road.every(3, each.cost).total,
                "oracle": oracle(where.road, each.cost).total,
                BEST_FIXED: min(where.road.every(count, each.cost).total for count in range(9)),
            }
            assert total == pytest.approx(ways[each.policy])


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_replay_with_an_effect_off_is_what_the_other_says_of_it(effect: Effect) -> None:
    on = hurting(drawn(6, count=11))
    whole = replay("a table", on, POLICIES, (0.1,), "day")
    without = replay("a table", on, POLICIES, (0.1,), "day", effects=Effects().without(effect))
    said = {each.policy: each for each in whole.effects if each.effect == effect}
    totals = {each.name: each.total for each in without.policies}
    for name in ("ours", "thirds", "oracle"):
        assert said[name].without == pytest.approx(totals[name])
        assert effect not in {each.effect for each in without.effects}


def test_of_many_policies_the_first_and_the_recommended_are_told() -> None:
    many = [Named(f"policy {place}", POLICIES[1].policy) for place in range(8)]
    found = told_of(many, {"policy 6", "policy 7 (newest 3)", "every 2 days"})
    assert [each.name for each in found] == ["policy 0", "policy 1", "policy 2", "policy 3", "policy 6", "policy 7"]
    report = replay("a table", hurting(drawn(6, count=8)), many, (0.1,), "day")
    assert {"policy 0", "policy 3"} <= {each.policy for each in report.effects}
    assert "policy 5" not in {each.policy for each in report.effects}


def test_it_is_told_in_one_sentence_and_on_the_page() -> None:
    report = replay("a table", hurting(drawn(6, count=11)), POLICIES, (0.1,), "day")
    sentence = told(report.effects, "ours", 0.1)
    assert sentence.startswith("at a cost of 0.1, of the ")
    assert "labels that come late" in sentence
    assert "; rollbacks " in sentence
    assert told(report.effects, "nobody", 0.1) == ""
    assert "a retrain takes 1 day, a gate over 1 day, then its model answers 25% of the rows" in report.notes[0]
    shown = page(report)
    assert "<th class=n>late labels<th class=n>training and release<th class=n>gates<th class=n>rollbacks" in shown
    late = next(each for each in report.effects if (each.policy, each.effect) == ("ours", "labels"))
    assert f"<tr><td>ours<td class=n>{late.total:.3f}<td class=n>{late.total - late.without:+.3f}" in shown


def test_what_came_of_each_retrain_is_in_the_report() -> None:
    report = replay("a table", hurting(drawn(6, count=11)), POLICIES, (0.1,), "day")
    thirds = next(each for each in report.policies if each.name == "thirds")
    way = follow(POLICIES[1].policy, hurting(drawn(6, count=11)), 0.1).way
    assert tuple(each.outcome for each in thirds.decisions) == way.outcomes
    assert [each.outcome for each in thirds.decisions if not each.trained] == []


def test_a_replay_in_which_nothing_hurts_says_nothing_of_it() -> None:
    report = replay("a table", setting(drawn(6, count=11)), POLICIES, (0.1,), "day")
    assert (report.effects, report.notes) == ((), ())
    assert "things take time" not in page(report)
