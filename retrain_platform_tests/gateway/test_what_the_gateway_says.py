"""Health, readiness, metrics, who serves what, and the documents."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import values

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.base import Answered
from retrain_platform.gateway.doors.metrics import Metrics
from retrain_platform.gateway.doors.shared import open_doors
from retrain_platform.gateway.processes.states import ProcessState, Trouble
from retrain_platform.release.base import Stage
from retrain_platform.release.split import Applied, Split
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeServing, Worker, about, ask

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPLIT = Split(
    model="m",
    seq=9,
    champion="1",
    canary="2",
    share=25,
    beside=("1", "2"),
    warm=("0",),
    stage=Stage.CANARY,
    since=NOW,
    by="ana",
    why="not worse so far",
)


@pytest.fixture
def doors(tmp_path: Path) -> Worker:
    return Worker(
        tmp_path / "tokens.json", {"m": FakeServing(SPLIT, about(), FakeLoaded("1"), FakeLoaded("2")), "n": None}
    )


def state(name: str, seq: int, *troubles: Trouble, **more: Any) -> ProcessState:
    applied = Applied(seq=seq, at=NOW, dropped=3, **more)
    return ProcessState(
        name=name,
        role="worker",
        instance="8000",
        pid=7,
        started=NOW,
        at=NOW,
        memory=5_000_000,
        troubles=troubles,
        applied={"m": applied},
        unlogged=4,
    )


def test_a_worker_lives_even_where_no_model_answers(doors: Worker) -> None:
    doors.models.served["m"] = None
    answer = ask(doors, "GET", "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive", "worker": "8000-w1"})


def test_ready_once_every_model_answers(doors: Worker) -> None:
    answer = ask(doors, "GET", "/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["waiting"] == {"n": "it was never published"}
    doors.models.served["n"] = doors.models.served["m"]
    answer = ask(doors, "GET", "/ready")
    assert (answer.status_code, answer.json()["ready"], answer.json()["degraded"]) == (200, True, False)


def test_what_is_away_is_told_and_stops_nothing(doors: Worker) -> None:
    del doors.models.served["n"]
    away = Trouble(place="ledger", since=NOW, sentence="the ledger cannot be read")
    doors.states += [state("8000-controller", 9, away), state("8000-w1", 9)]
    answer = ask(doors, "GET", "/ready")
    assert (answer.status_code, answer.json()["degraded"]) == (200, True)
    (trouble,) = answer.json()["troubles"]
    assert (trouble["process"], trouble["place"]) == ("8000-controller", "ledger")
    assert trouble["what"] == "the ledger cannot be read"


def test_a_worker_that_is_behind_the_others_says_so(doors: Worker) -> None:
    del doors.models.served["n"]
    doors.states += [state("8000-w1", 8, problem="version 2 cannot be loaded"), state("8000-w2", 9)]
    told = [(each["place"], each["what"]) for each in ask(doors, "GET", "/ready").json()["troubles"]]
    assert told == [
        ("model:m", "version 2 cannot be loaded"),
        ("model:m", "serves the split of line 8, others that of line 9"),
    ]


def test_who_serves_what_share_since_when_and_why(doors: Worker) -> None:
    told = ask(doors, "GET", "/models/m").json()
    assert told["serving"] == [
        {"version": "1", "arm": "champion", "share": 75},
        {"version": "2", "arm": "canary", "share": 25},
    ]
    assert (told["stage"], told["by"], told["why"], told["line"]) == ("canary", "ana", "not worse so far", 9)
    assert (told["since"], told["beside"], told["warm"]) == ("2026-03-01T12:00:00Z", ["1", "2"], ["0"])
    assert told["loaded"] == ["1", "2", "0"]
    assert ask(doors, "GET", "/models/n").status_code == 503
    short = ask(doors, "GET", "/models").json()["models"]
    assert [(each["model"], each["answers"]) for each in short] == [("m", True), ("n", False)]


def samples(doors: Worker) -> dict[str, float]:
    answer = ask(doors, "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_metrics_count_what_was_asked(doors: Worker) -> None:
    doors.models.served["m"] = FakeServing(
        SPLIT.model_copy(update={"share": 100}),
        about(),
        FakeLoaded("1"),
        FakeLoaded("2", lambda _: Answered(None, "torn")),
    )
    for _ in range(3):
        ask(doors, "POST", "/models/m/predict", json={"x": 1})
    ask(doors, "POST", "/models/m/predict", json={})
    ask(doors, "POST", "/models/x/predict", json={"x": 1})
    ask(doors, "POST", "/models/m/feedback", json={"id": "x", "kind": "click"})
    found = samples(doors)
    assert found['retrain_requests_total{door="predict",model="m",status="200"}'] == 3
    assert found['retrain_requests_total{door="predict",model="m",status="422"}'] == 1
    assert found['retrain_requests_total{door="predict",model="",status="404"}'] == 1
    assert found['retrain_requests_total{door="feedback",model="m",status="202"}'] == 1
    assert found['retrain_rows_total{arm="canary",model="m",outcome="failed",version="2"}'] == 3
    assert found['retrain_rows_total{arm="champion",model="m",outcome="answered",version="1"}'] == 3
    assert found['retrain_feedback_total{kind="click",known="false",model="m"}'] == 1
    assert found['retrain_request_seconds_count{model="m",version="1"}'] == 3
    assert found['retrain_request_seconds_bucket{le="+Inf",model="m",version="1"}'] == 3
    assert not any('model="x"' in name for name in found)


def test_metrics_tell_of_all_processes_and_shares(doors: Worker) -> None:
    doors.states += [state("8000-w1", 9, Trouble(place="log", since=NOW, sentence="full")), state("8000-w2", 8)]
    found = samples(doors)
    assert found['retrain_process_memory_bytes{process="8000-w2",role="worker"}'] == 5_000_000
    assert found['retrain_split_seq{model="m",process="8000-w2"}'] == 8
    assert found['retrain_beside_dropped_total{model="m",process="8000-w1"}'] == 3
    assert found['retrain_lines_unlogged_total{process="8000-w1"}'] == 4
    assert found['retrain_trouble_since_seconds{place="log",process="8000-w1"}'] == NOW.timestamp()
    assert found['retrain_share_percent{arm="canary",model="m",version="2"}'] == 25


def test_metrics_tell_of_the_log_what_waits_and_what_no_bin_counts(doors: Worker) -> None:
    told = {"role": "collector", "waiting": 4_096, "passed_over": {"torn": 2, "unknown": 7}}
    doors.states += [state("8000-collector", 9).model_copy(update=told)]
    idle = {"role": "collector", "waiting": 1, "leads": False}
    doors.states += [state("9000-collector", 9).model_copy(update=idle)]
    found = samples(doors)
    assert found["retrain_log_waiting_bytes"] == 4_096
    assert found['retrain_log_passed_over_total{why="torn"}'] == 2
    assert found['retrain_log_passed_over_total{why="unknown"}'] == 7


COUNTING = """
import sys
from pathlib import Path
from retrain_platform.gateway.doors.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]), sys.argv[2])
for _ in range(int(sys.argv[3])):
    metrics.request("m", "predict", 200)
    metrics.took("m", "1", 0.001)
if sys.argv[4] == "die":
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
class Nobody:
    def names(self): return ()
print(metrics.page(Nobody(), tuple).decode())
"""


def test_counts_of_all_workers_are_added_up_and_survive_their_deaths(tmp_path: Path) -> None:
    def worker(name: str, number: int, end: str = "") -> str:
        asked = [sys.executable, "-c", COUNTING, str(tmp_path / "metrics"), name, str(number), end]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout

    assert worker("w1", 5, "die") == ""
    worker("w2", 7)
    page = worker("w1", 2)  # started again in its own place
    (total,) = re.findall(r"^retrain_requests_total\{.*\} (.*)$", page, re.M)
    (count,) = re.findall(r"^retrain_request_seconds_count\{.*\} (.*)$", page, re.M)
    assert (float(total), float(count)) == (14, 14)
    names = {path.name for path in (tmp_path / "metrics").iterdir()}
    assert names == {f"{kind}_{name}.db" for kind in ("counter", "histogram") for name in ("w1", "w2")}


def test_where_counts_have_no_room_they_are_the_workers_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    metrics = Metrics(tmp_path / "file" / "metrics", "w1")
    metrics.request("m", "predict", 200)
    assert b'retrain_requests_total{door="predict",model="m",status="200"} 1.0' in metrics.page(FakeNobody(), tuple)


class FakeNobody:
    def names(self) -> tuple[str, ...]:
        return ()

    def serving(self, model: str) -> Any:
        raise KeyError(model)

    def loaded(self, model: str) -> tuple[str, ...]:
        return ()


def test_the_document_is_typed_by_each_models_own_fields(doors: Worker) -> None:
    told = ask(doors, "GET", "/openapi.json").json()
    assert told["openapi"].startswith("3.0.")
    body = told["paths"]["/models/m/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    record = body["anyOf"][0]
    assert record["properties"]["x"] == {"type": "number", "nullable": True}
    assert body["anyOf"][1]["properties"]["records"]["items"] == record
    assert not any(path.startswith("/models/n") for path in told["paths"])


def test_the_page_brings_its_own_scripts(doors: Worker) -> None:
    page = ask(doors, "GET", "/docs")
    assert page.status_code == 200
    assert "http:" not in page.text
    assert "https:" not in page.text
    for file in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert ask(doors, "GET", f"/{file}").status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_a_folder_for_each_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)  # opening doors sets both for the whole process
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    home = GatewayHome(tmp_path / "gateway")
    doors = Worker(tmp_path / "tokens.json", {})
    opened = open_doors(home, doors.models, doors.log, doors.beside, worker="", instance="0")
    assert home.key.stat().st_mode & 0o777 == 0o600
    assert opened.states() == []
