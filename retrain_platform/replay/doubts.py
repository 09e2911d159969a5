"""What of a bare table a person should look at before believing its replay; nothing is changed for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.dataset.soundness import kind_of
from retrain_platform.replay.table import Cut, Table
from retrain_platform.training.base import Task

_INDEX = re.compile(r"__index_level_\d+__|Unnamed: \d+|")
"""How pandas calls the numbers of rows that it writes into a Parquet file, and reads back from a CSV."""
_LOOKED_AT = 20_000
"""So many rows are looked at, evenly over the table."""
_ENOUGH = 100
"""Of fewer than so many to try it on, no column is suspected."""
_BINS = 100
_NEARLY_EACH = 0.95
"""Texts of which this share are different are taken for another in every row."""
_LEFT = 0.05
"""A column tells the label alone where it leaves at most this share of the errors of calling every row alike."""
_NEARLY_ALL = 0.95
"""A class of at least this share makes accuracy say little."""


def row_numbers(name: str, values: pd.Series[Any]) -> bool:
    """Whether a column is the row numbers that were written beside the others: in time's order they tell the time.

    >>> row_numbers("__index_level_0__", pd.Series([4, 2])), row_numbers("floor", pd.Series([4, 2]))
    (True, False)
    """
    return bool(_INDEX.fullmatch(name)) and pd.api.types.is_integer_dtype(values.dtype) and values.is_unique


def doubts(features: pd.DataFrame, labels: NDArray[np.generic], task: Task, label: str) -> Iterator[str]:
    """Columns that tell the label alone, or each row from the others, or hold numbers as text."""
    places = np.linspace(0, len(labels) - 1, min(len(labels), _LOOKED_AT)).astype(int)
    rows, known = features.iloc[places], labels[places]
    tells = [name for name in map(str, features.columns) if _tells(rows[name], known, task)]
    if tells:
        yield (
            f"{', '.join(tells)} alone nearly tells {label}: was that known when the row happened? "
            f"(else --exclude '{','.join(tells)}')"
        )
    alone = [name for name in map(str, features.columns) if len(labels) >= _ENOUGH and _one_each(features[name])]
    if alone:
        yield f"{', '.join(alone)}: another value in nearly every row, nothing to learn from (--exclude)"
    texts = [name for name in map(str, features.columns) if name not in alone and _numbers_as_text(rows[name])]
    if texts:
        yield f"{', '.join(texts)}: numbers as text, learned as names; write them as numbers (else --exclude)"


def one_sided(labels: NDArray[np.generic], label: str) -> Iterator[str]:
    """A class of two, 0 and 1, that is nearly all rows: of it accuracy says little."""
    share = float(np.mean(labels == 1))
    if max(share, 1 - share) >= _NEARLY_ALL:
        common = f"{max(share, 1 - share):.1%} of the rows have {label} {int(share > 0.5)}"
        yield f"{common}: a model that always says so has that accuracy (--metric auc tells more)"


def lasting(table: Table, cut: Cut) -> str:
    """That lines of a spec are written as if a batch lasted a day, and how long it did where the times say it."""
    told = "lines of a spec are written as if a batch lasted a day (1d)"
    if table.times is None:
        return told
    days = (table.times.iloc[-1] - table.times.iloc[0]) / pd.Timedelta(days=1) / len(cut.periods)
    lasted = f"{days:.3g} days" if days >= 1 else f"{24 * days:.3g} hours"
    return f"{told}: here one lasts {lasted} in the mean"


def undivided(table: Table, cut: Cut) -> Iterator[str]:
    """Batches whose border lies within the rows of one time."""
    borders = cut.places[1:-1]
    if cut.every is None and (split := int(np.count_nonzero(table.tied[list(borders)]))):
        yield (
            f"{split} of the {len(borders)} borders between batches lie within rows of one time, "
            "whose order is that of the table"
        )


def _tells(values: pd.Series[Any], labels: NDArray[np.generic], task: Task) -> bool:
    """Learned from every other row, tried on the rest."""
    if len(labels) < 2 * _ENOUGH:
        return False
    if task == "regression":
        return _same(values, labels.astype(np.float64))
    codes, classes = _codes(values), pd.factorize(labels)[0]
    counts = np.zeros((codes.max() + 1, classes.max() + 1))
    np.add.at(counts, (codes[::2], classes[::2]), 1)
    most = int(np.bincount(classes[::2]).argmax())
    said = np.where(counts.any(axis=1), counts.argmax(axis=1), most)[codes[1::2]]
    wrong, all_alike = np.mean(said != classes[1::2]), np.mean(classes[1::2] != most)
    return bool(all_alike * len(said) >= 1 and wrong <= _LEFT * all_alike)


def _codes(values: pd.Series[Any]) -> NDArray[np.intp]:
    """Each value as a number from 0; of many different numbers their percentile, the missing as one more."""
    if pd.api.types.is_numeric_dtype(values.dtype) and values.nunique() > _BINS:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        edges = np.quantile(numbers[np.isfinite(numbers)], np.linspace(0, 1, _BINS + 1)[1:-1])
        return np.where(np.isnan(numbers), _BINS, np.searchsorted(edges, numbers)).astype(np.intp)
    codes = pd.factorize(values)[0].astype(np.intp)
    return np.asarray(np.where(codes < 0, codes.max() + 1, codes))


def _same(values: pd.Series[Any], labels: NDArray[np.float64]) -> bool:
    """Whether a column is the number itself, but for a unit and a little noise."""
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        return False
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    there = np.isfinite(numbers)
    if there.sum() < _ENOUGH or numbers[there].std() == 0.0 or labels[there].std() == 0.0:
        return False
    return bool(1 - np.corrcoef(numbers[there], labels[there])[0, 1] ** 2 <= _LEFT**2)


def _numbers_as_text(values: pd.Series[Any]) -> bool:
    """Whether nearly all texts of a column are numbers, and too many different ones to be codes."""
    if kind_of(values) != "category":
        return False
    kinds = pd.Series(values.dropna().unique()).astype(str)
    return len(kinds) > _BINS and bool(pd.to_numeric(kinds, errors="coerce").notna().mean() >= _NEARLY_EACH)


def _one_each(values: pd.Series[Any]) -> bool:
    """Whether texts are another in nearly every row, or whole numbers only rise or fall."""
    kind = kind_of(values)
    if kind == "category":
        return bool(values.nunique() >= _NEARLY_EACH * len(values))
    whole = kind == "integer" and values.is_unique
    return bool(whole and (values.is_monotonic_increasing or values.is_monotonic_decreasing))
