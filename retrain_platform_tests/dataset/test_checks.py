"""The check specs: what a spec may say, and what it says by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from pydantic import ValidationError

from retrain_platform.dataset.checks import CHECK_NAMES, CheckName, CheckResult, ChecksSpec, Expectation, GateReport


def test_everything_has_a_default() -> None:
    spec = ChecksSpec()
    assert (spec.min_rows, spec.max_missing, spec.min_label_share, spec.min_class_share) == (1000, 0.5, 0.5, 0.01)
    assert spec.fresh_within is None
    assert spec.expectations == ()


def test_a_spec_reads_as_yaml_writes_it() -> None:
    spec = ChecksSpec.model_validate(
        {
            "min_rows": 20,
            "fresh_within": "3w",
            "expectations": [{"type": "ExpectColumnValuesToBeInSet", "column": "origin", "value_set": ["EWR"]}],
        }
    )
    assert spec.fresh_within == timedelta(weeks=3)
    assert spec.expectations[0].arguments == {"column": "origin", "value_set": ["EWR"]}


def test_a_spec_survives_json_arguments_included() -> None:
    spec = ChecksSpec(expectations=(Expectation(type="ExpectColumnToExist", column="x", deep={"a": [1]}),))  # type: ignore[call-arg]
    assert ChecksSpec.model_validate_json(spec.model_dump_json()) == spec


def test_arguments_are_part_of_the_fingerprint() -> None:
    def of(column: str) -> str:
        return ChecksSpec.model_validate(
            {"expectations": [{"type": "ExpectColumnToExist", "column": column}]}
        ).fingerprint()

    assert of("a") != of("b")
    assert of("a") == of("a")


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_rows": 0},
        {"max_missing": 1.01},
        {"min_label_share": -0.1},
        {"min_class_share": 0.51},
        {"fresh_within": "soon"},
        {"min_row": 5},
        {"expectations": [{"column": "x"}]},
        {"expectations": [{"type": "expect_column_to_exist"}]},
        {"expectations": [{"type": "Expect"}]},
    ],
)
def test_what_no_gate_can_mean_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        ChecksSpec.model_validate(wrong)
    assert caught.value.errors()[0]["loc"][0] == next(iter(wrong))


def test_the_names_are_those_of_the_results() -> None:
    assert get_args(CheckName) == CHECK_NAMES
    results = tuple(CheckResult(name=name, verdict="passed", sentence="fine") for name in CHECK_NAMES)
    report = GateReport(snapshot_id="s", passed=True, results=results)
    assert GateReport.model_validate_json(report.model_dump_json()) == report
    with pytest.raises(ValidationError):
        CheckResult.model_validate({"name": "other", "verdict": "passed", "sentence": ""})
