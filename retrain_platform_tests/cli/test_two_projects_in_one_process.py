"""One process, two projects, each with a home of its own: what the first leaves behind is none of the second's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from retrain_platform_tests.cli.commands import SPEC, at_home, retrain, write_project

SEARCH = "    rounds: 10\n    search: {trials: 2, folds: 2, space: {max_bin: {low: 2, high: 3}}}\n"
FAILING = SPEC.replace("    rounds: 10\n", SEARCH).replace("min_data_in_leaf: 20", "min_data_in_leaf: -3")


def test_the_second_fails_its_search_as_it_would_have_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow keeps the address of the last run in the environment, where the platform looks for the user's own."""
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        write_project(folder, FAILING.replace("name: tiny", f"name: {name}"))
        if name == "one":
            at_home(monkeypatch, folder, columns=120)
            before = dict(os.environ)
        monkeypatch.chdir(folder)
        for variable, place in (("RETRAIN_HOME", "home"), ("DAGSTER_HOME", "home/dagster"), ("ROWS", "rows")):
            monkeypatch.setenv(variable, str(folder / place))

        told = retrain("run", name, "--until", "2024-01-05")

        assert told.exit_code == 0, told.output
        assert f"{name}: retrain of 2024-01-05: search failed: the search for parameters failed: all 2" in told.output
        assert (folder / "home" / "mlflow.db").exists()
        assert {key for key in os.environ if key.startswith("MLFLOW_")} - set(before) <= {
            "MLFLOW_DISABLE_TELEMETRY",
            "MLFLOW_LOGGING_LEVEL",
        }
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder / "home")
