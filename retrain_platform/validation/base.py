"""What a gate is given (`Measurements`) and what it answers (`GateResult`)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.snapshot import Basis
from retrain_platform.validation.calibrating import Calibration
from retrain_platform.validation.curves import ModelCurves
from retrain_platform.validation.disparity import Disparity
from retrain_platform.validation.suites import Case, Suites

GateVerdict = Literal["passed", "failed", "cannot tell"]


class Comparison(Record):
    """Candidate minus champion on the same rows, oriented so that positive is better.

    `low` and `high` bound the difference at two-sided `confidence`; the sampling unit is the day.
    `champion_error` is the standard error of the champion's own value, `shared` its covariance with the
    difference: what a margin in shares of that value needs. None where it could not be computed.
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
    champion_error: float | None = None
    shared: float | None = None

    @classmethod
    def untold(cls, metric: str, confidence: float, why: str, *, rows: int = 0, days: int = 0) -> Comparison:
        """One that could not be made: `why` says so in words."""
        return cls(
            metric=metric,
            candidate=None,
            champion=None,
            difference=None,
            low=None,
            high=None,
            standard_error=None,
            confidence=confidence,
            rows=rows,
            days=days,
            why=why,
        )


class PastCuts(Record):
    """Both recipes over past periods: by period, oldest first, and metric. `same`: the two recipes are one, nothing was
    fitted; `why` says what stood against it.
    """

    comparisons: dict[str, dict[str, Comparison]] = {}
    same: bool = False
    why: str = ""


class Scores(Record):
    """What a model's scores of the holdout look like, before any metric. `problem`: it could not score them at all.

    `not_finite` counts the rows with a nan or an infinite one; `alike`: all others are one and the same.
    """

    rows: int
    not_finite: int = 0
    alike: bool = False
    problem: str = ""


class Family(Record):
    """The questions of one exam, which share its level.

    `level` is the chance, two-sided, that the exam as a whole fails a candidate that is no worse, or passes
    one that is worse by the margin. `questions` is how many of them can fail it, `holding` how many it must pass.
    """

    level: float = 0.05
    questions: int = 1
    holding: int = 1


class WorstRow(Record):
    """A holdout row on which the candidate missed by more than the champion did, or by most; see `validation.worst`.

    `champion` is None where there was none. Of several classes `label` is the class's name, and the scores are the
    chances that it was given.
    """

    id: str
    label: float | str
    candidate: float
    champion: float | None


class Measurements(Record):
    """All that the gates judge, measured once on the holdout.

    `basis`: 'holdout' (rows later than any that either model saw), 'recipes' (both recipes fitted
    to the same cut), 'alone' (no champion) or 'too few rows'. `candidate` by metric;
    `comparisons` by metric; `segments` by 'column=value', then metric. `looks` counts the exams held
    on any of these rows, this one included. `worst_rows` by 'all' or 'column=value', worst first; of a first model
    by 'all' alone. `curves` (see `validation.curves`) and `importance` (each feature's share of the whole, 0 to 1) by
    'candidate' and 'champion'; empty where nothing was measured, or the learner tells no importance. `scores` has what
    both said, and the 'labels'; `calibration`, `disparities` (by `Ask.name`), `backtest` and `suites` are there where
    a gate asks for them. `family` is the exam's, as its gates were asked. `remembered`, by metric, compares a candidate
    that goes on learning with the version that it goes on from, on rows that this one learned from; empty where it was
    trained anew, None where nobody looked.
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
    curves: dict[str, ModelCurves] = {}
    importance: dict[str, dict[str, float]] = {}
    scores: dict[str, Scores] = {}
    calibration: Calibration | None = None
    disparities: dict[str, Disparity] = {}
    backtest: PastCuts | None = None
    family: Family = Family()
    suites: Suites = Suites()
    remembered: dict[str, Comparison] | None = None
    why: str = ""


class GateResult(Record):
    """One gate's answer: what was measured, the limit, the verdict, and what it could resolve.

    `question` is what the gate asks, in words; `low` and `high` the interval that was held against `limit`, None where
    the point was. `resolves` is the smallest margin that these rows can decide (`margin.settle`); over the gate's
    own, the verdict is 'cannot tell' unless the difference lies far beyond. `level` and `fail_level` are the two-sided
    levels at which it would pass and fail, None where the point decides.
    `blocking` is False for what is shown only (small segments, optional gates). `rows` are those that
    speak loudest for a failure; `cases` the same where they are no two scores of one row.
    """

    gate: str
    verdict: GateVerdict
    value: float | None
    limit: float | None
    resolves: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    fail_level: float | None = None
    question: str = ""
    blocking: bool = True
    sentence: str
    rows: tuple[WorstRow, ...] = ()
    cases: tuple[Case, ...] = ()


class Cause(Record):
    """Why a candidate may not have passed: the kind, and what was seen, with what to do where that is plain."""

    kind: Literal["data", "parameters", "training", "nothing to gain"]
    sentence: str


class ValidationReport(Record):
    """Every gate's answer. `verdict`: passed, failed, or 'cannot judge' (the shadow decides).

    `causes` are the diagnosis where it did not pass (`validation.diagnosis`), the nearest to hand first.
    """

    decision_id: str
    as_of: datetime
    measurements: Measurements
    results: tuple[GateResult, ...]
    verdict: Literal["passed", "failed", "cannot judge"]
    sentence: str
    causes: tuple[Cause, ...] = ()
