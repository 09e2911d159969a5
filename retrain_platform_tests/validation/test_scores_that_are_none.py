"""Constant predictions, predictions that are no numbers, metrics that are undefined: a verdict, never a promotion."""

import numpy as np
import pytest

from retrain_platform.validation import AgainstChampion, Catastrophic, Floor, Segments
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_score
from retrain_platform_tests.validation.exams import AS_OF, measured, rows

GATES = [
    Floor(metric="log_loss", at_most=5),
    AgainstChampion(metric="auc", not_worse_by=0.05),
    Segments(metric="auc", not_worse_by=0.2),
    Catastrophic(),
]
LAST = [Floor(metric="log_loss", at_most=5)]


def test_a_constant_prediction_fails_even_where_no_gate_would_object() -> None:
    arrays = rows()
    constant = arrays._replace(candidate=np.full_like(arrays.candidate, 0.3), champion=arrays.champion)
    for basis in ("holdout", "alone"):
        report = judge(LAST, measured(constant, basis=basis), AS_OF)
        assert report.verdict == "failed"
        assert "all 1400 scores are alike: a constant prediction tells nothing" in report.sentence
    same = constant._replace(labels=np.zeros_like(arrays.labels))
    assert judge(LAST, measured(same, basis="alone"), AS_OF).results[0].gate == "floor log_loss"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_fail_and_say_how_many(bad: float) -> None:
    arrays = rows()
    spoiled = arrays.candidate.copy()
    spoiled[:7] = bad
    report = judge(GATES, measured(arrays._replace(candidate=spoiled)), AS_OF)
    assert report.verdict == "failed"
    assert "7 of 1400 scores are not finite, must be 0" in report.sentence


def test_a_champion_whose_scores_are_no_numbers_cannot_be_compared_with() -> None:
    arrays = rows()
    spoiled = arrays.champion.copy()
    spoiled[:7] = np.nan
    report = judge(GATES, measured(arrays._replace(champion=spoiled)), AS_OF)
    assert report.verdict == "cannot judge"
    assert "7 of the champion's scores are not finite" in report.sentence


def test_one_class_and_three_rows_are_told_as_what_they_are() -> None:
    arrays = rows()
    one_class = judge(GATES, measured(arrays._replace(labels=np.zeros_like(arrays.labels))), AS_OF)
    assert one_class.verdict == "cannot judge"
    assert "of one class perhaps" in one_class.sentence
    few = type(arrays)(*(each[:3] for each in arrays))
    assert judge(GATES, measured(few), AS_OF).verdict == "cannot judge"


def test_a_candidate_that_cannot_score_the_rows_fails() -> None:
    report = judge(GATES, cannot_score("d1", "holdout", 1400, "columns == ['x'], must be there"), AS_OF)
    assert report.verdict == "failed"
    assert "the candidate cannot score the rows of the exam: columns == ['x']" in report.sentence
