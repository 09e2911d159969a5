"""Rows with something wrong in them: noise on numbers, values missing, categories shuffled, numbers out of range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

import numpy as np

from retrain_platform.dataset.soundness import kind_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Disturbance = Literal["noise", "missing", "shuffled", "out_of_range"]
_NUMBERS = ("numeric", "integer")


def touched(frame: pd.DataFrame, features: Sequence[str], how: Disturbance) -> list[str]:
    """The features that the disturbance changes: numbers, categories, or (missing) all of them."""
    kinds = {name: kind_of(frame[name]) for name in features}
    if how == "missing":
        return list(features)
    wanted = ("category",) if how == "shuffled" else _NUMBERS
    return [name for name in features if kinds[name] in wanted]


def disturbed(
    frame: pd.DataFrame,
    features: Sequence[str],
    how: Disturbance,
    amount: float,
    seed: int,
    *,
    lists: NDArray[np.integer] | None = None,
) -> pd.DataFrame:
    """The same rows, those features disturbed; the others share their memory with `frame`.

    `amount` is, for noise, its standard deviation in those of the column; else the share of cells: made missing;
    exchanged among themselves; or put as far outside the column's range as the range is wide. A feature is
    disturbed alike whichever others are: its draws depend on `seed` and its name alone.

    `lists` number, for ranking, each row's list, shape (rows,): a category is then another's of the same list, for a
    value that no row of the list has would make another list of it, not a worse one.
    """
    changed = frame.copy(deep=False)
    for name in touched(frame, features, how):
        random = np.random.default_rng([seed, crc32(name.encode())])
        if how == "shuffled" and lists is not None:
            changed[name] = _from_its_list(frame[name], amount, random, lists)
        else:
            changed[name] = _CHANGES[how](frame[name], amount, random)
    return changed


def _noise(values: pd.Series[Any], amount: float, random: np.random.Generator) -> Any:
    numbers = _numbers(values)
    known = numbers[np.isfinite(numbers)]
    spread = float(known.std()) if len(known) else 0.0
    return numbers + random.normal(0, 1, len(numbers)) * amount * spread


def _missing(values: pd.Series[Any], amount: float, random: np.random.Generator) -> Any:
    gone = random.random(len(values)) < amount
    if kind_of(values) in (*_NUMBERS, "bool"):
        return np.where(gone, np.nan, _numbers(values))
    return values.mask(gone)


def _shuffled(values: pd.Series[Any], amount: float, random: np.random.Generator) -> Any:
    chosen = np.flatnonzero(random.random(len(values)) < amount)
    places = np.arange(len(values))
    places[chosen] = random.permutation(chosen)
    return values.array.take(places)


def _from_its_list(
    values: pd.Series[Any], amount: float, random: np.random.Generator, lists: NDArray[np.integer]
) -> Any:
    """A share of the cells have the value of another row of their list, all others of it alike likely."""
    order = np.argsort(lists, kind="stable")
    _, first, sizes = np.unique(lists[order], return_index=True, return_counts=True)
    start, size = np.repeat(first, sizes), np.repeat(sizes, sizes)
    further = 1 + (random.random(len(order)) * (size - 1)).astype(np.intp)
    other = start + (np.arange(len(order)) - start + further) % size
    places = np.arange(len(values))
    chosen = random.random(len(order)) < amount
    places[order[chosen]] = order[other[chosen]]
    return values.array.take(places)


def _out_of_range(values: pd.Series[Any], amount: float, random: np.random.Generator) -> Any:
    numbers = _numbers(values)
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return numbers
    low, high = float(known.min()), float(known.max())
    width = high - low or max(abs(high), 1.0)
    far = np.where(random.random(len(numbers)) < 0.5, low - width, high + width)
    return np.where(random.random(len(numbers)) < amount, far, numbers)


def _numbers(values: pd.Series[Any]) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = values.to_numpy(dtype="float64", na_value=np.nan)
    return numbers


_CHANGES = {"noise": _noise, "missing": _missing, "shuffled": _shuffled, "out_of_range": _out_of_range}
