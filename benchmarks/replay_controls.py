"""How often policies retrain where nothing changes: flights of 2013 whose departures are shuffled over the year.

    python benchmarks/replay_controls.py [--seeds 3] [--rounds 60] [--table FILE TIME LABEL]

Walked by the shipped spec of `flight_delay` (its calendar, checks, gates, release and late labels; fewer trees), with
its own policy, and with the staleness policy at five costs. Of the shipped policy's retrains those are counted apart
that more than its plan asked for: by another trigger than its calendar and its number of new rows. A table given is
cut into 40 batches, 8 to learn from first, and walked by the staleness policy: on 32 it is judged.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from replay_cuts import Recipe
from replay_peers import COSTS, of_table

from retrain_platform.policy import StalenessPolicy, decide
from retrain_platform.policy.backoff import triggers_of
from retrain_platform.policy.history import History
from retrain_platform.replay.prefix import Asked, Setting, follow, follow_by
from retrain_platform.replay.road import Retrain
from retrain_platform.spec import ModelSpec

PLANNED = {"schedule", "volume"}


def spec_of_shuffled(folder: Path, seed: int, rounds: int) -> ModelSpec:
    """The shipped spec over the year's rows, each at another row's departure."""
    import retrain_platform.defs.models.flight_delay as shipped
    from retrain_platform.cli.app import spec_of
    from retrain_platform.defs.models.flight_delay.flights import events

    year = pd.Timestamp("2013-01-01", tz="America/New_York")
    rows = events(year.to_pydatetime(), (year + pd.DateOffset(years=1)).to_pydatetime())
    order = np.random.default_rng(seed).permutation(len(rows))
    rows = rows.assign(scheduled_departure=rows["scheduled_departure"].to_numpy()[order])
    rows["scheduled_departure"] = pd.to_datetime(rows["scheduled_departure"], utc=True)
    rows.sort_values("scheduled_departure", kind="stable").to_parquet(folder / "flights.parquet", index=False)
    written = yaml.safe_load((Path(next(iter(shipped.__path__))) / "defs.yaml").read_text())
    told = written["attributes"]
    told["name"] = "shuffled_delay"
    told["source"] = {
        "kind": "files", "path": str(folder / "flights.parquet"), "event_time": "scheduled_departure",
        "entity": "tailnum",
    }  # fmt: skip
    told["training"]["rounds"] = rounds
    (folder / "defs.yaml").write_text(yaml.safe_dump(written))
    return spec_of(str(folder / "defs.yaml"))


def set_up_of(spec: ModelSpec) -> Setting:
    """The spec's matrix as a road."""
    from retrain_platform.adapters.kept_scores import ScoreFiles
    from retrain_platform.adapters.kept_texts import KeptTexts
    from retrain_platform.adapters.settings import settings
    from retrain_platform.replay.of_spec import SpecReplay, set_up
    from retrain_platform.replaying import ground_of

    place = settings()
    kept, scores = KeptTexts(place.replays), ScoreFiles(place.replays / "scores")
    return set_up(ground_of(spec, place, lambda said: None), SpecReplay(), kept, scores, lambda done, of: None).setting


def of_shipped(spec: ModelSpec, on: Setting) -> list[tuple[str, ...]]:
    """The triggers of each retrain of the spec's own policy."""
    found = []
    assert on.watched is not None

    def asked(known: History, made: Mapping[str, Retrain]) -> Asked:
        decision = decide(spec.policy, on.watched.told(spec.policy, known, made))
        found.append(triggers_of(decision.finding))
        return Asked(decision.action, decision.reason, decision.id, found[-1], decision.window)

    said = follow_by(asked, on, 0.1).said
    return [why for why, each in zip(found, said, strict=True) if each.action.retrains and not each.waits]


def staleness(on: Setting) -> list[int]:
    """How often the staleness policy retrains at each cost."""
    policy = StalenessPolicy(metric=on.loss.metric)
    return [len(follow(policy, on, cost).way.retrains) for cost in COSTS]


def _line(name: str, periods: int, *each: Any) -> None:
    print(f"| {name} | {periods} | {' | '.join(map(str, each))} |", flush=True)


def main() -> None:
    """Print a line for each seed, and for each table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--table", nargs=3, action="append", default=[], metavar=("FILE", "TIME", "LABEL"))
    parser.add_argument("--exclude", default="")
    asked = parser.parse_args()
    names = ["history", "periods", "shipped, planned", "shipped, beyond", *(f"staleness at {cost:g}" for cost in COSTS)]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for seed in range(asked.seeds):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["RETRAIN_HOME"] = folder
            spec = spec_of_shuffled(Path(folder), seed, asked.rounds)
            on = set_up_of(spec)
            triggers = of_shipped(spec, on)
            beyond = sum(not PLANNED & set(each) for each in triggers)
            _line(f"shuffled {seed}", len(on.road.decisions), len(triggers) - beyond, beyond, *staleness(on))
    for file, at, label in asked.table:
        on = of_table(file, at, label, Recipe(40, 0, asked.exclude, start=8))
        _line(Path(file).name, len(on.road.decisions), "", "", *staleness(on))


if __name__ == "__main__":
    main()
