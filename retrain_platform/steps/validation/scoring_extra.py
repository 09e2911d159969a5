"""The named extra sets of the spec, scored by the candidate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retrain_platform.dataset.record import finite
from retrain_platform.dataset.times import BadTimes, as_text, to_utc
from retrain_platform.stats.intervals import linear_single
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import Answers, judged
from retrain_platform.steps.known import days_of
from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.steps.workshop import TableUnreadable
from retrain_platform.validation.extra import ExtraSet
from retrain_platform.validation.suites import OnSet


def score_extra(scene: Scene, gate: ExtraSet) -> OnSet:
    """The gate's metric on its set; the interval's unit is the day where the rows have event times, else the row."""
    spec = scene.shop.spec
    nothing = OnSet(metric=gate.metric, confidence=spec.monitoring.confidence)
    try:
        table = scene.shop.suite_table(gate.path)
    except TableUnreadable as error:
        return nothing.model_copy(update={"why": str(error)})
    known = nothing.model_copy(update={"digest": table.digest, "rows": len(table.frame)})
    if spec.label.column not in table.frame.columns:
        return known.model_copy(update={"why": f"{gate.path} has no column {spec.label.column}, the label"})
    rows = _labelled(scene, table.frame)
    if not len(rows):
        return known.model_copy(update={"why": f"{gate.path} has no labelled row"})
    answer = ask(scene.candidate, rows)
    if answer.problem:
        return known.model_copy(update={"why": f"the candidate cannot score the rows of {gate.path}: {answer.problem}"})
    return _measured(scene, gate, known, rows, answer.answers)


def _labelled(scene: Scene, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a label, with it as `_label`: a number, of several classes the name."""
    values = frame[scene.shop.spec.label.column]
    if scene.shop.spec.task == "multiclass":
        labels = as_text(values, missing="").astype(object).where(values.notna())
    else:
        labels = pd.to_numeric(values, errors="coerce")
    return frame.assign(_label=labels)[labels.notna()].reset_index(drop=True)


def _measured(scene: Scene, gate: ExtraSet, known: OnSet, rows: pd.DataFrame, answers: Answers) -> OnSet:
    on, days = metric(gate.metric), _days(scene, rows)
    try:
        labels, (scores,), queries, _ = judged(scene.shop.spec, rows, answers)
        value = on.compute(labels, scores, queries=queries)
        if not np.isfinite(value):
            raise ValueError(f"{gate.metric} cannot be computed on {len(rows)} rows, of one class perhaps")
        interval = linear_single(labels, scores, on, units=days, queries=queries, confidence=known.confidence)
    except (ValueError, KeyError) as error:  # a label that is none of the task's, a metric of another task, no query
        return known.model_copy(update={"why": f"{gate.path}: {error}"})
    ends = {"low": finite(interval.low), "high": finite(interval.high)}
    return known.model_copy(update={"value": value, "rows": len(rows), **ends})


def _days(scene: Scene, rows: pd.DataFrame) -> np.ndarray | None:
    """The local day of each row; None where the rows have no times that can be read."""
    spec = scene.shop.spec
    if spec.source.event_time not in rows.columns:
        return None
    try:
        times = to_utc(rows[spec.source.event_time], spec.period.timezone)
    except BadTimes:
        return None
    if times.isna().any():
        return None
    return days_of(times.to_frame("_event_time"), spec.period.timezone)
