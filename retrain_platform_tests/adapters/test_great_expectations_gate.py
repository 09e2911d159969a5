"""The training gate on sound and on broken frames."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.great_expectations_gate import run_gate
from retrain_platform.dataset.checks import ChecksSpec, GateReport
from retrain_platform_tests.adapters.gates import AS_OF, KINDS, ROWS, gate, of, only_failed, rows


def test_sound_rows_pass_every_check() -> None:
    report = gate(
        rows(),
        expectations=[{"type": "ExpectColumnValuesToBeInSet", "column": "carrier", "value_set": ["AA", "UA", "DL"]}],
    )
    assert report.passed, report
    assert report.snapshot_id == "snap"
    assert all(result.sentence for result in report.results)
    assert of(report, "row_minimum").value == ROWS
    assert of(report, "class_balance").value == pytest.approx(0.2)
    assert of(report, "freshness").value == pytest.approx(1.0)
    assert GateReport.model_validate_json(report.model_dump_json()) == report


def test_an_absent_column_fails_the_schema_alone() -> None:
    found = only_failed(gate(rows().drop(columns=["hour", "carrier"])), "schema")
    assert found.sentence == "column 'hour' == absent, must be there; column 'carrier' == absent, must be there"


def test_an_absent_label_is_an_answer_too() -> None:
    assert of(gate(rows().drop(columns="_label")), "schema").sentence == "column '_label' == absent, must be there"


@pytest.mark.parametrize(
    ("column", "values", "sentence"),
    [
        ("hour", "noon", "type of 'hour' == 100.0% others, must be numbers"),
        ("carrier", 7, "type of 'carrier' == int64, must be texts"),
        ("distance", pd.Timestamp("2013-01-01"), "type of 'distance' == datetime64, must be numbers"),
    ],
)
def test_a_changed_type(column: str, values: object, sentence: str) -> None:
    assert only_failed(gate(rows(**{column: values})), "types").sentence == sentence


def test_mixed_values_show_examples() -> None:
    carrier = rows()["carrier"].astype(object)
    carrier.iloc[:3] = [1, 2.5, "AA"]
    found = only_failed(gate(rows(carrier=carrier)), "types")
    assert found.examples == ("1", "2.5")


def test_plain_and_extension_types_are_the_same() -> None:
    frame = rows().astype({"hour": "Int64", "carrier": "category", "weekend": "boolean"})
    assert gate(frame).passed


@pytest.mark.parametrize("nothing", [None, np.nan])
def test_a_column_turned_all_null(nothing: object) -> None:
    found = only_failed(gate(rows(hour=nothing, carrier=nothing)), "missing")
    assert found.sentence == (
        "missing share of 'hour' == 1.000, must be <= 0.5; missing share of 'carrier' == 1.000, must be <= 0.5"
    )
    assert (found.value, found.limit) == (1.0, 0.5)


def test_the_missing_share_itself_is_still_within() -> None:
    assert gate(rows(), max_missing=58 / ROWS).passed
    assert only_failed(gate(rows(), max_missing=57 / ROWS), "missing").value == pytest.approx(58 / ROWS)


def test_numbers_must_be_finite() -> None:
    found = only_failed(gate(rows(distance=[np.inf, -np.inf] + [1.0] * (ROWS - 2))), "ranges")
    assert found.sentence == "2 values of 'distance' out of range, must be finite"
    assert set(found.examples) == {"inf", "-inf"}


def test_bounds_are_closed_and_named() -> None:
    spec = ChecksSpec(min_rows=100)
    common: dict[str, Any] = {
        "snapshot_id": "s",
        "features": KINDS,
        "label": "_label",
        "task": "binary",
        "as_of": AS_OF,
        "newest": AS_OF,
        "total_rows": ROWS,
    }
    assert run_gate(rows(), spec, bounds={"hour": (0, 23)}, **common).passed
    found = only_failed(run_gate(rows(), spec, bounds={"hour": (0, 22)}, **common), "ranges")
    assert found.sentence == "16 values of 'hour' out of range, must be 0 to 22"
    assert found.examples == ("23",)
    assert found.value == pytest.approx(16 / ROWS)


def test_old_rows_fail_freshness() -> None:
    old = rows()
    old["_event_time"] -= pd.Timedelta(days=40)
    report = run_gate(
        old,
        ChecksSpec(min_rows=100),
        snapshot_id="s",
        features=KINDS,
        label="_label",
        task="binary",
        as_of=AS_OF,
        newest=AS_OF - timedelta(days=41),
        total_rows=ROWS,
    )
    found = only_failed(report, "freshness")
    assert found.sentence == "age of the newest labelled row == 41.0 days, must be 0 to 28"
    assert gate(rows(), fresh_within="1d").passed
    assert not gate(rows(), fresh_within="23h").passed


def test_rows_later_than_as_of_fail_freshness() -> None:
    early = rows()
    early["_event_time"] += pd.Timedelta(days=3)
    only_failed(gate(early), "freshness")


def test_without_a_time_column_the_newest_stands_in() -> None:
    assert gate(rows().drop(columns="_event_time")).passed
    only_failed(gate(rows().drop(columns="_event_time"), fresh_within="23h"), "freshness")


def test_too_few_labels() -> None:
    found = only_failed(gate(rows(), total_rows=1000), "label_availability")
    assert found.sentence == "labelled share of 1000 rows == 0.400, must be >= 0.5"
    assert (found.value, found.limit) == (0.4, 0.5)


def test_rows_without_a_label_do_not_count() -> None:
    label = rows()["_label"].where(np.arange(ROWS) < 150)
    report = gate(rows(_label=label), min_rows=200)
    assert of(report, "row_minimum").sentence == "labelled rows == 150, must be >= 200"
    assert of(report, "label_availability").value == 0.375


def test_too_few_entities_fail_with_the_rows() -> None:
    frame = rows(_entity=[f"tail {place % 30}" for place in range(ROWS)])
    assert of(gate(frame, min_entities=30), "row_minimum").sentence == "labelled rows == 400; entities == 30"
    found = only_failed(gate(frame, min_entities=31), "row_minimum")
    assert (found.sentence, found.value, found.limit) == ("entities == 30, must be >= 31", 30, 31)
    assert of(gate(rows(), min_entities=2), "row_minimum").verdict == "could not run"


def test_too_short_a_span_fails_with_the_rows() -> None:
    days = (ROWS - 1) / 24
    assert gate(rows(), min_span="16d").passed
    found = only_failed(gate(rows(), min_span="17d"), "row_minimum")
    assert found.sentence == f"days from the first labelled row to the last == {days:.1f}, must be >= 17"
    assert not gate(rows()[:0], min_span="1d").passed


def test_two_limits_that_are_the_same_number_are_two_answers() -> None:
    report = gate(rows(), total_rows=1000, min_rows=500)
    assert of(report, "row_minimum").verdict == of(report, "label_availability").verdict == "failed"


@pytest.mark.parametrize(("label", "value"), [(0.0, 0.0), (1.0, 1.0)])
@pytest.mark.parametrize("limit", [0.0, 0.01])
def test_one_class_only(label: float, value: float, limit: float) -> None:
    found = only_failed(gate(rows(_label=label), min_class_share=limit), "class_balance")
    assert found.sentence == f"share of label 1 == {value:.4f} (one class only), must be {limit:g} to {1 - limit:g}"


def test_of_several_classes_the_rarest_has_its_share() -> None:
    grades = np.where(np.arange(ROWS) % 100 == 0, "lost", np.where(np.arange(ROWS) % 2, "bad", "fine"))
    several = rows(_label=grades)
    sound = gate(several, task="multiclass", min_class_share=0.01)
    assert sound.passed
    assert of(sound, "class_balance").value == pytest.approx(0.01)
    found = only_failed(gate(several, task="multiclass", min_class_share=0.02), "class_balance")
    assert found.sentence == (
        "share of the rarest of 3 classes, lost == 0.0100, must be at least 0.02, and not the only one"
    )
    assert gate(rows(_label=pd.Categorical(grades)), task="multiclass", min_class_share=0.01).passed


@pytest.mark.parametrize("limit", [0.0, 0.01])
def test_one_of_several_classes_only(limit: float) -> None:
    found = only_failed(gate(rows(_label="fine"), task="multiclass", min_class_share=limit), "class_balance")
    assert found.sentence.startswith("share of the rarest of 1 classes, fine == 1.0000 (one class only), must be")


def test_labels_may_be_truth_values_and_not_texts() -> None:
    assert gate(rows(_label=rows()["_label"] == 1)).passed
    assert gate(rows(_label=(rows()["_label"] == 1).astype(object))).passed
    found = only_failed(gate(rows(_label="late")), "class_balance")
    assert found.sentence.startswith("share of label 1 == unknown")


def test_a_regression_has_no_classes() -> None:
    report = gate(rows(_label=np.linspace(-20, 300, ROWS)), task="regression")
    assert report.passed
    assert of(report, "class_balance").sentence == "nothing to check"


def test_no_rows_at_all() -> None:
    report = gate(rows().iloc[:0], total_rows=0)
    assert {result.name for result in report.results if result.verdict == "failed"} >= {"row_minimum", "class_balance"}
    assert of(report, "row_minimum").sentence == "labelled rows == 0, must be >= 100"


def test_nothing_is_printed_or_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    gate(rows(hour=None), expectations=[{"type": "ExpectColumnMeanToBeBetween", "column": "carrier", "min_value": 1}])
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_frame_itself_is_left_alone() -> None:
    frame = rows(_label=(rows()["_label"] == 1))
    before = frame.copy()
    gate(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("odd", [7, 1, True, [1, 2]])
def test_one_odd_value_among_texts_is_found_and_counted(odd: object) -> None:
    carrier = pd.Series(["1", "2"] * (ROWS // 2), dtype=object)
    carrier.at[ROWS - 1] = odd
    report = gate(rows(carrier=carrier))
    if odd is True:  # a truth value is as good as a text
        assert report.passed
    else:
        assert only_failed(report, "types").sentence == "type of 'carrier' == 0.2% others, must be texts"
