"""What the measured suites leave for a person to read, as Markdown tables."""

from __future__ import annotations

from retrain_platform.validation.base import Measurements, ValidationReport
from retrain_platform.validation.tables import markdown_table


def cases_table(report: ValidationReport) -> str:
    """The cases, rows and features that speak for what did not pass, gate by gate; '' without any."""
    rows = [
        (result.gate, case.id, case.said)
        for result in report.results
        for case in (result.cases if result.verdict != "passed" else ())
    ]
    return markdown_table(("gate", "case", "what was seen"), rows)


def shown_table(taken: Measurements) -> str:
    """The predictions of the spot check; '' where the spec asks for none."""
    rows = [
        (
            row.id,
            ", ".join(f"{name} {value}" for name, value in row.values.items()),
            "" if row.label is None else _said(row.label),
            _said(row.candidate),
            "none" if row.champion is None else _said(row.champion),
        )
        for row in taken.suites.shown
    ]
    return markdown_table(("row", "values", "label", "candidate", "champion"), rows)


def _said(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
