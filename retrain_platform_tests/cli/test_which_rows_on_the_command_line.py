"""A recipe that says which rows are learned from, checked and played by the command line, under real Dagster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrain_platform.adapters.file_values import FileValues
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform_tests.cli.commands import LAST, SPEC, at_home, retrain, write_project

ROWS = """
    half_life: 2d
    balance: weights
    split: {shares: [0.6, 0.2, 0.2], embargo: 1h}
    rows: {duplicates: {on: [who, x]}, outliers: {features: [x], beyond: 2.0, action: clip}}
"""


def project(patch: pytest.MonkeyPatch, folder: Path, spec: str) -> None:
    write_project(folder, spec)
    at_home(patch, folder, columns=120, RETRAIN_ACTOR="ana")


def test_a_recipe_of_its_own_rows_is_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPEC.replace("    holdout: 1d\n    early_stop_on: 1d\n", ROWS.lstrip("\n"))
    assert spec != SPEC
    project(monkeypatch, tmp_path, spec)
    assert retrain("check").exit_code == 0
    played = retrain("run", "tiny", "--until", LAST, "--json")
    assert played.exit_code == 0, played.output
    assert json.loads(played.output)["status"]["champion"] == "1"
    (made, *_) = FileValues(tmp_path / "home" / "values").all("tiny", "training_dataset", DatasetSnapshot).values()
    assert made.dropped["embargo"] > 0
    assert set(made.selection.limits) == {"x"}
    said = "\n".join(made.selection.said)
    assert "outliers by iqr, beyond 2, moved to the limit, in every score too: x " in said
    assert "half_life 2d: " in said
    assert "balance weights: classes weigh alike; scores are put back to the true shares (0: " in said


def test_columns_that_are_not_there_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(
        monkeypatch,
        tmp_path,
        SPEC.replace("    rounds: 10\n", "    rows: {duplicates: {on: [whom]}}\n    rounds: 10\n"),
    )
    told = retrain("check")
    assert told.exit_code == 1
    assert "training.rows.duplicates.on[0] == 'whom', must be a column of the source" in " ".join(told.output.split())
