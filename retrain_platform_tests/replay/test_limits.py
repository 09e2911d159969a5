"""Limits that a replay tries by itself: what is made, what is told of it, and when one is advised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from retrain_platform.policy import AnyOf, FeatureDriftPolicy, Policy, SchedulePolicy, problems
from retrain_platform.policy.compose import leaves
from retrain_platform.policy.gain import CostSpec
from retrain_platform.replay.advice import NOW, Recommended, recommend
from retrain_platform.replay.limits import family
from retrain_platform.replay.limits_table import best_limits, limits_table
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.money import money_of
from retrain_platform.replay.page import page
from retrain_platform.replay.parts import halves
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.rivals import Rival, ahead
from retrain_platform.replay.tried import rivals, walk_limits
from retrain_platform.replay.walked import Named, walked
from retrain_platform_tests.replay.pasts import GivenPast, by_age, matrix, setting

COSTS = (0.2,)


def jumps(*at: int, count: int = 40) -> Setting:
    """Worlds that end suddenly: a model of another one loses .6 where one of the same loses .1, and a little noise."""
    luck = np.random.default_rng(2).normal(0, 0.01, (count, count))

    def loss(first: int, last: int, period: int) -> float:
        same = sum(place <= last for place in at) == sum(place <= period for place in at)
        return (0.1 if same else 0.6) + float(luck[last, period])

    return setting(matrix(GivenPast(loss, count)))


class Everything:
    """A spec's history that adds nothing: with it a setting can read drift."""

    def told(self, policy: Any, known: Any, made: Any) -> Any:
        return known

    def challenges(self, told: Any) -> tuple[Any, ...]:
        return ()


def replayed(on: Setting, *policies: Named) -> ReplayReport:
    return replay("a table", on, policies, COSTS, "day", limits=True)


def advised(on: Setting) -> Recommended:
    """What is recommended among never, the fixed periods and what is tried."""
    [simple] = walked(on, [], COSTS, "day", lambda _: None)
    tried = walk_limits(on, [], COSTS, "day", lambda _: None)
    return recommend(on.road, on.loss, rivals(simple), COSTS[0], "day", tried=rivals(tried.at(0)))


@pytest.fixture(scope="module")
def report() -> ReplayReport:
    return replayed(jumps(4, 9, 15, 17, 24, 33))


def test_a_bare_table_tries_what_its_metric_can_show_and_a_spec_drift_too() -> None:
    on = jumps(4, 9, 15, 17, 24, 33)
    made = family(on, None, COSTS, "day")
    kinds = {leaf.kind for each in made for leaf in leaves(each.policy)}
    assert kinds == {"schedule", "performance", "floor", "adaptive"}
    assert len({each.name for each in made}) == len(made) == len({each.policy.fingerprint() for each in made})
    spec = family(on._replace(watched=Everything()), None, COSTS, "day")
    assert "drift at PSI 0.25 for 2 days" in {each.name for each in spec}


def test_the_present_policy_is_moved_and_its_features_are_those_whose_drift_is_tried() -> None:
    present = AnyOf(policies=[FeatureDriftPolicy(features=["a", "b*"], over=0.3), SchedulePolicy(every="9d")])
    made = family(jumps(9)._replace(watched=Everything()), present, COSTS, "day")
    assert made[0].name == "present with feature_drift over 0.15, not 0.3"
    drifts = [leaf for each in made for leaf in leaves(each.policy) if isinstance(leaf, FeatureDriftPolicy)]
    assert {each.features for each in drifts} == {("a", "b*")}


def test_late_labels_lengthen_the_dwells_of_what_reads_them() -> None:
    on = jumps(9)
    late = on._replace(road=on.road._replace(delay=3))
    made = [leaf for each in family(late, None, COSTS, "day") for leaf in leaves(each.policy)]
    assert {each.dwell.days for each in made if each.kind in ("performance", "floor")} == {3}


@pytest.mark.parametrize("delay", [0, 3])
def test_what_is_advised_a_spec_may_hold(delay: int) -> None:
    """Retraining after every period is best here, though late labels let no spec say so."""
    on = setting(matrix(GivenPast(by_age(0.1, 0.1), 30)), delay=delay)
    [advice] = replay("a table", on, [], (0.001,), "day", limits=True).recommended
    assert advice.policy is not None
    policy = TypeAdapter(Policy).validate_python(advice.policy)
    assert not problems(policy, period=on.length, label_delay=delay * on.length)
    assert advice.name == ("every 4 days" if delay else "every day")
    assert advice.best_fixed == "every day"
    backstops = [
        leaf.every
        for each in family(on, None, (0.001,), "day")
        for leaf in leaves(each.policy)
        if leaf.kind == "schedule"
    ]
    assert set(backstops) == {(delay + 1) * on.length}


@pytest.mark.parametrize("fresh", [0.0, 1e-17, 1e-5, 0.001, 0.95, 1.0])
def test_sizes_are_made_of_a_metric_that_is_nearly_perfect_or_0(fresh: float) -> None:
    """A metric of 0 falls by no share of itself, and a floor at what fresh models show anyway is none."""
    on = setting(matrix(GivenPast(lambda first, last, period: fresh * (1 + min(period - last - 1, 3)), 40)))
    made = family(on, None, (1e-6, 0.1, 0.5), "day")
    assert len({each.name for each in made}) == len(made) == len({each.policy.fingerprint() for each in made})
    assert not [each.name for each in made if " 0% worse" in each.name]
    floors = [leaf.at_least for each in made for leaf in leaves(each.policy) if leaf.kind == "floor"]
    assert all(bound is not None and bound < 1 - fresh for bound in floors)


def test_where_nothing_is_tried_nothing_is_told_of_it() -> None:
    """A model that never errs has nothing that could fall."""
    assert replayed(setting(matrix(GivenPast(lambda first, last, period: 0.0, 12)))).limits == ()


def test_the_second_half_has_no_say_in_what_is_tried_nor_in_what_is_advised() -> None:
    on = jumps(4, 9, 15, 17, 24, 33)
    losses = on.road.matrix.loss.copy()
    losses[:, :, on.road.middle :] = 1 - losses[:, :, on.road.middle :]
    other = on._replace(road=on.road._replace(matrix=replace(on.road.matrix, loss=losses)))
    assert family(on, None, COSTS, "day") == family(other, None, COSTS, "day")
    assert advised(on).name == advised(other).name


def test_where_worlds_end_suddenly_a_limit_is_advised_and_its_lines_walk_the_same_way(report: ReplayReport) -> None:
    on, advice = jumps(4, 9, 15, 17, 24, 33), report.recommended[-1]
    row = next(each for each in report.limits if each.recommended and each.cost == advice.cost)
    assert row.tried
    assert (row.name, row.total, row.policy) == (advice.name, advice.total, advice.policy)
    walked = follow(TypeAdapter(Policy).validate_python(advice.policy), on, advice.cost).way
    [told] = [each for each in report.at(advice.cost) if each.name == advice.name]
    assert (walked.total, len(walked.retrains)) == (pytest.approx(told.total), told.retrains)
    count = sum(each.tried and each.cost == advice.cost for each in report.limits)
    assert f"; of {count} limits tried it was the cheapest on the first half, by " in advice.sentence
    assert advice.total < advice.best_fixed_total


def test_every_row_holds_both_halves_of_one_way_and_what_it_is_held_against(report: ReplayReport) -> None:
    on = jumps(4, 9, 15, 17, 24, 33)
    for cost in COSTS:
        mine = [each for each in report.limits if each.cost == cost]
        assert sum(not each.tried for each in mine) == 1
        for each in mine[1::9]:
            way = follow(TypeAdapter(Policy).validate_python(each.policy), on, cost).way
            assert each.tuned_total + each.total == pytest.approx(way.total)
            assert each.tuned_retrains + each.retrains == len(way.retrains)


def test_a_limit_is_advised_where_its_interval_tells_it_apart_and_not_on_few_periods() -> None:
    road = jumps(18).road
    tuned = halves(road).tuned
    simple = Rival("never", road.every(0, 0.1), None, fixed=True)

    def cheaper(by: float, count: int) -> Rival:
        losses = simple.way.losses.copy()
        losses[tuned.first : tuned.first + count] -= by
        return Rival("tried", simple.way._replace(losses=losses), {"kind": "floor"})

    of_many, of_one = cheaper(0.02, 16), cheaper(0.04, 1)
    assert ahead([of_one, of_many], simple, tuned) is of_many
    assert ahead([of_one], simple, tuned) is None
    assert ahead([cheaper(-0.02, 16)], simple, tuned) is None
    assert ahead([of_many], simple, tuned._replace(stop=tuned.first + 7)) is None
    assert ahead([], simple, tuned) is None


@pytest.fixture(scope="module")
def still() -> ReplayReport:
    """Nothing happens before the second half; in money, and beside a present policy."""
    on = jumps(22)
    price = money_of(CostSpec(currency="EUR", retrain=20, per_point=1), on.loss, 100)
    return replayed(on._replace(money=price), Named(NOW, SchedulePolicy(every="10d")))


def test_beside_the_advice_to_never_retrain_stands_what_would_notice_a_fall(still: ReplayReport) -> None:
    [advice] = still.recommended
    assert (advice.name, advice.policy) == ("never", None)
    assert advice.guard is not None
    assert advice.guard.policy["kind"] == "performance"
    assert (advice.guard.retrains, advice.guard.total < advice.total - 1) == (1, True)
    assert advice.guard.sentence.startswith("so that a fall is noticed: accuracy worse by ")
    assert "So that a fall is noticed" in page(still)


def test_the_guard_stands_beside_the_first_model_that_is_kept() -> None:
    """Its way begins with the model of the window that the advice is of, not with one of another."""

    def loss(first: int, last: int, period: int) -> float:
        return (0.1 if first == 0 else 0.2) + (0.4 if last < 22 <= period else 0.0)

    two = matrix(GivenPast(loss, 40), Strategy(name="all the past"), Strategy(name="newest 3", window=3))
    for strategies in (two, matrix(GivenPast(loss, 40), *reversed(two.strategies))):
        on = setting(strategies)
        on = on._replace(road=on.road._replace(start=4))
        [advice] = replayed(on).recommended
        assert advice.name == "never (all the past)"
        assert advice.guard is not None
        assert (advice.guard.name.endswith("(all the past)"), advice.guard.window) == (True, "all")


def test_the_present_policy_stands_among_what_the_limits_are_held_against(still: ReplayReport) -> None:
    assert {each.name for each in still.limits if not each.tried} == {"never", NOW}
    assert any(each.name == "present with schedule every 5d, not 10d" for each in still.limits)


def test_sums_are_told_in_money(still: ReplayReport) -> None:
    row, guard = still.limits[-1], still.recommended[0].guard
    assert row.money["total"] == pytest.approx(100 * row.total)
    assert guard is not None
    assert guard.money["total"] == pytest.approx(100 * guard.total)


def test_without_limits_nothing_is_tried() -> None:
    report = replay("a table", jumps(5, count=12), [], COSTS, "day")
    assert (report.limits, report.recommended[0].guard) == ((), None)
    assert "tried" not in report.recommended[0].sentence
    assert not list(limits_table(report, COSTS[0]))


def test_the_page_shows_each_limit_on_both_halves(report: ReplayReport) -> None:
    told = "".join(limits_table(report, COSTS[0]))
    mine = [each for each in report.limits if each.cost == COSTS[0]]
    assert told.count("<tr") == len(mine) + 2
    assert told in page(report)


def test_limits_that_came_to_the_same_are_shown_once(report: ReplayReport) -> None:
    shown = best_limits(report, COSTS[0], 1000)
    assert sum(each.more + 1 for each in shown) == sum(each.cost == COSTS[0] for each in report.limits)
    totals = [each.one.tuned_total for each in shown]
    assert totals == sorted(totals)
    few = best_limits(report, COSTS[0], 3)
    assert sum(each.one.tried for each in few) == 3
