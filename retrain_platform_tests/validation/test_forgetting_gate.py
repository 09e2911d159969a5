"""What a model that goes on learning may forget."""

import pytest

from retrain_platform.validation import Forgetting
from retrain_platform.validation.base import GateVerdict, Measurements
from retrain_platform.validation.gate import levels
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure
from retrain_platform_tests.validation.exams import AS_OF, comparison, known, measured, rows

GATE = Forgetting(metric="auc", not_worse_by=0.02)


def remembering(difference: float | None, error: float = 0.002) -> Measurements:
    return known().model_copy(update={"remembered": {"auc": comparison(difference, error)}})


@pytest.mark.parametrize(
    ("difference", "error", "verdict"),
    [
        (0.01, 0.002, "passed"),
        (-0.01, 0.002, "passed"),
        (-0.02, 0.002, "cannot tell"),
        (-0.04, 0.002, "failed"),
        (-0.04, 0.02, "cannot tell"),
        (None, 0.002, "cannot tell"),
    ],
)
def test_the_interval_is_held_against_the_margin(difference: float | None, error: float, verdict: GateVerdict) -> None:
    (found,) = GATE.judge(remembering(difference, error))
    assert found.verdict == verdict
    assert found.limit in (None, -0.02)


def test_it_tells_the_levels_that_it_was_asked_at() -> None:
    (found,) = GATE.judge(remembering(-0.01))
    sure = levels(remembering(-0.01), GATE.confidence)
    assert (found.level, found.fail_level) == (pytest.approx(1 - sure.passing), pytest.approx(1 - sure.failing))


def test_a_model_that_is_trained_anew_has_nothing_to_forget() -> None:
    anew = measured(rows()).model_copy(update={"remembered": {}})
    (found,) = GATE.judge(anew)
    assert (found.verdict, found.sentence) == ("passed", "trained anew: there is nothing to forget")
    assert GATE.questions(anew).failing == 0
    assert GATE.judge(measured(rows()))[0].verdict == "cannot tell"  # nobody looked


def test_what_was_not_measured_cannot_be_told() -> None:
    assert GATE.judge(cannot_measure("d1", "too few"))[0].verdict == "cannot tell"


def test_a_candidate_that_forgot_is_turned_away() -> None:
    assert judge((GATE,), remembering(-0.04), AS_OF).verdict == "failed"
    assert GATE.questions(remembering(-0.04)) == (1, 1)
