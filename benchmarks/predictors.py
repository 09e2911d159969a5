"""score_predictor and health_predictor through their whole year, beside never having retrained.

    python benchmarks/predictors.py [--models score_predictor,health_predictor] [--json FILE]

Each is walked by `replay.walk` as it is shipped: search, Great Expectations gate, exam, release. Both propose, so each
version waits for a person; here somebody approves it as soon as it waits. Told are every retrain with its verdict, how
its release ended, and the year's scores as lived beside those of the first model: week by week, as the platform looks
at them, and over all rows at once with the day as the unit.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from shops import in_memory

from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.adapters.great_expectations_gate import run_gate
from retrain_platform.adapters.optuna_search import OptunaTuner
from retrain_platform.release.by_hand import approve
from retrain_platform.release.fold import release_of
from retrain_platform.replay.compare import compare_roads
from retrain_platform.replay.walk import walk
from retrain_platform.spec import ModelSpec, read_spec
from retrain_platform.stats.intervals import paired
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.known import days_of, labelled, ripened
from retrain_platform.steps.lines import DECIDED, RETRAINED, WATCHED
from retrain_platform.steps.release.approving import waiting_for
from retrain_platform.steps.release.releasing import project, record
from retrain_platform.steps.workshop import Workshop

MODELS = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models"
NAMES = ("score_predictor", "health_predictor")
CONFIDENCE = 0.95


def main() -> None:
    """Play the chosen models, print what became of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", default=",".join(NAMES), help="their names, with commas between")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    asked = parser.parse_args()
    found = {}
    for name in asked.models.split(","):
        with TemporaryDirectory(prefix=f"{name}-") as home:
            found[name] = _played(read_spec(MODELS / name / "defs.yaml"), Path(home))
        print(_shown(name, found[name]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _played(spec: ModelSpec, home: Path) -> dict[str, Any]:
    began, shop = (
        time.process_time(),
        in_memory(spec, lake=DeltaLake(home / "lake"), gate=run_gate, tuner=OptunaTuner()),
    )
    for _ in walk(shop):
        _approved(shop)
    entries = shop.entries()
    waited = sum(entry.kind == WATCHED and "held back by the open release" in entry.why for entry in entries)
    return {
        "weeks": sum(entry.kind == WATCHED for entry in entries),
        "retrains": list(_retrains(shop)),
        "waited": waited,
        **_beside_never(shop),
        "cpu": time.process_time() - began,
    }


def _approved(shop: Workshop) -> None:
    """Whatever waits for a person is approved, as the command line would record it."""
    entries = shop.entries()
    waits = waiting_for(shop.spec, entries)
    if waits is None:
        return
    as_of, key = entries[-1].as_of, f"approve:{len(entries) + 1}"
    moves = approve(shop.state(), as_of)
    record(shop, moves, key=key, as_of=as_of, decision_id=waits.decision_id, actor="benchmark", why="approved at once")
    project(shop, shop.state())


def _retrains(shop: Workshop) -> Iterator[dict[str, Any]]:
    """Every retrain: when, why, what became of the candidate, and of its release."""
    entries, state = shop.entries(), shop.state()
    why = {entry.body["decision_id"]: entry.why for entry in entries if entry.kind == DECIDED}
    for entry in entries:
        if entry.kind != RETRAINED:
            continue
        release = release_of(state, version) if (version := entry.body["version"]) else None
        yield {
            "week": entry.body["period"],
            "why": why[entry.body["decision_id"]],
            "verdict": entry.body["verdict"],
            "said": entry.why,
            "version": version or "",
            "release": f"{release.stage.value}: {release.sentence}" if release else "",
        }


def _beside_never(shop: Workshop) -> dict[str, Any]:
    """The scores that were used beside the first model's: the mean of the weeks, and all ripe rows at once."""
    end = max(entry.as_of for entry in shop.entries())
    roads, (rows, weeks) = compare_roads(shop, end), _answered(shop, end)
    labels, used, never = (rows[name].to_numpy(np.float64) for name in ("label", "used", "never"))
    sign = 1 if metric(shop.spec.primary).greater_is_better else -1
    pairs = zip(roads.lived, roads.never, strict=True)
    gained = np.array([sign * (a - b) for a, b in pairs if a is not None and b is not None])
    at_once = {}
    for name in shop.spec.metrics:
        of = metric(name)
        beside = paired(labels, used, never, rows["day"].to_numpy(), of, CONFIDENCE)
        at_once[name] = [of.compute(labels, used), of.compute(labels, never), *beside[:3]]
    return {
        "metric": shop.spec.primary,
        "rows": len(rows),
        "weeks answered": weeks,
        "weekly": [roads.mean("lived"), roads.mean("never"), gained.mean(), gained.std(ddof=1) / len(gained) ** 0.5],
        "all rows": at_once,
    }


def _answered(shop: Workshop, end: datetime) -> tuple[pd.DataFrame, int]:
    """Every ripe row that was answered, with the score that was used and the first model's; and of how many weeks."""
    first, parts = shop.fitted(shop.registry.versions(shop.model)[0].version), []
    for key in ripened(shop, end):
        frame = labelled(shop, key, end)
        if "champion" not in frame or frame["champion"].isna().any():
            continue
        canary = frame["used"] == "canary"
        used = frame["champion"].where(~canary, frame["canary"]) if canary.any() else frame["champion"]
        days = days_of(frame, shop.spec.period.timezone)
        parts.append(pd.DataFrame({"label": frame["_label"], "used": used, "never": first.score(frame), "day": days}))
    return pd.concat(parts, ignore_index=True), len(parts)


def _shown(name: str, found: dict[str, Any]) -> str:
    retrains = pd.DataFrame(found["retrains"]).drop(columns="said")
    lived, never, gained, error = found["weekly"]
    lines = [
        f"{name}: {found['weeks']} weeks, {len(retrains)} retrains, {found['waited']} weeks waited for a release",
        retrains.to_string(index=False, max_colwidth=100),
        *(f"  {each['week']} {each['verdict']}: {each['said']}" for each in found["retrains"]),
        f"mean weekly {found['metric']}: {lived:.4f} as lived, {never:.4f} never retrained; better by {gained:+.4f} +- "
        f"{error:.4f}",
        f"over all {found['rows']:,} rows of {found['weeks answered']} weeks:",
    ]
    for of, (lived, never, gained, low, high) in found["all rows"].items():
        lines.append(
            f"  {of}: {lived:.4f} as lived, {never:.4f} never; better by {gained:+.4f} ({low:+.4f} to {high:+.4f})"
        )
    return "\n".join([*lines, f"{found['cpu']:.0f} CPU s"])


if __name__ == "__main__":
    main()
