"""A LightGBM model that another wrote as text: its trees, the order of its columns, and its categories' codes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrain_platform.adapters.lightgbm_learner import FittedLightGBM, report_of
from retrain_platform.dataset.label import Task
from retrain_platform.dataset.preparation import Preparation
from retrain_platform.dataset.texts import value_text
from retrain_platform.training.foreign import CannotAdopt

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_OBJECTIVES: dict[Task, tuple[str, ...]] = {
    "binary": ("binary", "cross_entropy"),
    "multiclass": ("multiclass", "multiclassova"),
    "regression": (
        "regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie"
    ),
    "ranking": ("lambdarank", "rank_xendcg"),
}  # fmt: skip
_LINE = r"^{name}=(.*)$"
_CATEGORIES = re.compile(r"^pandas_categorical:(.*)$", re.MULTILINE)
_CATEGORICAL = re.compile(r"^\[categorical_feature: (.*)\]$", re.MULTILINE)


def read_lightgbm(path: Path, task: Task, named: Sequence[str] | None) -> FittedLightGBM:
    """The model in the text file `path`; `named` are the columns as its signature has them, in order.

    Raises:
        CannotAdopt: its objective does not fit the task, or its categories cannot be told from its numbers.
    """
    text = path.read_text(encoding="utf-8")
    _must_suit(text, task)
    features = _names(text, named)
    preparation = Preparation(features=features, categories=_categories(text, features))
    classes = tuple(str(number) for number in range(int(_said(text, "num_class")))) if task == "multiclass" else ()
    return FittedLightGBM(text, task, preparation, report_of(text, preparation, {}, classes))


def native_lightgbm(fitted: FittedLightGBM, frame: pd.DataFrame) -> NDArray[np.float64]:
    """What LightGBM itself answers to a frame with pandas categories, whose codes it looks up in its own text."""
    import pandas as pd

    rows = frame[list(fitted.preparation.features)].copy()
    own = fitted.booster.pandas_categorical or []
    for name, values in zip(fitted.preparation.categories, own, strict=True):
        rows[name] = pd.Categorical(rows[name], categories=values)
    return np.asarray(fitted.booster.predict(rows, num_threads=1), dtype=np.float64)


def _said(text: str, name: str) -> str:
    found = re.search(_LINE.format(name=name), text, re.MULTILINE)
    return "" if found is None else found[1]


def _must_suit(text: str, task: Task) -> None:
    objective = _said(text, "objective").partition(" ")[0]
    if objective not in _OBJECTIVES[task]:
        must = ", ".join(_OBJECTIVES[task])
        raise CannotAdopt(f"objective == {objective!r} of its trees, must be one of {must} where task == {task!r}")


def _names(text: str, named: Sequence[str] | None) -> tuple[str, ...]:
    """The columns in the order of the trees, by the names that callers use: LightGBM writes spaces as underscores."""
    own = _said(text, "feature_names").split(" ")
    spelled = {name.replace(" ", "_"): name for name in named or ()}
    return tuple(spelled.get(name, name) for name in own)


def _categories(text: str, features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The values of each category column in the order of their codes.

    Raises:
        CannotAdopt: there are other columns than lists of values.
    """
    lists: list[list[Any]] = json.loads(found[1]) or [] if (found := _CATEGORIES.search(text)) else []
    if not lists:
        return {}
    places = [int(place) for place in found[1].split(",") if place] if (found := _CATEGORICAL.search(text)) else []
    if len(places) != len(lists):
        raise CannotAdopt(
            f"categories == {len(lists)} lists for {len(places)} category columns of its trees, must be as many: "
            "train it with pandas categories alone, or with numbers alone"
        )
    return {
        features[place]: tuple(value_text(value) for value in values)
        for place, values in zip(places, lists, strict=True)
    }
