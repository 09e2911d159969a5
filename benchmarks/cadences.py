"""The year of flights under several policies, each on the same road with the same latency.

    python benchmarks/cadences.py [--policies shipped,2w,4w,8w,13w,never] [--gate] [--json FILE]

Every policy is walked by `replay.walk` over a workshop of its own, so a cadence meets what the
shipped policy meets: labels two days late, shadow, canary, bake, one release at a time. The three
things that the policies share exactly are computed once: the source's rows, a fit on the same rows
with the same recipe, and the scores of the same model on the same week.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from shops import in_memory

from retrain_platform.adapters.clock import now
from retrain_platform.adapters.delta_lake import DeltaLake
from retrain_platform.adapters.file_values import FileValues
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.sources import SourceReader
from retrain_platform.dataset.checks import GateReport
from retrain_platform.replay.compare import Compared, compare_roads
from retrain_platform.replay.walk import walk
from retrain_platform.spec import ModelSpec, spec_from
from retrain_platform.steps.lines import DECIDED, RETRAINED, WATCHED
from retrain_platform.training.base import Rows

SPEC = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models" / "flight_delay" / "defs.yaml"
POLICIES = ("shipped", "2w", "4w", "8w", "13w", "never")
NEVER = "520w"
"""A cadence that the year is too short for: the first model alone."""

KEPT_OUT = ("aborted", "superseded", "rejected")
"""How a registered version can end without having answered."""


class Ran(NamedTuple):
    """One policy's year. `decisions`: the weeks of its retrains, the first model's too.

    `refused` by the gates, `kept_out` by what shadow or canary showed, `released` (the first model
    too); what is none of these was still under way. `waited`: weeks in which the policy asked for a
    retrain and an open release held it back.
    """

    policy: str
    roads: Compared
    decisions: list[str]
    refused: int
    kept_out: int
    released: int
    waited: int
    seconds: float


class Remembered:
    """A learner that keeps what it fitted, by recipe and content: policies that meet in a week share the fit."""

    def __init__(self) -> None:
        self._fits: dict[tuple[Any, ...], Any] = {}
        self.asked = 0

    def teach(self, spec: ModelSpec, recipe: Any) -> Any:
        memory, inner = self, learner(recipe, spec.task)

        class Fit:
            """`Learner` over the memory."""

            def fit(self, train: Rows, *, valid: Rows | None = None, rounds: int | None = None) -> Any:
                memory.asked += 1
                key = (recipe.fingerprint(), _digest(train), _digest(valid), rounds)
                if key not in memory._fits:
                    memory._fits[key] = inner.fit(train, valid=valid, rounds=rounds)
                return memory._fits[key]

            def load(self, folder: Path) -> Any:
                return inner.load(folder)

        return Fit()

    @property
    def made(self) -> int:
        """How many fits were really made."""
        return len(self._fits)


def _digest(rows: Rows | None) -> str | None:
    """Equal for equal rows in equal order, of equal weights."""
    if rows is None:
        return None
    frame, *told = rows
    digest = hashlib.sha256(",".join(map(str, frame.columns)).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False, categorize=True).to_numpy().tobytes())
    for array in told:
        digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def no_gate(frame: pd.DataFrame, spec: Any, *, snapshot_id: str, **_said: Any) -> GateReport:
    """The flights pass their checks every week; what the checks cost is not asked here."""
    return GateReport(snapshot_id=snapshot_id, passed=True, results=())


def spec_of(policy: str) -> ModelSpec:
    """The shipped spec, its policy replaced by a fixed cadence unless it is `shipped`."""
    attributes = yaml.safe_load(SPEC.read_text())["attributes"]
    if policy != "shipped":
        every = NEVER if policy == "never" else policy
        attributes["policy"] = {"kind": "any_of", "policies": [{"kind": "schedule", "every": every}]}
    return spec_from(attributes, str(SPEC))


def run(policy: str, home: Path, reader: SourceReader, fits: Remembered, gate: Any) -> Ran:
    """Walk the year under one policy."""
    spec, begun = spec_of(policy), time.perf_counter()
    shop = in_memory(
        spec,
        lake=DeltaLake(home / "lake"),
        values=FileValues(home / "values"),
        reader=reader,
        teach=lambda recipe: fits.teach(spec, recipe),
        gate=gate,
    )
    for step in walk(shop):
        if sys.stderr.isatty():
            print(f"\r{policy:>8} {step.kind:>8} {step.period.key}", end="", file=sys.stderr)
    entries = shop.entries()
    end = max(entry.as_of for entry in entries)
    roads = compare_roads(shop, end)
    return Ran(
        policy=policy,
        roads=roads,
        decisions=[e.body["period"] for e in entries if e.kind == DECIDED and e.body["retrains"]],
        refused=sum(e.kind == RETRAINED and e.body["version"] is None for e in entries),
        kept_out=sum(e.kind in KEPT_OUT for e in entries),
        released=sum(e.kind == "promoted" for e in entries),
        waited=sum(e.kind == WATCHED and "held back by the open release" in e.why for e in entries),
        seconds=time.perf_counter() - begun,
    )


def common_weeks(ran: Iterable[Ran]) -> list[str]:
    """The weeks that every policy measured on both roads, oldest first."""
    weeks: set[str] | None = None
    for one in ran:
        told = zip(one.roads.periods, one.roads.lived, one.roads.at_once, strict=True)
        mine = {key for key, lived, at_once in told if lived is not None and at_once is not None}
        weeks = mine if weeks is None else weeks & mine
    return sorted(weeks or ())


def values(one: Ran, road: str, weeks: list[str]) -> NDArray[np.float64]:
    """A road's weeks, in order."""
    by_week = dict(zip(one.roads.periods, getattr(one.roads, road), strict=True))
    return np.array([by_week[key] for key in weeks], dtype=np.float64)


def table(ran: list[Ran], weeks: list[str]) -> list[dict[str, Any]]:
    """One row a policy, the first model counted neither as a retrain nor as released.

    `+-` is the standard error of the mean weekly difference, as if weeks were independent.
    """
    base = next((one for one in ran if one.policy == "4w"), None)
    rows = []
    for one in ran:
        row: dict[str, Any] = {
            "policy": one.policy,
            "retrains": max(0, len(one.decisions) - 1),
            "refused": one.refused,
            "kept out": one.kept_out,
            "released": max(0, one.released - 1),
            "weeks waited": one.waited,
        }
        for road, name in (("lived", "as lived"), ("at_once", "at once")):
            mine = values(one, road, weeks)
            beyond = mine - values(base, road, weeks) if base else None
            row[name] = float(mine.mean())
            row[f"{name} - 4w"] = None if beyond is None else float(beyond.mean())
            if road == "lived":
                row["+-"] = None if beyond is None else float(beyond.std(ddof=1) / len(weeks) ** 0.5)
        rows.append({**row, "seconds": one.seconds})
    return rows


def shown(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    return "\n".join([*lines, *(f"| {' | '.join(_cell(name, row[name]) for name in names)} |" for row in rows)])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "seconds":
        return f"{value:.0f}"
    if isinstance(value, float):
        return f"{value:+.4f}" if name.endswith("4w") else f"{value:.4f}"
    return str(value)


def _written(path: Path, ran: list[Ran], weeks: list[str], rows: list[dict[str, Any]], when: datetime) -> None:
    """Everything that the table was made of."""
    policies = [{**one._asdict(), "roads": one.roads.model_dump(mode="json")} for one in ran]
    content = {"when": when.isoformat(), "weeks": weeks, "table": rows, "policies": policies}
    path.write_text(json.dumps(content, indent=1) + "\n")


def main() -> int:
    """Walk the chosen policies, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--policies", default=",".join(POLICIES), help="names of cadences, e.g. shipped,4w,never")
    parser.add_argument("--gate", action="store_true", help="run the Great Expectations checks too")
    parser.add_argument("--json", type=Path, help="also write everything to this file")
    chosen = parser.parse_args()
    gate: Any = no_gate
    if chosen.gate:
        from retrain_platform.adapters.great_expectations_gate import run_gate as gate
    shipped, fits = spec_of("shipped"), Remembered()
    reader = SourceReader(shipped.source, Path.cwd(), shipped.period.timezone)
    ran = []
    with TemporaryDirectory(prefix="cadences-") as home:
        for policy in chosen.policies.split(","):
            ran.append(run(policy, Path(home) / policy, reader, fits, gate))
            print(f"\r{policy}: {', '.join(ran[-1].decisions)} ({ran[-1].seconds:.0f} s)", file=sys.stderr, flush=True)
    weeks = common_weeks(ran)
    rows = table(ran, weeks)
    metric = ran[0].roads.metric
    print(
        f"mean weekly {metric} over the {len(weeks)} ripe weeks from {weeks[0]} to {weeks[-1]}; {fits.made} fits made"
    )
    print(shown(rows))
    if chosen.json:
        _written(chosen.json, ran, weeks, rows, now())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
