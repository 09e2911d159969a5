"""Learners as a user writes them: two that are sound, and some that are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd


def matrix(frame: pd.DataFrame, texts: dict[str, dict[str, float]]) -> np.ndarray:
    """Numbers around their usual value, texts as the mean label that they had; missing is usual."""
    columns = [frame[name].map(texts[name]) if name in texts else frame[name] for name in frame]
    return np.column_stack([np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float) for column in columns])


class Line:
    """A straight line through numbers and texts."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.kept = kept
        self.importance = dict(zip(kept["features"], np.abs(kept["weights"]).tolist(), strict=True))

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        assert list(frame.columns) == self.kept["features"]
        found = (matrix(frame, self.kept["texts"]) - self.kept["means"]) / self.kept["widths"]
        line = np.einsum("ij,j->i", np.nan_to_num(found), self.kept["weights"]) + self.kept["base"]
        return np.clip(line, 0, 1) if self.kept["binary"] else line

    def save(self, folder: Path) -> None:
        (folder / "line.json").write_text(json.dumps(self.kept))

    @classmethod
    def load(cls, folder: Path) -> Line:
        return cls(json.loads((folder / "line.json").read_text()))


def fit(
    train: pd.DataFrame, labels: np.ndarray, *, task: str, params: dict[str, Any], weights: np.ndarray | None = None
) -> Line:
    """Ridge regression; the function names the arguments that it needs."""
    weighing = np.ones(len(labels)) if weights is None else weights
    texts = {
        name: (pd.Series(labels * weighing).groupby(values).sum() / pd.Series(weighing).groupby(values).sum()).to_dict()
        for name in train
        if (values := train[name].to_numpy()).dtype == object
    }
    raw = matrix(train, texts)
    known = np.isfinite(raw)
    shares = np.where(known, weighing[:, None], 0.0)
    shares = shares / np.maximum(shares.sum(axis=0), 1e-300)
    means = (shares * np.where(known, raw, 0.0)).sum(axis=0)
    widths = np.sqrt((shares * np.where(known, raw - means, 0.0) ** 2).sum(axis=0))
    widths[widths == 0] = 1.0
    scaled = np.nan_to_num((raw - means) / widths)
    base = float((labels * weighing).sum() / weighing.sum())
    ridge = params.get("ridge", 1.0) * np.eye(scaled.shape[1])
    moments = (scaled * weighing[:, None]).T
    line = np.linalg.solve(moments @ scaled + ridge, moments @ (labels - base))
    kept = {"means": means, "widths": widths, "weights": line}
    return Line(
        {name: values.tolist() for name, values in kept.items()}
        | {"texts": texts, "features": list(train.columns), "base": base, "binary": task == "binary"}
    )


class Lines:
    """A line for each class, its answers shared out to add up to 1."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        found = np.column_stack([line.score(frame) for line in self.lines]) + 1e-6
        return found / found.sum(axis=1, keepdims=True)

    def save(self, folder: Path) -> None:
        (folder / "lines.json").write_text(json.dumps([line.kept for line in self.lines]))

    @classmethod
    def load(cls, folder: Path) -> Lines:
        return cls([Line(kept) for kept in json.loads((folder / "lines.json").read_text())])


def fit_classes(train: pd.DataFrame, labels: np.ndarray, *, classes: tuple[str, ...], weights: Any = None) -> Lines:
    """One class against the rest; `labels` are places among `classes`."""
    each = [(labels == place).astype(float) for place in range(len(classes))]
    return Lines([fit(train, one, task="binary", params={}, weights=weights) for one in each])


def careless(
    train: pd.DataFrame, labels: np.ndarray, *, task: str, params: dict[str, Any], weights: np.ndarray | None = None
) -> Line:
    """Takes weights and does not mind them."""
    return fit(train, labels, task=task, params=params)


def unweighted(train: pd.DataFrame, labels: np.ndarray, *, task: str, params: dict[str, Any]) -> Line:
    """Has no place for weights."""
    return fit(train, labels, task=task, params=params)


class Wrapped(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The same as a model of MLflow's."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> np.ndarray:
        return self.line.score(model_input)


def fit_pyfunc(train: pd.DataFrame, labels: np.ndarray, **given: Any) -> Wrapped:
    assert set(given) == {
        "task", "seed", "params", "valid", "valid_labels", "rounds", "weights", "valid_weights", "classes", "queries",
        "valid_queries",
    }  # fmt: skip
    return Wrapped(fit(train, labels, task=given["task"], params=given["params"], weights=given["weights"]))


def breaks(train: pd.DataFrame, labels: np.ndarray) -> Line:
    raise MemoryError("no room for\n600 rows")


def bare(train: pd.DataFrame, labels: np.ndarray) -> Any:
    return 0.5


class Constant(Line):
    """Says the same of every row, and another thing after every fit."""

    fits = 0

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        return np.full(len(frame), self.kept["base"])


def moody(train: pd.DataFrame, labels: np.ndarray) -> Constant:
    Constant.fits += 1
    line = fit(train, labels, task="binary", params={})
    return Constant(line.kept | {"base": 1 / (1 + Constant.fits)})


class Odd(Line):
    """Scores that are none: of the wrong shape, nan, or no chance."""

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        found = super().score(frame)
        return {"nan": found * np.nan, "twice": np.r_[found, found], "wide": found + 7}[self.kept["how"]]


def odd(train: pd.DataFrame, labels: np.ndarray, *, params: dict[str, Any]) -> Odd:
    return Odd(fit(train, labels, task="binary", params={}).kept | {"how": params["how"]})


def local(train: pd.DataFrame, labels: np.ndarray) -> Any:
    class Mine(Line):
        pass

    return Mine(fit(train, labels, task="binary", params={}).kept)
