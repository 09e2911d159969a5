"""What a period looks like as a table, and what makes its rows broken beside the usual ones."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["numeric", "integer", "category", "time", "bool"]

_FEWEST = 30
"""Of fewer numbers no percentile is taken."""


class ColumnShape(Record):
    """A column's kind and its share of missing values (nan in a period without rows is 0).

    `tenths` are the 10th, 50th and 90th percentile of a column of numbers; None of one with fewer
    than 30 finite ones.
    """

    kind: Kind
    missing: float
    tenths: tuple[float, float, float] | None = None


class Shape(Record):
    """The schema of a period's rows: the source's own columns, by name."""

    rows: int
    columns: dict[str, ColumnShape]


def shape_of(frame: pd.DataFrame) -> Shape:
    """The shape of `frame`, the platform's own columns (leading '_') aside."""
    names = [str(name) for name in frame.columns if not str(name).startswith("_")]
    return Shape(
        rows=len(frame),
        columns={name: _column(frame[name]) for name in names},
    )


def _column(values: pd.Series[Any]) -> ColumnShape:
    kind = kind_of(values)
    missing = float(values.isna().mean()) if len(values) else 0.0
    return ColumnShape(kind=kind, missing=missing, tenths=_tenths(values) if kind in ("numeric", "integer") else None)


def _tenths(values: pd.Series[Any]) -> tuple[float, float, float] | None:
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = pd.to_numeric(values, errors="coerce")
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < _FEWEST:
        return None
    low, middle, high = (float(value) for value in np.quantile(numbers, (0.1, 0.5, 0.9)))
    return low, middle, high


def kinds_of(frame: pd.DataFrame) -> dict[str, Kind]:
    """`kind_of` each column, by name."""
    return {str(name): kind_of(frame[name]) for name in frame.columns}


def kind_of(values: pd.Series[Any]) -> Kind:
    """What a column holds, by its dtype, or by its values where the dtype is `object`."""
    import pandas as pd

    types = pd.api.types
    found = types.infer_dtype(values, skipna=True)
    if types.is_bool_dtype(values.dtype) or found == "boolean":
        return "bool"
    if types.is_datetime64_any_dtype(values.dtype) or found in ("datetime", "datetime64", "date"):
        return "time"
    if types.is_integer_dtype(values.dtype) or found == "integer":
        return "integer"
    if types.is_numeric_dtype(values.dtype) or found in ("floating", "decimal", "mixed-integer-float"):
        return "numeric"
    return "category"


def unsound(
    current: Shape,
    usual: Sequence[Shape],
    *,
    duplicates: int = 0,
    min_rows_share: float = 0.2,
    max_duplicates_share: float = 0.05,
) -> list[str]:
    """Why the period's rows are broken as a whole, a plain sentence each; empty when they are sound.

    `usual` are earlier periods (any that has no rows is left out). `duplicates` were dropped before
    `current` was taken. What became of its columns, `schema.changes` tells.
    """
    if current.rows == 0:
        return ["has no rows"]
    problems = []
    share = duplicates / (current.rows + duplicates)
    if share > max_duplicates_share:
        problems.append(f"{share:.1%} of the rows were duplicates, at most {max_duplicates_share:.0%} are ordinary")
    earlier = [shape.rows for shape in usual if shape.rows]
    if earlier and current.rows < min_rows_share * median(earlier):
        problems.append(f"{current.rows} rows, under {min_rows_share:.0%} of the usual {median(earlier):.0f}")
    return problems
