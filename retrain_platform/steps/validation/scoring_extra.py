"""The named extra sets of the spec, scored by the candidate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.record import finite
from retrain_platform.dataset.texts import shown
from retrain_platform.dataset.times import BadTimes, as_text, to_utc
from retrain_platform.spec.model import ModelSpec
from retrain_platform.stats.intervals import linear_single
from retrain_platform.stats.metrics import metric
from retrain_platform.steps.answers import Answers, judged
from retrain_platform.steps.known import days_of
from retrain_platform.steps.validation.scene import Scene, ask
from retrain_platform.steps.workshop import TableUnreadable
from retrain_platform.validation.extra import ExtraSet
from retrain_platform.validation.suites import OnSet


def score_extra(scene: Scene, gate: ExtraSet) -> OnSet:
    """The gate's metric on its set; the interval's unit is the day where rows have event times, else row or list."""
    spec = scene.shop.spec
    nothing = OnSet(metric=gate.metric, confidence=spec.monitoring.confidence)
    try:
        table = scene.shop.suite_table(gate.path)
    except TableUnreadable as error:
        return nothing.model_copy(update={"why": str(error)})
    known = nothing.model_copy(update={"digest": table.digest, "rows": len(table.frame)})
    if why := _unusable(spec, table.frame):
        return known.model_copy(update={"why": f"{gate.path} {why}"})
    rows = _labelled(spec, table.frame)
    if not len(rows):
        return known.model_copy(update={"why": f"{gate.path} has no labelled row"})
    answer = ask(scene.candidate, rows)
    if answer.problem:
        return known.model_copy(update={"why": f"the candidate cannot score the rows of {gate.path}: {answer.problem}"})
    return _measured(scene, gate, known, rows, answer.answers)


def _unusable(spec: ModelSpec, frame: pd.DataFrame) -> str:
    """What the set lacks to be measured on; empty where it lacks nothing."""
    needed = {"the label": spec.label.column} | ({"the lists": spec.label.query} if spec.label.query else {})
    absent = [f"{name}, {what}" for what, name in needed.items() if name not in frame.columns]
    if absent:
        return f"has no column {' and none '.join(absent)}"
    values = frame[spec.label.column]
    wrong = values[values.notna() & _labels(spec, values).isna()]
    return f"has label == {shown(wrong.iloc[0])}, must be a number" if len(wrong) else ""


def _labels(spec: ModelSpec, values: pd.Series[Any]) -> pd.Series[Any]:
    """A number, of several classes the name; missing where there is none."""
    if spec.task == "multiclass":
        return as_text(values, missing="").astype(object).where(values.notna())
    numbers: pd.Series[Any] = pd.to_numeric(values, errors="coerce")
    return numbers


def _labelled(spec: ModelSpec, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a label, with it as `_label`; of a ranking, a row without a list has none."""
    labels = _labels(spec, frame[spec.label.column])
    known = labels.notna() if spec.label.query is None else labels.notna() & frame[spec.label.query].notna()
    return frame.assign(_label=labels)[known].reset_index(drop=True)


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
