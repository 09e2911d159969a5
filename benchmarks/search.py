"""Does `training.search` find better parameters? On the flights of 2013, as flight_delay reads them.

    python benchmarks/search.py [--cuts 12,24,36] [--trials 20] [--folds 5] [--ahead 8] [--json FILE]

At each cut (so many weeks of the year) the rows whose labels had arrived are parted as the shipped model parts them:
the last two weeks stop a fit early, all before is learned from, and is all that the search sees. Three recipes are
fitted: the shipped parameters, chosen by hand; LightGBM's own defaults; what the search found, which tries the shipped
ones first. All are scored on the `--ahead` weeks after the cut, which none of them saw: AUC, and its paired difference
to the other two with its 95% interval by day (`stats.intervals.paired`). CPU is that of searching and fitting.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from shops import in_memory

from retrain_platform.adapters.optuna_search import OptunaTuner
from retrain_platform.dataset.events import known
from retrain_platform.dataset.split import Split
from retrain_platform.spec import ModelSpec, spec_from
from retrain_platform.stats.intervals import paired
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.dataset.ingesting import features_of, ingest
from retrain_platform.steps.known import days_of
from retrain_platform.steps.training.searching import search
from retrain_platform.steps.training.training import learn
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.search import shown

SPEC = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models" / "flight_delay" / "defs.yaml"
OWN = "LightGBM's own"
STOP = 2
"""The weeks that stop a fit early, as in the shipped spec."""
SPACE = {
    "num_leaves": {"low": 7, "high": 255, "log": True},
    "learning_rate": {"low": 0.02, "high": 0.2, "log": True},
    "min_data_in_leaf": {"low": 20, "high": 1000, "log": True},
    "feature_fraction": {"low": 0.4, "high": 1.0},
}


class Line(NamedTuple):
    """One recipe at one cut. `cv`: the search's own estimate; then what it is better by than the other two."""

    cut: int
    recipe: str
    auc: float
    cv: float | None
    cpu: float
    over_shipped: str
    over_own: str
    params: str


def main() -> None:
    """Search at each cut, fit, score on what came after."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cuts", default="12,24,36", help="weeks of the year that are known, with commas between")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--ahead", type=int, default=8, help="weeks after the cut that are scored")
    parser.add_argument("--json", type=Path, help="write the lines here, too")
    asked = parser.parse_args()
    spec = _spec(asked.trials, asked.folds)
    cuts, shop = [int(cut) for cut in asked.cuts.split(",")], in_memory(spec, tuner=OptunaTuner())
    for week in range(max(cuts) + asked.ahead):
        ingest(shop, spec.period.at(week))
    lines = [line for cut in cuts for line in _at(shop, cut, asked.ahead)]
    print(pd.DataFrame(lines).round(4).to_string(index=False))
    if asked.json:
        asked.json.write_text(json.dumps([line._asdict() for line in lines], indent=1) + "\n", encoding="utf-8")


def _spec(trials: int, folds: int) -> ModelSpec:
    """The shipped spec with a search added."""
    attributes = yaml.safe_load(SPEC.read_text())["attributes"]
    attributes["training"]["search"] = {"trials": trials, "folds": folds, "space": SPACE}
    return spec_from(attributes, str(SPEC))


def _at(shop: Workshop, cut: int, ahead: int) -> list[Line]:
    calendar, recipe = shop.spec.period, shop.spec.training
    as_of, stop = calendar.at(cut).start, pd.Timestamp(calendar.at(cut - STOP).start)
    rows = known(_rows(shop, 0, cut), as_of)
    rows = rows[rows["_label"].notna()]
    later = _rows(shop, cut, cut + ahead)
    later = later[later["_label"].notna()]
    columns = features_of(shop, rows)
    parted = Split(rows[rows["_event_time"] < stop], rows[rows["_event_time"] >= stop], later, embargoed=0)
    began = time.process_time()
    decision: Any = SimpleNamespace(id=f"cut {cut}", as_of=as_of)
    found = search(
        shop, calendar.at(cut - 1), decision, parted.train, columns, depth="full", limits=None, tell=_progress
    )
    assert found is not None
    assert found.best is not None
    spent = time.process_time() - began
    plain = recipe.model_copy(update={"params": {}})
    recipes = {
        "shipped": (recipe, 0.0, found.trials[0].value),
        OWN: (plain, 0.0, None),
        "found": (recipe.with_params(found.best.params), spent, found.best.value),
    }
    scores: dict[str, Any] = {}
    cpu: dict[str, float] = {}
    for name, (tried, searching, _) in recipes.items():
        began = time.process_time()
        scores[name] = learn(shop, tried, parted, columns).score(later[columns])
        cpu[name] = searching + time.process_time() - began
    labels, days = later["_label"].to_numpy(np.float64), days_of(later, calendar.timezone)

    def over(name: str, other: str) -> str:
        beyond = paired(labels, scores[name], scores[other], days, metric("auc"))
        return "" if name == other else f"{beyond.value:+.4f} ({beyond.low:+.4f} to {beyond.high:+.4f})"

    return [
        Line(
            cut=cut,
            recipe=name,
            auc=metric("auc").compute(labels, scores[name]),
            cv=cv,
            cpu=cpu[name],
            over_shipped=over(name, "shipped"),
            over_own=over(name, OWN),
            params=shown(tried.params),
        )
        for name, (tried, _, cv) in recipes.items()
    ]


def _rows(shop: Workshop, first: int, end: int) -> pd.DataFrame:
    keys = [shop.spec.period.at(week).key for week in range(first, end)]
    return shop.lake.read(shop.events, keys, categories=True)


def _progress(told: str) -> None:
    print(told, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
