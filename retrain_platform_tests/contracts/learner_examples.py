"""A recipe of every kind of learner for every task that it has, and the rows that they all learn from."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.training.base import Fitted, Learner, Rows, Task

RECIPES = [
    ("lightgbm", "binary", {"params": {"num_leaves": 7, "min_data_in_leaf": 5}, "rounds": 40}),
    ("lightgbm", "regression", {"params": {"bagging_fraction": 0.7, "bagging_freq": 1}, "rounds": 40}),
    ("sklearn", "regression", {"estimator": "sklearn.linear_model.Ridge"}),
    ("sklearn", "binary", {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 500}}),
    (
        "sklearn",
        "binary",
        {
            "steps": [
                {"estimator": "sklearn.feature_selection.VarianceThreshold"},
                {"estimator": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 20}},
            ],
            "categories": "ordinal",
        },
    ),
    ("sklearn", "regression", {"estimator": "sklearn.ensemble.RandomForestRegressor", "params": {"n_estimators": 8}}),
    (
        "ensemble",
        "binary",
        {
            "by": "carrier",
            "min_rows": 120,
            "member": {"kind": "lightgbm", "params": {"num_leaves": 7, "min_data_in_leaf": 5}, "rounds": 40},
            "members": {"AA": {"kind": "sklearn", "estimator": "sklearn.linear_model.LogisticRegression"}},
        },
    ),
    (
        "ensemble",
        "regression",
        {
            "member": {"kind": "sklearn", "estimator": "sklearn.linear_model.Ridge"},
            "members": {"UA": {"kind": "lightgbm", "params": {"min_data_in_leaf": 5}, "rounds": 40}},
            "by": "carrier",
            "min_rows": 140,
            "anomaly": {"of": "temp", "over": 1.5, "min_flagged": 5},
        },
    ),
    (
        "ensemble",
        "multiclass",
        {
            "min_rows": 100,
            "by": "carrier",
            "member": {"kind": "lightgbm", "params": {"num_leaves": 8, "min_data_in_leaf": 5}, "rounds": 40},
        },
    ),
    ("python", "binary", {"call": "retrain_platform_tests.training.own_learners:fit", "params": {"ridge": 0.5}}),
    ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit"}),
    ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit_pyfunc"}),
    ("lightgbm", "multiclass", {"params": {"num_leaves": 8, "min_data_in_leaf": 5}, "rounds": 40}),
    ("sklearn", "multiclass", {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 600}}),
    ("python", "multiclass", {"call": "retrain_platform_tests.training.own_learners:fit_classes"}),
    ("lightgbm", "ranking", {"params": {"num_leaves": 9, "min_data_in_leaf": 5}, "rounds": 40}),
    ("sklearn", "ranking", {"estimator": "sklearn.linear_model.Ridge", "params": {"alpha": 0.5}}),
    ("python", "ranking", {"call": "retrain_platform_tests.training.own_learners:fit", "params": {"ridge": 2}}),
]
Made = tuple[Learner, Task]


def rows(count: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "carrier": random.choice(["UA", "AA", "DL", "B6"], count),
            "distance": random.integers(100, 3000, count),
            "temp": random.normal(50, 20, count),
            "gust": np.full(count, np.nan),
        }
    )
    frame.loc[frame.index[::9], "temp"] = np.nan
    frame.loc[frame.index[::11], "carrier"] = None
    return frame


def of(frame: pd.DataFrame, task: Task) -> NDArray[Any]:
    minutes = (frame["carrier"] == "UA") * 30 + frame["temp"].fillna(50) - 60 + frame["distance"] / 200
    if task == "multiclass":
        return np.array(["early", "late", "later"], dtype=object)[np.digitize(minutes, (-10, 10))]
    if task == "ranking":
        return np.digitize(minutes, (-10, 10, 30)).astype(float)
    return (minutes > 0).to_numpy(float) if task == "binary" else minutes.to_numpy(float)


TRAIN, LATER = rows(600, 1), rows(300, 2)
QUERIES = np.random.default_rng(3).integers(0, 60, 600)


def taught(
    teacher: Learner,
    task: Task,
    frame: pd.DataFrame = TRAIN,
    labels: NDArray[Any] | None = None,
    *,
    weights: NDArray[np.float64] | None = None,
    valid: Rows | None = None,
) -> Fitted:
    """Fitted on all rows, which for ranking are in no order of their queries."""
    queries = QUERIES if task == "ranking" else None
    return teacher.fit(Rows(frame, of(frame, task) if labels is None else labels, weights, queries), valid=valid)
