"""Fits by a function of the user's own, and keeps what it gives: an object of theirs, or an MLflow model."""

from __future__ import annotations

import hashlib
import importlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.adapters.labels import named, numbered, of_known_classes
from retrain_platform.adapters.package_files import BadPackage, read_package, write_package
from retrain_platform.dataset.calling import CannotCall, answer_of, handed, takes
from retrain_platform.dataset.preparation import MissingColumns, Preparation
from retrain_platform.training.base import FitReport, PluginFailed, Rows, Task
from retrain_platform.training.python import PythonLearner

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_MODEL, _CLASS, _PYFUNC = "model", "class.json", "mlflow.pyfunc"


class OwnLearner:
    """A `Learner` by a function of the user's own."""

    def __init__(self, spec: PythonLearner, task: Task) -> None:
        self._spec, self._task = spec, task

    def fit(self, train: Rows, *, valid: Rows | None = None, rounds: int | None = None) -> OwnFitted:
        """Hand the rows to the function; see `Learner`.

        Raises:
            OneClass: nothing to tell apart; see `Learner`.
            ValueError: labels that cannot be learned from.
            PluginFailed: the function raised, gave no model, or takes no weights where there are some.
        """
        rows, classes = numbered(train, self._task)
        stop = None if valid is None else of_known_classes(valid, classes)
        frame = None if stop is None else handed(stop.frame)
        held: dict[str, Any] = {"valid": frame, "rounds": rounds, "classes": classes}
        held |= _copies(stop, "valid_") | _copies(rows)
        model = self._fitted(handed(rows.frame), held.pop("labels"), held)
        return OwnFitted(model, self._task, tuple(map(str, rows.frame.columns)), classes=classes)

    def _fitted(self, train: pd.DataFrame, labels: NDArray[np.float64], held: dict[str, Any]) -> Any:
        """What the function gives, once it is seen to be a model."""
        asked = {"task": self._task, "seed": self._spec.seed, "params": dict(self._spec.params), **held}
        try:
            _must_take_weights(self._spec.call, held["weights"])
            model = answer_of(self._spec.call, train, labels, **asked)
        except CannotCall as error:
            raise PluginFailed(f"training.call: {error}") from error
        _must_be_a_model(model, self._spec.call)
        return _loaded_pyfunc(model) if _is_pyfunc(model) else model

    def load(self, folder: Path) -> OwnFitted:
        """What `save` wrote.

        Raises:
            BadPackage: `folder` holds no fitted model, or its class is gone.
        """
        return load_python(folder)


def _copies(rows: Rows | None, before: str = "") -> dict[str, Any]:
    """What is told of the rows, by the names of the function's arguments; None where there are none."""
    told = [None] * 3 if rows is None else [None if array is None else array.copy() for array in rows[1:]]
    return {f"{before}{name}": array for name, array in zip(Rows._fields[1:], told, strict=True)}


class OwnFitted:
    """A model of the user's own and the columns that it was fitted on."""

    def __init__(
        self,
        model: Any,
        task: Task,
        features: tuple[str, ...],
        report: FitReport | None = None,
        classes: tuple[str, ...] = (),
    ) -> None:
        self._model, self._task, self._features = model, task, features
        rounds, weights = getattr(model, "rounds", 0) or 0, getattr(model, "importance", {}) or {}
        importance = {name: float(weights.get(name, 0.0)) for name in features} if weights else {}
        self.report = report or FitReport(rounds=int(rounds), features=features, importance=importance, classes=classes)

    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """One number a row; see `Fitted`.

        Raises:
            MissingColumns: a column of the fit is not there.
            PluginFailed: the model raised, or gave something else than a finite number a row.
        """
        absent = [name for name in self._features if name not in frame.columns]
        if absent:
            raise MissingColumns(f"columns == {', '.join(absent)}, must be there: the model was fitted on them")
        shape = (len(frame), len(self.report.classes)) if self._task == "multiclass" else (len(frame),)
        if not len(frame):
            return np.empty(shape)
        name = f"{type(self._model).__module__}:{type(self._model).__qualname__}"
        try:
            scored = _scores(self._model, handed(frame[list(self._features)]))
        except Exception as error:  # the user's own code may fail in any way
            said = " ".join(str(error).split())
            raise PluginFailed(f"score of {name} raised {type(error).__name__}: {said}") from error
        return _must_be_scores(scored, shape, self._task, name)

    def save(self, folder: Path) -> None:
        """Write model, class and report into `folder`.

        Raises:
            PluginFailed: the model cannot be saved, or its class could not be found again.
        """
        (folder / _CLASS).write_text(json.dumps({"class": _class_of(self._model)}), encoding="utf-8")
        _save(self._model, folder / _MODEL)
        write_package(folder, "python", self._task, Preparation(features=self._features), self.report)

    def fingerprint(self) -> str:
        """The model's own, else the SHA-256 of what it saves."""
        own = getattr(self._model, "fingerprint", None)
        if callable(own):
            return named(str(own()), self.report.classes)
        with TemporaryDirectory() as folder:
            _save(self._model, Path(folder) / _MODEL)
            return named(_digest(Path(folder) / _MODEL), self.report.classes)


def load_python(folder: Path) -> OwnFitted:
    """The fitted model in `folder`.

    Raises:
        BadPackage: `folder` holds none, or its class is gone or cannot read it.
    """
    package = read_package(folder)
    try:
        model = _loaded(json.loads((folder / _CLASS).read_text(encoding="utf-8"))["class"], folder / _MODEL)
    except Exception as error:  # the user's own code may fail in any way
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise BadPackage(f"the model of {folder} cannot be loaded by its own class: {said}") from error
    return OwnFitted(model, package.task, package.preparation.features, package.report)


def _is_pyfunc(model: Any) -> bool:
    """Whether it is an MLflow `PythonModel` or a loaded pyfunc model; MLflow is not imported to see that."""
    return any(kind.__module__.startswith("mlflow.pyfunc") for kind in type(model).__mro__)


def _must_take_weights(call: str, weights: NDArray[np.float64] | None) -> None:
    """A function that leaves the argument out would learn from all rows alike, and nobody would know."""
    if weights is not None and not takes(call, "weights"):
        raise PluginFailed(
            f"training.call: {call} has no parameter weights, must have one where half_life or balance: weights asks"
        )


def _must_be_a_model(model: Any, call: str) -> None:
    if _is_pyfunc(model):
        return
    lacking = [name for name in ("score", "save", "load") if not callable(getattr(model, name, None))]
    if lacking:
        raise PluginFailed(
            f"training.call: {call} returned {type(model).__name__} without {', '.join(lacking)}, must return an "
            "object with score, save and load, or an MLflow PythonModel"
        )
    if "<locals>" in type(model).__qualname__:
        said = f"{type(model).__qualname__}, must be of a class that can be imported: move it out of the function"
        raise PluginFailed(f"training.call: {call} returned {said}")


def _class_of(model: Any) -> str:
    return _PYFUNC if _is_pyfunc(model) else f"{type(model).__module__}:{type(model).__qualname__}"


def _scores(model: Any, frame: pd.DataFrame) -> Any:
    return model.predict(frame) if _is_pyfunc(model) else model.score(frame)


def _loaded_pyfunc(model: Any) -> Any:
    """A `PythonModel` as it will be once it was kept: MLflow's own `predict` is around it from the beginning."""
    if hasattr(model, "unwrap_python_model"):
        return model
    with TemporaryDirectory() as folder:
        _save(model, Path(folder) / _MODEL)
        return _loaded(_PYFUNC, Path(folder) / _MODEL)


_WHAT = {"multiclass": "a chance for each class a row, in the order of classes"}


def _must_be_scores(scored: Any, shape: tuple[int, ...], task: Task, name: str) -> NDArray[np.float64]:
    try:
        found = np.asarray(scored, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise PluginFailed(f"score of {name} returned {type(scored).__name__}, must be numbers: {error}") from None
    if found.shape != shape:
        what = _WHAT.get(task, "one number a row")
        raise PluginFailed(f"score of {name} returned the shape {found.shape}, must be {shape}: {what}")
    if not np.isfinite(found).all():
        raise PluginFailed(f"score of {name} == {found[~np.isfinite(found)][0]} in places, must be finite")
    if task in ("binary", "multiclass") and ((found < 0) | (found > 1)).any():
        odd = found[(found < 0) | (found > 1)][0]
        raise PluginFailed(f"score of {name} == {odd:g}, must be from 0 to 1 where task == {task!r}")
    return found


def _save(model: Any, folder: Path) -> None:
    try:
        if not _is_pyfunc(model):
            folder.mkdir()
            model.save(folder)
            return
        import mlflow.pyfunc

        kept = model.unwrap_python_model() if hasattr(model, "unwrap_python_model") else model
        mlflow.pyfunc.save_model(folder, python_model=kept, pip_requirements=[])
    except Exception as error:  # the user's own code may fail in any way
        said = " ".join(str(error).split())
        raise PluginFailed(f"save of {_class_of(model)} raised {type(error).__name__}: {said}") from error


def _loaded(kind: str, folder: Path) -> Any:
    if kind == _PYFUNC:
        import mlflow.pyfunc

        return mlflow.pyfunc.load_model(str(folder))
    module, _, name = kind.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found.load(folder)


def _digest(folder: Path) -> str:
    """Of an MLflow model its pickle alone: its description carries the time."""
    pickled = folder / "python_model.pkl"
    digest = hashlib.sha256()
    for path in [pickled] if pickled.is_file() else sorted(each for each in folder.rglob("*") if each.is_file()):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
