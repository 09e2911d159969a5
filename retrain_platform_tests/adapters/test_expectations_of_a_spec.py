"""A spec's own expectations in the training gate: what they see, and what is said of those that fail or break."""

from __future__ import annotations

import numpy as np
import pytest

from retrain_platform.adapters.great_expectations_gate import unknown_expectations
from retrain_platform.dataset.checks import ChecksSpec
from retrain_platform_tests.adapters.gates import ROWS, gate, of, only_failed, rows


def test_a_failed_expectation_names_itself_and_shows_examples() -> None:
    given = {"type": "ExpectColumnValuesToBeInSet", "column": "carrier", "value_set": ["AA", "UA"]}
    found = only_failed(
        gate(rows(), expectations=[given, {"type": "ExpectColumnToExist", "column": "hour"}]), "expectations"
    )
    assert "ExpectColumnValuesToBeInSet(column='carrier', value_set=['AA', 'UA']) == failed" in found.sentence
    assert found.examples == ("DL",)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": "ExpectColumnMeanToBeBetween", "column": "nope", "min_value": 1}, "'nope'"),
        ({"type": "ExpectColumnMeanToBeBetween", "column": "carrier", "min_value": 1}, "'carrier' could not run"),
        ({"type": "ExpectColumnToExits", "column": "hour"}, "closest: ExpectColumnToExist"),
        ({"type": "ExpectColumnToExist", "colum": "hour"}, "must suit ExpectColumnToExist"),
    ],
)
def test_an_expectation_that_breaks_could_not_run(given: dict[str, object], said: str) -> None:
    report = gate(rows(), expectations=[given])
    found = of(report, "expectations")
    assert found.verdict == "could not run"
    assert said in found.sentence
    assert not report.passed
    assert all(result.verdict == "passed" for result in report.results if result.name != "expectations")


def test_a_failure_outweighs_what_could_not_run() -> None:
    given = [
        {"type": "ExpectColumnToExist", "column": "nope"},
        {"type": "ExpectColumnMeanToBeBetween", "column": "nope", "min_value": 1},
    ]
    assert of(gate(rows(), expectations=given), "expectations").verdict == "failed"


def test_the_spec_s_own_expectations_are_checked_before_any_run() -> None:
    spec = ChecksSpec.model_validate(
        {
            "expectations": [
                {"type": "ExpectColumnToExist", "column": "x"},
                {"type": "ExpectColumnValuesNotNull", "column": "x"},
                {"type": "ExpectColumnValuesToBeBetween", "column": "x", "minimum": 1},
            ]
        }
    )
    unknown, wrong = unknown_expectations(spec)
    assert unknown.startswith("expectations[1].type == 'ExpectColumnValuesNotNull', must be")
    assert "ExpectColumnValuesToNotBeNull" in unknown
    assert wrong.startswith("expectations[2].arguments == ")
    assert "minimum is no argument of it" in wrong


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ({"type": "ExpectTableColumnCountToEqual", "value": 7}, True),
        ({"type": "ExpectColumnToExist", "column": "hour", "column_index": 1}, True),
        ({"type": "ExpectColumnToExist", "column": "hour", "column_index": 2}, False),
        ({"type": "ExpectCompoundColumnsToBeUnique", "column_list": ["hour", "built"]}, True),
        ({"type": "ExpectCompoundColumnsToBeUnique", "column_list": ["hour", "weekend"]}, False),
        ({"type": "ExpectColumnPairValuesToBeEqual", "column_A": "hour", "column_B": "_label"}, False),
        ({"type": "ExpectColumnUniqueValueCountToBeBetween", "column": "hour", "min_value": 24, "max_value": 24}, True),
        ({"type": "ExpectColumnValuesToBeInTypeList", "column": "carrier", "type_list": ["int"]}, False),
    ],
)
def test_an_expectation_sees_all_that_it_looks_at(given: dict[str, object], holds: bool) -> None:
    assert of(gate(rows(), expectations=[given]), "expectations").verdict == ("passed" if holds else "failed")


def test_a_condition_may_name_any_other_column() -> None:
    given = {"type": "ExpectColumnValuesToBeInSet", "column": "carrier", "value_set": ["AA"]}
    where = {"row_condition": 'col("hour") == 9', "condition_parser": "great_expectations"}
    hour = np.where(np.arange(ROWS) % 3 == 0, 9, 10)
    assert gate(rows(hour=hour), expectations=[{**given, **where}]).passed
    only_failed(gate(rows(hour=np.roll(hour, 1)), expectations=[{**given, **where}]), "expectations")


def test_rows_whose_texts_are_categoricals_get_the_same_answers() -> None:
    own = [{"type": "ExpectColumnValuesToBeInSet", "column": "carrier", "value_set": ["AA", "UA"]}]
    frame = rows(hour="noon")
    assert gate(frame.astype({"carrier": "category"}), expectations=own) == gate(frame, expectations=own)
