"""Rows that are not learned from: doubled ones, and those whose numbers lie far outside the others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Limits = dict[str, tuple[float, float]]
"""The least and the largest value of a column that is no outlier, both included."""

_NORMAL = 1.4826
"""The standard deviation of normally distributed values over their median absolute deviation."""


class Duplicates(Record):
    """Rows alike in all columns of `on` count once: the `first` or the `last` of them in time stays.

    'all' is event time, entity, features and label.
    """

    on: Literal["all"] | tuple[str, ...] = "all"
    keep: Literal["first", "last"] = "first"

    @model_validator(mode="after")
    def _some(self) -> Duplicates:
        if not self.on:
            raise ValueError("on == [], must be all or at least one column")
        return self


class Outliers(Record):
    """Numbers far outside, in the columns that a pattern of `features` matches; texts are passed over.

    Limits are fitted on the training part. `iqr`: `beyond` times the distance of the quartiles, below the first and
    above the third. `mad`: `beyond` times the median absolute deviation, in standard deviations of normally
    distributed values, around the median. `quantiles`: the quantiles `beyond` and 1 - `beyond`. A column whose
    spread is 0 by that measure has no limits. `drop` leaves the rows out of the training part; `clip` moves the
    value to its limit, in training as in every later score.
    """

    features: tuple[str, ...] = Field(default=("*",), min_length=1)
    method: Literal["iqr", "quantiles", "mad"] = "iqr"
    beyond: float = Field(default=3.0, gt=0, allow_inf_nan=False)
    action: Literal["drop", "clip"] = "drop"

    @model_validator(mode="after")
    def _a_share(self) -> Outliers:
        if self.method == "quantiles" and self.beyond >= 0.5:
            raise ValueError(f"beyond == {self.beyond:g}, must be a share below 0.5 where method == 'quantiles'")
        return self


class Cleaning(Record):
    """What is left out before anything is learned; each is counted by its reason."""

    duplicates: Duplicates | None = None
    outliers: Outliers | None = None


def doubled(frame: pd.DataFrame, rule: Duplicates, features: Sequence[str]) -> NDArray[np.bool_]:
    """Which rows of `frame`, oldest first, are left out because another one like them stays.

    Raises:
        KeyError: a column of `on` is not there.
    """
    absent = [] if rule.on == "all" else [name for name in rule.on if name not in frame.columns]
    if absent:
        has = ", ".join(str(name) for name in frame.columns if not str(name).startswith("_"))
        raise KeyError(f"training.rows.duplicates.on == {absent}, must be columns of the source, which has {has}")
    on = ["_event_time", "_entity", "_label", *features] if rule.on == "all" else list(rule.on)
    twice: NDArray[np.bool_] = frame.duplicated(subset=on, keep=rule.keep).to_numpy()
    return twice


def limits_of(train: pd.DataFrame, rule: Outliers, features: Sequence[str]) -> Limits:
    """The limits of each column of numbers that the rule is about; missing and infinite values do not count."""
    import pandas as pd

    found: Limits = {}
    for name in features:
        values = train[name]
        numeric = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
        if not numeric or not any(fnmatchcase(name, pattern) for pattern in rule.features):
            continue
        numbers = values.to_numpy(dtype="float64", na_value=np.nan)
        numbers = numbers[np.isfinite(numbers)]
        bounds = _bounds(numbers, rule) if len(numbers) else None
        if bounds is not None:
            found[name] = bounds
    return found


def _bounds(numbers: NDArray[np.float64], rule: Outliers) -> tuple[float, float] | None:
    if rule.method == "quantiles":
        low, high = np.quantile(numbers, [rule.beyond, 1 - rule.beyond])
        return (float(low), float(high)) if low < high else None
    if rule.method == "iqr":
        low, high = np.quantile(numbers, [0.25, 0.75])
        spread = high - low
    else:
        low, spread = median_and_spread(numbers)
        high = low
    return (float(low - rule.beyond * spread), float(high + rule.beyond * spread)) if spread > 0 else None


def median_and_spread(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The median, and 1.4826 times the median distance from it: of normally distributed numbers the standard deviation.

    Neither is moved by a few numbers far outside (Rousseeuw and Croux 1993).
    """
    middle = float(np.median(numbers))
    return middle, _NORMAL * float(np.median(np.abs(numbers - middle)))


def outside(frame: pd.DataFrame, limits: Mapping[str, tuple[float, float]]) -> NDArray[np.bool_]:
    """Which rows have a number outside its limits; a missing one is not."""
    found = np.zeros(len(frame), dtype=bool)
    for name, (low, high) in limits.items():
        values = frame[name].to_numpy(dtype="float64", na_value=np.nan)
        with np.errstate(invalid="ignore"):
            found |= (values < low) | (values > high)
    return found


def clipped(frame: pd.DataFrame, limits: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """The rows with each number moved to its nearer limit where it lies outside; `frame` itself where none does.

    Columns that are not there, or that hold no numbers now, are left to the preparation, which tells them.
    """
    import pandas as pd

    changed: dict[str, Any] = {}
    for name, (low, high) in limits.items():
        if name not in frame.columns or not pd.api.types.is_numeric_dtype(frame[name].dtype):
            continue
        values = frame[name].to_numpy(dtype="float64", na_value=np.nan)
        with np.errstate(invalid="ignore"):
            if ((values < low) | (values > high)).any():
                changed[name] = np.clip(values, low, high)
    return frame.assign(**changed) if changed else frame
