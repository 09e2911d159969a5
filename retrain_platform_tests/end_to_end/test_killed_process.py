"""Eleven weeks of real flights through the real command, once as they come and once killed inside training."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.adapters.file_values import FileValues
from retrain_platform.adapters.mlflow_registry import MlflowRegistry
from retrain_platform.adapters.mlflow_store import mlflow_client
from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.dataset.checks import CHECK_NAMES
from retrain_platform.defs.graph import RETRAIN, WATCH
from retrain_platform.release.base import Entry

MODEL = "flight_delay"
BEFORE, DECIDED, LAST = "2013-02-26", "2013-03-05", "2013-03-19"
PREDICTIONS = f"{MODEL}/predictions"


@dataclass(frozen=True)
class Home:
    """A platform's home, and what can be read from it."""

    place: Path

    def command(self, until: str, threads: int = 1) -> subprocess.Popen[str]:
        """`retrain run` as a process of its own."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("RETRAIN_", "MLFLOW_"))}
        env |= {
            "RETRAIN_HOME": str(self.place),
            "DAGSTER_HOME": str(self.place / "dagster"),
            "OMP_NUM_THREADS": str(threads),
        }
        code = "from retrain_platform.cli import app; app()"
        return subprocess.Popen(
            [sys.executable, "-c", code, "run", MODEL, "--until", until],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, until: str) -> str:
        """Run to the end; gives what it printed."""
        process = self.command(until)
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, said
        return said

    @property
    def ledger(self) -> list[Entry]:
        return SqlLedger(f"sqlite:///{self.place / 'ledger.db'}").entries(MODEL)

    @property
    def registry(self) -> MlflowRegistry:
        return MlflowRegistry(self.tracking, self.place / "artifacts", self.place / "cache")

    @property
    def tracking(self) -> str:
        return f"sqlite:///{self.place / 'mlflow.db'}"

    def mlflow_runs(self) -> list[str]:
        """The status of each of the model's MLflow runs."""
        client = mlflow_client(self.tracking)
        experiment = client.get_experiment_by_name(MODEL)
        return [run.info.status for run in client.search_runs([experiment.experiment_id])]

    def instance(self) -> dg.DagsterInstance:
        return dg.DagsterInstance.from_config(str(self.place / "dagster"))

    def packages(self, decision_id: str) -> list[str]:
        folder = FileValues(self.place / "values").folder(MODEL, "candidate_model", decision_id)
        return sorted(path.name for path in folder.iterdir() if "draft" not in path.name)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Home]]:
    """Two homes with the weeks before the first retrain, which are played once."""
    place = tmp_path_factory.mktemp("flights")
    lived, killed = Home(place / "lived"), Home(place / "killed")
    lived.run(BEFORE)
    shutil.copytree(lived.place, killed.place)
    yield lived, killed
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def lived(homes: tuple[Home, Home]) -> Home:
    """The home where nothing went wrong."""
    homes[0].run(LAST)
    return homes[0]


def in_training(home: Home, process: subprocess.Popen[str]) -> bool:
    """Wait until the candidate's step has begun; False when the process ended before."""
    instance = home.instance()
    while process.poll() is None:
        for run in instance.get_runs(dg.RunsFilter(job_name=f"{MODEL}_retrain")):
            begun = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_START)
            if any(event.step_key == f"{MODEL}__candidate_model" for event in begun):
                return True
        time.sleep(0.05)
    return False


def test_the_first_model_is_trained_and_takes_over(lived: Home) -> None:
    entries = lived.ledger
    decided = [entry for entry in entries if entry.kind == "decided" and entry.body["retrains"]]
    retrained = [entry for entry in entries if entry.kind == "retrained"]
    assert [entry.body["period"] for entry in decided] == [DECIDED]
    assert [(entry.body["verdict"], entry.body["version"]) for entry in retrained] == [("passed", "1")]
    assert [entry.body["version"] for entry in entries if entry.kind == "promoted"] == ["1"]
    assert [entry.body["period"] for entry in entries if entry.kind == "watched"][-1] == LAST
    assert lived.registry.aliases(MODEL) == {"champion": "1"}
    assert lived.mlflow_runs() == ["FINISHED"]


def test_only_the_weeks_after_the_model_are_scored_and_well(lived: Home) -> None:
    from sklearn.metrics import roc_auc_score

    lake = DeltaLake(lived.place / "lake")
    assert lake.periods(PREDICTIONS) == ["2013-03-12", LAST]
    scored, events = (lake.read(table, ["2013-03-12"]) for table in (PREDICTIONS, f"{MODEL}/events"))
    flown = events["_label"].notna()
    assert roc_auc_score(events["_label"][flown], scored["champion"][flown]) > 0.6


def test_all_of_it_is_in_dagsters_history(lived: Home) -> None:
    instance = lived.instance()
    for name in WATCH:
        made = instance.get_materialized_partitions(dg.AssetKey([MODEL, name]))
        assert (len(made), min(made), max(made)) == (12, "2013-01-01", LAST), name
    for name in RETRAIN:
        assert instance.get_materialized_partitions(dg.AssetKey([MODEL, name])) == {DECIDED}, name
    for name in CHECK_NAMES:
        key = dg.AssetCheckKey(dg.AssetKey([MODEL, "training_dataset"]), name)
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=9)
        assert [(record.partition, record.status.value) for record in records] == [(DECIDED, "SUCCEEDED")], name


def test_killed_inside_training_it_ends_as_if_it_had_not_been(homes: tuple[Home, Home], lived: Home) -> None:
    home = homes[1]
    process = home.command(LAST)
    assert in_training(home, process), process.communicate()[0]
    time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    decision = next(entry for entry in home.ledger if entry.kind == "decided")
    assert "retrained" not in [entry.kind for entry in home.ledger]
    assert home.packages(decision.body["decision_id"]) == []
    assert home.mlflow_runs() == ["RUNNING"]

    home.run(LAST)
    lines = [[(e.kind, e.key, e.as_of, e.body) for e in one.ledger] for one in (home, lived)]
    assert lines[0] == lines[1]
    versions = [[(v.version, v.tags["fingerprint"]) for v in one.registry.versions(MODEL)] for one in (home, lived)]
    assert versions[0] == versions[1]
    assert home.registry.aliases(MODEL) == lived.registry.aliases(MODEL)
    assert home.mlflow_runs() == ["FINISHED"]
    mine, theirs = (DeltaLake(one.place / "lake").read(PREDICTIONS, ["2013-03-12", LAST]) for one in (home, lived))
    assert mine.equals(theirs)
    runs = home.instance().get_runs(dg.RunsFilter(job_name=f"{MODEL}_retrain"))
    assert sorted(run.status.value for run in runs) == ["FAILURE", "SUCCESS"]
