"""Predictions as clients get them, and what is written of them."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.base import Answered, Row
from retrain_platform.release.serving import About
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeServing, Worker, about, ask

ONE = Split(model="m", seq=7, champion="1")
HALF = Split(model="m", seq=9, champion="1", canary="2", share=50, beside=("1", "2"))
PATH = "/models/m/predict"


def worker(path: Path, split: Split, *loaded: FakeLoaded, **gateway: Any) -> Worker:
    return Worker(path / "tokens.json", {"m": FakeServing(split, about(**gateway), *loaded)})


def broken(row: Row) -> Answered:
    return Answered(None, "ValueError: no such carrier")


def test_one_record_is_answered_and_logged(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1"))
    answer = ask(doors, "POST", PATH, json={"x": 0.25, "who": "ana"})
    assert answer.status_code == 200
    (line,) = doors.log.answers
    assert answer.json() == {"model": "m", "id": line.id, "version": "1", "prediction": 0.25}
    assert (line.model, line.version, line.arm, line.seq, line.entity) == ("m", "1", "champion", 7, "ana")
    assert line.call
    assert line.ms > 0
    assert (line.score, line.error, line.fields) == (0.25, None, {"x": 0.25, "who": "ana"})
    issued = doors.ids.read("m", line.id)
    assert issued is not None
    assert (issued.version, issued.at) == ("1", line.at)
    assert doors.beside.offered == []
    assert doors.log.waited == []


def test_records_in_a_list_are_answered_in_a_list_of_one_call(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1"))
    told = ask(doors, "POST", PATH, json={"records": [{"x": 1}, {"x": 2}, {"x": 3}]}).json()
    assert [one["prediction"] for one in told["predictions"]] == [1.0, 2.0, 3.0]
    assert [one["id"] for one in told["predictions"]] == [f"{told['id']}.{place}" for place in range(3)]
    assert [line.id for line in doors.log.answers] == [one["id"] for one in told["predictions"]]
    assert [line.call for line in doors.log.answers] == [True, False, False]
    assert all(doors.ids.read("m", one["id"]) is not None for one in told["predictions"])


def test_one_record_in_a_list_is_answered_in_a_list(tmp_path: Path) -> None:
    told = ask(worker(tmp_path, ONE, FakeLoaded("1")), "POST", PATH, json={"records": [{"x": 1}]}).json()
    assert [one["prediction"] for one in told["predictions"]] == [1.0]


def test_each_record_goes_to_its_entitys_side_and_its_id_says_so(tmp_path: Path) -> None:
    doors = worker(tmp_path, HALF, FakeLoaded("1"), FakeLoaded("2"))
    people = [f"p{number}" for number in range(40)]
    told = ask(doors, "POST", PATH, json={"records": [{"x": 1, "who": who} for who in people]}).json()
    arms = [HALF.arm(who) for who in people]
    assert set(arms) == {"champion", "canary"}
    assert [one["version"] for one in told["predictions"]] == [HALF.version(arm) for arm in arms]
    assert [one["prediction"] for one in told["predictions"]] == [{"champion": 1.0, "canary": 2.0}[arm] for arm in arms]
    for place, one in enumerate(told["predictions"]):
        issued = doors.ids.read("m", one["id"])
        assert issued is not None
        assert (issued.version, one["id"].partition(".")[2]) == (one["version"], str(place))
    assert {line.id: line.arm for line in doors.log.answers} == {
        one["id"]: arm for one, arm in zip(told["predictions"], arms, strict=True)
    }
    ((rows, ids, versions, at),) = doors.beside.offered
    assert [row.entity for row in rows] == people
    assert list(ids) == [one["id"] for one in told["predictions"]]
    assert list(versions) == [one["version"] for one in told["predictions"]]
    assert {line.at for line in doors.log.answers} == {at}


def test_records_without_an_entity_are_shared_by_chance(tmp_path: Path) -> None:
    doors = worker(tmp_path, HALF, FakeLoaded("1"), FakeLoaded("2"))
    ask(doors, "POST", PATH, json={"records": [{"x": 1}] * 400})
    by_canary = sum(line.version == "2" for line in doors.log.answers)
    assert 140 < by_canary < 260  # six standard errors of a fair coin


def test_what_a_canary_fails_the_champion_answers_and_the_error_is_the_canarys(tmp_path: Path) -> None:
    split = HALF.model_copy(update={"share": 100})
    doors = worker(tmp_path, split, FakeLoaded("1"), FakeLoaded("2", broken))
    answer = ask(doors, "POST", PATH, json={"x": 0.5, "who": "ana"})
    assert answer.status_code == 200
    failed, given = doors.log.answers
    assert (failed.version, failed.arm, failed.error, failed.score) == (
        "2",
        "canary",
        "ValueError: no such carrier",
        None,
    )
    assert failed.call
    assert failed.ms > 0
    assert (given.version, given.arm, given.error, given.score, given.call) == ("1", "champion", None, 0.5, False)
    assert answer.json() == {"model": "m", "id": given.id, "version": "1", "prediction": 0.5}


def test_all_records_that_a_version_answered_have_one_request_in_their_ids(tmp_path: Path) -> None:
    doors = worker(tmp_path, HALF, FakeLoaded("1"), FakeLoaded("2", broken))
    people = [f"p{number}" for number in range(20)]
    told = ask(doors, "POST", PATH, json={"records": [{"x": 1, "who": who} for who in people]}).json()
    assert [one["version"] for one in told["predictions"]] == ["1"] * 20
    assert [one["id"] for one in told["predictions"]] == [f"{told['id']}.{place}" for place in range(20)]
    failed = [line.id for line in doors.log.answers if line.error]
    assert len({name.partition(".")[0] for name in failed}) == 1
    assert not {*failed} & {one["id"] for one in told["predictions"]}


@pytest.mark.parametrize("raised", [MemoryError("much"), RuntimeError("torn"), KeyError("x")])
def test_a_version_that_raises_harms_nobody_else(tmp_path: Path, raised: Exception) -> None:
    def raising(row: Row) -> Answered:
        raise raised

    split = HALF.model_copy(update={"share": 100})
    doors = worker(tmp_path, split, FakeLoaded("1"), FakeLoaded("2", raising))
    assert ask(doors, "POST", PATH, json={"x": 0.5}).json()["prediction"] == 0.5
    assert type(raised).__name__ in str(doors.log.answers[0].error)


def test_a_champion_that_fails_is_500_and_logged_as_its_error(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1", broken))
    answer = ask(doors, "POST", PATH, json={"x": 0.5})
    assert answer.status_code == 500
    (line,) = doors.log.answers
    assert line.error == "ValueError: no such carrier"
    assert line.id in answer.json()["error"]["message"]
    assert "carrier" not in answer.text  # what a model says of a row is for its owners


def test_a_record_of_many_that_failed_says_so_in_its_place(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1", lambda row: broken(row) if row.fields["x"] == 2 else Answered(0.5)))
    answer = ask(doors, "POST", PATH, json={"records": [{"x": 1}, {"x": 2}]})
    assert answer.status_code == 200
    good, bad = answer.json()["predictions"]
    assert good["prediction"] == 0.5
    assert (bad["prediction"], bad["error"]) == (None, "the model could not answer this record")


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, None, [0.5, math.nan]])
def test_a_score_that_is_no_number_is_an_error(tmp_path: Path, score: float | list[float] | None) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1", lambda _: Answered(score), classes=("a", "b")))
    assert ask(doors, "POST", PATH, json={"x": 0.5}).status_code == 500
    assert doors.log.answers[0].score is None


def test_of_several_classes_the_likeliest_is_answered_with_all_chances(tmp_path: Path) -> None:
    loaded = FakeLoaded("1", lambda _: Answered([0.2, 0.5, 0.3]), classes=("a", "b", "c"))
    doors = Worker(
        tmp_path / "tokens.json",
        {"m": FakeServing(ONE, About(model="m", task="multiclass", label="kind", entity="who"), loaded)},
    )
    told = ask(doors, "POST", PATH, json={"x": 0.5}).json()
    assert (told["prediction"], told["chances"]) == ("b", {"a": 0.2, "b": 0.5, "c": 0.3})
    assert doors.log.answers[0].score == [0.2, 0.5, 0.3]


def test_a_durable_answer_waits_for_the_disk(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1"), durable=True)
    assert ask(doors, "POST", PATH, json={"x": 0.5}).status_code == 200
    assert len(doors.log.waited) == 1
    doors.log.full = True
    answer = ask(doors, "POST", PATH, json={"x": 0.5})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
    assert "No space left" in answer.json()["error"]["message"]
    assert "retry-after" in answer.headers


def test_private_fields_are_written_as_the_model_says(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1"), private=("who",))
    ask(doors, "POST", PATH, json={"x": 0.5, "who": "ana"})
    assert (doors.log.answers[0].fields["who"], doors.log.answers[0].entity) == ("hidden", "hidden")


def test_a_model_that_nobody_serves_or_that_is_not_there_yet(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE)
    doors.models.served["later"] = None
    unknown = ask(doors, "POST", "/models/other/predict", json={"x": 1})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")
    assert "later, m" in unknown.json()["error"]["message"]
    for model in ("later", "m"):  # never published; published, but not loaded
        waiting = ask(doors, "POST", f"/models/{model}/predict", json={"x": 1})
        assert (waiting.status_code, waiting.headers["retry-after"]) == (503, "1")
    assert doors.log.lines == []


def test_a_canary_that_is_not_loaded_is_answered_for_by_the_champion_without_blame(tmp_path: Path) -> None:
    doors = worker(tmp_path, HALF.model_copy(update={"share": 100}), FakeLoaded("1"))
    assert ask(doors, "POST", PATH, json={"x": 1}).json()["version"] == "1"
    (line,) = doors.log.answers
    assert (line.arm, line.error) == ("champion", None)


def test_a_request_sees_one_split_however_it_changes_meanwhile(tmp_path: Path) -> None:
    def swapping(row: Row) -> Answered:
        doors.models.served["m"] = FakeServing(ONE.model_copy(update={"champion": "3"}), about(), FakeLoaded("3"))
        return Answered(1.0)

    doors = worker(tmp_path, HALF, FakeLoaded("1", swapping), FakeLoaded("2", swapping))
    ask(doors, "POST", PATH, json={"records": [{"x": 1, "who": f"p{number}"} for number in range(20)]})
    assert {line.version for line in doors.log.answers} == {"1", "2"}
    assert {line.seq for line in doors.log.answers} == {9}
    assert ask(doors, "POST", PATH, json={"x": 1}).json()["version"] == "3"


def test_a_version_that_takes_long_is_asked_in_a_thread(tmp_path: Path) -> None:
    threads: list[str] = []

    def slow(row: Row) -> Answered:
        threads.append(threading.current_thread().name)
        threading.Event().wait(0.02)
        return Answered(1.0)

    doors = worker(tmp_path, ONE, FakeLoaded("1", slow))
    for _ in range(2):
        assert ask(doors, "POST", PATH, json={"x": 1}).status_code == 200
    assert threads[0] == threading.main_thread().name
    assert threads[1].startswith("answering")
