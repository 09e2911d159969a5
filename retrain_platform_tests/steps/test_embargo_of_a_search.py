"""A label that leaks through adjacent days: what the folds of a search may not see of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.optuna_search import OptunaTuner
from retrain_platform.steps.training.searching import search
from retrain_platform.training.search import SearchFailed, SearchReport
from retrain_platform_tests.steps.tiny import START, Places, Rows, tiny_spec

ROWS = 200
"""A day."""


def twins() -> pd.DataFrame:
    """Six days: each row of the days 1 and 3 comes again on the day after, with the same label, which is else chance.

    As a label does that looks a day ahead: rows of adjacent days are made of the same outcome. Three blocks of two
    days make two folds, and the days 1 and 3 are the last of those that each learns from.
    """
    rng = np.random.default_rng(3)
    days = []
    for day in range(6):
        comes_again = day in (2, 4)
        x, label = (days[-1]["x"], days[-1]["_label"]) if comes_again else (rng.random(ROWS), rng.integers(0, 2, ROWS))
        at = START + timedelta(days=day) + pd.to_timedelta(np.arange(ROWS) * 400, unit="s")
        days.append(pd.DataFrame({"_event_time": at, "_entity": "u", "_label": np.asarray(label, float), "x": x}))
    return pd.concat(days, ignore_index=True)


def searched(embargo: str) -> SearchReport:
    """The nearest neighbour alone answers: it knows by heart what it learned, and nothing else."""
    recipe: dict[str, Any] = {
        "kind": "sklearn",
        "estimator": "sklearn.neighbors.KNeighborsClassifier",
        "params": {"n_neighbors": 1},
        "holdout": "1d",
        "split": {"embargo": embargo},
        "search": {"trials": 1, "folds": 2, "space": {"n_neighbors": {"low": 1, "high": 3}}},
    }
    shop = replace(Places().shop(tiny_spec(training=recipe), Rows(8)), tuner=OptunaTuner())
    decision: Any = SimpleNamespace(id="d1", as_of=START + timedelta(days=8))
    rows, period = twins(), shop.spec.period.at(7)
    found = search(shop, period, decision, rows, ["x"], depth="full", limits=None, tell=lambda _: None)
    assert found is not None
    return found


def score(report: SearchReport) -> float:
    assert report.best is not None
    assert report.best.value is not None
    return report.best.value


def test_without_an_embargo_a_fold_is_scored_on_what_it_learned_by_heart() -> None:
    report = searched("0h")
    assert score(report) > 0.7
    assert [(fold.train, fold.valid) for fold in report.folds] == [(2 * ROWS, 2 * ROWS), (4 * ROWS, 2 * ROWS)]


def test_with_one_of_a_day_it_can_only_guess_and_says_what_it_learned_from() -> None:
    report = searched("1d")
    assert score(report) == pytest.approx(0.5, abs=0.04)
    assert [(fold.train, fold.valid) for fold in report.folds] == [(ROWS, 2 * ROWS), (3 * ROWS, 2 * ROWS)]


def test_a_fold_with_nothing_left_is_given_up_and_a_search_without_any_fails_in_words() -> None:
    report = searched("2d")
    assert [(fold.train, fold.valid) for fold in report.folds] == [(2 * ROWS, 2 * ROWS)]
    with pytest.raises(SearchFailed, match=r"split\.embargo == 9d, must leave a fold of the search rows"):
        searched("9d")
