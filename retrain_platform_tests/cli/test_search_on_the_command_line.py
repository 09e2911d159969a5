"""A search through the real command: checked, run, shown on the candidate's page, reused by a light retrain."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import Result

from retrain_platform.adapters.mlflow_store import mlflow_client
from retrain_platform_tests.cli.commands import SPEC, retrain

SEARCH = "search: {trials: 4, folds: 2, space: {num_leaves: {low: 3, high: 31}}}"
SPACED = SPEC.replace("    rounds: 10\n", f"    rounds: 10\n    {SEARCH}\n")
LATER = "2024-01-06"


@pytest.fixture(scope="module")
def ran(project: Path) -> Result:
    """The road up to the first model, whose parameters were searched."""
    assert SPACED != SPEC
    (project / "defs.yaml").write_text(SPACED, encoding="utf-8")
    return retrain("run", "tiny", "--until", LATER, "--json")


def page(project: Path) -> dict[str, object]:
    """What the newest candidate's page shows."""
    instance = dg.DagsterInstance.from_config(str(project / "home" / "dagster"))
    event = instance.get_latest_materialization_event(dg.AssetKey(["tiny", "candidate_model"]))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_what_was_found_is_on_the_candidates_page_and_in_its_run(project: Path, ran: Result) -> None:
    assert ran.exit_code == 0, ran.output
    told = page(project)
    assert str(told["search"]).startswith("auc 0.")
    assert "the best of 4 of 4 trials" in str(told["search"])
    assert {"best trials", "folds", "metric by trial", "depth"} <= set(told)
    client = mlflow_client(f"sqlite:///{project / 'home' / 'mlflow.db'}")
    names = [entry.path for entry in client.list_artifacts(str(told["MLflow run"]), "search")]
    assert names == ["search/trials.csv"]
    assert "found.num_leaves" in client.get_run(str(told["MLflow run"])).data.params


def test_a_person_asks_for_a_light_retrain(project: Path, ran: Result) -> None:
    asked = retrain("retrain", "tiny", "--why", "new shops", "--depth", "light", "--now", "--json")
    assert json.loads(asked.stdout)["body"]["depth"] == "light", asked.output
    again = retrain("run", "tiny", "--until", LATER, "--json")
    assert [step["kind"] for step in json.loads(again.stdout)["steps"]] == ["decide", "retrain"]
    told = page(project)
    assert told["depth"] == "light"
    assert "the last best, found by the search of decision" in str(told["search"])
    assert "(light): ana asks (manual, urgent, depth light): new shops" in retrain("why", "tiny").output.replace(
        "\n", " "
    )


def test_a_depth_that_the_model_does_not_have_is_refused(project: Path, ran: Result) -> None:
    deeper = retrain("retrain", "tiny", "--why", "because", "--depth", "incremental")
    assert deeper.exit_code == 2
    assert "give training.incremental" in deeper.output
    wrong = retrain("retrain", "tiny", "--why", "because", "--depth", "ful")
    assert wrong.exit_code == 2
    assert "must be one of incremental, light, full; did you mean full?" in " ".join(wrong.output.split())
