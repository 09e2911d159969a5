"""From rows as a source has them to the events of one period, in a fixed order, labels dated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import pandas as pd

from retrain_platform.dataset.label import LabelSpec, Task
from retrain_platform.dataset.period import Calendar, Period
from retrain_platform.dataset.source import Source
from retrain_platform.dataset.texts import shown
from retrain_platform.dataset.times import BadTimes, as_text, to_utc

INTERNAL = ("_event_time", "_entity", "_label", "_arrived")
"""The columns that `arrange` adds: UTC, text, the label, UTC (NaT without a label).

The label is float64, nan unknown; of several classes it is the class's name, None unknown.
"""

Arrival = Literal["column", "history", "live"]


class BadEvents(ValueError):
    """Rows that cannot be the events of a model: every problem of the frame, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Arranged:
    """The events of a period, and what was left out of them.

    `arrival` says where the arrival times come from: the source's own `column`, the label delay
    over loaded `history`, or the moment of reading (`live`). Rows were dropped as `duplicates`
    (equal in every column), `outside` the period, or `undated` (no event time). `unlabelled` says why
    no label of the period could be read: then the source's label columns are left out of `frame`.
    """

    frame: pd.DataFrame
    rows: int
    duplicates: int
    outside: int
    undated: int
    arrival: Arrival
    unlabelled: tuple[str, ...] = ()


def arrange(
    frame: pd.DataFrame,
    *,
    source: Source,
    label: LabelSpec,
    calendar: Calendar,
    period: Period,
    loaded_at: datetime | None = None,
    changing: Sequence[str] = (),
    task: Task = "regression",
) -> Arranged:
    """The rows of `period` with the `INTERNAL` columns beside the source's own; an empty frame is fine.

    `loaded_at` is when the rows were read; None, or later than the period's end by the label delay,
    means history. Rows are ordered by event time, entity and content, whatever order they came in.
    `changing` are glob patterns of further columns that are filled after the event: like the label,
    they do not enter the order, so that rows keep their places when labels arrive. What a label may be, `task` says.

    Labels that cannot be read leave the period's rows without labels, and `unlabelled` says why.

    Raises:
        BadEvents: without its event times and entities a row is no event; every problem of the two.
    """
    if not len(frame) and not len(frame.columns):
        frame = pd.DataFrame(columns=_named(source, label))
    event_time, entity = _placed(frame, source, calendar.timezone)
    inside = event_time.between(pd.Timestamp(period.start), pd.Timestamp(period.end), inclusive="left")
    kept = frame.assign(_event_time=event_time, _entity=entity)[inside]
    labels = _read_labels(kept, label, calendar.timezone, task)
    arrival = _arrival(label, period, loaded_at)
    arrived = _arrived(kept["_event_time"], labels, label, arrival, loaded_at)
    kept = kept.assign(_label=labels.values, _arrived=arrived)
    twice = kept.duplicated(subset=list(frame.columns))
    settled = [name for name in frame.columns if not _unsettled(str(name), label, changing)]
    return Arranged(
        frame=_ordered(_plain(kept[~twice], label, labels), settled),
        rows=int((~twice).sum()),
        duplicates=int(twice.sum()),
        outside=int((~inside).sum() - event_time.isna().sum()),
        undated=int(event_time.isna().sum()),
        arrival=arrival,
        unlabelled=labels.problems,
    )


def known(frame: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The same rows, `_label` and `_arrived` missing where the label had not arrived by `as_of` (inclusive).

    The source's own label column is left as it is: read `_label`.
    """
    later = (frame["_arrived"] > pd.Timestamp(as_of)).to_numpy()
    told = frame.copy(deep=False)  # `assign` copies every column
    if later.any():
        told["_label"], told["_arrived"] = frame["_label"].mask(later), frame["_arrived"].mask(later)
    return told


def _placed(frame: pd.DataFrame, source: Source, timezone: str) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Event time and entity of every row.

    Raises:
        BadEvents: with every problem of the two.
    """
    problems = [
        f"column {name!r} is the platform's own: rename the source's" for name in INTERNAL if name in frame.columns
    ]
    asked = (("source.event_time", source.event_time), ("source.entity", source.entity))
    problems += [_absent(field, column, frame) for field, column in asked if column not in frame.columns]
    event_time = entity = pd.Series(dtype=object)
    if source.event_time in frame.columns:
        try:
            event_time = to_utc(frame[source.event_time], timezone)
        except BadTimes as error:
            problems.append(str(error))
    if problems:
        raise BadEvents(problems)
    entity = as_text(frame[source.entity], missing="unknown")
    return event_time, entity


def _absent(field: str, column: str, frame: pd.DataFrame) -> str:
    has = ", ".join(str(name) for name in frame.columns if name not in INTERNAL) or "no columns"
    return f"{field} == {column!r}, must be a column of the source, which has {has}"


@dataclass(frozen=True)
class _Labels:
    """The labels as in `INTERNAL`, when the source says they came, and why they could not be read."""

    values: pd.Series[Any]
    came: pd.Series[Any]
    problems: tuple[str, ...] = ()


def _read_labels(frame: pd.DataFrame, label: LabelSpec, timezone: str, task: Task) -> _Labels:
    """The labels of rows that are in their period: what another period's look like does not matter."""
    none = pd.Series(np.nan, index=frame.index, dtype="float64")
    if task == "multiclass":
        none = pd.Series(None, index=frame.index, dtype=object)
    asked = (("label.column", label.column), ("label.arrival", label.arrival), ("label.query", label.query))
    problems = [_absent(field, name, frame) for field, name in asked if name is not None and name not in frame.columns]
    values, came = none, pd.Series(pd.NaT, index=frame.index, dtype="datetime64[ns, UTC]")
    try:
        values = _values(frame[label.column], task) if label.column in frame.columns else none
        values = values.where(frame[label.query].notna()) if label.query in frame.columns else values
    except _BadLabel as error:
        problems.append(str(error))
    if label.arrival is not None and label.arrival in frame.columns:
        try:
            came = _dated(frame[label.arrival], frame.get(label.column), timezone)
        except BadTimes as error:
            problems.append(str(error))
    return _Labels(none if problems else values, came, tuple(problems))


def _dated(values: pd.Series[Any], labels: pd.Series[Any] | None, timezone: str) -> pd.Series[Any]:
    came = to_utc(values, timezone)
    undated = 0 if labels is None else int((labels.notna() & values.isna()).sum())
    if undated:
        raise BadTimes(f"{values.name} is missing for {undated} labelled rows: date them or drop the label")
    return came


class _BadLabel(ValueError):
    """A label that is no number, or none of the task's."""


_FIT: dict[Task, str] = {
    "binary": "0 or 1, true or false",
    "regression": "a finite number, true or false",
    "ranking": "a finite number of at least 0, true or false",
}


def _values(values: pd.Series[Any], task: Task) -> pd.Series[Any]:
    """Numbers and truth values as float64, nan where missing; classes as their names, None where missing."""
    if task == "multiclass":
        return as_text(values)
    numbers = pd.Series(
        pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan), index=values.index
    )
    unfit = ~numbers.isin([0.0, 1.0]) if task == "binary" else numbers.isna() | np.isinf(numbers)
    if task == "ranking":
        unfit |= numbers < 0
    wrong = values[unfit & values.notna()]
    if len(wrong):
        raise _BadLabel(f"{values.name} == {shown(wrong.iloc[0])}, must be {_FIT[task]}, or missing")
    return numbers


def _plain(frame: pd.DataFrame, label: LabelSpec, labels: _Labels) -> pd.DataFrame:
    """The rows without label columns that could not be read; labels written as texts are kept as they are read.

    One unreadable cell of a CSV file makes its whole column one of texts: the other periods stay what they were.
    The names of classes are texts in every period, also where they are whole numbers that a missing one made floats.
    """
    if labels.problems:
        return frame.drop(columns=[name for name in (label.column, label.arrival) if name in frame.columns])
    values = frame[label.column]
    named = labels.values.dtype == object
    number = pd.api.types.is_numeric_dtype(values.dtype) or not values.map(lambda value: isinstance(value, str)).any()
    if number and not named:
        return frame
    return frame.assign(**{label.column: frame["_label"]})


def _arrival(label: LabelSpec, period: Period, loaded_at: datetime | None) -> Arrival:
    if label.arrival is not None:
        return "column"
    return "history" if loaded_at is None or period.end + label.delay <= loaded_at else "live"


def _arrived(
    event_time: pd.Series[Any], labels: _Labels, label: LabelSpec, arrival: Arrival, loaded_at: datetime | None
) -> pd.Series[Any]:
    if arrival == "column":
        moments = labels.came
    else:
        moments = event_time + pd.Timedelta(label.delay)
        if arrival == "live" and loaded_at is not None:
            read = pd.Timestamp(loaded_at).tz_convert("UTC")
            moments = moments.where(moments > read, read)
    return moments.where(labels.values.notna())


def _named(source: Source, label: LabelSpec) -> list[str]:
    named = (source.event_time, source.entity, label.column, label.arrival)
    return [column for column in named if column is not None]


def _unsettled(name: str, label: LabelSpec, changing: Sequence[str]) -> bool:
    return name in (label.column, label.arrival) or any(fnmatchcase(name, pattern) for pattern in changing)


def _ordered(frame: pd.DataFrame, settled: list[Any]) -> pd.DataFrame:
    """By event time, entity, content; only rows alike in all `settled` columns keep the order they came in."""
    keys = frame[["_event_time", "_entity"]].assign(content=pd.util.hash_pandas_object(frame[settled], index=False))
    order = keys.sort_values(["_event_time", "_entity", "content"], kind="stable").index
    return frame.loc[order].reset_index(drop=True)
