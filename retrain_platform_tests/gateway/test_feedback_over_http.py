"""What comes back: taken with what it is joined to, kept aside, or refused by name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.dataset.label import Task
from retrain_platform.gateway.ids import Ids
from retrain_platform.release.serving import About, GatewaySpec
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import JSON, FakeLoaded, FakeServing, Worker, ask

PATH = "/models/m/feedback"


def worker(path: Path, task: Task = "binary", **gateway: Any) -> Worker:
    about = About(model="m", task=task, label="late", entity="who", gateway=GatewaySpec(**gateway))
    served = FakeServing(Split(model="m", seq=7, champion="1"), about, FakeLoaded("1"))
    return Worker(path / "tokens.json", {"m": served})


def problems(worker: Worker, record: object) -> list[str]:
    answer = ask(worker, "POST", PATH, content=json.dumps(record), headers=JSON)
    assert answer.status_code in (413, 422), answer.text
    assert worker.log.lines == []
    return list(answer.json()["error"]["problems"])


def test_a_label_joins_the_version_that_its_id_says(tmp_path: Path) -> None:
    doors = worker(tmp_path)
    answered = ask(doors, "POST", "/models/m/predict", json={"x": 1, "who": "ana"}).json()
    answer = ask(doors, "POST", PATH, json={"id": answered["id"], "kind": "label", "value": True})
    assert (answer.status_code, answer.json()) == (202, {"taken": 1, "unknown": 0})
    (line,) = doors.log.feedback
    assert (line.id, line.version, line.answered_at) == (answered["id"], "1", doors.log.answers[0].at)
    assert (line.kind, line.value, line.known, line.entity, line.known_at) == ("label", 1.0, True, None, None)


def test_an_unknown_id_is_kept_aside_and_counted(tmp_path: Path) -> None:
    doors = worker(tmp_path)
    of_another_model = doors.ids.issue("other", "1", 1)
    of_another_gateway = Ids(b"x" * 32).issue("m", "1", 1)
    names = [of_another_model, of_another_gateway, "nonsense", doors.ids.issue("m", "4", 1_000) + ".3"]
    answer = ask(doors, "POST", PATH, json={"records": [{"id": name, "kind": "click"} for name in names]})
    assert (answer.status_code, answer.json()) == (202, {"taken": 4, "unknown": 3})
    assert [line.known for line in doors.log.feedback] == [False, False, False, True]
    assert [line.version for line in doors.log.feedback] == [None, None, None, "4"]
    assert doors.log.feedback[3].answered_at == 1_000


def test_an_entity_is_written_as_answers_are(tmp_path: Path) -> None:
    for private, written in (((), "7"), (("who",), "hidden")):
        doors = worker(tmp_path, private=private)
        assert ask(doors, "POST", PATH, json={"entity": 7, "kind": "complaint", "text": "späte"}).status_code == 202
        (line,) = doors.log.feedback
        assert (line.entity, line.id, line.value, line.text, line.known) == (written, None, 1.0, "späte", True)


def test_when_it_was_known(tmp_path: Path) -> None:
    doors = worker(tmp_path)
    record = {"entity": "a", "kind": "label", "value": 0, "known_at": "2026-01-31T08:00:00+01:00"}
    assert ask(doors, "POST", PATH, json=record).status_code == 202
    (line,) = doors.log.feedback
    assert line.known_at == datetime(2026, 1, 31, 7, tzinfo=UTC).timestamp() * 1e6
    soon = (datetime.now(UTC) + timedelta(seconds=30)).isoformat()  # another machine's clock
    assert ask(doors, "POST", PATH, json={**record, "known_at": soon}).status_code == 202
    assert doors.log.feedback[1].known_at == doors.log.feedback[1].at


@pytest.mark.parametrize(
    ("task", "value", "kept"),
    [
        ("binary", 1, 1.0),
        ("binary", False, 0.0),
        ("regression", -2.5, -2.5),
        ("multiclass", "blue", "blue"),
        ("multiclass", 7, "7"),
        ("ranking", 3, 3.0),
    ],
)
def test_labels_of_each_task(tmp_path: Path, task: Task, value: object, kept: object) -> None:
    doors = worker(tmp_path, task)
    assert ask(doors, "POST", PATH, json={"entity": "a", "kind": "label", "value": value}).status_code == 202
    assert doors.log.feedback[0].value == kept


@pytest.mark.parametrize(
    ("task", "value"),
    [
        ("binary", 2),
        ("binary", "yes"),
        ("binary", None),
        ("regression", "1"),
        ("regression", 10**400),
        ("multiclass", 0.5),
        ("multiclass", ""),
        ("multiclass", True),
        ("multiclass", "\ud800"),
        ("ranking", -1),
    ],
)
def test_a_label_that_is_none_of_its_task(tmp_path: Path, task: Task, value: object) -> None:
    (problem,) = problems(worker(tmp_path, task), {"entity": "a", "kind": "label", "value": value})
    assert problem.startswith("value == ")
    assert "must be" in problem


GOOD = {"entity": "a", "kind": "click"}


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"kind": "click"}, "id"),
        ({**GOOD, "id": "x"}, "id"),
        ({**GOOD, "entity": 1.5}, "entity"),
        ({**GOOD, "entity": "\udfff"}, "entity"),
        ({**GOOD, "entity": "a" * 1_001}, "entity"),
        ({"id": 3, "kind": "click"}, "id"),
        ({**GOOD, "kind": "clock"}, "kind"),
        ({**GOOD, "kind": ["click"]}, "kind"),
        ({**GOOD, "value": "much"}, "value"),
        ({"entity": "a", "kind": "rating"}, "value"),
        ({**GOOD, "text": 3}, "text"),
        ({**GOOD, "text": "x" * 10_001}, "text"),
        ({**GOOD, "known_at": "2026-01-31T08:00:00"}, "known_at"),
        ({**GOOD, "known_at": "3026-01-31T08:00:00Z"}, "known_at"),
        ({**GOOD, "known_at": "0001-01-01T00:00:00+14:00"}, "known_at"),
        ({**GOOD, "known_at": 17}, "known_at"),
        ({**GOOD, "known_At": None}, "known_At"),
        (3, "feedback"),
        ([], "feedback"),
    ],
)
def test_a_bad_feedback_is_refused_by_field(tmp_path: Path, record: object, field: str) -> None:
    (problem,) = problems(worker(tmp_path), record)
    assert problem.startswith(f"{field} == ")


def test_one_bad_one_of_many_and_none_is_taken(tmp_path: Path) -> None:
    told = problems(worker(tmp_path), {"records": [GOOD, {**GOOD, "kind": "no"}, {**GOOD, "text": 1}]})
    assert [one.split(" ==")[0] for one in told] == ["records[1].kind", "records[2].text"]


def test_too_many_and_none(tmp_path: Path) -> None:
    assert "<= 2" in problems(worker(tmp_path, most_records=2), {"records": [GOOD] * 3})[0]
    assert "at least one" in problems(worker(tmp_path), {"records": []})[0]


def test_kinds_of_its_own(tmp_path: Path) -> None:
    doors = worker(tmp_path, events=("bought",))
    assert ask(doors, "POST", PATH, json={"entity": "a", "kind": "bought"}).status_code == 202


def test_durable_feedback_waits_for_the_disk(tmp_path: Path) -> None:
    doors = worker(tmp_path, durable=True)
    assert ask(doors, "POST", PATH, json=GOOD).status_code == 202
    assert len(doors.log.waited) == 1
    doors.log.full = True
    assert ask(doors, "POST", PATH, json=GOOD).status_code == 503
