"""Histories and policies that leave little to say: a report that holds, or a sentence on what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retrain_platform.policy import SchedulePolicy, StalenessPolicy, VolumePolicy
from retrain_platform.replay.matrix import Matrix
from retrain_platform.replay.page import page
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.road import TooShort, road
from retrain_platform.replay.walked import Named
from retrain_platform_tests.replay.pasts import GivenPast, by_age, matrix, setting

OURS = [
    Named("always", VolumePolicy(new_ripe_rows=1)),
    Named("no more", VolumePolicy(new_ripe_rows=10**9)),
    Named("staleness", StalenessPolicy(metric="accuracy")),
]
NAN = float("nan")


def replayed(made: Matrix, *, delay: int = 0, policies: Any = OURS) -> ReplayReport:
    on = setting(made)
    report = replay("a table", on._replace(road=road(made, delay=delay)), policies, (0.05, 0.5), "day")
    text = page(report)
    assert "nan" not in text
    assert "inf" not in text.replace("information", "")
    assert ReplayReport.model_validate_json(report.model_dump_json()) == report
    json.loads(report.model_dump_json(), parse_constant=pytest.fail)
    return report


def named(report: ReplayReport, name: str) -> Any:
    return next(each for each in report.at(0.05) if each.name == name)


@pytest.mark.parametrize("count", [3, 4, 5])
def test_a_history_of_a_few_periods_has_a_report(count: int) -> None:
    report = replayed(matrix(GivenPast(by_age(), count)))
    assert sum(each.judged for each in report.periods) == count - 1
    assert named(report, "always").retrains == count - 2
    assert named(report, "no more").total == named(report, "never").total


def test_two_periods_leave_no_decision_and_all_are_never() -> None:
    report = replayed(matrix(GivenPast(by_age(), 2)))
    assert {each.retrains for each in report.policies} == {0}
    assert report.recommended[0].name == "never"


@pytest.mark.parametrize(("count", "delay"), [(1, 0), (3, 3), (3, 2)])
def test_a_history_without_a_period_to_be_judged_on_is_told(count: int, delay: int) -> None:
    made = matrix(GivenPast(by_age(), count), cuts=range(max(1, count - 1 - delay)))
    with pytest.raises(TooShort, match=rf"periods == {count}, must be at least {delay + 2}"):
        road(made, delay=delay)


def test_labels_that_come_as_late_as_the_history_is_long_leave_one_period() -> None:
    report = replayed(matrix(GivenPast(by_age(), 5), cuts=range(1)), delay=3)
    assert [each.judged for each in report.periods] == [False] * 4 + [True]


def test_gaps_count_for_nobody_at_either_end_and_in_between() -> None:
    rows = [100, 0, 0, 100, 100, 0, 100, 100, 100, 0]
    report = replayed(matrix(GivenPast(by_age(), 10, rows=rows)))
    assert [each.judged for each in report.periods] == [bool(count) and place > 0 for place, count in enumerate(rows)]
    decided = [each.period for each in named(report, "always").decisions]
    assert decided == [report.periods[place].key for place in (3, 4, 6, 7, 8)]


def test_a_metric_that_is_undefined_in_some_periods_leaves_the_others() -> None:
    def loss(first: int, last: int, period: int) -> float:
        return NAN if period in (3, 7) else by_age()(first, last, period)

    report = replayed(matrix(GivenPast(loss, 12)))
    assert [place for place, each in enumerate(report.periods) if not each.judged] == [0, 3, 7]
    assert named(report, "always").course[3] is None
    assert named(report, "always").metric is not None


def test_a_metric_that_one_model_lacks_in_a_period_is_nobodys_there() -> None:
    def loss(first: int, last: int, period: int) -> float:
        return NAN if (last, period) == (4, 6) else by_age()(first, last, period)

    report = replayed(matrix(GivenPast(loss, 12)))
    assert not report.periods[6].judged


def test_a_loss_that_is_nowhere_defined_is_told() -> None:
    with pytest.raises(TooShort, match="the loss is undefined in each of the 11 periods after the first model"):
        replayed(matrix(GivenPast(lambda first, last, period: NAN, 12)))


def test_models_that_are_never_wrong_leave_nothing_to_save() -> None:
    report = replayed(matrix(GivenPast(lambda first, last, period: 0.0, 12)))
    assert named(report, "oracle").total == 0
    assert report.recommended[0].name == "never"


@pytest.mark.parametrize("name", ["never", "every 3 days", "oracle"])
def test_a_policy_that_is_called_as_a_baseline_is_told(name: str) -> None:
    made = matrix(GivenPast(by_age(), 9))
    with pytest.raises(ValueError, match=rf"policies == '{name}', must be called otherwise"):
        replayed(made, policies=[Named(name, SchedulePolicy(every="2d"))])
