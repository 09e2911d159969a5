"""Workshops of the graded and of the ranking model whose spec asks for the measured suites."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.suite_shops import in_this_process
from retrain_platform_tests.steps.tiny import attributes, rows, tiny_spec
from retrain_platform_tests.steps.tiny_tasks import (
    Change,
    classes_shop,
    graded,
    ranking_shop,
    searched,
    with_a_new_class,
)

SUITES: list[dict[str, Any]] = [
    {"kind": "robustness", "falls_by": 0.5, "than_champion": 0.5, "out_of_range": 0},
    {"kind": "compliance", "forbidden": ["who*"], "declares": ["owners"]},
    {"kind": "integration", "requests": 5},
    {"kind": "cost", "memory_times": 2, "batch": 50, "rounds": 5},
]
GRADED: list[dict[str, Any]] = [
    {"kind": "floor", "metric": "macro_f1", "at_least": 0.3},
    *SUITES,
    {"kind": "golden", "path": "golden.csv"},
    {"kind": "fairness", "by": "shop", "measure": "error_rate", "at_most": 0.9, "not_worse_by": 0.9},
    {"kind": "fairness", "by": "shop", "measure": "selection_rate", "of_class": "awful", "at_most": 0.9},
    {"kind": "extra_set", "name": "elsewhere", "path": "extra.parquet", "metric": "accuracy", "at_least": 0.6},
]
RANKED: list[dict[str, Any]] = [
    {"kind": "floor", "metric": "ndcg@10", "at_least": 0.5},
    *SUITES,
    {"kind": "golden", "path": "golden.csv"},
    {"kind": "extra_set", "name": "elsewhere", "path": "extra.parquet", "metric": "mrr", "at_least": 0.5},
]


def graded_shop(
    tables: Path, gates: list[dict[str, Any]], days: int, change: Change = with_a_new_class, **changed: Any
) -> Workshop:
    """The graded model; from the eighth day on there is a class more."""
    return _asking(classes_shop(days, change, **{"segments": ["shop"], **_asked(gates, changed)}), tables)


def ranked_shop(
    tables: Path, gates: list[dict[str, Any]], days: int, change: Change = searched, **changed: Any
) -> Workshop:
    """The ranking model."""
    return _asking(ranking_shop(days, change, **_asked(gates, changed)), tables)


def _asked(gates: list[dict[str, Any]], changed: dict[str, Any]) -> dict[str, Any]:
    return {
        "owners": ["team:a"],
        "validation": {"gates": gates, "spot_check": 4},
        "training": {**attributes()["training"], "holdout": "3d"},
        "checks": {"min_rows": 1000},
        "release": {"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.5},
        **changed,
    }


def _asking(shop: Workshop, tables: Path) -> Workshop:
    ticks = count()
    return replace(
        shop,
        suite_table=partial(read_suite_table, tables),
        ask_cleanly=in_this_process,
        stopwatch=lambda: float(next(ticks)),
    )


def elsewhere(change: Change) -> pd.DataFrame:
    """Labelled rows of a day that the road does not come to."""
    period = tiny_spec().period.at(40)
    return change(rows(period), period)


def grades_elsewhere(folder: Path) -> Path:
    """The folder with golden cases and an extra set of the graded model."""
    cases = {"name": ["high", "low"], "x": [3.0, -3.0], "shop": ["north", "south"], "label": ["awful", "fine"]}
    pd.DataFrame(cases).to_csv(folder / "golden.csv", index=False)
    elsewhere(graded).to_parquet(folder / "extra.parquet")
    return folder


def searches_elsewhere(folder: Path) -> Path:
    """The folder with golden cases and an extra set of the ranking model."""
    cases = {"name": ["best", "other", "last"], "search": ["s", "s", "s"], "x": [3.0, 0.0, -3.0], "shop": "north"}
    pd.DataFrame({**cases, "top": [1, None, None]}).to_csv(folder / "golden.csv", index=False)
    elsewhere(searched).to_parquet(folder / "extra.parquet")
    return folder
