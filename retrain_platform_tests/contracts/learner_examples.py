"""A recipe of every kind of learner for every task that it has, and the rows that they all learn from."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.training.base import Learner, Rows, Task
from retrain_platform.training.conformance import made_up

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


CLASSES = "early", "late", "very late"
LATER = made_up("regression").later
QUERIES = np.random.default_rng(3).integers(0, 60, 600)


def known(task: Task) -> Rows:
    """600 rows to learn from, which for ranking are in no order of their queries."""
    rows = made_up(task).train
    return rows._replace(queries=QUERIES) if task == "ranking" else rows


def truth(task: Task) -> NDArray[Any]:
    """The labels of the rows `LATER`."""
    return made_up(task).truth
