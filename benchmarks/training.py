"""What preparing and training from the lake costs beside `lightgbm.train` on a matrix that is ready in memory.

    OMP_NUM_THREADS=1 python benchmarks/training.py [--rows 1000000] [--rounds 100] [--runs 3]

30 columns of numbers and 10 of texts in ten periods; train 80%, valid 10%, holdout 10%. *Ours*: read the lake at a
version, what is known, describe (fingerprint, reports), split, prepare, train, as the steps do. *The peer*: the float64
matrices and labels are there; `lightgbm.Dataset` and `lightgbm.train` with the same parameters. Dataset construction
counts for both, the patience of early stopping is out of reach for both, and the trees must be the same. Each run is
a process of its own; CPU seconds of all threads and peak memory beyond what the imports left.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

TABLE, PERIODS = "benchmark/events", [f"p{place}" for place in range(10)]
START, WEEK = pd.Timestamp("2024-01-01", tz="UTC"), pd.Timedelta(weeks=1)
CUTS = tuple((START + weeks * WEEK).to_pydatetime() for weeks in (8, 9))
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
DISTINCT = (3, 10, 20, 50, 100, 200, 400, 1_000, 3_000, 10_000)


def fill(home: Path, rows: int) -> None:
    """Write the lake."""
    from retrain_platform.adapters.delta_lake import DeltaLake

    lake, rng = DeltaLake(home), np.random.default_rng(7)
    for place, period in enumerate(PERIODS):
        lake.replace(TABLE, period, _period(rng, START + place * WEEK, rows // len(PERIODS)))


def _period(rng: np.random.Generator, start: pd.Timestamp, rows: int) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for place in range(30):
        values = rng.normal(size=rows) if place < 20 else rng.integers(0, 10 ** (1 + place % 5), rows)
        columns[f"n{place}"] = np.where(rng.random(rows) < 0.05, np.nan, values) if place in (0, 4, 8) else values
    for place, count in enumerate(DISTINCT):
        names = np.array([f"value {number}" for number in range(count)], dtype=object)
        values = names[rng.integers(0, count, rows)]
        columns[f"t{place}"] = np.where(rng.random(rows) < 0.03, None, values) if place % 3 == 0 else values
    late = columns["n1"] + columns["n2"] * (columns["t1"] == "value 1") + rng.normal(size=rows) > 0.5
    columns["_event_time"] = start + pd.to_timedelta(np.sort(rng.integers(0, 7 * 86_400, rows)), unit="s")
    columns["_entity"] = np.array([f"u{number}" for number in range(5_000)], dtype=object)[rng.integers(0, 5_000, rows)]
    columns["_label"] = np.where(rng.random(rows) < 0.01, np.nan, late)
    columns["_arrived"] = columns["_event_time"] + pd.Timedelta(days=2)
    return pd.DataFrame(columns)


def _rows(home: Path) -> pd.DataFrame:
    from retrain_platform.adapters.delta_lake import DeltaLake
    from retrain_platform.dataset.events import known
    from retrain_platform.dataset.split import with_rows

    frame = known(DeltaLake(home).read(TABLE, PERIODS, version=9, categories=True), AS_OF)
    return with_rows(frame, frame["_label"].notna().to_numpy())


def _features(rows: pd.DataFrame) -> list[str]:
    return [name for name in rows.columns if not name.startswith("_")]


def _learner(rounds: int) -> Any:
    from retrain_platform.adapters.lightgbm_learner import LightGBMLearner
    from retrain_platform.training.lightgbm import LightGBM

    return LightGBMLearner(LightGBM(rounds=rounds, early_stopping_rounds=rounds), "binary")


def ours(home: Path, rounds: int) -> str:
    """The fingerprint of the trees."""
    from retrain_platform.dataset.snapshot import describe
    from retrain_platform.dataset.split import time_split, with_columns
    from retrain_platform.training.base import Rows

    rows = _rows(home)
    features = _features(rows)
    describe(
        rows,
        model="benchmark",
        decision_id="d",
        as_of=AS_OF,
        periods=PERIODS,
        tables={TABLE: 9},
        features=features,
        label="late",
        task="binary",
        seed=1,
        valid_from=CUTS[0],
        holdout_from=CUTS[1],
        basis="holdout",
    )
    split = time_split(rows, *CUTS)
    train, valid = (
        Rows(with_columns(part, features), part["_label"].to_numpy()) for part in (split.train, split.valid)
    )
    return str(_learner(rounds).fit(train, valid=valid).fingerprint())


def matrices(home: Path, to: Path) -> None:
    """Write what the peer has ready."""
    from retrain_platform.dataset.preparation import fit_preparation
    from retrain_platform.dataset.split import time_split

    rows = _rows(home)
    split = time_split(rows, *CUTS)
    preparation = fit_preparation(split.train, _features(rows))
    for name in ("train", "valid"):
        part = getattr(split, name)
        np.save(to / f"{name}.npy", preparation.transform(part))
        np.save(to / f"{name}_labels.npy", part["_label"].to_numpy())


def peer(ready: dict[str, Any], rounds: int) -> str:
    """The fingerprint of the trees."""
    import lightgbm as lgb

    from retrain_platform.adapters.lightgbm_learner import FittedLightGBM
    from retrain_platform.dataset.preparation import Preparation
    from retrain_platform.training.base import FitReport, Rows

    data = lgb.Dataset(ready["train"], ready["train_labels"], categorical_feature=list(range(30, 40)))
    valid = data.create_valid(ready["valid"], ready["valid_labels"])
    stop = lgb.early_stopping(rounds, first_metric_only=True, verbose=False)
    parameters = _learner(rounds)._parameters((), Rows(pd.DataFrame(), ready["train_labels"]), None)
    booster = lgb.train(parameters, data, rounds, valid_sets=[valid], callbacks=[stop])
    text = booster.model_to_string(num_iteration=booster.best_iteration)
    report = FitReport(rounds=rounds, features=(), importance={})
    return FittedLightGBM(text, "binary", Preparation(features=()), report).fingerprint()


def run(program: str, folder: Path, rounds: int) -> None:
    """One measurement, printed as JSON. The peer's matrices count as its memory, not their loading as its time.

    The process that starts it must have stayed small: Linux hands its peak on.
    """
    for name in ("deltalake", "lightgbm", "pyarrow.parquet", "retrain_platform.adapters.delta_lake"):
        import_module(name)  # before the clock starts
    before = _peak()
    parts = ("train", "train_labels", "valid", "valid_labels") if program == "peer" else ()
    ready = {name: np.load(folder / f"{name}.npy") for name in parts}
    begun = time.process_time()
    trees = peer(ready, rounds) if program == "peer" else ours(folder / "lake", rounds)
    cost = time.process_time() - begun
    print(json.dumps({"cpu": cost, "memory": _peak() - before, "trees": trees}))


def _peak() -> float:
    """Peak resident memory so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def prepare(folder: Path, rows: int) -> None:
    """The lake, and what the peer has ready."""
    fill(folder / "lake", rows)
    matrices(folder / "lake", folder)


def alone(program: str, folder: Path, chosen: argparse.Namespace) -> str:
    """What a process of its own prints."""
    sizes = ["--rows", str(chosen.rows), "--rounds", str(chosen.rounds)]
    command = [sys.executable, __file__, "--one", program, "--folder", str(folder), *sizes]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> int:
    """Ours and the peer in turn, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", choices=["prepare", "ours", "peer"])
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.one == "prepare":
        prepare(chosen.folder, chosen.rows)
        return 0
    if chosen.one:
        run(chosen.one, chosen.folder, chosen.rounds)
        return 0
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "peer": []}
    with TemporaryDirectory() as place:
        folder = Path(place)
        alone("prepare", folder, chosen)
        for _ in range(chosen.runs):
            for program, costs in found.items():
                costs.append(json.loads(alone(program, folder, chosen).splitlines()[-1]))
    assert len({cost["trees"] for costs in found.values() for cost in costs}) == 1, "not the same trees"
    for program, costs in found.items():
        cpu, memory = (median(cost[name] for cost in costs) for name in ("cpu", "memory"))
        print(f"{program}: {cpu:.2f} CPU s, {memory:.0f} MB beyond the imports")
    ratio = median(one["cpu"] for one in found["ours"]) / median(one["cpu"] for one in found["peer"])
    matrix = chosen.rows * 40 * 8 / 1e6
    times = median(one["memory"] for one in found["ours"]) / matrix
    print(
        f"CPU {ratio:.2f} times the peer's (goal 1.2), memory {times:.2f} times the matrix of {matrix:.0f} MB (goal 2)"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
