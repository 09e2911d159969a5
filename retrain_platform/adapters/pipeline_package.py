"""A scikit-learn pipeline of others that reads the columns by their names, kept without pickles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.adapters.content_digest import digest
from retrain_platform.adapters.labels import named
from retrain_platform.adapters.package_files import read_package, write_package
from retrain_platform.adapters.sklearn_learner import read_skops
from retrain_platform.dataset.label import Task
from retrain_platform.dataset.preparation import Preparation, UnfitColumn, must_have
from retrain_platform.dataset.texts import value_text
from retrain_platform.training.base import FitReport

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_MODEL = "pipeline.skops"


class FittedPipeline:
    """A pipeline with its own preparation, asked with the feature columns as they are."""

    def __init__(self, pipeline: Any, task: Task, report: FitReport) -> None:
        self.pipeline, self.report, self.task = pipeline, report, task

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row; see `Fitted`.

        Raises:
            MissingColumns: a column is not there.
            UnfitColumn: the pipeline cannot read the rows; its own words.
        """
        must_have(frame, self.report.features)
        if not len(frame):
            return np.empty((0, len(self.report.classes)) if self.report.classes else 0)
        rows = frame[list(self.report.features)]
        try:
            return native_pipeline(self.pipeline, self.task, rows)
        except (ValueError, TypeError, KeyError) as error:
            raise UnfitColumn(f"the adopted pipeline cannot read these rows: {' '.join(str(error).split())}") from error

    def save(self, folder: Path) -> None:
        """Write pipeline and report into `folder`."""
        import skops.io

        (folder / _MODEL).write_bytes(skops.io.dumps(self.pipeline))
        write_package(folder, "pipeline", self.task, Preparation(features=self.report.features), self.report)

    def fingerprint(self) -> str:
        """The SHA-256 of all that was fitted, and the names of the classes."""
        return named(digest(self.pipeline), self.report.classes)


def native_pipeline(pipeline: Any, task: Task, rows: pd.DataFrame) -> NDArray[np.float64]:
    """What scikit-learn answers."""
    if task == "multiclass":
        return np.asarray(pipeline.predict_proba(rows), dtype=np.float64)
    if task == "binary":
        return np.asarray(pipeline.predict_proba(rows)[:, 1], dtype=np.float64)
    return np.asarray(pipeline.predict(rows), dtype=np.float64)


def load_pipeline(folder: Path) -> FittedPipeline:
    """The fitted pipeline in `folder`.

    Raises:
        BadPackage: `folder` holds none, or one with types that are not trusted.
    """
    package = read_package(folder)
    return FittedPipeline(read_skops(folder / _MODEL), package.task, package.report)


def pipeline_of(path: Path, task: Task, features: Sequence[str]) -> FittedPipeline:
    """A pipeline of others, asked by `features`.

    Raises:
        BadPackage: it holds types that are not known to be plain data.
        ValueError: it does not fit the task.
    """
    made = read_skops(path)
    wanted = "predict_proba" if task in ("binary", "multiclass") else "predict"
    if not hasattr(made, wanted):
        raise ValueError(f"{type(made).__name__} has no {wanted}, must have it where task == {task!r}")
    known = [value_text(each) for each in made.classes_] if task in ("binary", "multiclass") else []
    if task == "binary" and known not in (["0", "1"], ["False", "True"]):
        raise ValueError(f"classes == {', '.join(known)}, must be 0 and 1 where task == 'binary'")
    classes = tuple(known) if task == "multiclass" else ()
    report = FitReport(rounds=0, features=tuple(features), importance={}, classes=classes)
    return FittedPipeline(made, task, report)
