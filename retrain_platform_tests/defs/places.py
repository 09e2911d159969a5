"""A tiny model in files, for runs under Dagster: its rows, its spec, its platform."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from retrain_platform.defs.resource import Platform
from retrain_platform.release.base import Entry
from retrain_platform.spec import ModelSpec
from retrain_platform_tests.steps.tiny import START, rows, tiny_spec


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
