"""How early does health_predictor see a carrier become unhealthy? On the flights of 2013.

    python benchmarks/early_detection.py [--every 4] [--first 8] [--json FILE]

The weeks are taken in as the platform takes them in, rolling features included. From week `--first` on, every
`--every` weeks the model's own recipe learns from all rows whose labels had arrived by then, and scores the weeks until
the next time. Counted is how many of the unhealthy spells were flagged before they were plain, how many days before,
and how many flagged days were right (`stats.early_detection`), at several limits of the score; beside it what one would
do without a model: flag whoever was over the limit in the last seven days, as far as that is known.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shops import in_memory

from retrain_platform.dataset.events import known
from retrain_platform.defs.models.health_predictor.accounts import AHEAD, LIMIT
from retrain_platform.spec import read_spec
from retrain_platform.stats.auc import auc
from retrain_platform.stats.early_detection import early_detection
from retrain_platform.steps.dataset.ingesting import features_of, ingest
from retrain_platform.steps.known import days_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Rows

SPEC = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models" / "health_predictor" / "defs.yaml"
WEEKS = 52
RECENT = "bad_share_mean_7d"


def main() -> None:
    """Take the year in, learn and score, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=4, help="weeks from one training to the next")
    parser.add_argument("--first", type=int, default=8, help="weeks before the first training")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    asked = parser.parse_args()
    began, spec = time.process_time(), read_spec(SPEC)
    shop = in_memory(spec)
    for week in range(WEEKS):
        ingest(shop, spec.period.at(week))
    scored = _scored(shop, asked.first, asked.every)
    rows = [_line(f"score over {at:g}", scored, scored["score"] > at) for at in (0.2, 0.3, 0.4, 0.5)]
    rows.append(_line(f"share of the last 7 days over {LIMIT:g}", scored, scored[RECENT] > LIMIT))
    told = scored.dropna(subset="_label")
    found = auc(told["_label"].to_numpy(), told["score"].to_numpy())
    beside = told[told[RECENT].notna()]
    rule = auc(beside["_label"].to_numpy(), beside[RECENT].to_numpy())
    print(f"{len(told):,} account days, {told['_label'].mean():.1%} of them before an unhealthy week; AUC {found:.3f}")
    print(f"the share of the last 7 days alone: AUC {rule:.3f} on the {len(beside):,} days that have one")
    print(pd.DataFrame(rows).to_string(index=False))
    print(f"{time.process_time() - began:.0f} CPU s")
    if asked.json:
        figures = {"auc": found, "auc of the rule": rule, "rows": rows}
        asked.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _scored(shop: Workshop, first: int, every: int) -> pd.DataFrame:
    """The rows from week `first` on, each with the score of the newest model before it."""
    calendar, found = shop.spec.period, []
    for week in range(first, WEEKS, every):
        model, features = _learned(shop, week, calendar.at(week).start)
        keys = [calendar.at(at).key for at in range(week, min(week + every, WEEKS))]
        rows = shop.lake.read(shop.events, keys)
        found.append(rows.assign(score=model.score(rows[features])))
    return pd.concat(found, ignore_index=True)


def _learned(shop: Workshop, week: int, as_of: datetime) -> tuple[Any, list[str]]:
    """A model of all rows whose labels had arrived by `as_of`."""
    rows = known(shop.lake.read(shop.events, [shop.spec.period.at(at).key for at in range(week)]), as_of)
    rows = rows[rows["_label"].notna()]
    features = features_of(shop, rows)
    labels = rows["_label"].to_numpy(np.float64)
    return shop.teach(shop.spec.training).fit(Rows(rows[features], labels)), features


def _line(rule: str, rows: pd.DataFrame, flags: pd.Series[bool]) -> dict[str, Any]:
    days = days_of(rows, "America/New_York")
    found = early_detection(rows["_entity"], days, flags, rows["_label"], ahead=AHEAD)
    return {
        "flagged": rule,
        "spells": found.spells,
        "found in time": f"{found.recall:.0%}",
        "median days before": found.median_lead,
        "precision": f"{found.precision:.0%}",
        "flagged days": found.flagged,
    }


if __name__ == "__main__":
    main()
