"""The tiny model as a project for the command line, and how a test gives a command."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from retrain_platform.cli import app
from retrain_platform.cli.screen import console
from retrain_platform.dataset.period import Calendar, Period
from retrain_platform_tests.steps.tiny import rows

SPEC = """\
type: retrain_platform.RetrainedModel
attributes:
  name: tiny
  mode: act
  task: binary
  period: {every: day, start: "2024-01-01"}
  source: {kind: files, path: "{{ env.ROWS }}/*.parquet", event_time: at, entity: who}
  label: {column: bad, delay: 12h}
  monitoring: {min_segment: 20}
  checks: {min_rows: 600}
  policy: {kind: schedule, every: 30d}
  training:
    kind: lightgbm
    rounds: 10
    early_stopping_rounds: 5
    holdout: 1d
    early_stop_on: 1d
    params: {num_leaves: 7, min_data_in_leaf: 20}
  validation: {gates: [{kind: floor, metric: auc, at_least: 0.6}]}
  release: {shadow: 1d, canary: [100], bake: 1d, not_worse_by: 0.05}
"""
LAST = "2024-01-05"
DAYS = Calendar.model_validate({"every": "day", "start": "2024-01-01"})
"""The periods of `SPEC`."""


def write_days(folder: Path, days: int = 7, of: Callable[[Period], pd.DataFrame] = rows) -> None:
    """A file in the folder's `rows/` for each of so many days, that of the first is `0.parquet`."""
    (folder / "rows").mkdir(exist_ok=True)
    for day in range(days):
        of(DAYS.at(day)).to_parquet(folder / "rows" / f"{day}.parquet")


def write_project(folder: Path, spec: str = SPEC, of: Callable[[Period], pd.DataFrame] = rows) -> None:
    """A project of one model and seven days of rows."""
    write_days(folder, of=of)
    (folder / "defs.yaml").write_text(spec, encoding="utf-8")


def at_home(patch: pytest.MonkeyPatch, folder: Path, *, columns: int | None = None, **more: str) -> None:
    """Commands are given in `folder`: its own home, its `rows/`, a screen of so many columns, nothing else set."""
    patch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("RETRAIN_") or name == "MLFLOW_TRACKING_URI"]:
        patch.delenv(name)
    own = {"RETRAIN_HOME": folder / "home", "DAGSTER_HOME": folder / "home" / "dagster", "ROWS": folder / "rows"}
    screen = {} if columns is None else {"COLUMNS": columns}
    for name, value in {**own, **screen, **more}.items():
        patch.setenv(name, str(value))
    # Who imported the screen first, under whatever width, must not matter.
    patch.setattr(console, "_width", None)


def retrain(*words: str) -> Result:
    return CliRunner().invoke(app, words)
