"""A tiny model in files, for runs under Dagster: its rows, its spec, its platform, a project that hosts it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from retrain_platform.defs.resource import Platform
from retrain_platform.release.base import Entry
from retrain_platform.spec import ModelSpec
from retrain_platform_tests.steps.tiny import START, attributes, rows, tiny_spec


def write_rows(folder: Path, days: int) -> Path:
    """`days` days of rows in one file, and one row of the day after, which closes the last."""
    calendar = tiny_spec().period
    whole = [rows(calendar.at(day)) for day in range(days)]
    after = rows(calendar.at(days)).head(1).assign(at=START + timedelta(days=days))
    path = folder / "rows.parquet"
    pd.concat([*whole, after], ignore_index=True).to_parquet(path)
    return path


def file_spec(path: Path, **changed: Any) -> ModelSpec:
    """The tiny model, read from a file."""
    source = {"kind": "files", "path": str(path), "event_time": "at", "entity": "who"}
    return tiny_spec(**{"source": source, **changed})


def lines(platform: Platform, spec: ModelSpec) -> list[Entry]:
    """What the ledger says of the model."""
    found: list[Entry] = platform.ledger().entries(spec.name)
    return found


def kinds(platform: Platform, spec: ModelSpec) -> list[str]:
    return [entry.kind for entry in lines(platform, spec)]


def written(**changed: object) -> str:
    """The tiny model as a component's file says it."""
    return yaml.safe_dump({"type": "retrain_platform.RetrainedModel", "attributes": attributes(**changed)})


def host_project(folder: Path, name: str, text: str) -> None:
    """Another team's Dagster project in `folder`, of the package `name`, with one model that is written as `text`."""
    model = folder / name / "defs" / "tiny"
    model.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[tool.dg]\ndirectory_type = "project"\n[tool.dg.project]\nroot_module = "{name}"\n'
    )
    for package in (folder / name, folder / name / "defs"):
        (package / "__init__.py").write_text("")
    (model / "defs.yaml").write_text(text)
