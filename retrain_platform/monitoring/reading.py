"""Columns of a frame as blocks: which values are texts, numbers, missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.blocks import Numbers, Texts, Values, text_of
from retrain_platform.stats.choosing import choose_numbers
from retrain_platform.stats.counting import Groups
from retrain_platform.stats.grid import Grid

if TYPE_CHECKING:
    import pandas as pd

MISSING_SEGMENT = "missing"
"""The segment of the rows that have no value of the segment column."""


_OF_TIME = ("date", "datetime", "time")
"""What pandas calls objects that are dates, moments and times of day."""


def choose_grid(column: pd.Series[Any]) -> Grid:
    """The grid that suits the column's type and range; see `profile.choose_grids`."""
    import pandas as pd

    types = pd.api.types
    if types.is_bool_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype):
        return Grid("category")
    if types.is_datetime64_any_dtype(column) or types.is_timedelta64_dtype(column):
        return choose_numbers(_numbers(column), whole=False)
    held = types.infer_dtype(column) if column.dtype == object else ""
    if types.is_integer_dtype(column) or held == "integer":
        return choose_numbers(_numbers(column), whole=True)
    if types.is_numeric_dtype(column) or held in ("floating", "mixed-integer-float", "decimal", *_OF_TIME):
        return choose_numbers(_numbers(column), whole=False)
    return Grid("category")


def column_values(column: pd.Series[Any], grid: Grid) -> Values:
    """The values of `column` as `grid` counts them, whatever its type has become."""
    if grid.kind != "category":
        return Numbers(_numbers(column))
    return Texts(*text_places(column))


def segment_groups(column: pd.Series[Any] | NDArray[np.object_]) -> tuple[Groups, list[str]]:
    """The rows by their text in `column`, and the texts, sorted; 'missing' for those that have none."""
    places, texts = text_places(column)
    named = [*texts, MISSING_SEGMENT] if (places < 0).any() else texts
    names, codes = np.unique(np.array(named, dtype=str), return_inverse=True)
    return Groups(codes[places].astype(np.intp), len(names)), [str(name) for name in names]


def text_places(column: pd.Series[Any] | NDArray[np.object_]) -> tuple[NDArray[np.intp], list[str]]:
    """Each row's place in a list of texts, -1 where the value is missing.

    The same value gives the same text whether its column is whole numbers or, for a missing one, floats.
    """
    import pandas as pd

    places, values = pd.factorize(column)
    return places.astype(np.intp), [text_of(value) for value in values]


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """As floats: times in seconds since 1970 (UTC), durations in seconds, what is no number as nan."""
    import pandas as pd

    types = pd.api.types
    if types.is_datetime64_any_dtype(column):
        return _seconds(pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy())
    if types.is_timedelta64_dtype(column):
        return _seconds(column.to_numpy())
    if not types.is_numeric_dtype(column):
        held = types.infer_dtype(column) if column.dtype == object else ""
        if held in _OF_TIME:
            return _numbers(_timed(column, held))
        column = pd.to_numeric(column.astype(object), errors="coerce")
    return column.to_numpy(dtype=np.dtype(np.float64), na_value=np.nan)


def _seconds(times: NDArray[np.datetime64] | NDArray[np.timedelta64]) -> NDArray[np.float64]:
    """From their own unit at once, as the Arrow reader does: pandas would go by way of another."""
    unit, _ = np.datetime_data(times.dtype)
    return np.where(np.isnat(times), np.nan, times.view(np.int64) / {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit])


def _timed(column: pd.Series[Any], held: str) -> pd.Series[Any]:
    """Objects of `_OF_TIME` as moments, or as the time since midnight."""
    import pandas as pd

    if held == "time":
        return pd.to_timedelta(column.astype(str), errors="coerce")
    return pd.to_datetime(column, errors="coerce", utc=True)
