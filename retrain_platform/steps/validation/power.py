"""How finely the model's own history lets two versions be told apart."""

from __future__ import annotations

import statistics

from retrain_platform.dataset.stores import Values
from retrain_platform.spec.model import ModelSpec
from retrain_platform.validation.base import ValidationReport


def paired_error_a_period(values: Values, spec: ModelSpec) -> float | None:
    """The standard error of candidate minus champion on one period, from past exams; None before the first.

    An exam of k periods has about sqrt(k) times less than one: days are the sampling unit.
    """
    found = []
    for report in values.all(spec.name, "validation_report", ValidationReport).values():
        measured = report.measurements
        comparison = measured.comparisons.get(spec.primary)
        if comparison is None or comparison.standard_error is None or not measured.days:
            continue
        periods = measured.days / max(1, spec.period.length().days)
        found.append(comparison.standard_error * max(1.0, periods) ** 0.5)
    return statistics.median(found) if found else None
