"""What errors on ripe periods add up to, whether the concept moved, and what is probably true of periods not ripe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.ripeness import PeriodCount
from retrain_platform.monitoring.concept import concept, daily_errors, errors_by_day
from retrain_platform.monitoring.error_reports import EstimateCheck, PeriodConcept, PeriodEstimate
from retrain_platform.monitoring.error_sums import Cells, Errors, ErrorSums, TaskName, add_up, cut
from retrain_platform.monitoring.estimate import FEWEST, check, estimate, switched_off
from retrain_platform.monitoring.reports import PerformanceReport, PeriodPerformance, Role
from retrain_platform.steps.known import days_of, ripened
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import CannotLoad, Workshop

SUMMED = ("binary", "regression")
"""The tasks whose errors are numbers that can be added up: of the others neither concept nor estimate is known."""
LEANED_ON = 5
"""How many features, by importance, have their relation to the label watched."""


def keep_sums(shop: Workshop, frame: pd.DataFrame, key: str, versions: Mapping[Role, str], as_of: datetime) -> None:
    """Keep what every version's errors on a ripe period add up to; by feature for the champion's alone.

    `frame` holds the period's labelled rows with their scores. A version's cells are cut once, on the
    first ripe period that it scored.
    """
    if frame.empty or shop.spec.task not in SUMMED:
        return
    days = days_of(frame, shop.spec.period.timezone)
    labels = frame["_label"].to_numpy(np.float64)
    for role, version in versions.items():
        scores = frame[role].to_numpy(np.float64)
        cells = _cells(shop, version) or _cut(shop, frame, scores, version)
        features = frame if role == "champion" else None
        sums = add_up(features, Errors(labels, scores, days), cells, period=key, as_of=as_of)
        shop.values.put(shop.model, "error_sums", key, version, sums)


def _cells(shop: Workshop, version: str) -> Cells | None:
    return shop.values.newest(shop.model, "error_cells", version, Cells)


def _cut(shop: Workshop, frame: pd.DataFrame, scores: np.ndarray, version: str) -> Cells:
    try:
        importance = shop.fitted(version).report.importance
    except CannotLoad:  # its scores are there, and with them all but the features' cells
        importance = {}
    known = [name for name in importance if name in frame.columns]
    most = sorted(known, key=lambda name: (-importance[name], name))[:LEANED_ON]
    task: TaskName = "binary" if shop.spec.task == "binary" else "regression"
    cells = cut(frame, scores, most, version=version, task=task)
    shop.values.put(shop.model, "error_cells", version, "cells", cells)
    return cells


def sums_of(shop: Workshop, version: str, as_of: datetime, *, champion_only: bool) -> list[ErrorSums]:
    """A version's sums on the sound periods that were ripe by `as_of`, oldest first."""
    scored = shop.values.all(shop.model, "predictions", Scored)
    found = []
    for key, value in ripened(shop, as_of).items():
        versions: Mapping[Role, str] = scored[key].versions if key in scored else {}
        mine = versions.get("champion") == version if champion_only else version in versions.values()
        if mine and value.period.sound:
            sums = shop.values.get(shop.model, "error_sums", key, version, ErrorSums)
            if sums is not None:
                found.append(sums)
    return found


def earlier_reports(shop: Workshop, period: Period) -> list[PerformanceReport]:
    """The performance reports of the periods before this one, oldest first."""
    reports = shop.values.all(shop.model, "performance_report", PerformanceReport)
    return [report for key, report in reports.items() if key < period.key]


def known_concepts(shop: Workshop, until: datetime) -> tuple[PeriodConcept, ...]:
    """What was known of the concept at `until`, by event period."""
    reports = shop.values.all(shop.model, "performance_report", PerformanceReport).values()
    found = [each for report in reports if report.as_of <= until for each in report.concept]
    return tuple(sorted(found, key=lambda each: each.period))


def known_estimates(shop: Workshop, until: datetime) -> tuple[PeriodEstimate, ...]:
    """Every estimate that had been made at `until`, by event period."""
    reports = shop.values.all(shop.model, "performance_report", PerformanceReport).values()
    found = [each for report in reports if report.as_of <= until for each in report.estimated]
    return tuple(sorted(found, key=lambda each: each.period))


def concepts(
    shop: Workshop, fresh: Sequence[str], earlier: Sequence[PerformanceReport], as_of: datetime
) -> tuple[PeriodConcept, ...]:
    """The champion's concept on each sound period that became ripe now, oldest first."""
    before = [each for report in earlier for each in report.concept]
    found: list[PeriodConcept] = []
    for key in sorted(fresh):
        version = _champion_of(shop, key)
        periods = [] if version is None else sums_of(shop, version, as_of, champion_only=True)
        until = [sums for sums in periods if sums.period <= key]
        cells = None if version is None else _cells(shop, version)
        if version is None or cells is None or not until or until[-1].period != key:
            continue
        here = PeriodConcept(period=key, version=version, as_of=as_of, days=errors_by_day(until[-1]))
        known = [*before, *found, here]
        names = dict.fromkeys(each.version for each in known)
        streams = [daily_errors([each for each in known if each.version == name]).residuals for name in names]
        found.append(concept(until, cells, streams, as_of))
    return tuple(found)


def _champion_of(shop: Workshop, key: str) -> str | None:
    scored = shop.values.newest(shop.model, "predictions", key, Scored)
    return scored.versions.get("champion") if scored else None


def checks(
    measured: Sequence[PeriodPerformance], earlier: Sequence[PerformanceReport], as_of: datetime
) -> tuple[EstimateCheck, ...]:
    """What came true of what had been estimated of the periods measured now."""
    estimated = [each for report in earlier for each in report.estimated]
    ripe = [reading for reading in measured if reading.ripe and reading.role == "champion"]
    found = [check(reading, estimated, as_of) for reading in ripe]
    return tuple(each for each in found if each is not None)


def estimates(
    shop: Workshop,
    waiting: Sequence[PeriodCount],
    earlier: Sequence[PerformanceReport],
    checked: Sequence[EstimateCheck],
    as_of: datetime,
) -> tuple[PeriodEstimate, ...]:
    """The champion's metrics on the sound periods that are not ripe and were not estimated yet.

    While there are too few ripe periods, or all is switched off, the newest period alone says so.
    """
    if shop.spec.task not in SUMMED:
        return ()
    known = [*(each for report in earlier for each in report.checked), *checked]
    told = {
        (each.period, each.version)
        for report in earlier
        for each in report.estimated
        if any(found.value is not None for found in each.metrics.values())
    }
    found = []
    for count in waiting:
        version = _champion_of(shop, count.period)
        ingested = shop.values.newest(shop.model, "events", count.period, Ingested)
        sound = ingested is not None and not ingested.problems
        if version is None or not sound or (count.period, version) in told:
            continue
        made = _estimate(shop, count.period, version, known, as_of, newest=count.period == waiting[-1].period)
        if made is not None:
            found.append(made)
    return tuple(found)


def _estimate(
    shop: Workshop, key: str, version: str, known: Sequence[EstimateCheck], as_of: datetime, *, newest: bool
) -> PeriodEstimate | None:
    cells, confidence = _cells(shop, version), shop.spec.monitoring.confidence
    if cells is None:
        return None
    behind = sums_of(shop, version, as_of, champion_only=False)
    off = switched_off(known, version, confidence)
    possible = len(behind) >= FEWEST and not set(shop.spec.metrics) <= set(off)
    if not possible and not newest:
        return None
    read = shop.lake.read(shop.predictions, [key], columns=["champion"]) if possible else pd.DataFrame({"champion": []})
    scores = read["champion"].to_numpy(np.float64)
    return estimate(scores, behind, cells, shop.spec.metrics, period=key, as_of=as_of, confidence=confidence, off=off)
