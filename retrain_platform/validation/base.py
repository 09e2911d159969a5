"""What a gate is given (`Measurements`) and what it answers (`GateResult`)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.snapshot import Basis

GateVerdict = Literal["passed", "failed", "cannot tell"]


class Comparison(Record):
    """Candidate minus champion on the same rows, oriented so that positive is better.

    `low` and `high` bound the difference at two-sided `confidence`; the sampling unit is the day.
    None where it could not be computed.
    """

    metric: str
    candidate: float | None
    champion: float | None
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    confidence: float
    rows: int
    days: int
    why: str = ""


class WorstRow(Record):
    """A holdout row on which the candidate missed by more than the champion did."""

    id: str
    label: float
    candidate: float
    champion: float


class Measurements(Record):
    """All that the gates judge, measured once on the holdout.

    `basis`: 'holdout' (rows later than any that either model saw), 'recipes' (both recipes fitted
    to the same cut), 'alone' (no champion) or 'too few rows'. `candidate` by metric;
    `comparisons` by metric; `segments` by 'column=value', then metric. `looks` counts the exams held
    on any of these rows, this one included. `worst_rows` by 'all' or 'column=value', worst first.
    """

    decision_id: str
    basis: Basis
    holdout_start: datetime | None
    holdout_end: datetime | None
    rows: int
    days: int
    candidate: dict[str, float | None] = {}
    comparisons: dict[str, Comparison] = {}
    segments: dict[str, dict[str, Comparison]] = {}
    looks: int = 1
    worst_rows: dict[str, tuple[WorstRow, ...]] = {}
    why: str = ""


class GateResult(Record):
    """One gate's answer: what was measured, the limit, the verdict, and what it could resolve.

    `resolves` is the smallest difference that the gate could tell from 0 at its confidence.
    `blocking` is False for what is shown only (small segments, optional gates). `rows` are those that
    speak loudest for a failure.
    """

    gate: str
    verdict: GateVerdict
    value: float | None
    limit: float | None
    resolves: float | None = None
    blocking: bool = True
    sentence: str
    rows: tuple[WorstRow, ...] = ()


class ValidationReport(Record):
    """Every gate's answer. `verdict`: passed, failed, or 'cannot judge' (the shadow decides)."""

    decision_id: str
    as_of: datetime
    measurements: Measurements
    results: tuple[GateResult, ...]
    verdict: Literal["passed", "failed", "cannot judge"]
    sentence: str
