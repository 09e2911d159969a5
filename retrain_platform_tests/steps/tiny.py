"""A tiny model on days of made-up rows, in memory: the whole road in about a second."""

from __future__ import annotations

import shutil
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.memory import MemoryLake, MemoryLedger, MemoryRegistry, MemoryValues
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.dataset.checks import CheckResult, GateReport
from retrain_platform.dataset.period import Period
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.spec import ModelSpec, spec_from
from retrain_platform.steps.workshop import Workshop

START = datetime(2024, 1, 1, tzinfo=UTC)


def attributes(**changed: Any) -> dict[str, Any]:
    """A small sound spec; `changed` replaces whole sections."""
    return {
        "name": "tiny",
        "mode": "act",
        "task": "binary",
        "period": {"every": "day", "start": "2024-01-01"},
        "source": {"kind": "python", "call": "somewhere:rows", "event_time": "at", "entity": "who"},
        "label": {"column": "bad", "delay": "12h"},
        "segments": ["shop"],
        "monitoring": {"min_segment": 20},
        "checks": {"min_rows": 600},
        "policy": {"kind": "any_of", "policies": [{"kind": "schedule", "every": "5d"}]},
        "training": {
            "kind": "lightgbm",
            "rounds": 20,
            "early_stopping_rounds": 5,
            "holdout": "1d",
            "early_stop_on": "1d",
            "params": {"num_leaves": 7, "min_data_in_leaf": 20},
        },
        "validation": {
            "gates": [
                {"kind": "floor", "metric": "auc", "at_least": 0.6},
                {"kind": "against_champion", "metric": "auc", "not_worse_by": 0.05},
            ]
        },
        "release": {"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.05, "patience": 6},
        **changed,
    }


def tiny_spec(**changed: Any) -> ModelSpec:
    return spec_from(attributes(**changed))


def rows(period: Period, count: int = 300) -> pd.DataFrame:
    """The rows of a period, the same every time; the label follows `x` and the shop."""
    days = (period.start - START).days
    rng = np.random.default_rng(days)
    x, noise = rng.normal(size=count), rng.normal(size=count)
    shop = rng.choice(["north", "south"], count)
    return pd.DataFrame(
        {
            "at": period.start + pd.to_timedelta(np.sort(rng.integers(0, 86_400, count)), unit="s"),
            "who": [f"u{number}" for number in rng.integers(0, 60, count)],
            "x": x,
            "shop": shop,
            "bad": (x + 0.5 * (shop == "north") + noise > 0.3).astype(float),
        }
    )


class Rows:
    """A source of `days` days; `change` may spoil a period's rows."""

    def __init__(self, days: int, change: Any = lambda frame, period: frame) -> None:
        self.days, self.change = days, change

    def read(self, period: Period) -> pd.DataFrame:
        return self.change(rows(period), period)

    def watermark(self) -> datetime | None:
        return START + timedelta(days=self.days)


def quick_gate(frame: pd.DataFrame, spec: Any, *, snapshot_id: str, **_: Any) -> GateReport:
    """The row minimum alone: the road's tests are not about Great Expectations."""
    enough = len(frame) >= spec.min_rows
    said = f"rows == {len(frame)}, must be >= {spec.min_rows}"
    result = CheckResult(name="row_minimum", verdict="passed" if enough else "failed", sentence=said)
    return GateReport(snapshot_id=snapshot_id, passed=enough, results=(result,))


class Places:
    """The stores of a model; they outlive the process that uses them."""

    def __init__(self) -> None:
        self.lake, self.values, self.ledger, self.registry = (
            MemoryLake(),
            MemoryValues(),
            MemoryLedger(),
            MemoryRegistry(),
        )

    def copy(self) -> Places:
        """The same stores once more, their folders copied too; rows and entries are immutable and shared."""
        other = Places()
        other.lake._versions = {table: list(versions) for table, versions in self.lake._versions.items()}
        other.ledger._entries = {model: list(entries) for model, entries in self.ledger._entries.items()}
        other.values._kept = deepcopy(self.values._kept)
        other.registry._versions = {model: list(versions) for model, versions in self.registry._versions.items()}
        other.registry._aliases = deepcopy(self.registry._aliases)
        for mine, copied in ((self.values, other.values), (self.registry, other.registry)):
            if mine._files is not None:
                copied._files = Path(shutil.copytree(mine._files, Path(mkdtemp()) / "copied"))
        return other

    def shop(self, spec: ModelSpec, reader: Rows) -> Workshop:
        """A fresh process over the same stores."""
        return Workshop(
            spec=spec,
            lake=self.lake,
            values=self.values,
            ledger=self.ledger,
            registry=self.registry,
            reader=reader,
            teach=lambda recipe: learner(recipe, spec.task),
            gate=quick_gate,
            keep=keep_package,
            load=load_package,
            now=lambda: datetime(2030, 1, 1, tzinfo=UTC),
        )


def outcome(shop: Workshop) -> dict[str, Any]:
    """What must be equal however often the road was interrupted: no ids, times or table versions."""
    state = shop.state()
    lake = {
        table: [len(shop.lake.read(table, [key])) for key in shop.lake.periods(table)]
        for table in (shop.events, shop.predictions)
        if shop.lake.version(table) is not None
    }
    scored = shop.lake.periods(shop.predictions)
    frame = shop.lake.read(shop.predictions, scored).drop(columns=["_event_time"]) if scored else pd.DataFrame()
    kept = ("fingerprint", "decision_id", "semantic_version")
    versions = [(v.version, *(v.tags[name] for name in kept)) for v in shop.registry.versions(shop.model)]
    return {
        "ledger": [(e.kind, e.key, e.as_of, e.body) for e in shop.entries() if e.kind != "failed"],
        "state": state,
        "rows": lake,
        # None for nan, which equals nothing, itself included.
        "scores": frame.astype(object).where(frame.notna(), None).to_dict("list"),
        "versions": versions,
        "aliases": shop.registry.aliases(shop.model),
    }


def decision(shop: Workshop, key: str) -> RetrainDecision:
    """What was decided of a period."""
    found = shop.values.newest(shop.model, "retrain_decision", key, RetrainDecision)
    assert found is not None
    return found
