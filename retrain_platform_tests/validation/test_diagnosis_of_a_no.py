"""Why a candidate did not pass: each cause is seen where it is, and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from retrain_platform.dataset.snapshot import ColumnReport, DatasetSnapshot, PartReport
from retrain_platform.training.base import FitReport
from retrain_platform.validation import AgainstChampion
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.diagnosis import Fit, diagnose, said
from retrain_platform.validation.judge import judge
from retrain_platform_tests.validation.exams import AS_OF, comparison, known

GATES = [AgainstChampion(metric="auc", not_worse_by=0.01)]


def part(label: float = 0.2, missing: float = 0.0, mean: float = 5.0) -> PartReport:
    x = ColumnReport(missing=missing, low=0.0, high=10.0, mean=mean)
    return PartReport(
        rows=1000, first=AS_OF, last=AS_OF, classes={}, label=ColumnReport(missing=0, mean=label), columns={"x": x}
    )


def made(holdout: PartReport | None = None) -> DatasetSnapshot:
    return DatasetSnapshot(
        id="s",
        decision_id="d1",
        model="m",
        as_of=AS_OF,
        tables={},
        periods=("a",),
        features=("x",),
        label="y",
        task="binary",
        seed=1,
        valid_from=AS_OF - timedelta(days=2),
        holdout_from=AS_OF - timedelta(days=1),
        newest=AS_OF,
        basis="holdout",
        rows=3000,
        parts={"train": part(), "valid": part(), "holdout": holdout or part()},
    )


def fit(rounds: int = 50, **known: Any) -> Fit:
    report = FitReport(rounds=rounds, features=("x",), importance={}, curves=known.pop("curves", {}))
    return Fit(**{"report": report, "most_rounds": 300, "new_rows": 2000, **known})


def no(difference: float = -0.05, **options: Any) -> ValidationReport:
    seen = comparison(difference, 0.002, candidate=0.7 + difference, champion_error=0.004, shared=0.0, **options)
    report = judge(GATES, known({"auc": seen}), AS_OF)
    assert report.verdict != "passed"
    return report


@pytest.mark.parametrize(
    ("given", "holdout", "kind", "words"),
    [
        ({"at_the_edge": ("num_leaves (255)",)}, None, "parameters", "edge of its space in num_leaves (255)"),
        ({"rounds": 300, "curves": {"valid_auc": (0.66,)}}, None, "parameters", "all 300 rounds were used"),
        ({"curves": {"valid_auc": (0.7, 0.75)}}, None, "training", "auc 0.7500 on the rows that stopped the fit, 0.65"),
        ({"curves": {"valid_auc": (0.75,)}}, None, "training", "or what the label follows has moved"),
        ({}, part(label=0.35), "data", "the label's mean moved from 0.2 in training to 0.35"),
        ({}, part(missing=0.4), "data", "missing values moved: x from 0% to 40%"),
        ({}, part(mean=11.0), "data", "outside all that was learned from in x"),
        ({"new_rows": 100}, None, "data", "100 of 3,000 rows are new to the champion"),
    ],
)
def test_each_cause_is_named_where_the_numbers_show_it(
    given: dict[str, Any], holdout: PartReport | None, kind: str, words: str
) -> None:
    [cause] = diagnose(no(), fit(**given), made(holdout))
    assert (cause.kind, words in cause.sentence) == (kind, True)
    assert diagnose(no(), fit(), made()) == ()


def test_a_difference_within_its_noise_has_nothing_to_gain() -> None:
    [cause] = diagnose(no(-0.003, days=3), fit(), made())
    assert diagnose(no(-0.011), fit(), made()) == ()
    assert cause.kind == "nothing to gain"


def test_a_fall_to_another_holdout_is_the_datas() -> None:
    causes = diagnose(no(), fit(curves={"valid_auc": (0.75,)}), made(part(label=0.4)))
    assert [cause.kind for cause in causes] == ["data"]


def test_what_passed_has_no_diagnosis_and_what_shows_nothing_says_so() -> None:
    passed = judge(GATES, known({"auc": comparison(0.0, 0.002)}), AS_OF)
    assert diagnose(passed, fit(at_the_edge=("x",)), made()) == ()
    assert said(()).startswith("nothing in the scores")
