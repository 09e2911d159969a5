"""Measure a candidate once on its holdout: everything that the gates then judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import finite
from retrain_platform.dataset.snapshot import Basis
from retrain_platform.monitoring.performance import POOL
from retrain_platform.monitoring.reading import segment_groups
from retrain_platform.stats.intervals import beside
from retrain_platform.stats.metrics import Metric
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.validation.base import Comparison, Measurements, Scores, WorstRow
from retrain_platform.validation.curves import ModelCurves, curves
from retrain_platform.validation.scores import scores_of
from retrain_platform.validation.task_curves import class_curves, list_curves
from retrain_platform.validation.worst import worst_queries, worst_rows

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Holdout:
    """Rows as both models scored them, in arrays of one length."""

    labels: Floats
    candidate: Floats
    champion: Floats
    days: NDArray[np.integer]
    ids: NDArray[np.object_] | None
    queries: NDArray[np.integer] | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse arrays of different lengths."""
        held = (self.labels, self.candidate, self.champion, self.days, self.ids, self.queries)
        lengths = [len(each) for each in held if each is not None]
        if len(set(lengths)) > 1:
            raise ValueError(f"lengths == {lengths}, must be equal")

    def only(self, rows: NDArray[np.bool_]) -> Holdout:
        """The rows where `rows` is true."""
        return Holdout(
            labels=self.labels[rows],
            candidate=self.candidate[rows],
            champion=self.champion[rows],
            days=self.days[rows],
            ids=None if self.ids is None else self.ids[rows],
            queries=None if self.queries is None else self.queries[rows],
            classes=self.classes,
        )

    def value(self, metric: Metric, scores: Floats) -> float | None:
        """The metric of one model's scores; None where it is undefined."""
        return finite(metric.compute(self.labels, scores, queries=self.queries))


def measure(  # noqa: PLR0913 - the arrays of one holdout, and what they are
    decision_id: str,
    labels: Floats,
    candidate: Floats,
    champion: Floats | None,
    days: NDArray[np.integer],
    *,
    basis: Basis,
    start: datetime | None,
    end: datetime | None,
    metrics: Sequence[str],
    segments: Mapping[str, NDArray[np.object_]] | None = None,
    confidence: float = 0.95,
    min_segment: int = 50,
    looks: int = 1,
    ids: NDArray[np.object_] | None = None,
    queries: NDArray[np.integer] | None = None,
    classes: tuple[str, ...] = (),
) -> Measurements:
    """Candidate against champion, whole and by segment, paired on the same rows, days as the unit.

    Every array is of shape (rows,); scores of several `classes` are of shape (rows, classes), and labels their places;
    `queries` number the lists of ranking. `champion` is None for basis 'alone'; for 'recipes' it is the
    champion's recipe refitted to the exam's cut. A nan label (never to come) does not count.
    `days` holds any integer names of the days, `segments` each column's values, `ids` the rows'
    names for a person. A segment under `min_segment` (positives and negatives for a binary label,
    queries for ranking, else rows) is shown as one that cannot be told, and pooled with the other small ones
    of its column into 'column=other'. `confidence` is that of the intervals as measured; gates
    take their own. `looks` counts the exams on any of these rows (`exam.looks_at`).

    Raises:
        ValueError: lengths differ, an unknown metric or none, a champion where the basis has none
            or the other way round, basis 'too few rows' (see `cannot_measure`).
    """
    _must_fit(basis, champion, metrics)
    known = ~np.isnan(labels)
    rival = candidate if champion is None else champion  # a first model stands beside itself, and is not compared
    holdout = Holdout(labels, candidate, rival, days, ids, queries, classes).only(known)
    columns = {column: values[known] for column, values in (segments or {}).items()}
    chosen = [metric_named(name) for name in metrics]
    told = _told(holdout, chosen, alone=champion is None)
    if champion is None:
        told["worst_rows"] = _worst({"all": holdout}, chosen[0], alone=True)
    else:
        told |= _against(holdout, columns, chosen, confidence, min_segment)
    return Measurements(decision_id=decision_id, basis=basis, holdout_start=start, holdout_end=end, looks=looks, **told)


def _told(holdout: Holdout, metrics: Sequence[Metric], *, alone: bool) -> dict[str, Any]:
    """What is measured of the rows and of each model by itself, by field of `Measurements`."""
    models = {"candidate": holdout.candidate} | ({} if alone else {"champion": holdout.champion})
    return {
        "rows": len(holdout.labels),
        "days": len(np.unique(holdout.days)),
        "candidate": {each.name: holdout.value(each, holdout.candidate) for each in metrics},
        "curves": _curves(holdout, models, metrics[0]),
        "scores": {name: scores_of(each) for name, each in {"labels": holdout.labels, **models}.items()},
    }


def _against(
    holdout: Holdout,
    columns: Mapping[str, NDArray[np.object_]],
    metrics: Sequence[Metric],
    confidence: float,
    least: int,
) -> dict[str, Any]:
    """What the comparison with the champion tells, by field of `Measurements`."""
    parts = dict(_parts(holdout, columns, metrics[0], least))
    segments = {name: _compare(part, metrics, confidence, why) for name, (part, why) in parts.items()}
    worst = _worst({"all": holdout} | {name: part for name, (part, _) in parts.items()}, metrics[0])
    return {"comparisons": _compare(holdout, metrics, confidence), "segments": segments, "worst_rows": worst}


def _curves(holdout: Holdout, models: Mapping[str, Floats], primary: Metric) -> dict[str, ModelCurves]:
    task, labels = primary.task_of(holdout.candidate), holdout.labels
    if task == "multiclass":
        names = holdout.classes or tuple(str(place) for place in range(holdout.candidate.shape[1]))
        return {name: class_curves(labels, each, names) for name, each in models.items()}
    if holdout.queries is not None:
        return {name: list_curves(labels, each, holdout.queries, primary) for name, each in models.items()}
    return {name: curves(labels, each, binary=task == "binary") for name, each in models.items()}


def cannot_measure(decision_id: str, why: str) -> Measurements:
    """Where no row may examine the candidate: nothing is measured, `why` says what is missing."""
    return Measurements(
        decision_id=decision_id, basis="too few rows", holdout_start=None, holdout_end=None, rows=0, days=0, why=why
    )


def cannot_score(decision_id: str, basis: Basis, rows: int, why: str) -> Measurements:
    """Where the candidate cannot score the rows of its exam: nothing is measured, and it fails (`scores.unsound`)."""
    return Measurements(
        decision_id=decision_id,
        basis=basis,
        holdout_start=None,
        holdout_end=None,
        rows=rows,
        days=0,
        scores={"candidate": Scores(rows=rows, problem=why)},
        why=f"the candidate cannot score the rows of the exam: {why}",
    )


def _must_fit(basis: Basis, champion: Floats | None, metrics: Sequence[str]) -> None:
    if not metrics:
        raise ValueError("metrics == [], must name at least one")
    if basis == "too few rows":
        raise ValueError("basis == 'too few rows', must be one with a holdout: use cannot_measure")
    if (basis == "alone") != (champion is None):
        given = "none" if champion is None else "given"
        raise ValueError(f"champion == {given} with basis == {basis!r}, must be none exactly where it is 'alone'")


def _compare(holdout: Holdout, metrics: Sequence[Metric], confidence: float, why: str = "") -> dict[str, Comparison]:
    """Metric by metric; `why` these rows cannot be told, where they are too few."""
    if why:
        rows, days = len(holdout.labels), len(np.unique(holdout.days))
        return {each.name: Comparison.untold(each.name, confidence, why, rows=rows, days=days) for each in metrics}
    return {each.name: _comparison(holdout, each, confidence) for each in metrics}


def _comparison(holdout: Holdout, metric: Metric, confidence: float) -> Comparison:
    found = beside(
        holdout.labels, holdout.candidate, holdout.champion, holdout.days, metric, confidence, holdout.queries
    )
    interval = found.interval
    why = ""
    if not np.isfinite(interval.value):
        why = f"cannot tell: {metric.name} cannot be computed on {interval.rows} rows, {_undefined(holdout)}"
    elif not np.isfinite(interval.low):
        why = f"cannot tell: days == {interval.groups}, too few for an interval"
    return Comparison(
        metric=metric.name,
        confidence=confidence,
        rows=interval.rows,
        days=interval.groups,
        why=why,
        candidate=holdout.value(metric, holdout.candidate),
        champion=holdout.value(metric, holdout.champion),
        difference=finite(interval.value),
        low=finite(interval.low),
        high=finite(interval.high),
        standard_error=finite(interval.standard_error),
        champion_error=finite(found.error),
        shared=finite(found.shared),
    )


def _undefined(holdout: Holdout) -> str:
    """Why a metric has no value there, as far as the rows tell."""
    for who, scores in (("candidate", holdout.candidate), ("champion", holdout.champion)):
        if missing := int((~np.isfinite(scores)).sum()):
            return f"{missing} of the {who}'s scores are not finite"
    return "of one class perhaps"


def _parts(
    holdout: Holdout, columns: Mapping[str, NDArray[np.object_]], metric: Metric, least: int
) -> Iterator[tuple[str, tuple[Holdout, str]]]:
    """Each segment's rows, and why it cannot be told ('' where it can); a column's pool comes last."""
    for column, values in columns.items():
        groups, names = segment_groups(values)
        small = np.zeros(len(names), dtype=bool)
        for code, name in enumerate(names):
            part = holdout.only(groups.codes == code)
            why = _too_small(part, metric, least)
            small[code] = bool(why)
            yield f"{column}={name}", (part, why)
        if small.any():
            pool = holdout.only(small[groups.codes])
            name = f"{POOL} (pooled)" if POOL in names and not small[names.index(POOL)] else POOL
            yield f"{column}={name}", (pool, _too_small(pool, metric, least))


def _too_small(part: Holdout, metric: Metric, least: int) -> str:
    rows, positives = len(part.labels), int((part.labels == 1).sum())
    if metric.task_of(part.candidate) == "binary" and min(positives, rows - positives) < least:
        return f"cannot tell: {positives} positives, {rows - positives} negatives, must be >= {least}"
    if part.queries is not None and (lists := len(np.unique(part.queries))) < least:
        return f"cannot tell: {lists} queries, must be >= {least}"
    if rows < least:
        return f"cannot tell: {rows} rows, must be >= {least}"
    return ""


def _worst(parts: Mapping[str, Holdout], primary: Metric, *, alone: bool = False) -> dict[str, tuple[WorstRow, ...]]:
    found = {name: _worst_of(part, primary, None if alone else part.champion) for name, part in parts.items()}
    return {name: rows for name, rows in found.items() if rows}


def _worst_of(part: Holdout, primary: Metric, champion: Floats | None) -> tuple[WorstRow, ...]:
    if part.ids is None:
        return ()
    if part.queries is not None:
        return worst_queries(part.labels, part.candidate, champion, part.ids, part.queries, primary)
    return worst_rows(part.labels, part.candidate, champion, part.ids, part.classes)
