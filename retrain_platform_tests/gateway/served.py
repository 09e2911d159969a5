"""A small home with two registered versions, and `retrain serve` on it as the real processes, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from retrain_platform.gateway.staging.asking import Client
from retrain_platform.release.base import ReleaseState, Transition
from retrain_platform.release.by_hand import roll_back
from retrain_platform.release.table import Event, transition
from retrain_platform.replay.walk import walk
from retrain_platform.resources import settings, workshop
from retrain_platform.spec.load import read_spec
from retrain_platform.steps.lines import REQUESTED
from retrain_platform.steps.release.releasing import record
from retrain_platform_tests.cli.commands import SPEC, write_project
from retrain_platform_tests.steps.tiny import quick_gate

SECONDS = 30
"""After so long a test gives up on a process."""


class Project:
    """A folder with the tiny model, version 1 its champion and version 2 in shadow, on real stores."""

    def __init__(self, folder: Path, gateway: str = "durable: true") -> None:
        self.folder = folder
        self.env = {"RETRAIN_HOME": str(folder / "home"), "ROWS": str(folder / "rows")}
        write_project(folder, f"{SPEC}  gateway: {{{gateway}}}\n")
        spec = read_spec(folder / "defs.yaml", self.env)
        self.shop = replace(workshop(spec, settings(self.env)), gate=quick_gate)
        list(walk(self.shop, "2024-01-04"))
        end = spec.period.period("2024-01-04").end
        self.shop.ledger.append("tiny", REQUESTED, "requested:again", end, body={"kind": "manual", "urgent": True})
        list(walk(self.shop, "2024-01-05"))

    def move(self, event: Event, **more: Any) -> None:
        """Move version 2 by a line of the ledger alone, as another machine does: nothing is published."""
        state = self.shop.state()
        self._record(transition(_opened(state), event, "2", "by the test", **more))

    def back(self) -> None:
        """Take the champion back to version 1, by a line of the ledger alone."""
        self._record(*roll_back(self.shop.state(), self._as_of, "by the test", None, ["1", "2"]))

    @property
    def _as_of(self) -> Any:
        return self.shop.entries()[-1].as_of

    def _record(self, *moves: Transition) -> None:
        last = self.shop.entries()[-1].seq
        record(self.shop, moves, key=f"test:{last}", as_of=self._as_of, decision_id="", expect=last)

    def environment(self) -> dict[str, str]:
        """What a process of this project is started with."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RETRAIN_", "MLFLOW_"))}
        return {**kept, **self.env, "OMP_NUM_THREADS": "1"}


def _opened(state: ReleaseState) -> Any:
    assert state.open is not None
    return state.open.stage


class Instance:
    """`retrain serve` as a process, and what it tells."""

    def __init__(self, project: Project, *words: str) -> None:
        code = "from retrain_platform.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "serve", "--port", "0", "--json", *words],
            cwd=project.folder,
            env=project.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        self.home = project.folder / "home" / "gateway"
        self.told: list[dict[str, Any]] = []
        self._lines: Queue[dict[str, Any]] = Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self.wait("started")["about"]["port"])

    def wait(self, event: str, wanted: Callable[[dict[str, Any]], bool] = lambda told: True) -> dict[str, Any]:
        """The next line of this event; those before it are kept in `told`."""
        until = time.monotonic() + SECONDS
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                raise AssertionError(f"no {event!r} within {SECONDS} s, but {self.told}") from None
            self.told.append(line)
            assert line["event"] != "gone", self.told
            if line["event"] == event and wanted(line):
                return line

    def up(self, workers: int) -> None:
        """Wait until all workers listen, and the split that stands has reached them."""
        for _ in range(workers):
            self.wait("listening")
        self.wait("applied")

    def pids(self, role: str) -> list[int]:
        """The processes of this role, by what they say of themselves."""
        found = [json.loads(path.read_text()) for path in sorted((self.home / "status").glob("*.json"))]
        return [int(state["pid"]) for state in found if state["role"] == role]

    def client(self) -> Client:
        return Client("127.0.0.1", self.port)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=SECONDS)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line) if line.startswith('{"event"') else {"event": "said", "line": line})
        self._lines.put({"event": "gone"})
