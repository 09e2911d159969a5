"""Which periods are ripe, and what every version did on those that just became so."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.ripeness import PeriodCount, ripe
from retrain_platform.monitoring.performance import measure, not_ripe
from retrain_platform.monitoring.reports import PerformanceReport, PeriodPerformance, Role
from retrain_platform.policy.history import RipePeriod
from retrain_platform.steps.answers import judged, stored
from retrain_platform.steps.known import ROLES, days_of, labelled, ripened, segments_of
from retrain_platform.steps.monitoring.control import ask, remember
from retrain_platform.steps.monitoring.quality import checks, concepts, earlier_reports, estimates, keep_sums
from retrain_platform.steps.values import Ingested, Ripened, Scored
from retrain_platform.steps.workshop import Workshop


def ripen(shop: Workshop, period: Period) -> tuple[list[PeriodCount], list[str]]:
    """Record the periods that are ripe at the period's end; gives the unripe ones and why each is."""
    done = ripened(shop, period.end)
    counts = [_count(shop, key, value, period.end) for key, value in _ingested(shop, period).items() if key not in done]
    before = [
        PeriodCount(
            period=v.period.period,
            start=v.period.start,
            end=v.period.end,
            rows=v.period.rows,
            labelled=v.period.labelled,
            sound=v.period.sound,
        )
        for v in done.values()
    ]
    waiting: list[PeriodCount] = []
    why: list[str] = []
    for verdict in ripe([*before, *counts], period.end, shop.spec.label):
        if verdict.count.period in done:
            continue
        if not verdict.ripe:
            waiting.append(verdict.count)
            why.append(verdict.why)
            continue
        _keep(shop, verdict.count, period.end, verdict.forced)
    return waiting, why


def _ingested(shop: Workshop, period: Period) -> dict[str, Ingested]:
    values = shop.values.all(shop.model, "events", Ingested)
    return {key: value for key, value in values.items() if key <= period.key and value.rows}


def _count(shop: Workshop, key: str, value: Ingested, as_of: datetime) -> PeriodCount:
    at = shop.spec.period.period(key)
    return PeriodCount(
        period=key,
        start=at.start,
        end=at.end,
        rows=value.rows,
        labelled=len(labelled(shop, key, as_of, columns=())),
        sound=not value.problems,
    )


def _keep(shop: Workshop, count: PeriodCount, as_of: datetime, forced: bool) -> None:
    ingested = shop.values.newest(shop.model, "events", count.period, Ingested)
    problems = ingested.problems if ingested else ()
    value = Ripened(
        as_of=as_of,
        forced=forced,
        period=RipePeriod(**{**count.model_dump(), "sound": not problems}, problem="; ".join(problems)),
    )
    shop.values.put(shop.model, "ripe", count.period, "ripe", value)


def perform(shop: Workshop, period: Period) -> PerformanceReport:
    """Measure every version on the periods that ripened at the period's end; say what the others wait for.

    Beside the metrics: whether the concept moved, what the others' metrics probably are, the control set.
    """
    waiting, why = ripen(shop, period)
    fresh = [key for key, value in ripened(shop, period.end).items() if value.as_of == period.end]
    measured = [reading for key in fresh for reading in _measure(shop, key, period.end)]
    for count, reason in zip(waiting, why, strict=True):
        measured += _waiting(shop, count, reason, period.end)
    earlier = earlier_reports(shop, period)
    answer, scores = ask(shop, _versions(shop, period.key).get("champion"), period.key, period.end)
    checked = checks(measured, earlier, period.end)
    report = PerformanceReport(
        period=period.key,
        as_of=period.end,
        measured=tuple(measured),
        concept=concepts(shop, fresh, earlier, period.end),
        estimated=estimates(shop, waiting, earlier, checked, period.end),
        checked=checked,
        control=answer,
    )
    shop.values.put(shop.model, "performance_report", period.key, "performance", report)
    remember(shop, scores)
    return report


def _waiting(shop: Workshop, count: PeriodCount, why: str, as_of: datetime) -> list[PeriodPerformance]:
    """A line for each version that scored a period which is not ripe."""
    return [
        not_ripe(
            period=count.period,
            version=version,
            role=role,
            as_of=as_of,
            rows=count.rows,
            labelled=count.labelled,
            why=why,
        )
        for role, version in _versions(shop, count.period).items()
    ]


def _versions(shop: Workshop, key: str) -> dict[Role, str]:
    scored = shop.values.newest(shop.model, "predictions", key, Scored)
    return dict(scored.versions) if scored else {}


def _classes(shop: Workshop, key: str) -> dict[Role, tuple[str, ...]]:
    scored = shop.values.newest(shop.model, "predictions", key, Scored)
    return scored.classes if scored else {}


def _measure(shop: Workshop, key: str, as_of: datetime) -> list[PeriodPerformance]:
    versions = _versions(shop, key)
    if not versions:
        return []
    frame = labelled(shop, key, as_of)
    keep_sums(shop, frame, key, versions, as_of)
    rows = shop.values.newest(shop.model, "events", key, Ingested)
    return [
        _reading(shop, frame, key, role, versions[role], as_of, rows.rows if rows else len(frame))
        for role in ROLES
        if role in versions
    ]


def _reading(
    shop: Workshop,
    frame: pd.DataFrame,
    key: str,
    role: Role,
    version: str,
    as_of: datetime,
    rows: int,
) -> PeriodPerformance:
    spec = shop.spec
    if spec.predictions is not None:  # the rows that it answered: of the others nothing was recorded
        frame = frame[frame[role].notna()]
    rows_judged = judged(spec, frame, stored(frame, role, _classes(shop, key)))
    return measure(
        rows_judged.labels,
        rows_judged.scores[0],
        days_of(frame, spec.period.timezone),
        queries=rows_judged.queries,
        period=key,
        version=version,
        role=role,
        as_of=as_of,
        metrics=spec.metrics,
        rows=rows,
        segments=segments_of(shop, frame),
        confidence=spec.monitoring.confidence,
        min_segment=spec.monitoring.min_segment,
    )


def performances(shop: Workshop, until: datetime) -> list[PeriodPerformance]:
    """Every ripe reading taken at or before `until`, by event period."""
    reports = shop.values.all(shop.model, "performance_report", PerformanceReport)
    found = [
        reading for report in reports.values() if report.as_of <= until for reading in report.measured if reading.ripe
    ]
    return sorted(found, key=lambda reading: (reading.period, reading.role))
