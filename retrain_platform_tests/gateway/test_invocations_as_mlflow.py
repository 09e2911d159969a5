"""Bodies and answers of MLflow's scoring server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.base import Answered
from retrain_platform.release.serving import About
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeServing, Worker, about, ask

SPLIT = Split(model="m", champion="1")
ROWS = [{"x": 1.0, "who": "a"}, {"x": None, "who": "b"}]
BODIES: list[dict[str, Any]] = [
    {"dataframe_records": ROWS},
    {"dataframe_split": {"columns": ["x", "who"], "data": [[1.0, "a"], [None, "b"]]}},
    {"dataframe_split": {"index": [7, 8], "columns": ["who", "x"], "data": [["a", 1.0], ["b", None]]}},
    {"instances": ROWS},
    {"instances": {"x": [1.0, None], "who": ["a", "b"]}},
    {"inputs": {"x": [1.0, None], "who": ["a", "b"]}},
    {"inputs": ROWS, "params": {}},
    {"dataframe_records": [{**row, "unknown": 3} for row in ROWS]},  # as there: columns too many are left aside
]


@pytest.fixture
def doors(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "tokens.json", {"m": FakeServing(SPLIT, about(), FakeLoaded("1"))})


@pytest.mark.parametrize("path", ["/invocations", "/models/m/invocations"])
@pytest.mark.parametrize("body", BODIES)
def test_every_form_says_the_same_rows(doors: Worker, path: str, body: dict[str, Any]) -> None:
    answer = ask(doors, "POST", path, json=body)
    assert answer.json() == {"predictions": [1.0, 0.0]}
    assert [line.fields for line in doors.log.answers] == ROWS
    assert [line.entity for line in doors.log.answers] == ["a", "b"]


def test_one_record_by_single_values(doors: Worker) -> None:
    assert ask(doors, "POST", "/invocations", json={"inputs": {"x": 2.0, "who": "a"}}).json() == {"predictions": [2.0]}


def test_of_several_classes_a_frame_as_the_registered_model_gives(tmp_path: Path) -> None:
    loaded = FakeLoaded("1", lambda _: Answered([0.25, 0.75]), classes=("a", "b"))
    served = FakeServing(SPLIT, About(model="m", task="multiclass", label="kind"), loaded)
    doors = Worker(tmp_path / "tokens.json", {"m": served})
    told = ask(doors, "POST", "/invocations", json={"instances": [{"x": 1}]}).json()
    assert told == {"predictions": [{"predicted": "b", "probability_a": 0.25, "probability_b": 0.75}]}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "has none"),
        ({"instances": ROWS, "inputs": ROWS}, "has instances, inputs"),
        ({"instances": ROWS, "data": 1}, "data"),
        ({"dataframe_split": []}, "columns"),
        ({"dataframe_split": {"columns": ["x", "x"], "data": []}}, "once"),
        ({"dataframe_split": {"columns": ["x"], "data": [[1], [1, 2]]}}, r"data[1]"),
        ({"dataframe_split": {"columns": ["x"], "data": {}}}, "list of rows"),
        ({"dataframe_split": {"columns": ["x"], "data": []}}, "at least one"),
        ({"dataframe_records": {}}, "list"),
        ({"instances": [[1.0]]}, r"instances[0]"),
        ({"inputs": {"x": [1, 2], "who": ["a"]}}, "one length"),
        ({"inputs": {"x": [1, 2], "who": "a"}}, "one length"),
        ({"inputs": 3}, "list"),
        ({"instances": [{"who": "a"}]}, "x"),
    ],
)
def test_what_is_none_of_them(doors: Worker, body: dict[str, Any], named: str) -> None:
    answer = ask(doors, "POST", "/invocations", json=body)
    assert answer.status_code == 422
    assert named in answer.json()["error"]["problems"][0]


def test_a_record_that_failed_is_500(tmp_path: Path) -> None:
    doors = Worker(
        tmp_path / "tokens.json", {"m": FakeServing(SPLIT, about(), FakeLoaded("1", lambda _: Answered(None, "torn")))}
    )
    answer = ask(doors, "POST", "/invocations", json={"instances": ROWS})
    assert answer.status_code == 500
    assert "0, 1" in answer.json()["error"]["message"]


def test_of_several_models_each_has_its_own_door(doors: Worker) -> None:
    doors.models.served["n"] = None
    answer = ask(doors, "POST", "/invocations", json={"instances": ROWS})
    assert answer.status_code == 404
    assert "/models/m/invocations, /models/n/invocations" in answer.json()["error"]["message"]


def test_ping_and_version(doors: Worker) -> None:
    assert (ask(doors, "GET", "/ping").status_code, ask(doors, "GET", "/ping").text) == (200, "\n")
    assert ask(doors, "GET", "/version").text.count(".") >= 1
    doors.models.served["n"] = None
    assert ask(doors, "GET", "/ping").status_code == 503
