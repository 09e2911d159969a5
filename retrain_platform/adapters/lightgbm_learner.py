"""Fits the `lightgbm` recipe with LightGBM's native interface: same input, same trees, on any number of threads."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.adapters.labels import named, numbered, numbered_as
from retrain_platform.adapters.lightgbm_limit import TimeLimit
from retrain_platform.adapters.lightgbm_rows import dataset, valid_rows
from retrain_platform.adapters.package_files import BOOSTER, read_package, write_package
from retrain_platform.dataset.preparation import Preparation, fit_preparation
from retrain_platform.training.base import FitReport, Fitted, Rows, Task
from retrain_platform.training.incremental import CannotContinue, MoreTrees
from retrain_platform.training.lightgbm import LightGBM

if TYPE_CHECKING:
    import lightgbm as lgb
    import pandas as pd
    from numpy.typing import NDArray

_FEW_ROWS = 1000
"""Up to here one thread answers sooner than several can be woken."""
_OBJECTIVE: dict[Task, str] = {
    "binary": "binary",
    "multiclass": "multiclass",
    "regression": "regression",
    "ranking": "lambdarank",
}

_METRICS: dict[Task, dict[str, str]] = {
    "binary": {"log_loss": "binary_logloss", "auc": "auc"},
    "multiclass": {"log_loss": "multi_logloss"},
    "regression": {"rmse": "rmse", "mae": "l1"},
    "ranking": {"ndcg@10": "ndcg", "map@10": "map"},
}
"""Our name of each metric to LightGBM's; the first is the task's loss."""


_Curves = dict[str, dict[str, list[float]]]


class LightGBMLearner:
    """A `Learner`. `threads` 0 takes what OpenMP is given (OMP_NUM_THREADS, else all cores)."""

    def __init__(self, spec: LightGBM, task: Task, *, threads: int = 0) -> None:
        self._spec, self._task, self._threads = spec, task, threads

    def fit(self, train: Rows, *, valid: Rows | None = None, rounds: int | None = None) -> FittedLightGBM:
        """Fit on all columns of `train`; see `Learner`. Texts are categories, a missing value stays missing.

        Raises:
            OneClass: nothing to tell apart; see `Learner`.
            ValueError: labels or weights that cannot be learned from, or a parameter that LightGBM refuses.
        """
        rows, classes = numbered(train, self._task)
        columns, most = list(rows.frame.columns), self._spec.most_categories
        preparation = fit_preparation(rows.frame, columns, most_categories=most)
        known = valid_rows(valid, classes) if rounds is None else None
        return self._trained(preparation, rows, known, classes, rounds or self._spec.rounds)

    def continue_from(
        self, base: Fitted, train: Rows, *, valid: Rows | None = None, rounds: int | None = None
    ) -> FittedLightGBM:
        """More trees on those of `base`, whose preparation is kept; see `Continuing`."""
        more = self._spec.incremental or MoreTrees()
        if not isinstance(base, FittedLightGBM):
            raise CannotContinue(f"the model is {type(base).__name__}, must be LightGBM's")
        left = more.max_rounds - base.report.rounds
        if left < 1:
            raise CannotContinue(f"the model has {base.report.rounds} trees, must be < {more.max_rounds}")
        rows, classes = numbered_as(base, train, self._task), base.report.classes
        known = valid_rows(valid, classes) if rounds is None else None
        return self._trained(base.preparation, rows, known, classes, min(rounds or more.rounds, left), base)

    def _trained(
        self,
        preparation: Preparation,
        rows: Rows,
        valid: Rows | None,
        classes: tuple[str, ...],
        rounds: int,
        base: FittedLightGBM | None = None,
    ) -> FittedLightGBM:
        """At most `rounds` trees, on those of `base` where it is given; `valid` stops them early."""
        import lightgbm as lgb

        curves: _Curves = {}
        data = dataset(preparation, rows)
        watched = {} if valid is None else {"valid_sets": [dataset(preparation, valid, data)], "valid_names": ["valid"]}
        callbacks = [] if valid is None else self._stopping(curves)
        limit = None if self._spec.time_limit is None else TimeLimit(self._spec.time_limit, curves)
        callbacks += [limit] if limit else []
        parameters = self._parameters(classes, rows, valid)
        if base is not None and self._spec.incremental is not None and self._spec.incremental.learning_rate:
            parameters["learning_rate"] = self._spec.incremental.learning_rate
        started = None if base is None else base.booster
        try:
            booster = lgb.train(parameters, data, rounds, init_model=started, callbacks=callbacks, **watched)
        except lgb.basic.LightGBMError as error:
            raise ValueError(f"training.params == {self._spec.params}, must suit LightGBM: {error}") from error
        stopped = limit.stopped if limit else ""
        text = booster.model_to_string(num_iteration=booster.best_iteration if valid is not None or stopped else -1)
        told = {"taken_over": base.report.rounds if base else 0, "stopped": stopped}
        report = report_of(text, preparation, curves, classes).model_copy(update=told)
        return FittedLightGBM(text, self._task, preparation, report, self._threads)

    def load(self, folder: Path) -> FittedLightGBM:
        """What `save` wrote.

        Raises:
            BadPackage: `folder` holds no fitted model.
        """
        return load_lightgbm(folder, threads=self._threads)

    def _stopping(self, curves: _Curves) -> list[Any]:
        import lightgbm as lgb

        patience = self._spec.early_stopping_rounds
        return [lgb.early_stopping(patience, first_metric_only=True, verbose=False), lgb.record_evaluation(curves)]

    def _metrics(self) -> list[str]:
        """LightGBM's names, the one that stops the fit first; the others are shown beside it."""
        names = _METRICS[self._task]
        stops = self._spec.stop_metric or next(iter(names))
        if stops not in names:
            raise ValueError(
                f"training.stop_metric == {stops!r}, must be one of {', '.join(names)} for task {self._task}"
            )
        return [names[stops], *(theirs for ours, theirs in names.items() if ours != stops)]

    def _parameters(self, classes: Sequence[str], rows: Rows, valid: Rows | None) -> dict[str, Any]:
        by_task: dict[str, Any] = {"num_class": len(classes)} if classes else {}
        if self._task == "ranking":  # gains as our NDCG has them: the relevance itself, not 2 to its power
            most = max(float(each.labels.max(initial=0)) for each in (rows, valid) if each is not None)
            by_task = {"label_gain": list(range(int(most) + 1)), "eval_at": [10]}
        return {
            **by_task,
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
        self.preparation, self.booster = preparation, booster_of(text)
        self._text, self._task, self._threads = text, task, threads

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row; see `Fitted`."""
        if not len(frame):
            return np.empty((0, len(self.report.classes)) if self.report.classes else 0)
        matrix = self.preparation.transform(frame)
        threads = 1 if len(frame) <= _FEW_ROWS else self._threads
        return np.asarray(self.booster.predict(matrix, num_threads=threads), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write trees, preparation and report into `folder`."""
        (folder / BOOSTER).write_text(self._text, encoding="utf-8")
        write_package(folder, "lightgbm", self._task, self.preparation, self.report)

    def fingerprint(self) -> str:
        """The SHA-256 of the trees: the model's text before its parameters, and the names of the classes."""
        trees = hashlib.sha256(self._text.partition("\nparameters:")[0].encode()).hexdigest()
        return named(trees, self.report.classes)


def load_lightgbm(folder: Path, *, threads: int = 0) -> FittedLightGBM:
    """The fitted model in `folder`.

    Raises:
        BadPackage: `folder` holds none.
    """
    package = read_package(folder)
    text = (folder / BOOSTER).read_text(encoding="utf-8")
    return FittedLightGBM(text, package.task, package.preparation, package.report, threads)


def booster_of(text: str) -> lgb.Booster:
    """The trees of a model's text."""
    import lightgbm as lgb

    with warnings.catch_warnings():
        # It warns of parameters that nobody gave (4.7).
        warnings.filterwarnings("ignore", "Ignoring params argument", UserWarning)
        return lgb.Booster(model_str=text)


def report_of(
    text: str, preparation: Preparation, curves: dict[str, dict[str, list[float]]], classes: tuple[str, ...]
) -> FitReport:
    """What the trees of `text` say of themselves; `curves` are LightGBM's, by the name of the part."""
    booster = booster_of(text)
    gain = booster.feature_importance(importance_type="gain")
    return FitReport(
        rounds=booster.num_trees() // booster.num_model_per_iteration(),
        features=preparation.features,
        importance={name: float(value) for name, value in zip(preparation.features, gain, strict=True)},
        curves={f"valid_{_ours(metric)}": tuple(points) for metric, points in curves.get("valid", {}).items()},
        classes=classes,
    )


def _ours(metric: str) -> str:
    if "@" in metric:  # with its cut-off, as we write it
        return metric
    return next(ours for names in _METRICS.values() for ours, theirs in names.items() if theirs == metric)
