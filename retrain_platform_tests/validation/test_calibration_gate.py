"""What scores mean: bias, slope and calibration error by day, and the gate on them."""

import numpy as np
import pytest
from pydantic import ValidationError

from retrain_platform.validation import Calibration
from retrain_platform.validation.calibrating import BINS, calibrate
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF, known

DAYS, A_DAY = 30, 400


def chances(seed: int = 0, *, shift: float = 0.0, steep: float = 1.0) -> tuple[np.ndarray, ...]:
    """Labels drawn with true chances; scores that are them, moved (`shift`) or too sure of themselves (`steep`)."""
    random = np.random.default_rng(seed)
    logit = random.normal(0, 1, DAYS * A_DAY)
    labels = (random.random(len(logit)) < 1 / (1 + np.exp(-logit))).astype(float)
    scores = np.clip(1 / (1 + np.exp(-steep * logit)) + shift, 0.001, 0.999)
    return labels, scores, 1 / (1 + np.exp(-logit)), np.repeat(np.arange(DAYS), A_DAY)


def test_the_calibration_error_is_that_of_its_definition() -> None:
    labels, scores, _, days = chances(shift=0.05)
    found = calibrate(labels, scores, None, days, binary=True).candidate
    bins = np.searchsorted(np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1]), scores, side="right")
    parts = [(labels[bins == each] - scores[bins == each]) for each in range(BINS)]
    expected = sum(len(part) * abs(part.mean()) for part in parts) / len(labels)
    assert found.ece is not None
    assert found.ece.value == pytest.approx(expected)
    assert found.bias.value == pytest.approx((labels - scores).mean())
    clustered = np.std([part.mean() for part in np.split(labels - scores, DAYS)], ddof=1) / DAYS**0.5
    assert found.bias.standard_error == pytest.approx(clustered)


@pytest.mark.parametrize(
    ("moved", "failing"),
    [
        ({}, []),
        ({"shift": 0.1}, ["bias", "ece", "against_champion"]),
        ({"steep": 4.0}, ["slope", "ece", "against_champion"]),
    ],
)
def test_each_limit_sees_its_own_fault(moved: dict[str, float], failing: list[str]) -> None:
    labels, scores, truth, days = chances(**moved)
    gate = Calibration(bias_at_most=0.04, slope_within=0.3, ece_at_most=0.05, not_worse_by=0.03)
    seen = known(calibration=calibrate(labels, scores, truth, days, binary=True))
    report = judge([gate], seen, AS_OF)
    assert [each.gate.removeprefix("calibration ") for each in report.results if each.verdict == "failed"] == failing
    assert report.verdict == ("failed" if failing else "passed")
    assert report.measurements.family.questions == 4


def test_too_few_rows_for_its_limit_cannot_be_told() -> None:
    labels, scores, truth, days = (each[: 5 * A_DAY] for each in chances())
    seen = known(calibration=calibrate(labels, scores, truth, days, binary=True))
    result = judge([Calibration(bias_at_most=0.01)], seen, AS_OF).results[0]
    assert (result.verdict, result.blocking) == ("cannot tell", True)
    assert "more than the margin: about" in result.sentence


def test_a_regression_has_bias_and_slope_alone() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(30, 5, DAYS * A_DAY)
    labels, days = truth + random.normal(0, 1, len(truth)), np.repeat(np.arange(DAYS), A_DAY)
    found = calibrate(labels, 15 + 0.5 * truth, None, days, binary=False).candidate
    assert found.ece is None
    assert found.slope.value == pytest.approx(1.0, abs=0.02)
    assert found.bias.value == pytest.approx(0.0, abs=0.1)


def test_one_day_has_no_interval() -> None:
    labels, scores, truth, days = (each[:A_DAY] for each in chances())
    seen = known(calibration=calibrate(labels, scores, truth, days, binary=True))
    report = judge([Calibration(bias_at_most=0.5, ece_at_most=0.5, not_worse_by=0.5)], seen, AS_OF)
    assert {result.verdict for result in report.results} == {"cannot tell"}


def test_a_gate_without_a_limit_is_refused() -> None:
    with pytest.raises(ValidationError, match="limit == none, must be one at least of bias_at_most, slope_within"):
        Calibration()
