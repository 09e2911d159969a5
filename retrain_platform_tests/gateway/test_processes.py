"""`retrain serve` as the real processes: switches, deaths and the end under load, and no acknowledged line is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.release.table import Event
from retrain_platform_tests.gateway.served import SECONDS, Instance, Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def instance(project: Project) -> Iterator[Instance]:
    found = Instance(project, "--workers", "2")
    try:
        found.up(2)
        yield found
    finally:
        if found.process.poll() is None:
            found.process.kill()


class Load:
    """Clients that ask all the while; what was answered, and what broke off without an answer."""

    def __init__(self, instance: Instance, clients: int = 4) -> None:
        self.statuses: Counter[int] = Counter()
        self.versions: Counter[str] = Counter()
        self.ids: list[str] = []
        self.broken = 0
        self._instance, self._ended = instance, threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, number: int) -> None:
        client, place = self._instance.client(), 0
        while not self._ended.is_set():
            place += 1
            record = {"x": place % 9 / 9, "shop": "north", "who": f"u{number}-{place % 40}"}
            try:
                found = client.post("/models/tiny/predict", record)
            except (OSError, HTTPException):
                self.broken += 1
                time.sleep(0.01)
                continue
            self.statuses[found.status] += 1
            if found.status == 200:
                self.ids.append(found.body["id"])
                self.versions[found.body["version"]] += 1


def served(project: Project) -> list[dict[str, Any]]:
    """The rows of the log in the lake."""
    from deltalake import DeltaTable

    return DeltaTable(project.folder / "home" / "lake" / "tiny" / "served").to_pyarrow_table().to_pylist()


def killed(instance: Instance, role: str) -> None:
    """Kill a process of this role, and wait until another one has taken its place."""
    first = instance.pids(role)[0]
    os.kill(first, signal.SIGKILL)
    instance.wait("restarted", lambda told: role in told["about"]["process"] or role == "worker")
    until = time.monotonic() + SECONDS
    while first in instance.pids(role) or not instance.pids(role):
        assert time.monotonic() < until
        time.sleep(0.05)


HEAVY = {"pandas", "pyarrow", "sklearn", "mlflow", "dagster", "sqlalchemy", "deltalake", "lightgbm", "httpx", "typer"}


def test_a_worker_imports_nothing_heavy() -> None:
    code = "import sys, retrain_platform.gateway.service.worker; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(found.stdout.split()) == set()


def test_nor_does_it_load_anything_heavy_to_answer(instance: Instance) -> None:
    assert instance.client().post("/models/tiny/predict", {"x": 0.1, "shop": "north"}).status == 200
    for pid in instance.pids("worker"):
        maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
        assert [name for name in HEAVY if f"/{name}/" in maps and name != "lightgbm"] == []


def test_a_switch_reaches_every_worker_and_fails_no_request(project: Project, instance: Instance) -> None:
    with Load(instance) as load:
        for event, more in ((Event.NOT_WORSE, {"share": 50}), (Event.PROMOTED, {"step": 1})):
            project.move(event, **more)
            told = instance.wait("applied")
            assert (told["about"]["seq"], told["about"]["workers"]) == (project.shop.split().seq, 2)
        project.back()
        instance.wait("applied")
    assert set(load.statuses) == {200}
    assert load.broken == 0
    assert set(load.versions) == {"1", "2"}
    assert instance.client().post("/models/tiny/predict", {"x": 0.1, "shop": "north"}).body["version"] == "1"


def test_killed_processes_lose_nothing_that_was_acknowledged(project: Project, instance: Instance) -> None:
    with Load(instance) as load:
        for role in ("worker", "collector", "controller"):
            killed(instance, role)
    assert set(load.statuses) == {200}
    assert instance.end() == 0
    rows = Counter(row["id"] for row in served(project))
    assert [name for name in load.ids if rows[name] != 1] == []
    assert max(rows.values()) == 1
    assert list((instance.home / "spool").glob("*/*.jsonl")) == []


def test_a_second_instance_waits_for_the_lead_and_no_orphan_keeps_the_port(project: Project) -> None:
    first = Instance(project, "--workers", "1")
    first.up(1)
    second = Instance(project, "--workers", "1")
    second.wait("waits")
    pids = [pid for role in ("worker", "collector", "controller") for pid in first.pids(role)]
    first.end(signal.SIGKILL)
    second.wait("looked")
    until = time.monotonic() + SECONDS
    mine = {second.process.pid, *(pid for role in ("worker", "collector", "controller") for pid in second.pids(role))}
    while left := [pid for pid in pids if pid not in mine and _runs(pid)]:
        assert time.monotonic() < until, left
        time.sleep(0.05)
    with socket.create_server(("127.0.0.1", first.port)):
        assert second.end(signal.SIGINT) == 0


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_all_that_is_wrong_with_the_command_is_told_at_once(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = "from retrain_platform.cli import main; main()"
        found = subprocess.run(
            [sys.executable, "-c", code, "serve", "tiny", "tinny", "--port", str(port)],
            cwd=project.folder,
            env=project.environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert found.returncode == 2
    assert "MODEL == 'tinny', must be one of tiny; did you mean tiny?" in found.stderr
    assert f"--port == {port}, must be free" in found.stderr
