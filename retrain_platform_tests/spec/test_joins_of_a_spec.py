"""What a spec says of feature tables: refused with an explanation, held against the columns that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrain_platform.dataset.source import Files
from retrain_platform.spec.columns import after_joins
from retrain_platform_tests.spec.good_spec import problems_of

ENTITY = "entity: who\n"
JOIN = "{kind: files, path: planes.csv, on: [who], available: known}"


def with_joins(*joins: str) -> tuple[str, str]:
    return ENTITY, f"{ENTITY}    joins: [{', '.join(joins)}]\n"


@pytest.mark.parametrize(
    ("join", "field", "cure"),
    [
        (JOIN.replace(", available: known", ""), "source.joins[1]", "values from after the event would be learned"),
        (JOIN.replace("available", "availble"), "source.joins[1].availble", "did you mean available?"),
        (JOIN.replace("kind: files", "kind: fils"), "source.joins[1].kind", "did you mean files?"),
        (JOIN.replace("path: planes.csv", "path: planes.xlsx"), "source.joins[1].path", "must end in .parquet"),
        (JOIN.replace("}", ", within: soon}"), "source.joins[1].within", "'36h', '2d', '8w'"),
    ],
)
def test_a_join_that_will_not_do_is_told_by_its_field(tmp_path: Path, join: str, field: str, cure: str) -> None:
    found = {problem.field: problem for problem in problems_of(tmp_path, with_joins(JOIN, join))}
    assert cure in found[field].cure
    assert found[field].line


def test_columns_of_joins_are_held_against_both_sides_and_seen_by_the_next() -> None:
    rows = {"path": "e.csv", "event_time": "at", "entity": "who"}
    plane = {"kind": "files", "path": "p.csv", "on": {"tail": "number"}, "available": "known"}
    maker = {**plane, "on": ["maker"], "columns": ["country", "cuntry"], "prefix": "of_"}
    source = Files.model_validate({**rows, "joins": [plane, maker]})
    events = ["at", "who", "tail", "year"]

    found = after_joins(source.joins, events, [["number", "known", "maker"], ["maker", "known", "country"]])
    assert [wrong[:2] for wrong in found.wrong] == [("source.joins[1].columns[1]", "'cuntry'")]
    assert found.names is not None
    assert found.names[4:6] == ["maker", "of_country"]

    found = after_joins(source.joins, ["at", "who", "year"], [["number", "since", "year"], None])
    assert [wrong[:2] for wrong in found.wrong] == [
        ("source.joins[0].on", "'tail'"),
        ("source.joins[0].available", "'known'"),
        ("source.joins[0].prefix", "''"),
        ("source.joins[1].on", "'maker'"),
    ]
    assert found.names is None
