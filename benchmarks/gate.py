"""What the training gate costs, and the same expectations by Great Expectations as its tutorial shows.

    OMP_NUM_THREADS=1 python benchmarks/gate.py [--rows 300000] [--runs 5]

22 columns (7 floats, 6 whole numbers, 6 texts, a truth value, label, event time), all sound. Each run is a process of
its own; CPU seconds of all threads from the moment that everything is imported and the rows are there. `plain` asks
the very expectations of the gate in one suite of a validation definition over the whole frame.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
NEWEST = AS_OF - timedelta(days=1)


def made(rows: int) -> pd.DataFrame:
    """The frame, the same every time."""
    rng = np.random.default_rng(7)
    columns: dict[str, Any] = {}
    for place in range(7):
        columns[f"number_{place}"] = np.where(rng.random(rows) < 0.05, np.nan, rng.normal(size=rows))
    for place in range(6):
        columns[f"whole_{place}"] = rng.integers(0, 10 ** (place + 1), rows)
    for place in range(6):
        names = np.array([f"value {number}" for number in range(5 * 3**place)], dtype=object)
        columns[f"text_{place}"] = np.where(rng.random(rows) < 0.02, None, names[rng.integers(0, len(names), rows)])
    columns["flag"] = rng.random(rows) < 0.3
    columns["_label"] = (rng.random(rows) < 0.2).astype(float)
    columns["_event_time"] = pd.Timestamp(NEWEST) - pd.to_timedelta(rng.integers(0, 20 * 86_400, rows), unit="s")
    return pd.DataFrame(columns)


def ours(frame: pd.DataFrame) -> tuple[bool, int]:
    """Whether the gate passes; 0 as it does not count its expectations."""
    from retrain_platform.adapters.great_expectations_gate import run_gate
    from retrain_platform.dataset.checks import ChecksSpec

    report = run_gate(
        frame,
        ChecksSpec(),
        snapshot_id="benchmark",
        features=_kinds(frame),
        label="_label",
        task="binary",
        as_of=AS_OF,
        newest=NEWEST,
        total_rows=len(frame),
    )
    return report.passed, 0


def plain(frame: pd.DataFrame) -> tuple[bool, int]:
    """Whether the same expectations hold, and how many they are."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    from retrain_platform.adapters import gate_suite
    from retrain_platform.dataset.checks import ChecksSpec

    kinds = _kinds(frame)
    asked = [
        *gate_suite.schema(gxe, [*kinds, "_label"], frame),
        *gate_suite.types(gxe, frame, kinds),
        *gate_suite.missing(gxe, kinds, ChecksSpec().max_missing),
        *gate_suite.ranges(gxe, frame, kinds, {}),
        gate_suite.freshness(gxe, "_event_time", timedelta(weeks=4), AS_OF, NEWEST),
        *gate_suite.sizes(gxe, ChecksSpec(), len(frame), len(frame)),
        *gate_suite.classes(gxe, frame, "_label", "binary", ChecksSpec().min_class_share),
    ]
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset(name="rows")
    batches = asset.add_batch_definition_whole_dataframe("whole")
    suite = context.suites.add(gx.ExpectationSuite(name="suite"))
    for each in asked:
        suite.add_expectation(each.expectation)
    definition = gx.ValidationDefinition(data=batches, suite=suite, name="validation")
    context.validation_definitions.add(definition)
    return bool(definition.run(batch_parameters={"dataframe": frame}).success), len(asked)


def _kinds(frame: pd.DataFrame) -> dict[str, str]:
    from retrain_platform.dataset.soundness import kinds_of

    return dict(kinds_of(frame[[name for name in frame if not name.startswith("_")]]))


def run(program: str, rows: int) -> None:
    """One measurement, printed as JSON."""
    import great_expectations as gx
    import great_expectations.expectations

    assert gx.expectations is great_expectations.expectations  # imported before the clock starts
    frame, programs = made(rows), {"ours": ours, "plain": plain}
    begun = time.process_time()
    passed, count = programs[program](frame)
    print(json.dumps({"cpu": time.process_time() - begun, "passed": passed, "expectations": count}))


def measured(program: str, rows: int) -> dict[str, Any]:
    """`run` in a process of its own."""
    command = [sys.executable, __file__, "--rows", str(rows), "--one", program]
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Ours and plain in turn, then the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", choices=["ours", "plain"])
    chosen = parser.parse_args()
    if chosen.one:
        run(chosen.one, chosen.rows)
        return 0
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "plain": []}
    for _ in range(chosen.runs):
        for program, costs in found.items():
            costs.append(measured(program, chosen.rows))
    assert all(cost["passed"] for costs in found.values() for cost in costs)
    cpu = {program: median(cost["cpu"] for cost in costs) for program, costs in found.items()}
    count = found["plain"][0]["expectations"]
    print(f"{chosen.rows:,} rows x 22 columns, {count} expectations, median CPU seconds of {chosen.runs} after import")
    print(f"ours {cpu['ours']:.2f} (goal 1.5: {'met' if cpu['ours'] <= 1.5 else 'missed'})")
    print(f"plain {cpu['plain']:.2f}, {cpu['plain'] / cpu['ours']:.1f} times ours")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
