"""Requests with the answers that a model gave, kept to ask it again: before it is shown, and before it answers."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import with_columns
from retrain_platform.dataset.stores import Values
from retrain_platform.steps.answers import Answers, asked
from retrain_platform.steps.training.dataset import rows_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Fitted, Registry

REQUESTS = 20
"""How many rows a registered version is asked about before it answers anybody."""
_REGISTERED = "registered_smoke.json"


def keep_requests(shop: Workshop, fitted: Fitted, made: DatasetSnapshot, folder: Path) -> None:
    """Keep some of the rows that the registered model learned from, and its answers, beside its package in `folder`.

    They stay within the platform's own home, as no example does in the registry (docs/adr/0007), and private features
    are left missing. A file that stands stays: the model is the same.
    """
    if not (folder / _REGISTERED).exists():
        keep_rows(shop, fitted, rows_of(shop, made), folder)


def keep_rows(shop: Workshop, fitted: Fitted, rows: pd.DataFrame, folder: Path) -> None:
    """As `keep_requests`, of some of these rows."""
    place = folder / _REGISTERED
    if place.exists():
        return
    known = evenly(with_columns(rows, list(fitted.report.features)), REQUESTS)
    requests = _sendable(known, shop.spec.gateway.private if shop.spec.gateway else ())
    # Each writer has a draft of its own: two runs of the same retrain may come here together.
    draft = place.with_name(f"{place.stem}.{os.getpid()}.{get_ident()}.draft")
    write_requests(draft, requests, asked(fitted, requests))
    draft.replace(place)


def _sendable(rows: pd.DataFrame, private: Collection[str]) -> pd.DataFrame:
    """The rows as JSON can say them, which has no infinity, without what is private."""
    floats = rows.select_dtypes("float")
    changed = {str(name): floats[name].where(np.isfinite(floats[name])) for name in floats}
    changed |= {name: pd.Series(np.nan, rows.index) for name in private if name in rows.columns}
    return rows.assign(**changed)


def kept_requests(values: Values, registry: Registry, model: str, version: str) -> Path | None:
    """Where `keep_requests` put those of a version; None for one whose retrain was not ours, or long ago."""
    tags = next((made.tags for made in registry.versions(model) if made.version == version), {})
    if "decision_id" not in tags:
        return None
    place = values.folder(model, "candidate_model", tags["decision_id"]) / _REGISTERED
    return place if place.exists() else None


def write_requests(place: Path, rows: pd.DataFrame, answers: Answers) -> None:
    """Rows of features as a caller sends them, a missing value as null, with the answers that they must have."""
    names = [str(name) for name in rows.columns]
    cells = zip(*(map(plain, rows[name].astype(object)) for name in rows.columns), strict=True)
    asked = [dict(zip(names, row, strict=True)) for row in cells]
    told = {"answers": answers.scores.tolist()} | ({"classes": answers.classes} if answers.classes else {})
    text = json.dumps({"features": names, "rows": asked, **told})
    place.write_text(text, encoding="utf-8")


def evenly(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """At most `count` rows, evenly over the frame, numbered anew."""
    return frame.iloc[even_places(len(frame), count)].reset_index(drop=True)


def even_places(length: int, count: int) -> NDArray[np.intp]:
    """At most `count` of the places from 0 to `length` - 1, evenly spread."""
    return np.linspace(0, max(length - 1, 0), min(length, count)).astype(np.intp)


def plain(value: Any) -> Any:
    """A cell as JSON has it: a number, true or false, a text, or null where it is missing."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)
