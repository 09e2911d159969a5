"""How the champion does, for the status line: what was measured, and apart from it what is only estimated."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.spec import ModelSpec

_BACK = 8
"""How many periods back a measured one is looked for."""


def quality_of(spec: ModelSpec, watched: Sequence[str]) -> dict[str, str | None]:
    """The model's own metric, `measured` on the newest ripe period and `estimated` on the newest that is not."""
    from retrain_platform.monitoring.reports import PerformanceReport
    from retrain_platform.resources import settings, values_of

    values = values_of(settings())
    reports = [values.newest(spec.name, "performance_report", key, PerformanceReport) for key in watched[-_BACK:]]
    known = [report for report in reports if report is not None]
    measured = [
        f"{spec.primary} {reading.metrics[spec.primary].value:.3g} in {reading.period}"
        for report in known
        for reading in report.measured
        if reading.ripe
        and reading.role == "champion"
        and spec.primary in reading.metrics
        and reading.metrics[spec.primary].value is not None
    ]
    estimated = [
        f"{spec.primary} about {told.value:.3g} ({told.low:.3g} to {told.high:.3g}) in {each.period}, no labels yet"
        if told.value is not None
        else f"{each.period}: {told.why}"
        for report in known[-1:]
        for each in report.estimated
        if (told := each.metrics.get(spec.primary)) is not None
    ]
    return {
        "measured": measured[-1] if measured else None,
        "estimated": estimated[-1] if estimated else None,
    }
