"""A team's own functions as checks: the worst answer counts, and one that breaks is never a pass."""

from __future__ import annotations

from datetime import UTC, datetime
from types import FunctionType
from typing import Any

import pandas as pd
import pytest

from retrain_platform.dataset import conformance
from retrain_platform.dataset.checks import CheckResult, GateReport, PythonCheck
from retrain_platform.dataset.own_checks import answered, with_own

FRAME = conformance.made_up()


def own(name: str) -> PythonCheck:
    return PythonCheck(call=f"retrain_platform_tests.dataset.own_checks:{name}")


def report(*names: str, verdict: Any = "passed") -> GateReport:
    results = (
        CheckResult(name="schema", verdict="passed", sentence="all there"),
        CheckResult(name="expectations", verdict=verdict, sentence="nothing to check"),
    )
    before = GateReport(snapshot_id="s", passed=verdict == "passed", results=results)
    return with_own(before, [own(name) for name in names], FRAME)


def test_sound_answers_pass_and_are_said() -> None:
    made = report("few_holes", "texts")
    assert made.passed
    assert made.results[-1].name == "expectations"
    assert made.results[-1].sentence == "most missing == 0.15, must be <= 0.5; coded == []"
    assert [result.name for result in made.results] == ["schema", "expectations"]


@pytest.mark.parametrize(
    ("name", "verdict", "said"),
    [
        ("refuses", "failed", "shop 12 was closed"),
        ("breaks", "could not run", "raised LookupError: no such table"),
        ("bare", "could not run", "returned True, must return a CheckAnswer, with a verdict and a sentence"),
        ("nowhere", "could not run", "must name a function of"),
    ],
)
def test_the_worst_answer_counts_and_one_that_breaks_blocks(name: str, verdict: str, said: str) -> None:
    before = FRAME.copy()
    made = report("few_holes", name)
    assert not made.passed
    assert made.results[-1].verdict == verdict
    assert said in made.results[-1].sentence
    assert "most missing" not in made.results[-1].sentence
    pd.testing.assert_frame_equal(FRAME, before)


def test_what_the_expectations_said_is_not_lost() -> None:
    assert not report("few_holes", verdict="failed").passed
    assert report(verdict="failed") == report("few_holes", verdict="failed").model_copy(
        update={"results": report(verdict="failed").results}
    )


def test_texts_come_as_texts() -> None:
    assert answered(own("texts"), FRAME.astype({"text": "category"})).verdict == "passed"


def test_what_a_check_does_not_keep_is_told_in_sentences() -> None:
    assert conformance.unmet_by_check(own("few_holes")) == []
    assert conformance.unmet_by_check(own("refuses")) == []
    (told, *_) = conformance.unmet_by_check(own("breaks"))
    assert told.startswith("must answer of 100 rows: ")
    assert any("it said two things" in said for said in conformance.unmet_by_check(own("moody")))


def test_what_a_source_does_not_keep_is_told_in_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    from retrain_platform_tests.dataset import own_checks

    span = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    given: list[pd.DataFrame] = []

    def rows(start: datetime, end: datetime) -> pd.DataFrame:
        given.append(FRAME)
        return FRAME.assign(turn=len(given))

    def told(function: FunctionType | Any, *columns: str) -> list[str]:
        monkeypatch.setattr(own_checks, "rows", function, raising=False)
        return conformance.unmet_by_source("retrain_platform_tests.dataset.own_checks:rows", columns, span)

    assert told(lambda start, end: FRAME, "number") == []
    assert told(lambda start, end: 3) == ["must return a DataFrame: it returned int"]
    assert told(lambda start, end: FRAME, "who")[0].startswith("must have the columns who: it has number, text")
    assert told(rows) == ["must give the same rows of the same span: it gave others the second time"]
    assert told(lambda start: FRAME)[0].startswith("must answer of 2024-01-01 to 2024-01-02: TypeError")
    rows.watermark = lambda: datetime(2024, 1, 1)  # type: ignore[attr-defined]  # noqa: DTZ001
    assert any("must have a watermark that is a datetime with a zone" in said for said in told(rows))
