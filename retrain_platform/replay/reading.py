"""From the columns of a bare table to rows that can be replayed: the label, the features, and what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.soundness import kind_of
from retrain_platform.dataset.texts import shown
from retrain_platform.dataset.times import BadTimes, to_utc
from retrain_platform.replay.doubts import doubts, row_numbers
from retrain_platform.replay.entities import group_of
from retrain_platform.replay.table import Table
from retrain_platform.spec.fields import did_you_mean

TaskName = Literal["binary", "multiclass", "regression"]
_MOST_CLASSES = 50
"""A label of more different whole numbers is a number."""
_MOST_NAMES = 200
"""A label of more different names is taken for no class, unless the task is said: each class is a model of its own."""
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
    frame: pd.DataFrame,
    time: str,
    label: str,
    *,
    exclude: Sequence[str] = (),
    task: TaskName | None = None,
    entity: str | None = None,
) -> Read:
    """The rows with a time and a label, in the order of time; rows of one time stay as they stood.

    Every other column is a feature, but for the `entity`, those that a pattern of `exclude` matches and those that hold
    times, lists or row numbers. A time column of numbers only orders: there is no calendar.

    Raises:
        CannotReplay: no such columns (all of them are named), no row left, a time that is none, a label that is none
            of the task's, or the same in every row.
    """
    _must_be_there(list(map(str, frame.columns)), time, label, entity, exclude)
    times, told = _times(_plain(frame[time])), _plain(frame[label])
    kept = (times.notna() & told.notna()).to_numpy()
    notes = [f"{np.count_nonzero(~kept):,} rows without a time or a label are left out"] if not kept.all() else []
    if not kept.any():
        raise CannotReplay(f"no row has both a time ({time}) and a label ({label})")
    rows, times, told = frame.loc[kept], times[kept], told[kept]
    features, dropped = _features(rows, {time, label, *([entity] if entity else [])}, exclude)
    found = task or task_of(told)
    _must_differ(told, found, said=task is not None)
    order = times.argsort(kind="stable").to_numpy()
    ordered = times.iloc[order].reset_index(drop=True)
    table = Table(
        features=rows[features].iloc[order].reset_index(drop=True),
        labels=_labels(told, found)[order],
        times=ordered if isinstance(ordered.dtype, pd.DatetimeTZDtype) else None,
        tied=ordered.duplicated().to_numpy(),
        groups=None if entity is None else group_of(rows[entity])[order],
    )
    return Read(table, found, (*notes, *dropped, *doubts(table.features, table.labels, found, label)))


def _must_be_there(columns: Sequence[str], time: str, label: str, entity: str | None, exclude: Sequence[str]) -> None:
    wrong = [
        f"{option} == {name!r}, must be a column of the table: {', '.join(columns)}{did_you_mean(name, columns)}"
        for option, name in (("--time", time), ("--label", label), ("--entity", entity))
        if name is not None and name not in columns
    ]
    if label == time:
        wrong.append(f"--label == {label!r}, must be another column than --time")
    if entity in (time, label):
        wrong.append(f"--entity == {entity!r}, must be another column than --time and --label")
    wrong += [  # a typing mistake would let a leak in
        f"--exclude == {pattern!r}, must match a column of the table: {', '.join(columns)}"
        f"{did_you_mean(pattern, columns)}"
        for pattern in exclude
        if not any(fnmatchcase(name, pattern) for name in columns)
    ]
    if wrong:
        raise CannotReplay("\n".join(wrong))


def _must_differ(labels: pd.Series[Any], task: TaskName, *, said: bool) -> None:
    """A label must have two values, and of names not so many that they are none."""
    kinds = labels.unique()
    if len(kinds) == 1:
        raise CannotReplay(
            f"{labels.name} == {shown(kinds[0])} in all {len(labels):,} rows, must have two values at least"
        )
    if task == "multiclass" and len(kinds) > _MOST_NAMES and not said:
        raise CannotReplay(
            f"{labels.name} == {shown(kinds[0])}, {shown(kinds[1])}, ... ({len(kinds):,} different in {len(labels):,} "
            f"rows), must be at most {_MOST_NAMES} classes: name another --label, convert numbers that were written as "
            "text, or say --task multiclass"
        )


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
    found, times, nested, numbers = [], [], [], []
    for name in map(str, rows.columns):
        if name in taken or any(fnmatchcase(name, pattern) for pattern in exclude):
            continue
        first = rows[name].dropna().head(1).tolist()
        if row_numbers(name, rows[name]):
            numbers.append(name)
        elif first and isinstance(first[0], list | dict | np.ndarray):
            nested.append(name)
        elif kind_of(rows[name]) == "time":
            times.append(name)
        else:
            found.append(name)
    notes = [f"{', '.join(times)} left out: times are no features" for _ in times[:1]]
    notes += [f"{', '.join(nested)} left out: lists and structures are no features" for _ in nested[:1]]
    notes += [f"{', '.join(map(repr, numbers))} left out: row numbers that were written with it" for _ in numbers[:1]]
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
            raise CannotReplay(
                f"{values.name} == {shown(wrong.iloc[0])}, must be 0 or 1 for task binary; or say --task multiclass"
            )
        return found.to_numpy(dtype=np.float64)
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    wrong = values[~np.isfinite(numbers)]
    if len(wrong):
        raise CannotReplay(
            f"{values.name} == {shown(wrong.iloc[0])} in {len(wrong):,} rows, must be finite numbers for task "
            "regression: leave such rows out"
        )
    return numbers
