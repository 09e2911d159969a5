"""Assets of the room `monitoring`: predictions, profile, drift report, performance report."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from retrain_platform.defs import drift_pages
from retrain_platform.defs.names import Named
from retrain_platform.defs.plots import ESTIMATED, listed, quality, table
from retrain_platform.defs.quality import beside
from retrain_platform.defs.resource import Platform
from retrain_platform.monitoring.error_reports import PeriodEstimate
from retrain_platform.monitoring.reports import DriftReport, PerformanceReport, PeriodPerformance


def predictions(of: Named) -> dg.AssetsDefinition:
    """The period's rows scored by every version that has a role, or as another system recorded."""

    @of.asset(
        "predictions",
        room="release",
        kinds={"deltalake"},
        deps=of.keys("events"),
        description="Scores by champion, shadow or canary, previous, as the release stood when the period began "
        "(the road's only loop: Dagster's graph shows it as far as `release`).",
    )
    def _predictions(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.release.scoring import score

        value = score(retrain.workshop(of.spec), of.period(context))
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": value.rows,
                "versions": table(
                    [
                        {"role": role, "version": version, "rows answered": value.used.get(role, 0)}
                        for role, version in value.versions.items()
                    ],
                    none="no version answers yet",
                ),
                "problems": dg.MetadataValue.md("\n".join(f"- {one}" for one in value.problems) or "none"),
            }
        )

    return _predictions


def profile(of: Named) -> dg.AssetsDefinition:
    """Counts of every column, on its fixed grid."""

    @of.asset(
        "profile",
        room="monitoring",
        kinds={"arrow"},
        deps=of.keys("events"),
        description="Mergeable counts of every feature, whole and by segment.",
    )
    def _profile(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.monitoring.drifting import make_profile

        made = make_profile(retrain.workshop(of.spec), of.period(context))
        if made is None:
            return dg.MaterializeResult(metadata={"dagster/row_count": 0})
        missing = [
            {"column": name, "missing": f"{column.missing / max(made.rows, 1):.1%}"}
            for name, column in made.columns.items()
            if column.missing
        ]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": made.rows,
                "columns": len(made.columns),
                "missing": table(missing, none="no column misses a value"),
            }
        )

    return _profile


def drift_report(of: Named) -> dg.AssetsDefinition:
    """The period against the champion's training periods."""

    @of.asset(
        "drift_report",
        room="monitoring",
        kinds={"python"},
        deps=of.keys("profile", "predictions"),
        description="Every feature's distance from the reference, in words beside what ordinary periods and chance "
        "score; apart from it, the shift of the champion's scores.",
    )
    def _drift(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.monitoring.drifting import drift, known_drift, sides
        from retrain_platform.steps.monitoring.reference import reference_periods

        shop, period = retrain.workshop(of.spec), of.period(context)
        reference = reference_periods(shop, period)
        report = drift(shop, period, reference)
        if report is None:
            return dg.MaterializeResult(metadata={"reference": f"nothing to compare with: {reference.said}"})
        most = drift_pages.ranked(report.features, of.spec.monitoring.severity)[0].feature
        plots = {
            "over periods": drift_pages.heat(known_drift(shop, period), of.spec.monitoring.severity),
            "most drifted": drift_pages.distribution(most, sides(shop, period, reference, most)),
        }
        return dg.MaterializeResult(metadata={**_drifted(of, report), **plots, **_drift_tables(of, report)})

    return _drift


def _drifted(of: Named, report: DriftReport) -> dict[str, Any]:
    """The report in numbers and words."""
    codes = [drift_pages.severity_of(each, of.spec.monitoring.severity) for each in report.features]
    season = f"; noise of the same season: {', '.join(report.noise_of)}" if report.noise_of else ""
    rows = max(((each.rows_current, each.rows_reference) for each in report.features), default=(0, 0))
    return {
        "severe features": codes.count("severe"),
        "reference": f"{report.reference[0]} to {report.reference[-1]}: {report.said}{season}",
        "rows": f"{rows[0]:,} now, {rows[1]:,} in the reference",
    }


def _drift_tables(of: Named, report: DriftReport) -> dict[str, Any]:
    limits = of.spec.monitoring.severity
    return {
        "severities": drift_pages.severities(report.features, limits),
        "segment mix": drift_pages.mix(report.mix, limits),
        "champion's scores": drift_pages.predictions(report.predictions),
    }


def performance_report(of: Named) -> dg.AssetsDefinition:
    """What each version did on the periods whose labels are in."""

    @of.asset(
        "performance_report",
        room="monitoring",
        kinds={"python"},
        deps=of.keys("predictions", "events"),
        description="Quality of every scored version on newly ripe periods, with intervals by day, by segment.",
    )
    def _performance(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.monitoring.quality import known_estimates
        from retrain_platform.steps.monitoring.ripening import perform, performances

        shop, period = retrain.workshop(of.spec), of.period(context)
        report = perform(shop, period)
        estimated = known_estimates(shop, period.end)
        course = _history(of, performances(shop, period.end), estimated)
        seen = {**_numbers(report), **course, **_tables(of, report), **beside(report)}
        biased = {"feedback loop": of.spec.label.unexplored} if of.spec.label.unexplored else {}
        return dg.MaterializeResult(metadata={**seen, **biased})

    return _performance


def measures(of: Named) -> dg.AssetsDefinition:
    """Operations and business measures, where the spec names tables of them."""

    @of.asset(
        "measures",
        room="monitoring",
        kinds={"python"},
        deps=of.keys("events"),
        description="What the tables of operations and business measures had for the period when it was watched.",
    )
    def _measures(context: dg.AssetExecutionContext, retrain: Platform) -> dg.MaterializeResult:
        from retrain_platform.steps.monitoring.measuring import measure_period

        found = measure_period(retrain.workshop(of.spec), of.period(context))
        readings = found.readings if found else ()
        for problem in found.problems if found else ():
            context.log.warning(problem)
        whole = {one.measure: one.mean for one in readings if one.segment is None}
        return dg.MaterializeResult(
            metadata={
                **whole,
                "measured": table([one.model_dump() for one in readings]),
                "problems": listed(found.problems if found else ()),
            }
        )

    return _measures


def _champion(report: PerformanceReport) -> PeriodPerformance | None:
    return next((reading for reading in report.measured if reading.ripe and reading.role == "champion"), None)


def _numbers(report: PerformanceReport) -> dict[str, float]:
    """The champion's metrics, as numbers that Dagster draws over partitions."""
    champion = _champion(report)
    return {} if champion is None else {n: got.value for n, got in champion.metrics.items() if got.value is not None}


def _tables(of: Named, report: PerformanceReport) -> dict[str, Any]:
    """What was measured in this report, of every version, and the champion by segment."""
    champion = _champion(report)
    measured = [
        {"event period": r.period, "role": r.role, "version": r.version, "labelled": r.labelled}
        | {name: got.value for name, got in r.metrics.items()}
        | {"note": r.why}
        for r in report.measured
    ]
    return {"measured": table(measured), **({"segments": _segments(of, champion)} if champion else {})}


def _segments(of: Named, reading: PeriodPerformance) -> dg.MarkdownMetadataValue:
    """The model's own metric by segment; a small one says why it cannot be told."""
    rows = []
    for column, values in reading.segments.items():
        for value, metrics in values.items():
            got = metrics[of.spec.primary]
            rows.append(
                {
                    "segment": f"{column} = {value}",
                    of.spec.primary: got.value,
                    "low": got.low,
                    "high": got.high,
                    "rows": got.rows,
                    "note": got.why,
                }
            )
    return table(rows)


def _history(of: Named, readings: Sequence[PeriodPerformance], estimated: Sequence[PeriodEstimate]) -> dict[str, Any]:
    """The metric's course so far, one line a role; what was estimated before the labels came is marked apart."""
    series: dict[str, list[tuple[str, float, float | None, float | None]]] = {}
    for reading in readings:
        got = reading.metrics.get(of.spec.primary)
        if got is not None and got.value is not None:
            series.setdefault(reading.role, []).append((reading.period, got.value, got.low, got.high))
    for each in estimated:
        told = each.metrics.get(of.spec.primary)
        if told is not None and told.value is not None:
            series.setdefault(ESTIMATED, []).append((each.period, told.value, told.low, told.high))
    if not series:
        return {}
    return {
        "quality": quality(
            series, title=f"{of.spec.primary} by event period; shaded: the champion's interval", limits=_limits(of)
        )
    }


def _limits(of: Named) -> dict[str, float]:
    """The floors that the gates or policies set for the model's own metric."""
    return {
        f"floor {gate.at_least}": gate.at_least
        for gate in of.spec.validation.gates
        if gate.kind == "floor" and gate.metric == of.spec.primary and gate.at_least is not None
    }
