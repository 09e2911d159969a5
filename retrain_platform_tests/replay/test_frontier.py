"""Loss against retrains: what the report holds of every policy, and that nothing lies beyond what is possible."""

from __future__ import annotations

import pytest

from retrain_platform.policy import FloorPolicy, StalenessPolicy
from retrain_platform.replay.alarms import TUNED
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.report import SHOWN, replay
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.walked import Named
from retrain_platform_tests.replay.pasts import ALL, GivenPast, by_age, drawn, matrix, setting

COSTS = (0.01, 0.1, 0.5)
OURS = [
    Named("staleness", StalenessPolicy(metric="accuracy")),
    Named("floor", FloorPolicy(metric="accuracy", at_least=0.4, confirmed=False)),
]


@pytest.fixture(scope="module")
def report() -> ReplayReport:
    return replay("a table", setting(drawn(4, count=18)), OURS, COSTS, "day")


def test_no_policy_is_beyond_what_is_possible_with_as_many_retrains(report: ReplayReport) -> None:
    *lines, best = report.frontier
    assert [line.name for line in lines] == ["every k periods", "staleness", "floor", TUNED]
    least = {point.retrains: point.loss for point in best.points}
    assert sorted(least) == list(range(17))
    for line in lines:
        assert all(point.loss >= least[point.retrains] - 1e-12 for point in line.points)


def test_the_oracle_at_each_cost_lies_on_the_frontier(report: ReplayReport) -> None:
    least = {point.retrains: point.loss for point in report.frontier[-1].points}
    for each in report.policies:
        if each.kind == "oracle":
            assert each.loss == pytest.approx(least[each.retrains])
            assert each.total == pytest.approx(min(loss + each.cost * count for count, loss in least.items()))


def test_each_policy_has_a_point_at_each_cost_and_all_fixed_periods_stand_on_one_line(report: ReplayReport) -> None:
    fixed, staleness, floor, _, _ = report.frontier
    assert {point.name for point in fixed.points} == {
        each.name for each in report.policies if each.kind in ("never", "fixed")
    }
    assert (fixed.points[0].retrains, fixed.points[0].name) == (0, "never")
    for line in (staleness, floor):
        assert sorted(point.cost or 0 for point in line.points) == list(COSTS)
        for point in line.points:
            [same] = [each for each in report.at(point.cost or 0) if each.name == line.name]
            assert (same.retrains, same.loss, same.metric) == (point.retrains, point.loss, point.metric)


def test_what_is_shown_has_its_course_and_the_rest_has_none(report: ReplayReport) -> None:
    for cost in COSTS:
        shown = report.shown(cost)
        assert [each.total for each in shown] == sorted((each.total for each in shown), reverse=True)
        assert sum(each.kind == "fixed" for each in shown) == SHOWN
        assert {each.name for each in shown if each.kind != "fixed"} == {"never", "staleness", "floor", TUNED, "oracle"}
        for each in shown:
            told = [value for value in each.course if value is not None]
            assert len(each.course) == len(report.periods)
            assert sum(told) / len(told) == pytest.approx(each.metric)
            lost = sum((value - 1) * report.loss_by_metric for value in told)
            assert lost == pytest.approx(each.loss)


def test_every_total_is_beside_that_of_never_and_of_the_best_fixed_period(report: ReplayReport) -> None:
    for cost in COSTS:
        totals = {each.name: each.total for each in report.at(cost)}
        [best] = [each.name for each in report.at(cost) if each.best_in_hindsight]
        for each in report.at(cost):
            assert [one.to for one in each.apart] == [
                name for name in dict.fromkeys(("never", best)) if name != each.name
            ]
            for one in each.apart:
                assert one.value == pytest.approx(each.total - totals[one.to])


def test_several_strategies_are_several_lines_below_one_frontier() -> None:
    on = setting(matrix(GivenPast(by_age(), 12), Strategy(name="newest 2", window=2), ALL))
    *lines, best = replay("a table", on, OURS[:1], [0.1], "day").frontier
    assert [line.name for line in lines] == [
        "every k periods",
        "staleness (newest 2)",
        "staleness (all the past)",
        f"{TUNED} (newest 2)",
        f"{TUNED} (all the past)",
    ]
    assert len(lines[0].points) == 2 * 11
    assert best.points[0].retrains == 0
