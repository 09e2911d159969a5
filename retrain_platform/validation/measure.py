"""Measure a candidate once on its holdout: everything that the gates then judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import finite
from retrain_platform.dataset.snapshot import Basis
from retrain_platform.stats.metrics import Metric
from retrain_platform.stats.metrics import metric as metric_named
from retrain_platform.validation.base import Measurements, Scores, WorstRow
from retrain_platform.validation.curves import ModelCurves, curves
from retrain_platform.validation.scores import scores_of
from retrain_platform.validation.sides import ALL, Column, Told, compared, segments, sides, sides_by_segment
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

    def only(self, rows: NDArray[np.bool_] | slice) -> Holdout:
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
        told["worst_rows"] = _worst({ALL: holdout}, chosen[0], alone=True)
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
    split = segments(holdout.labels, holdout.queries, columns, metrics[0].task_of(holdout.candidate), least)
    mine, theirs = (_sides(holdout, scores, metrics, split) for scores in (holdout.candidate, holdout.champion))
    named = [] if holdout.ids is None else [part for column in split for part in column.parts()]
    worst = _worst({ALL: holdout} | {each.name: holdout.only(each.rows) for each in named}, metrics[0])
    return {**compared(mine, theirs, metrics, confidence), "worst_rows": worst}


def _sides(holdout: Holdout, scores: Floats, metrics: Sequence[Metric], split: Sequence[Column]) -> dict[str, Told]:
    """What one of the two models is on all rows and in every segment."""
    rows, queries = (holdout.labels, scores, holdout.days, metrics), holdout.queries
    return {ALL: sides(*rows, queries=queries), **sides_by_segment(*rows, split, queries=queries)}


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


def _worst(parts: Mapping[str, Holdout], primary: Metric, *, alone: bool = False) -> dict[str, tuple[WorstRow, ...]]:
    found = {name: _worst_of(part, primary, None if alone else part.champion) for name, part in parts.items()}
    return {name: rows for name, rows in found.items() if rows}


def _worst_of(part: Holdout, primary: Metric, champion: Floats | None) -> tuple[WorstRow, ...]:
    if part.ids is None:
        return ()
    if part.queries is not None:
        return worst_queries(part.labels, part.candidate, champion, part.ids, part.queries, primary)
    return worst_rows(part.labels, part.candidate, champion, part.ids, part.classes)
