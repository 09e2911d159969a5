"""From the columns of a bare table to rows that can be replayed: the label, the features, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.soundness import kind_of
from retrain_platform.dataset.times import BadTimes, to_utc
from retrain_platform.replay.table import Table

TaskName = Literal["binary", "multiclass", "regression"]
_MOST_CLASSES = 50
"""A label of more different whole numbers is a number."""
_FLAGS = {"False": 0.0, "True": 1.0, "0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}
"""What the texts of a binary label's values are."""


class CannotReplay(ValueError):
    """The table cannot be replayed as asked; the message says what to change."""


class Read(NamedTuple):
    """A table that can be replayed, its task, and what was left out, in words."""

    table: Table
    task: TaskName
    notes: tuple[str, ...]


def read(
    frame: pd.DataFrame, time: str, label: str, *, exclude: Sequence[str] = (), task: TaskName | None = None
) -> Read:
    """The rows with a time and a label, in the order of time; rows of one time stay as they stood.

    Every other column is a feature, but for those that a pattern of `exclude` matches and those that hold times or
    lists. A time column of numbers only orders: there is no calendar.

    Raises:
        CannotReplay: no such column, no row left, a time that is none, or a label that is none of the task's.
    """
    for option, name in (("--time", time), ("--label", label)):
        if name not in frame.columns:
            raise CannotReplay(
                f"{option} == {name!r}, must be a column of the table: {', '.join(map(str, frame.columns))}"
            )
    if time == label:
        raise CannotReplay(f"--label == {label!r}, must be another column than --time")
    times, told = _times(_plain(frame[time])), _plain(frame[label])
    kept = (times.notna() & told.notna()).to_numpy()
    notes = [f"{np.count_nonzero(~kept):,} rows without a time or a label are left out"] if not kept.all() else []
    if not kept.any():
        raise CannotReplay(f"no row has both a time ({time}) and a label ({label})")
    rows, times, told = frame.loc[kept], times[kept], told[kept]
    features, dropped = _features(rows, {time, label}, exclude)
    found = task or task_of(told)
    order = np.argsort(times.to_numpy(), kind="stable")
    ordered = times.iloc[order].reset_index(drop=True)
    table = Table(
        features=rows[features].iloc[order].reset_index(drop=True),
        labels=_labels(told, found)[order],
        times=ordered if isinstance(ordered.dtype, pd.DatetimeTZDtype) else None,
    )
    return Read(table, found, (*notes, *dropped))


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """The values themselves, where they came as codes."""
    return values.astype(values.cat.categories.dtype) if isinstance(values.dtype, pd.CategoricalDtype) else values


def task_of(labels: pd.Series[Any]) -> TaskName:
    """What a label is by its values: 0 and 1 (or true and false), names or few whole numbers, else a number."""
    kinds = labels.dropna().unique()
    if all(not isinstance(value, str) and value in (0, 1) for value in kinds):
        return "binary"
    if not pd.api.types.is_numeric_dtype(labels.dtype):
        return "multiclass"
    whole = all(float(value).is_integer() for value in kinds)
    return "multiclass" if whole and len(kinds) <= _MOST_CLASSES else "regression"


def _times(values: pd.Series[Any]) -> pd.Series[Any]:
    """In UTC; numbers as they are."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values
    try:
        return to_utc(values, "UTC")
    except BadTimes as error:
        raise CannotReplay(str(error)) from error


def _features(rows: pd.DataFrame, taken: set[str], exclude: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns to learn from, and a note for those of a kind that nothing is learned from."""
    found, times, nested = [], [], []
    for name in map(str, rows.columns):
        if name in taken or any(fnmatchcase(name, pattern) for pattern in exclude):
            continue
        first = rows[name].dropna().head(1).tolist()
        if first and isinstance(first[0], list | dict | np.ndarray):
            nested.append(name)
        elif kind_of(rows[name]) == "time":
            times.append(name)
        else:
            found.append(name)
    notes = [f"{', '.join(times)} left out: times are no features" for _ in times[:1]]
    notes += [f"{', '.join(nested)} left out: lists and structures are no features" for _ in nested[:1]]
    if not found:
        raise CannotReplay("no column is left to learn from beside the time and the label")
    return found, notes


def _labels(values: pd.Series[Any], task: TaskName) -> np.ndarray[tuple[int], np.dtype[np.generic]]:
    if task == "multiclass":
        return values.astype(str).to_numpy(dtype=object)
    if task == "binary":
        found = values.astype(str).map(_FLAGS)
        wrong = values[found.isna().to_numpy()]
        if len(wrong):
            raise CannotReplay(f"label == {wrong.iloc[0]!r}, must be 0 or 1 for task binary; or give --task multiclass")
        return found.to_numpy(dtype=np.float64)
    try:
        return values.to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CannotReplay(f"label {values.name}, must hold numbers for task regression: {error}") from error
