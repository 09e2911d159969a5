"""What a spec says of recorded predictions, held against the rest of the spec and the columns of both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from retrain_platform.dataset.recorded import Recorded
from retrain_platform.spec.load import read_spec
from retrain_platform.spec.recordings import recorded_columns
from retrain_platform_tests.spec.good_spec import GOOD, problems_of

LABEL = "  label: {column: left, delay: 2d}\n"
TABLE = "{kind: files, path: answers.parquet, time: t, on: [who], score: p, version: by}"


def with_table(table: str) -> tuple[str, str]:
    return LABEL, f"{LABEL}  predictions: {table}\n"


@pytest.mark.parametrize(
    ("table", "field", "cure"),
    [
        (TABLE.replace(", version: by", ""), "predictions.version", "must name the column of who answered"),
        (TABLE.replace("score: p", "scroe: p"), "predictions.scroe", "did you mean score?"),
        (TABLE.replace("kind: files", "kind: fils"), "predictions.kind", "did you mean files?"),
        (TABLE.replace("answers.parquet", "answers.xlsx"), "predictions.path", "must end in .parquet"),
        (TABLE.replace("}", ", model: '3'}"), "predictions.model", "numbers are the registry's versions"),
    ],
)
def test_a_table_that_will_not_do_is_told_by_its_field(tmp_path: Path, table: str, field: str, cure: str) -> None:
    found = {problem.field: problem for problem in problems_of(tmp_path, with_table(table))}
    assert cure in found[field].cure
    assert found[field].line


FROM_FILES = """    kind: files
    path: "{{ env.HOUSE }}/events/*.parquet"
    event_time: at
    entity: who
"""


def test_labels_of_the_gateway_s_log_are_believed_about_when_they_came(tmp_path: Path) -> None:
    logged = (FROM_FILES, "    kind: gateway\n    entity: who\n")
    [found] = problems_of(tmp_path, logged)
    assert (found.field, found.line) == ("label.arrival", 10)
    assert "must be labelled_at where the source is the gateway's log" in found.cure
    whole = GOOD.replace(*logged).replace(LABEL, "  label: {column: left, delay: 2d, arrival: labelled_at}\n")
    (tmp_path / "good.yaml").write_text(whole + "  predictions: {kind: gateway}\n", encoding="utf-8")
    spec = read_spec(tmp_path / "good.yaml", {})
    assert (spec.source.event_time, spec.predictions.on) == ("answered_at", {"request_id": "request_id"})
    assert {"request_id", "answer", "answered_by", "labelled_at"} <= set(spec.not_features)


def test_several_classes_are_refused(tmp_path: Path) -> None:
    told = problems_of(tmp_path, with_table(TABLE), ("task: binary", "task: multiclass"))
    assert "predictions" in [problem.field for problem in told]


def test_its_columns_are_held_against_both_sides() -> None:
    said = {"kind": "files", "path": "a.csv", "time": "t", "on": {"who": "customer"}, "score": "p", "version": "by"}
    of = TypeAdapter(Recorded).validate_python(said)
    assert recorded_columns(of, ["who", "at"], ["customer", "t", "p", "by"]) == []
    assert recorded_columns(of, None, None) == []
    wrong = recorded_columns(of, ["whom", "at"], ["costumer", "t", "q", "who"])
    assert [(field, value) for field, value, _ in wrong] == [
        ("predictions.on", "'who'"),
        ("predictions.on", "'customer'"),
        ("predictions.score", "'p'"),
        ("predictions.version", "'by'"),
    ]
    assert "must be a column of the events, which has whom, at; did you mean whom?" in wrong[0][2]
