"""Fits the `lightgbm` recipe with LightGBM's native interface: same input, same trees, on any number of threads."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.adapters.labels import check_labels
from retrain_platform.adapters.package_files import read_package, write_package
from retrain_platform.dataset.preparation import Preparation, fit_preparation
from retrain_platform.training.base import FitReport, Task
from retrain_platform.training.lightgbm import LightGBM

if TYPE_CHECKING:
    import lightgbm as lgb
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

_MODEL = "booster.txt"
_FEW_ROWS = 1000
"""Up to here one thread answers sooner than several can be woken."""

_OBJECTIVE: dict[Task, str] = {"binary": "binary", "regression": "regression"}

_METRICS: dict[Task, dict[str, str]] = {
    "binary": {"log_loss": "binary_logloss", "auc": "auc"},
    "regression": {"rmse": "rmse", "mae": "l1"},
}
"""Our name of each metric to LightGBM's; the first is the task's loss."""


class LightGBMLearner:
    """A `Learner`. `threads` 0 takes what OpenMP is given (OMP_NUM_THREADS, else all cores)."""

    def __init__(self, spec: LightGBM, task: Task, *, threads: int = 0) -> None:
        self._spec, self._task, self._threads = spec, task, threads

    def fit(
        self,
        train: pd.DataFrame,
        labels: NDArray[np.float64],
        *,
        valid: pd.DataFrame | None = None,
        valid_labels: NDArray[np.float64] | None = None,
        rounds: int | None = None,
    ) -> FittedLightGBM:
        """Fit on all columns of `train`; see `Learner`. Texts are categories, a missing value stays missing.

        Raises:
            OneClass: a binary label with one class only.
            ValueError: labels that cannot be learned from, or a parameter that LightGBM refuses.
        """
        import lightgbm as lgb

        check_labels(labels, len(train), self._task)
        preparation = fit_preparation(train, list(train.columns), most_categories=self._spec.most_categories)
        data = lgb.Dataset(_table(preparation, train), labels, categorical_feature=list(preparation.categorical))
        stopping: dict[str, Any] = {}
        curves: dict[str, dict[str, list[float]]] = {}
        if rounds is None and valid is not None and valid_labels is not None and len(valid):
            stopping = self._stopping(data.create_valid(_table(preparation, valid), valid_labels), curves)
        try:
            booster = lgb.train(self._parameters(), data, rounds or self._spec.rounds, **stopping)
        except lgb.basic.LightGBMError as error:
            raise ValueError(f"training.params == {self._spec.params}, must suit LightGBM: {error}") from error
        text = booster.model_to_string(num_iteration=booster.best_iteration if stopping else -1)
        return FittedLightGBM(text, self._task, preparation, _report(text, preparation, curves), self._threads)

    def load(self, folder: Path) -> FittedLightGBM:
        """What `save` wrote.

        Raises:
            BadPackage: `folder` holds no fitted model.
        """
        return load_lightgbm(folder, threads=self._threads)

    def _stopping(self, valid: lgb.Dataset, curves: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
        import lightgbm as lgb

        patience = self._spec.early_stopping_rounds
        return {
            "valid_sets": [valid],
            "valid_names": ["valid"],
            "callbacks": [
                lgb.early_stopping(patience, first_metric_only=True, verbose=False),
                lgb.record_evaluation(curves),
            ],
        }

    def _metrics(self) -> list[str]:
        """LightGBM's names, the one that stops the fit first; the others are shown beside it."""
        names = _METRICS[self._task]
        stops = self._spec.stop_metric or next(iter(names))
        if stops not in names:
            raise ValueError(
                f"training.stop_metric == {stops!r}, must be one of {', '.join(names)} for task {self._task}"
            )
        return [names[stops], *(theirs for ours, theirs in names.items() if ours != stops)]

    def _parameters(self) -> dict[str, Any]:
        return {
            **self._spec.params,
            "objective": _OBJECTIVE[self._task],
            "metric": self._metrics(),
            "seed": self._spec.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self._threads,
            "verbosity": -1,
        }


class FittedLightGBM:
    """Trees and their preparation; made from the text that is saved, so that a loaded one is the same."""

    def __init__(self, text: str, task: Task, preparation: Preparation, report: FitReport, threads: int = 0) -> None:
        self.report = report
        self._text, self._task, self._preparation, self._threads = text, task, preparation, threads
        self._booster = _booster(text)

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row; see `Fitted`."""
        if not len(frame):
            return np.empty(0)
        matrix = self._preparation.transform(frame)
        threads = 1 if len(frame) <= _FEW_ROWS else self._threads
        return np.asarray(self._booster.predict(matrix, num_threads=threads), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write trees, preparation and report into `folder`."""
        (folder / _MODEL).write_text(self._text, encoding="utf-8")
        write_package(folder, "lightgbm", self._task, self._preparation, self.report)

    def fingerprint(self) -> str:
        """The SHA-256 of the trees: the model's text before its parameters."""
        return hashlib.sha256(self._text.partition("\nparameters:")[0].encode()).hexdigest()


def load_lightgbm(folder: Path, *, threads: int = 0) -> FittedLightGBM:
    """The fitted model in `folder`.

    Raises:
        BadPackage: `folder` holds none.
    """
    package = read_package(folder)
    text = (folder / _MODEL).read_text(encoding="utf-8")
    return FittedLightGBM(text, package.task, package.preparation, package.report, threads)


def _table(preparation: Preparation, frame: pd.DataFrame) -> pa.Table:
    """The rows as LightGBM reads them without a copy, no matrix made; the names are those it gives to a matrix's."""
    import pyarrow as pa

    columns = [
        pa.array(column, mask=column < 0) if name in preparation.categories else pa.array(column)
        for name, column in zip(preparation.features, preparation.columns(frame), strict=True)
    ]
    return pa.table(columns, names=[f"Column_{position}" for position in range(len(columns))])


def _booster(text: str) -> lgb.Booster:
    import lightgbm as lgb

    with warnings.catch_warnings():
        # It warns of parameters that nobody gave (4.7).
        warnings.filterwarnings("ignore", "Ignoring params argument", UserWarning)
        return lgb.Booster(model_str=text)


def _report(text: str, preparation: Preparation, curves: dict[str, dict[str, list[float]]]) -> FitReport:
    booster = _booster(text)
    gain = booster.feature_importance(importance_type="gain")
    return FitReport(
        rounds=booster.num_trees(),
        features=preparation.features,
        importance={name: float(value) for name, value in zip(preparation.features, gain, strict=True)},
        curves={f"valid_{_ours(metric)}": tuple(points) for metric, points in curves.get("valid", {}).items()},
    )


def _ours(metric: str) -> str:
    return next(ours for names in _METRICS.values() for ours, theirs in names.items() if theirs == metric)
