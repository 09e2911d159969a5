"""A project with one made-up model of 200 trees and two registered versions, and `retrain serve` on it as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.release.base import Transition
from retrain_platform.release.by_hand import roll_back
from retrain_platform.release.table import Event, transition
from retrain_platform.replay.walk import walk
from retrain_platform.resources import settings, workshop
from retrain_platform.spec.load import read_spec
from retrain_platform.steps.lines import REQUESTED
from retrain_platform.steps.release.releasing import record

MODEL, START, DAYS, ROWS = "made", datetime(2024, 1, 1, tzinfo=UTC), 6, 6_000
FEATURES = tuple(f"x{place}" for place in range(12))
SPEC = """\
type: retrain_platform.RetrainedModel
attributes:
  name: made
  mode: act
  task: binary
  period: {every: day, start: "2024-01-01"}
  source: {kind: files, path: "{{ env.ROWS }}/*.parquet", event_time: at, entity: who}
  label: {column: bad, delay: 12h}
  checks: {min_rows: 600}
  policy: {kind: schedule, every: 30d}
  training:
    {kind: lightgbm, rounds: 200, early_stopping_rounds: 200, holdout: 1d, early_stop_on: 1d, params: {num_leaves: 63}}
  validation: {gates: [{kind: floor, metric: auc, at_least: 0.6}]}
  release: {shadow: 1d, canary: [30, 100], bake: 1d, not_worse_by: 0.05}
  gateway: {durable: DURABLE}
"""


class Project:
    """The folder, its stores, and the moves of its release; `durable` as in the spec's section `gateway`."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.env = {"RETRAIN_HOME": str(folder / "home"), "ROWS": str(folder / "rows")}
        _write_rows(folder / "rows")
        (folder / "defs.yaml").write_text(SPEC.replace("DURABLE", str(durable).lower()), encoding="utf-8")
        spec = read_spec(folder / "defs.yaml", self.env)
        self.shop = workshop(spec, settings(self.env))
        list(walk(self.shop, "2024-01-04"))
        end = spec.period.period("2024-01-04").end
        self.shop.ledger.append(MODEL, REQUESTED, "requested:again", end, body={"kind": "manual", "urgent": True})
        list(walk(self.shop, "2024-01-05"))

    def promote(self) -> None:
        """Version 2 from the shadow through 30% to all."""
        self.canary()
        opened = self.shop.state().open
        assert opened is not None
        self._record(transition(opened.stage, Event.PROMOTED, "2", "by the benchmark", step=1))

    def canary(self) -> None:
        """Version 2 answers 30% of entities."""
        opened = self.shop.state().open
        assert opened is not None
        self._record(transition(opened.stage, Event.NOT_WORSE, "2", "by the benchmark", share=30))

    def switch(self) -> None:
        """The champion becomes the other version, by a line of the ledger alone, as from another machine."""
        state = self.shop.state()
        other = "1" if state.champion == "2" else "2"
        self._record(*roll_back(state, self._as_of, "by the benchmark", other, ["1", "2"]))

    @property
    def seq(self) -> int:
        """The ledger's line of the split that should be served."""
        return int(self.shop.split().seq)

    def command(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """`retrain` as a process of this project."""
        code = "from retrain_platform.cli import main; main()"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RETRAIN_", "MLFLOW_"))}
        env = {**kept, **self.env, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen([sys.executable, "-c", code, *words], cwd=self.folder, env=env, text=True, **more)

    def rows(self, table: str, columns: list[str]) -> list[dict[str, Any]]:
        """The rows of a table of the log in the lake."""
        from deltalake import DeltaTable

        place = self.folder / "home" / "lake" / MODEL / table
        return list(DeltaTable(place).to_pyarrow_table(columns=columns).to_pylist()) if place.exists() else []

    @property
    def _as_of(self) -> datetime:
        return self.shop.entries()[-1].as_of

    def _record(self, *moves: Transition) -> None:
        last = self.shop.entries()[-1].seq
        record(self.shop, moves, key=f"benchmark:{last}", as_of=self._as_of, decision_id="", expect=last)


class Instance:
    """`retrain serve`, and the events that it tells, each with when it was heard."""

    def __init__(self, project: Project, workers: int) -> None:
        words = ("serve", MODEL, "--port", "0", "--json", "--workers", str(workers))
        self.process = project.command(*words, stdout=subprocess.PIPE)
        self.home = project.folder / "home" / "gateway"
        self.events: list[dict[str, Any]] = []
        self._came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self.wait("started")["about"]["port"])
        for count in range(workers):
            self.wait("listening", lambda told, count=count: self._heard("listening") > count)
        self.wait("applied")

    def __enter__(self) -> Instance:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever went wrong, nothing goes on: its processes end with the supervisor."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask it to finish what is under way; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

    def wait(self, event: str, wanted: Callable[[dict[str, Any]], bool] = lambda told: True) -> dict[str, Any]:
        """The first event of this kind that is wanted, heard already or within a minute."""
        until, seen = time.monotonic() + 60, 0
        with self._came:
            while True:
                for told in self.events[seen:]:
                    if told["event"] == event and wanted(told):
                        return told
                seen = len(self.events)
                if not self._came.wait(until - time.monotonic()):
                    raise RuntimeError(f"no {event} within a minute, but {self.events[-5:]}")

    def states(self, role: str) -> list[dict[str, Any]]:
        """What the processes of this role say of themselves."""
        found = []
        for path in sorted((self.home / "status").glob("*.json")):
            try:
                state = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            found += [state] if state["role"] == role else []
        return found

    def _heard(self, event: str) -> int:
        return sum(told["event"] == event for told in self.events)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._came:
                self.events.append(json.loads(line))
                self._came.notify_all()


def request(number: int) -> dict[str, Any]:
    """The record of the request with this number: one of 20,000 entities, values that repeat."""
    return {
        "who": f"u{number * 7919 % 20_000}",
        **{name: (number * (place + 3) % 101) / 50 - 1 for place, name in enumerate(FEATURES)},
    }


def _write_rows(folder: Path) -> None:
    folder.mkdir(parents=True)
    for day in range(DAYS):
        rng = np.random.default_rng(day)
        x = rng.normal(size=(ROWS, len(FEATURES)))
        seconds = np.sort(rng.integers(0, 86_400, ROWS))
        score = x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=ROWS)
        frame = pd.DataFrame(x, columns=list(FEATURES)).assign(
            at=START + timedelta(days=day) + pd.to_timedelta(seconds, unit="s"),
            who=[f"u{number}" for number in rng.integers(0, 5_000, ROWS)],
            bad=(score > 0.3).astype(float),
        )
        frame.to_parquet(folder / f"{day}.parquet")
