"""The folder that a fitted model is kept in: what is the same for every learner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

from retrain_platform.dataset.preparation import Preparation
from retrain_platform.training.base import FitReport, Task

FORMAT = 1
BOOSTER = "booster.txt"
"""LightGBM's trees, as a text."""
_MARKER, _PREPARATION, _REPORT = "learner.json", "preparation.json", "report.json"

Kind = Literal["lightgbm", "sklearn", "python", "ensemble", "pipeline"]


class BadPackage(ValueError):
    """A folder that holds no fitted model, or one that this version cannot read."""


class Package(NamedTuple):
    """What a package holds beside the model itself."""

    kind: str
    task: Task
    preparation: Preparation
    report: FitReport


def write_package(folder: Path, kind: Kind, task: Task, preparation: Preparation, report: FitReport) -> None:
    """Write everything but the model into `folder`; the marker last."""
    (folder / _PREPARATION).write_text(preparation.model_dump_json(), encoding="utf-8")
    (folder / _REPORT).write_text(report.model_dump_json(), encoding="utf-8")
    marker = {"kind": kind, "task": task, "format": FORMAT}
    (folder / _MARKER).write_text(json.dumps(marker), encoding="utf-8")


def read_package(folder: Path) -> Package:
    """What `write_package` wrote.

    Raises:
        BadPackage: naming the folder and what is wrong with it.
    """
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
        if marker["format"] != FORMAT:
            raise BadPackage(f"format of {folder} == {marker['format']}, must be {FORMAT}: train the model again")
        return Package(
            kind=marker["kind"],
            task=marker["task"],
            preparation=Preparation.model_validate_json((folder / _PREPARATION).read_text(encoding="utf-8")),
            report=FitReport.model_validate_json((folder / _REPORT).read_text(encoding="utf-8")),
        )
    except FileNotFoundError as error:
        raise BadPackage(f"folder == {folder} holds no fitted model: {Path(error.filename).name} is missing") from error
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadPackage(f"{_MARKER} of {folder} cannot be read: {error}") from error
