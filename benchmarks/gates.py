"""How often the exam's verdicts are right: equal candidates and worse ones, at sizes around what it can resolve.

    python -m benchmarks.gates

Made-up regression rows in days of unequal size: the champion's errors, and a candidate's that go along with them
(.8), both larger on bad days. The candidate's mean absolute error is the champion's, or worse by twice the margin,
exactly. Every exam goes through `measure` and `judge`, as a retrain's does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import pi, sqrt
from typing import NamedTuple

import numpy as np

from retrain_platform.validation import AgainstChampion, Segments
from retrain_platform.validation.base import GateResult, ValidationReport
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import measure

MARGIN = 0.05
AS_OF = datetime(2024, 1, 1, tzinfo=UTC)
ALONE: tuple[GateBase, ...] = (AgainstChampion(metric="mae", not_worse_by=MARGIN),)
TOGETHER: tuple[GateBase, ...] = (
    *ALONE,
    AgainstChampion(metric="rmse", not_worse_by=MARGIN * sqrt(pi / 2)),
    Segments(metric="mae", not_worse_by=2 * MARGIN),
)


class Rates(NamedTuple):
    """Of many exams: the share that says it can resolve its margins, the verdicts of those, and which share of the
    questions that could not be resolved was answered all the same.
    """

    resolved: float
    there: dict[str, float]
    told_below: float


def exam(gates: Sequence[GateBase], seed: int, *, worse_by: float, a_day: int, days: int) -> ValidationReport:
    """One exam; `worse_by` is the true difference of the mean absolute errors."""
    random = np.random.default_rng(seed)
    sizes = random.integers(a_day // 2, a_day * 3 // 2 + 1, days)
    day = np.repeat(np.arange(days), sizes)
    bad = np.exp(random.normal(0, 0.3, days) - 0.3**2 / 2)[day]  # of mean 1: bad days err more, and count as much
    common, own = random.normal(size=len(day)), random.normal(size=len(day))
    champion, candidate = bad * common, (1 + worse_by * sqrt(pi / 2)) * bad * (0.8 * common + 0.6 * own)
    found = measure(
        "simulated",
        np.zeros(len(day)),
        candidate,
        champion,
        day,
        basis="holdout",
        start=AS_OF,
        end=AS_OF,
        metrics=("mae", "rmse"),
        segments={"group": random.choice(np.array(["a", "b", "c"], dtype=object), len(day))},
    )
    return judge(gates, found, AS_OF)


def rates(gates: Sequence[GateBase], *, worse_by: float, a_day: int, days: int, exams: int) -> Rates:
    """The verdicts of the exams that can resolve whatever can hold a candidate back, and the answers of the others."""
    found = [exam(gates, seed, worse_by=worse_by, a_day=a_day, days=days) for seed in range(exams)]
    there = [report.verdict for report in found if not _below(report)]
    below = [result.verdict for report in found for result in _below(report)]
    known = ("passed", "failed", "cannot judge")
    return Rates(
        len(there) / exams,
        {name: there.count(name) / len(there) if there else float("nan") for name in known},
        1 - below.count("cannot tell") / len(below) if below else float("nan"),
    )


def _below(report: ValidationReport) -> list[GateResult]:
    """The questions that hold a candidate back, and whose margin the rows cannot resolve."""
    held = [result for result in report.results if result.gate.startswith("against_champion")]
    return [result for result in held if result.resolves is None or result.resolves > abs(result.limit or 0)]


def table(exams: int) -> Iterator[str]:
    """The lines of the table in docs/validation.md."""
    head = (
        "exam",
        "days",
        "rows a day",
        "can resolve",
        "equal: passed, failed",
        "worse: failed, passed",
        "below: told",
    )
    yield f"| {' | '.join(head)} |"
    yield "|---|---|---|---|---|---|---|"
    two_weeks = [(14, 60), (14, 120), (14, 250), (14, 500)]
    sizes = {"one question": [*two_weeks, (28, 60), (28, 250), (56, 120)], "two, and three segments": two_weeks}
    for (name, chosen), gates in zip(sizes.items(), (ALONE, TOGETHER), strict=True):
        for days, a_day in chosen:
            equal = rates(gates, worse_by=0, a_day=a_day, days=days, exams=exams)
            worse = rates(gates, worse_by=2 * MARGIN, a_day=a_day, days=days, exams=exams)
            cells = (
                name,
                days,
                a_day,
                f"{equal.resolved:.2f}, {worse.resolved:.2f}",
                f"{equal.there['passed']:.3f}, {equal.there['failed']:.3f}",
                f"{worse.there['failed']:.3f}, {worse.there['passed']:.3f}",
                f"{equal.told_below:.3f}, {worse.told_below:.3f}",
            )
            yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else 2000):
        print(line, flush=True)
