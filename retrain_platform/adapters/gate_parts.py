"""Which part of the rows an expectation looks at: Great Expectations hashes and copies all that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

    from retrain_platform.adapters.gate_suite import Asked

_UNFILTERED = ("missing", "types", "freshness", "class_balance")
"""Checks for which Great Expectations copies no rows (those of texts' types aside): the width costs nothing."""


class _Part(NamedTuple):
    """Some columns, with `rows` of them: all, none, or each column's distinct values."""

    columns: tuple[str, ...]
    rows: Literal["all", "none", "distinct"] = "all"


def parts(
    rows: pd.DataFrame, asked: Mapping[int, Asked], *, whole_columns: bool = False
) -> Iterator[tuple[pd.DataFrame, dict[int, Asked]]]:
    """Copies of parts of `rows`, each with those of `asked` that can be answered from it; keys are kept.

    The yes or no of an expectation on a part is that on all `rows`, and so are its counts with `whole_columns`;
    without, whether all texts are texts is asked of the distinct ones.
    """
    families = _families(rows)
    groups: dict[_Part, dict[int, Asked]] = {}
    for at, item in asked.items():
        part = _part_of(item, tuple(rows.columns), families, distinct=not whole_columns)
        groups.setdefault(part, {})[at] = item
    for part, items in groups.items():
        yield _taken(rows, part), items


def _families(rows: pd.DataFrame) -> dict[str, str]:
    """Each column's family: texts (nothing else but missing), objects, floats, or other."""
    import pandas as pd

    def family(column: pd.Series[Any]) -> str:
        if column.dtype.kind == "O":
            return "texts" if pd.api.types.infer_dtype(column, skipna=True) == "string" else "objects"
        return "floats" if column.dtype.kind == "f" else "other"

    return {name: family(rows[name]) for name in rows.columns}


def _part_of(asked: Asked, every: tuple[str, ...], families: Mapping[str, str], *, distinct: bool) -> _Part:
    import great_expectations.expectations as gxe
    from great_expectations.expectations.expectation import ColumnAggregateExpectation, ColumnMapExpectation

    expectation = asked.expectation
    if isinstance(expectation, gxe.ExpectColumnToExist):
        return _Part(every, "none")
    if getattr(expectation, "row_condition", None) is not None:  # it may look at any column
        return _Part(every)
    if isinstance(expectation, gxe.ExpectTableRowCountToBeBetween):
        return _Part(every[-1:])
    by_column = isinstance(expectation, ColumnAggregateExpectation | ColumnMapExpectation)
    family = families.get(expectation.column) if by_column else None
    if family is None:
        return _Part(every)
    alike = tuple(name for name in every if families[name] == family)
    if family == "texts" and asked.check == "types" and distinct:
        return _Part(alike, "distinct")
    filtered = asked.check not in _UNFILTERED or (asked.check == "types" and family in ("texts", "objects"))
    return _Part((expectation.column,) if filtered and family != "floats" else alike)


def _taken(rows: pd.DataFrame, part: _Part) -> pd.DataFrame:
    import pandas as pd

    if part.rows == "none":
        return rows.iloc[:0]
    if part.rows == "distinct":  # a missing value stands for none: what is shorter is filled up with them
        return pd.DataFrame({name: pd.Series(rows[name].dropna().unique(), dtype=object) for name in part.columns})
    return rows[list(part.columns)]
