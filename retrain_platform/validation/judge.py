"""Every gate's answer, and what they amount to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from retrain_platform.validation.base import Family, GateResult, Measurements, ValidationReport
from retrain_platform.validation.gate import GateBase
from retrain_platform.validation.scores import unsound


def judge(
    gates: Sequence[GateBase], measurements: Measurements, as_of: datetime, level: float = 0.05
) -> ValidationReport:
    """Ask every gate; the same measurements give the same report.

    `level` is the exam's, two-sided, shared by all that its gates ask (`gate.levels`). Whether the candidate's scores
    are scores at all is asked before any gate. One blocking failure fails the candidate. Else a blocking gate that
    cannot tell, or a holdout of too few rows, is 'cannot judge': the shadow decides. A first model has no shadow, so
    what cannot be told fails it. Without gates everything measured passes.
    """
    measurements = measurements.model_copy(update={"family": _family(gates, measurements, level)})
    answers = (_asked(result, gate) for gate in gates for result in gate.judge(measurements))
    results = (*unsound(measurements), *answers)
    verdict, sentence = _verdict(results, measurements)
    return ValidationReport(
        decision_id=measurements.decision_id,
        as_of=as_of,
        measurements=measurements,
        results=results,
        verdict=verdict,
        sentence=sentence,
    )


def _family(gates: Sequence[GateBase], measurements: Measurements, level: float) -> Family:
    asked = [gate.questions(measurements) for gate in gates]
    failing, holding = sum(each.failing for each in asked), sum(each.holding for each in asked)
    return Family(level=level, questions=failing, holding=holding)


def _asked(result: GateResult, gate: GateBase) -> GateResult:
    return result if result.question else result.model_copy(update={"question": gate.describe()})


def _verdict(
    results: Sequence[GateResult], measurements: Measurements
) -> tuple[Literal["passed", "failed", "cannot judge"], str]:
    failed = [result for result in results if result.blocking and result.verdict == "failed"]
    if failed:
        return "failed", f"failed {_listed(failed)}"
    if measurements.basis == "too few rows":
        return "cannot judge", f"cannot judge, the shadow decides: {measurements.why}"
    untold = [result for result in results if result.blocking and result.verdict == "cannot tell"]
    if untold and measurements.basis == "alone":
        return "failed", f"failed, a first model has no shadow to decide {_listed(untold)}"
    if untold:
        return "cannot judge", f"cannot judge, the shadow decides: {_listed(untold)}"
    passed = sum(result.verdict == "passed" for result in results)
    first = "; a first model, no champion to compare with" if measurements.basis == "alone" else ""
    return "passed", f"passed {passed} of {len(results)} questions, none failed{first}"


def _listed(results: Sequence[GateResult]) -> str:
    return "; ".join(f"{result.gate} ({result.sentence})" for result in results)
