"""What a period looks like as a table, and what makes it broken beside the usual ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["numeric", "integer", "category", "time", "bool"]

_FAMILY: dict[str, str] = {
    "numeric": "numbers",
    "integer": "numbers",
    "bool": "numbers",
    "category": "texts",
    "time": "times",
}
"""A column of whole numbers turns float at its first missing value: no change of type."""


class ColumnShape(Record):
    """A column's kind and its share of missing values (nan in a period without rows is 0)."""

    kind: Kind
    missing: float


class Shape(Record):
    """The schema of a period's rows: the source's own columns, by name."""

    rows: int
    columns: dict[str, ColumnShape]


def shape_of(frame: pd.DataFrame) -> Shape:
    """The shape of `frame`, the platform's own columns (leading '_') aside."""
    names = [str(name) for name in frame.columns if not str(name).startswith("_")]
    return Shape(
        rows=len(frame),
        columns={
            name: ColumnShape(
                kind=kind_of(frame[name]), missing=float(frame[name].isna().mean()) if len(frame) else 0.0
            )
            for name in names
        },
    )


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
    filled_later: Sequence[str] = (),
    told: Sequence[str] = (),
    min_rows_share: float = 0.2,
    max_duplicates_share: float = 0.05,
) -> list[str]:
    """Why the period's data is broken, a plain sentence each; empty when it is sound.

    `usual` are earlier periods (any that has no rows is left out); what most of them have is what is
    asked for. `duplicates` were dropped before `current` was taken. `filled_later` are glob patterns
    of columns that may be empty in a young period: the label, and what is known only with it. Of the
    columns `told` something is said elsewhere.
    """
    if current.rows == 0:
        return ["has no rows"]
    problems = []
    share = duplicates / (current.rows + duplicates)
    if share > max_duplicates_share:
        problems.append(f"{share:.1%} of the rows were duplicates, at most {max_duplicates_share:.0%} are ordinary")
    earlier = [shape for shape in usual if shape.rows]
    if earlier:
        ordinary = median(shape.rows for shape in earlier)
        if current.rows < min_rows_share * ordinary:
            problems.append(f"{current.rows} rows, under {min_rows_share:.0%} of the usual {ordinary:.0f}")
        problems.extend(_columns(current, earlier, filled_later, told))
    return problems


def _columns(
    current: Shape, earlier: Sequence[Shape], filled_later: Sequence[str], told: Sequence[str]
) -> Iterator[str]:
    for name in dict.fromkeys(name for shape in earlier for name in shape.columns if name not in told):
        before = [shape.columns[name] for shape in earlier if name in shape.columns]
        if 2 * len(before) <= len(earlier):
            continue
        now = current.columns.get(name)
        filled = [column for column in before if column.missing < 1]
        if now is None:
            yield f"column {name!r} vanished"
        elif 2 * len(filled) <= len(before):
            continue
        elif now.missing == 1:
            if not any(fnmatchcase(name, pattern) for pattern in filled_later):
                yield f"column {name!r} turned all null"
        else:
            family = Counter(_FAMILY[column.kind] for column in filled).most_common(1)[0][0]
            if _FAMILY[now.kind] != family:
                yield f"column {name!r} changed from {family} to {_FAMILY[now.kind]}"
