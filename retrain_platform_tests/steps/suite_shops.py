"""Workshops of the tiny model whose spec asks for the measured suites, and what their exams left."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from retrain_platform.adapters.answering import frame_of
from retrain_platform.adapters.packaged_model import load_package
from retrain_platform.adapters.suite_tables import read_suite_table
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.replay.walk import walk
from retrain_platform.steps.workshop import CleanAnswer, Workshop
from retrain_platform.validation.base import ValidationReport
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, decision, rows, tiny_spec

TESTS = [
    {"feature": "x", "add": 3, "score": "must_not_fall", "holds_for": 0.6},
    {"feature": "shop", "shuffle": True, "changes_at_most": 0.9},
    {"feature": "shop", "becomes": "north", "changes_at_most": 0.9, "holds_for": 1},
]
GATES: list[dict[str, Any]] = [
    {"kind": "floor", "metric": "auc", "at_least": 0.6},
    {"kind": "robustness", "falls_by": 0.4, "than_champion": 0.4, "out_of_range": 0},
    {"kind": "compliance", "forbidden": ["who*"], "known_only_after": ["bad*"], "declares": ["owners"]},
    {"kind": "integration", "requests": 5},
    {"kind": "cost", "memory_times": 2, "batch": 50, "rounds": 5},
    {"kind": "golden", "path": "golden.csv"},
    {"kind": "behaviour", "tests": TESTS},
    {"kind": "extra_set", "name": "elsewhere", "path": "extra.parquet", "metric": "accuracy", "at_least": 0.6},
]


def in_this_process(package: Path, requests: Path, seconds: float) -> CleanAnswer:
    """What the clean process does, without the seconds that a process takes to start."""
    fitted = load_package(package)
    scores = fitted.score(frame_of(json.loads(requests.read_text(encoding="utf-8"))))
    return CleanAnswer("answered", scores=scores.tolist(), peak_bytes=2**27, classes=fitted.report.classes)


def tables_in(folder: Path) -> Path:
    """The folder with golden cases and an extra set."""
    cases = {"name": ["high", "low"], "x": [3.0, -3.0], "shop": ["north", "south"], "label": [1, 0]}
    pd.DataFrame(cases).to_csv(folder / "golden.csv", index=False)
    rows(tiny_spec().period.at(40)).to_parquet(folder / "extra.parquet")
    return folder


def shop_of(tables: Path, gates: list[dict[str, Any]], days: int, **changed: Any) -> Workshop:
    spec = tiny_spec(
        owners=["team:a"],
        validation={"gates": gates, "spot_check": 4},
        training={**attributes()["training"], "holdout": "3d"},
        checks={"min_rows": 1000},
        policy={"kind": "schedule", "every": "5d"},
        release={"shadow": "1d", "canary": [100], "bake": "1d", "not_worse_by": 0.2},
        **{"segments": [], **changed},
    )
    ticks = count()
    return replace(
        Places().shop(spec, Rows(days)),
        suite_table=partial(read_suite_table, tables),
        ask_cleanly=in_this_process,
        stopwatch=lambda: float(next(ticks)),
    )


def walked(shop: Workshop) -> Workshop:
    for _ in walk(shop):
        pass
    return shop


def reports(shop: Workshop) -> list[ValidationReport]:
    return list(shop.values.all(shop.model, "validation_report", ValidationReport).values())


def exam_of(shop: Workshop) -> tuple[Any, ...]:
    """The first exam: the workshop, its period, decision, dataset and measurements."""
    (key, report), *_ = shop.values.all(shop.model, "validation_report", ValidationReport).items()
    decided = decision(shop, key)
    made = shop.values.get(shop.model, "training_dataset", key, decided.id, DatasetSnapshot)
    assert made is not None
    return shop, shop.spec.period.period(key), decided, made, report.measurements
