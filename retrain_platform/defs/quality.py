"""What a performance report holds beside its metrics, as tables: concept, estimates, the control set."""

from typing import Any

from retrain_platform.defs.plots import table
from retrain_platform.monitoring.error_reports import EstimateCheck, PeriodConcept, PeriodEstimate
from retrain_platform.monitoring.reports import PerformanceReport


def beside(report: PerformanceReport) -> dict[str, Any]:
    """One table for each of them that the report has."""
    found: dict[str, Any] = {}
    if report.concept:
        found["concept"] = table([row for each in report.concept for row in _concept(each)])
    if report.estimated:
        found["estimated"] = table([row for each in report.estimated for row in _estimated(each)])
    if report.checked:
        found["estimates that came true"] = table([row for each in report.checked for row in _came(each)])
    if report.control is not None:
        control = report.control
        row = {"version": control.version, "rows": control.rows, "changed scores": control.changed}
        note = control.why or f"first asked in {control.first_asked}"
        found["control set"] = table([row | {"largest change": control.largest} | control.metrics | {"note": note}])
    return found


def _concept(concept: PeriodConcept) -> list[dict[str, Any]]:
    """A line for each number that is compared with the proven days; one that says why where none is."""
    nothing = {"event period": concept.period, "what": "", "shift": None, "error": None, "p": None, "note": concept.why}
    lines = [
        nothing | {"what": name, "shift": shift.shift, "error": shift.error, "p": shift.chance, "note": shift.why}
        for name, shift in concept.calibration.items()
    ]
    lines += [
        nothing
        | {"what": f"label by {each.feature}: {each.cell}", "shift": each.shift, "error": each.error, "p": each.chance}
        for each in concept.relation
    ]
    return lines or [nothing]


def _estimated(estimate: PeriodEstimate) -> list[dict[str, Any]]:
    return [
        {
            "event period": estimate.period,
            "metric": name,
            "estimated": told.value,
            "low": told.low,
            "high": told.high,
            "ripe periods behind it": told.periods,
            "note": told.why or "its labels are not in",
        }
        for name, told in estimate.metrics.items()
    ]


def _came(check: EstimateCheck) -> list[dict[str, Any]]:
    return [
        {
            "event period": check.period,
            "metric": name,
            "estimated": came.estimated,
            "low": came.low,
            "high": came.high,
            "measured": came.measured,
        }
        for name, came in check.metrics.items()
    ]
