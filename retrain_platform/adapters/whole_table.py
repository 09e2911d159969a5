"""All rows of a table in memory at once, texts as categoricals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from retrain_platform.adapters.tables import TableUnreadable, open_table

if TYPE_CHECKING:
    import pandas as pd


def whole_table(path: str) -> pd.DataFrame:
    """The rows of the table at `path`, in the order of its files; a column that a file lacks is missing there.

    Raises:
        TableUnreadable: nothing is there, it is no table, or its files hold columns of types that do not go together.
    """
    opened = open_table(path)
    names = list(opened.types)
    parts = [_part(block, names) for block in opened.batches(names)]
    empty = pa.table({name: pa.array([], type=kind) for name, kind in opened.types.items()})
    try:
        rows = pa.concat_tables(parts, promote_options="permissive") if parts else empty
        frame: pd.DataFrame = rows.unify_dictionaries().to_pandas()
    except pa.ArrowException as error:
        raise TableUnreadable(f"{path}: its files must hold columns of one type each: {error}") from error
    return frame.reindex(columns=names)


def _part(block: Any, names: list[str]) -> pa.Table:
    there = set(block.schema.names)
    return pa.table({name: block.column(name) for name in names if name in there})
