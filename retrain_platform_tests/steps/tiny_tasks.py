"""The tiny model with a label of several classes, and one that ranks: the same road, other arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.spec import ModelSpec
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

Change = Callable[[pd.DataFrame, Period], pd.DataFrame]

CLASSES = ("fine", "bad", "awful")
NEW_FROM = "2024-01-08"
"""From this day on there is a class that was not there before."""


def classes_spec(**changed: Any) -> ModelSpec:
    """Which of three grades a row has, by name."""
    gates = [
        {"kind": "floor", "metric": "macro_f1", "at_least": 0.3},
        {"kind": "against_champion", "metric": "log_loss", "not_worse_by": 0.2},
    ]
    return tiny_spec(
        **{
            "task": "multiclass",
            "label": {"column": "grade", "delay": "12h"},
            "features": {"exclude": ["bad"]},
            "monitoring": {"min_segment": 20, "score_periods": 2, "metrics": ["log_loss", "macro_f1", "accuracy"]},
            "validation": {"gates": gates},
            "release": {"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.2, "patience": 6},
            **changed,
        }
    )


def graded(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows with a grade that follows `x` and the shop, as text."""
    x, shop = frame["x"].to_numpy(), (frame["shop"] == "north").to_numpy()
    noise = np.random.default_rng(period.start.day).normal(size=len(frame))
    grade = np.digitize(x + 0.5 * shop + 0.5 * noise, (0.0, 1.0))
    return frame.assign(grade=np.array(CLASSES, dtype=object)[grade])


def with_a_new_class(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The same, but late in the road every tenth row has a grade that nobody had before."""
    found = graded(frame, period)
    if period.key >= NEW_FROM:
        found.loc[found.index[::10], "grade"] = "lost"
    return found


def ranking_spec(**changed: Any) -> ModelSpec:
    """Which of a search's ten rows is wanted most."""
    gates = [
        {"kind": "floor", "metric": "ndcg@10", "at_least": 0.5},
        {"kind": "against_champion", "metric": "ndcg@10", "not_worse_by": 0.1},
    ]
    return tiny_spec(
        **{
            "task": "ranking",
            "label": {"column": "relevance", "delay": "12h", "query": "search"},
            "features": {"exclude": ["bad"]},
            "monitoring": {"min_segment": 5, "score_periods": 2},
            "validation": {"gates": gates},
            "release": {"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.1, "patience": 6},
            **changed,
        }
    )


def searched(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows in searches of ten, in no order, with a relevance of 0, 1 or 2 that follows `x`."""
    random = np.random.default_rng(period.start.day)
    number = random.permutation(np.arange(len(frame)) // 10)
    wanted = np.digitize(frame["x"] + 0.5 * random.normal(size=len(frame)), (0.3, 1.2)).astype(float)
    return frame.assign(search=[f"{period.key} {each}" for each in number], relevance=wanted)


def classes_shop(days: int, change: Change = graded, **changed: Any) -> Workshop:
    """A fresh workshop of the graded model."""
    return Places().shop(classes_spec(**changed), Rows(days, change))


def ranking_shop(days: int, change: Change = searched, **changed: Any) -> Workshop:
    """A fresh workshop of the ranking model."""
    return Places().shop(ranking_spec(**changed), Rows(days, change))
