"""The table of a regression pack: its names, its numbers, and which rows lack what the model was fitted on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retrain_platform.steps.validation.scene import Scene
from retrain_platform.steps.workshop import SuiteTable

NAME = "name"


class Unusable(ValueError):
    """The pack as a whole cannot be used."""


def case_names(frame: pd.DataFrame) -> list[str]:
    """The name of each case.

    Raises:
        Unusable: there is no such column, no case, or a name twice.
    """
    if NAME not in frame.columns:
        raise Unusable(f"column 'name' is missing, must name each case; there are {columns(frame)}")
    if not len(frame):
        raise Unusable("it has no cases")
    names = [str(name) for name in frame[NAME]]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Unusable(f"name == {twice!r} is there twice, must be another for each case")
    return names


def columns(frame: pd.DataFrame) -> str:
    """The table's columns, for a sentence."""
    return ", ".join(str(name) for name in frame.columns) or "none"


def numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    """The column as float64, nan where it is missing or empty, shape (cases,).

    Raises:
        Unusable: it holds something else than numbers.
    """
    if name not in frame.columns:
        return np.full(len(frame), np.nan)
    values = frame[name]
    found: np.ndarray = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = values[np.isnan(found) & values.notna().to_numpy()]
    if len(wrong):
        raise Unusable(f"{name} == {wrong.iloc[0]!r}, must be a number or missing")
    return found


def lacking(scene: Scene, table: SuiteTable) -> dict[int, str]:
    """The rows that have not all columns of the model, by their places, and why they cannot be asked."""
    features = scene.candidate.report.features
    absent = [name for name in features if name not in table.frame.columns]
    found = {}
    for place in range(len(table.frame)):
        own = [name for name in features if table.lacks and name in table.lacks[place]]
        if absent or own:
            found[place] = f"lacks {', '.join([*absent, *own])}, which the model was fitted on"
    return found


def unread(scene: Scene, frame: pd.DataFrame, expected: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of the table that nobody reads, beside those of what is `expected`."""
    spec = scene.shop.spec
    known = {NAME, *expected, *scene.candidate.report.features, *spec.not_features}
    return tuple(str(name) for name in frame.columns if name not in known)
