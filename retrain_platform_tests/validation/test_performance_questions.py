"""The gate `performance`: every form of a question, all of them or any."""

import pytest
from pydantic import ValidationError

from retrain_platform.validation import Performance
from retrain_platform.validation.base import Comparison, Measurements
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF, comparison, known


def seen(**differences: float) -> Measurements:
    """Binary metrics of a champion of .7, errors .001; rmse and mae of a champion of 20, errors .05."""
    found: dict[str, Comparison] = {}
    for name, difference in differences.items():
        big = name in ("rmse", "mae")
        champion = 20.0 if big else 0.7
        value = champion - difference if big else champion + difference
        error = 0.05 if big else 0.001
        found[name] = comparison(difference, error, metric=name, champion=champion, candidate=value)
    return known(found)


def gate(*metrics: dict[str, object], **options: object) -> Performance:
    return Performance.model_validate({"metrics": metrics, **options})


def test_each_metric_asks_its_own_and_every_one_must_pass() -> None:
    asked = gate(
        {"metric": "accuracy", "not_worse_by": 0.02, "relative": True},
        {"metric": "recall", "not_worse_by": 0.02},
        {"metric": "f1", "better_by": 0.01},
        {"metric": "auc", "at_least": 0.6},
    )
    good = judge([asked], seen(accuracy=0.0, recall=-0.004, f1=0.03, auc=0.0), AS_OF)
    assert good.verdict == "passed"
    assert [(result.gate, result.limit) for result in good.results] == [
        ("performance accuracy not_worse_by", pytest.approx(-0.014)),
        ("performance recall not_worse_by", -0.02),
        ("performance f1 better_by", 0.01),
        ("performance auc at_least", 0.6),
    ]
    assert good.measurements.family.questions == 3
    assert judge([asked], seen(accuracy=0.0, recall=-0.04, f1=0.03, auc=0.0), AS_OF).verdict == "failed"
    assert judge([asked], seen(accuracy=0.0, recall=-0.0185, f1=0.03, auc=0.0), AS_OF).verdict == "cannot judge"


@pytest.mark.parametrize(("gains", "verdict"), [((2.0, 0.6), "passed"), ((2.0, 0.2), "failed"), ((0.5, 0.6), "failed")])
def test_rmse_by_a_twentieth_and_mae_by_two_in_a_hundred(gains: tuple[float, float], verdict: str) -> None:
    asked = gate(
        {"metric": "rmse", "better_by": 0.05, "relative": True}, {"metric": "mae", "better_by": 0.02, "relative": True}
    )
    assert judge([asked], seen(rmse=gains[0], mae=gains[1]), AS_OF).verdict == verdict


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [((0.03, -0.03), "passed"), ((-0.03, -0.03), "failed"), ((0.0105, -0.03), "cannot tell")],
)
def test_any_of_several_is_enough_at_a_level_shared_by_them(gains: tuple[float, float], verdict: str) -> None:
    asked = gate({"metric": "auc", "better_by": 0.01}, {"metric": "f1", "better_by": 0.01}, passes="any")
    report = judge([asked], seen(auc=gains[0], f1=gains[1]), AS_OF)
    first, *shown = report.results
    assert (first.gate, first.verdict, first.blocking) == ("performance any", verdict, True)
    assert not any(result.blocking for result in shown)
    assert report.measurements.family.questions == 1
    alone = judge([gate({"metric": "auc", "better_by": 0.01})], seen(auc=gains[0]), AS_OF).results[0]
    assert shown[0].level == pytest.approx((alone.level or 0) / 2)
    assert shown[0].fail_level == alone.fail_level


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([{"metric": "auc"}], "limit of auc == none, must be one of not_worse_by, better_by, at_least, at_most"),
        ([{"metric": "auc", "at_least": 0.6, "better_by": 0.1}], "limit of auc == better_by and at_least, must be one"),
        ([{"metric": "auc", "at_most": 0.6}], "limit of auc == at_most, must be at_least alone"),
        ([{"metric": "auc", "at_least": 0.6, "relative": True}], "relative of auc == True, must be False"),
        ([{"metric": "auc", "not_worse_by": 0.1}, {"metric": "auc", "not_worse_by": 0.2}], "two questions on auc"),
        ([], "at least 1 item"),
    ],
)
def test_a_question_that_means_nothing_is_refused(wrong: list[dict[str, object]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        gate(*wrong)
