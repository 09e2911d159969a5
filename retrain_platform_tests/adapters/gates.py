"""Rows for the training gate, the gate run on them, and what is read from its report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.adapters.great_expectations_gate import run_gate
from retrain_platform.dataset.checks import CHECK_NAMES, CheckResult, ChecksSpec, GateReport

AS_OF = datetime(2013, 3, 5, 5, tzinfo=UTC)
KINDS = {"distance": "numeric", "hour": "integer", "carrier": "category", "weekend": "bool", "built": "time"}
ROWS = 400


def rows(**changed: Any) -> pd.DataFrame:
    place = np.arange(ROWS)
    frame = pd.DataFrame(
        {
            "distance": np.where(place % 10 == 0, np.nan, 100.0 + place),
            "hour": place % 24,
            "carrier": np.where(place % 7 == 0, None, np.array(["AA", "UA", "DL"])[place % 3]),
            "weekend": place % 7 < 2,
            "built": pd.Timestamp("1999-01-01") + pd.to_timedelta(place, unit="D"),
            "_label": (place % 5 == 0).astype(float),
            "_event_time": pd.Timestamp(AS_OF) - pd.to_timedelta(place + 24, unit="h"),
        }
    )
    return frame.assign(**changed)


def gate(frame: pd.DataFrame, *, task: str = "binary", total_rows: int = ROWS, **limits: Any) -> GateReport:
    spec = ChecksSpec.model_validate({"min_rows": 100, **limits})
    return run_gate(
        frame,
        spec,
        snapshot_id="snap",
        features=KINDS,
        label="_label",
        task=task,
        as_of=AS_OF,
        newest=AS_OF - timedelta(days=1),
        total_rows=total_rows,
    )


def of(report: GateReport, name: str) -> CheckResult:
    assert [result.name for result in report.results] == list(CHECK_NAMES)
    return next(result for result in report.results if result.name == name)


def only_failed(report: GateReport, name: str) -> CheckResult:
    assert {result.name: result.verdict for result in report.results if result.verdict != "passed"} == {name: "failed"}
    assert not report.passed
    return of(report, name)
