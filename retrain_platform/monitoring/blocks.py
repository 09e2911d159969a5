"""Some rows of one column as arrays: numbers, whole numbers or texts, whatever table they came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.grid import Floats, Grid

Places = NDArray[np.integer]


class Numbers(NamedTuple):
    """Floats of shape (rows,), nan where missing; times and durations are in seconds."""

    values: Floats


class Wholes(NamedTuple):
    """Whole numbers, int64 of shape (rows,), none missing."""

    values: NDArray[np.int64]


class Texts(NamedTuple):
    """A text a row, by its place in `texts`, which may repeat; negative where missing."""

    places: Places
    texts: Sequence[str]


Values = Numbers | Wholes | Texts


def fitted(values: Values, grid: Grid) -> Values:
    """The values in a form that `grid` counts: what a grid of numbers cannot read as one is missing."""
    if grid.kind == "category":
        return values if isinstance(values, Texts) else _spelled(values)
    if isinstance(values, Texts):
        read = np.array([*(_number(text) for text in values.texts), np.nan])
        return Numbers(read[np.maximum(values.places, -1)])
    if grid.kind == "numeric" and isinstance(values, Wholes):
        return Numbers(values.values.astype(np.float64))
    return values


def text_of(value: object) -> str:
    """The same text for a value whether its column is whole numbers or, for a missing one, floats."""
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]


def _spelled(values: Numbers | Wholes) -> Texts:
    distinct, places = np.unique(values.values, return_inverse=True)
    missing = np.isnan(distinct) if distinct.dtype.kind == "f" else np.zeros(len(distinct), dtype=bool)
    return Texts(np.where(missing[places], -1, places), [text_of(value) for value in distinct.tolist()])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
