"""From rows as a source has them to the events of one period, in a fixed order, labels dated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import pandas as pd

from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Calendar, Period
from retrain_platform.dataset.source import Source
from retrain_platform.dataset.times import BadTimes, as_text, shown, to_utc

INTERNAL = ("_event_time", "_entity", "_label", "_arrived")
"""The columns that `arrange` adds: UTC, text, float64 (nan unknown), UTC (NaT without a label)."""

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
    (equal in every column), `outside` the period, or `undated` (no event time).
    """

    frame: pd.DataFrame
    rows: int
    duplicates: int
    outside: int
    undated: int
    arrival: Arrival


def arrange(
    frame: pd.DataFrame,
    *,
    source: Source,
    label: LabelSpec,
    calendar: Calendar,
    period: Period,
    loaded_at: datetime | None = None,
    changing: Sequence[str] = (),
) -> Arranged:
    """The rows of `period` with the `INTERNAL` columns beside the source's own; an empty frame is fine.

    `loaded_at` is when the rows were read; None, or later than the period's end by the label delay,
    means history. Rows are ordered by event time, entity and content, whatever order they came in.
    `changing` are glob patterns of further columns that are filled after the event: like the label,
    they do not enter the order, so that rows keep their places when labels arrive.

    Raises:
        BadEvents: with every problem of the frame.
    """
    if not len(frame) and not len(frame.columns):
        frame = pd.DataFrame(columns=_named(source, label))
    columns = _Columns(frame, source, label, calendar.timezone)
    columns.check()
    kept = frame.assign(_event_time=columns.event_time, _entity=columns.entity, _label=columns.label)
    arrival = _arrival(label, period, loaded_at)
    kept["_arrived"] = _arrived(columns, label, arrival, loaded_at)
    undated = int(kept["_event_time"].isna().sum())
    inside = kept["_event_time"].between(pd.Timestamp(period.start), pd.Timestamp(period.end), inclusive="left")
    kept = kept[inside]
    twice = kept.duplicated(subset=list(frame.columns))
    unsettled = [name for name in frame.columns if _unsettled(str(name), label, changing)]
    return Arranged(
        frame=_ordered(kept[~twice], [name for name in frame.columns if name not in unsettled]),
        rows=int((~twice).sum()),
        duplicates=int(twice.sum()),
        outside=int((~inside).sum()) - undated,
        undated=undated,
        arrival=arrival,
    )


def known(frame: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """The same rows, `_label` and `_arrived` missing where the label had not arrived by `as_of` (inclusive).

    The source's own label column is left as it is: read `_label`.
    """
    later = (frame["_arrived"] > pd.Timestamp(as_of)).to_numpy()
    return frame.assign(_label=frame["_label"].mask(later), _arrived=frame["_arrived"].mask(later))


class _Columns:
    """The four columns that matter, read one by one so that every problem is found."""

    def __init__(self, frame: pd.DataFrame, source: Source, label: LabelSpec, timezone: str) -> None:
        self.frame, self.source, self.spec, self.timezone = frame, source, label, timezone
        self.event_time = self.entity = self.label = self.arrived = pd.Series(dtype=object)

    def check(self) -> None:
        """Read them all.

        Raises:
            BadEvents: with every problem.
        """
        problems = [*self._reserved(), *self._absent()]
        for column, read in self._readers():
            if column in self.frame.columns:
                try:
                    read(self.frame[column])
                except (BadTimes, _BadLabel) as error:
                    problems.append(str(error))
        if problems:
            raise BadEvents(problems)

    def _readers(self) -> Iterator[tuple[str, Callable[[pd.Series[Any]], None]]]:
        yield self.source.event_time, lambda values: setattr(self, "event_time", to_utc(values, self.timezone))
        yield self.source.entity, lambda values: setattr(self, "entity", as_text(values, missing="unknown"))
        yield self.spec.column, lambda values: setattr(self, "label", _numbers(values))
        if self.spec.arrival is not None:
            yield self.spec.arrival, self._read_arrival

    def _read_arrival(self, values: pd.Series[Any]) -> None:
        self.arrived = to_utc(values, self.timezone)
        if self.spec.column in self.frame.columns:
            undated = int((self.frame[self.spec.column].notna() & values.isna()).sum())
            if undated:
                raise BadTimes(f"{values.name} is missing for {undated} labelled rows: date them or drop the label")

    def _reserved(self) -> Iterator[str]:
        for name in INTERNAL:
            if name in self.frame.columns:
                yield f"column {name!r} is the platform's own: rename the source's"

    def _absent(self) -> Iterator[str]:
        has = ", ".join(map(str, self.frame.columns)) or "no columns"
        for field, column in (
            ("source.event_time", self.source.event_time),
            ("source.entity", self.source.entity),
            ("label.column", self.spec.column),
            ("label.arrival", self.spec.arrival),
        ):
            if column is not None and column not in self.frame.columns:
                yield f"{field} == {column!r}, must be a column of the source, which has {has}"


class _BadLabel(ValueError):
    """A label that is no number."""


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers and truth values as float64, nan where missing."""
    numbers = pd.Series(
        pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan), index=values.index
    )
    wrong = values[(numbers.isna() & values.notna()) | np.isinf(numbers)]
    if len(wrong):
        raise _BadLabel(f"{values.name} == {shown(wrong.iloc[0])}, must be a finite number, true or false, or missing")
    return numbers


def _arrival(label: LabelSpec, period: Period, loaded_at: datetime | None) -> Arrival:
    if label.arrival is not None:
        return "column"
    return "history" if loaded_at is None or period.end + label.delay <= loaded_at else "live"


def _arrived(columns: _Columns, label: LabelSpec, arrival: Arrival, loaded_at: datetime | None) -> pd.Series[Any]:
    if arrival == "column":
        moments = columns.arrived
    else:
        moments = columns.event_time + pd.Timedelta(label.delay)
        if arrival == "live" and loaded_at is not None:
            read = pd.Timestamp(loaded_at).tz_convert("UTC")
            moments = moments.where(moments > read, read)
    return moments.where(columns.label.notna())


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
