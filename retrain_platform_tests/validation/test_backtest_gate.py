"""Recipes over past periods: the mean of the periods' differences, and when there is none."""

import numpy as np
import pytest

from retrain_platform.validation import Backtest
from retrain_platform.validation.backtest import pooled
from retrain_platform.validation.base import Comparison, PastCuts
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF, comparison, known

GATE = Backtest(metric="auc", periods=2, not_worse_by=0.02)


def over(*differences: float | None, error: float = 0.003) -> dict[str, dict[str, Comparison]]:
    return {f"week {place}": {"auc": comparison(each, error)} for place, each in enumerate(differences)}


def test_the_mean_of_the_periods_and_its_error() -> None:
    seen = pooled(over(0.01, -0.02, 0.04), "auc")
    assert seen is not None
    assert seen.difference == pytest.approx(0.01)
    assert seen.error == pytest.approx(0.003 / 3**0.5)
    assert seen.freedom == pytest.approx(3 * 13)
    assert pooled(over(0.01, None), "auc") is None
    one_day = {
        key: {"auc": each["auc"].model_copy(update={"standard_error": None})} for key, each in over(1, 2, 6).items()
    }
    between = pooled(one_day, "auc")
    assert between is not None
    assert between.error == pytest.approx(float(np.std([1, 2, 6], ddof=1)) / 3**0.5)
    assert between.freedom == 2
    assert pooled(dict(list(one_day.items())[:1]), "auc") is None
    assert pooled({}, "auc") is None


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ((-0.5, 0.0, 0.001), "passed"),
        ((-0.03, -0.04), "failed"),
        ((-0.02, -0.02), "cannot judge"),
        ((0.0,), "cannot judge"),
    ],
)
def test_the_newest_periods_decide(differences: tuple[float, ...], verdict: str) -> None:
    report = judge([GATE], known(backtest=PastCuts(comparisons=over(*differences))), AS_OF)
    assert report.verdict == verdict
    assert report.measurements.family.questions == 1


def test_one_recipe_needs_no_fit_and_what_stood_against_it_is_said() -> None:
    same = judge([GATE], known(backtest=PastCuts(same=True)), AS_OF)
    assert (same.verdict, same.measurements.family.questions) == ("passed", 0)
    short = judge([GATE], known(backtest=PastCuts(why="3 ripe periods before the exam, must be >= 6")), AS_OF)
    assert "3 ripe periods before the exam, must be >= 6" in short.sentence
    assert short.verdict == "cannot judge"
