"""Between pandas frames and the Arrow rows that a lake keeps: which types, and what may change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from retrain_platform.dataset.stores import TypeChanged, UnknownColumn

if TYPE_CHECKING:
    import pandas as pd

ROW = "_row"
"""Hidden column: the row's place in its period, so that the order is the table's own."""
PERIOD = "_period"
"""Hidden partition column: the period's key."""
_UNTYPED = {b"untyped": b"true"}
_LIST = pa.list_(pa.field("element", pa.float64()))
"""As Delta names what a list holds: under another name the same list would be another type."""
_UNSIGNED = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64()}


def arrow_rows(frame: pd.DataFrame, table: str) -> pa.Table:
    """The frame's columns as plain Arrow: texts, numbers, truth values, dates, times in microseconds (UTC if zoned).

    Beside them lists of numbers, which are kept as floats. The index is left out; a categorical counts as its values;
    NaN, NaT and None are all null.

    Raises:
        ValueError: a column's name is no text, reserved or twice there, or its values are of no one type.
    """
    _check_names(frame, table)
    try:
        rows = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except pa.ArrowException as error:
        raise ValueError(f"table == {table!r}, must have columns of one type each: {_text(error)}") from error
    columns = [_plain(rows.column(field.name), field, table) for field in rows.schema]
    return pa.table(columns, names=rows.column_names)


def merged_schema(standing: pa.Schema | None, rows: pa.Table) -> pa.Schema:
    """The table's columns with those of `rows` added; those that stood keep their type and place.

    A column that never had a value has no type yet: it is marked so, and takes the type of its first value.
    """
    fields = {} if standing is None else {field.name: field for field in standing}
    for field in rows.schema:
        known = fields.get(field.name)
        if known is None or (_untyped(known) and not _empty(rows, field.name)):
            fields[field.name] = _stored(field, _empty(rows, field.name))
    return pa.schema(list(fields.values()))


def conform(rows: pa.Table, schema: pa.Schema, table: str) -> pa.Table:
    """`rows` with the table's types and their place as a hidden column; columns without a value are left out.

    Raises:
        TypeChanged: naming the table, the column and both types.
    """
    names = [name for name in rows.column_names if not _empty(rows, name)]
    columns = [_cast(rows.column(name), schema.field(name).type, name, table) for name in names]
    place = pa.array(range(rows.num_rows), pa.int32())
    return pa.table([*columns, place], names=[*names, ROW])


def frame_of(
    parts: list[pa.Table], schema: pa.Schema, columns: Sequence[str] | None, table: str, *, categories: bool = False
) -> pd.DataFrame:
    """One frame of all parts in order; times in nanoseconds, missing texts as None, missing numbers as NaN.

    With `categories` texts are categoricals, and `parts` is emptied: each column's Arrow memory is given back as soon
    as pandas has it, so that there are never two copies of the rows.

    Raises:
        UnknownColumn: naming those that the table has.
    """
    names = wanted_columns(schema, columns, table)
    empty = _bare(schema).empty_table().select(names)  # of a column that a part lacks, all its rows are made up
    if not categories:
        plain = pa.concat_tables([empty, *parts], promote_options="default").select(names)
        frame: pd.DataFrame = plain.to_pandas(coerce_temporal_nanoseconds=True)
        return frame
    coded = pa.concat_tables([_coded(empty), *map(_coded, parts)], promote_options="default").select(names)
    parts.clear()
    coded = coded.unify_dictionaries()  # under the same name: another would keep the memory
    texts_coded: pd.DataFrame = coded.to_pandas(coerce_temporal_nanoseconds=True, split_blocks=True, self_destruct=True)
    return texts_coded


def side_by_side(blocks: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The columns of all blocks, not copied."""
    import pandas as pd

    return pd.DataFrame({name: block[name] for block in blocks for name in block}, index=blocks[0].index, copy=False)


def _coded(rows: pa.Table) -> pa.Table:
    """The same, texts as dictionaries."""
    for position, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            rows = rows.set_column(position, field.name, rows.column(position).dictionary_encode())
    return rows


def wanted_columns(schema: pa.Schema, columns: Sequence[str] | None, table: str) -> list[str]:
    """`columns`, or all of them, checked against the table's.

    Raises:
        UnknownColumn: naming those that the table has.
    """
    unknown = [name for name in columns or () if name not in schema.names]
    if unknown:
        raise UnknownColumn(f"columns == {unknown} of table {table!r}, must be among {schema.names}")
    return list(schema.names if columns is None else columns)


def _check_names(frame: pd.DataFrame, table: str) -> None:
    names = list(frame.columns)
    wrong = [name for name in names if not isinstance(name, str) or name in (ROW, PERIOD)]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if wrong:
        raise ValueError(f"columns == {wrong} of table {table!r}, must be texts other than {ROW!r} and {PERIOD!r}")
    if twice:
        raise ValueError(f"columns == {twice} of table {table!r}, must each be there once")


def _plain(column: Any, field: Any, table: str) -> Any:
    wanted = _plain_type(field.type)
    if wanted is None:
        raise ValueError(
            f"column {field.name!r} of table {table!r} has the type {field.type}, "
            "must hold texts, numbers, truth values, dates, times or lists of numbers"
        )
    if column.type == wanted:
        return column
    # Below a microsecond a time is cut off: Delta keeps none finer.
    return column.cast(wanted, safe=not pa.types.is_timestamp(wanted))


def _plain_type(kind: Any) -> Any:
    types = pa.types
    if types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if types.is_timestamp(kind):
        return pa.timestamp("us", None if kind.tz is None else "UTC")
    if types.is_large_string(kind) or types.is_string_view(kind):
        return pa.string()
    if types.is_float16(kind):
        return pa.float32()
    if (types.is_list(kind) or types.is_large_list(kind)) and _number(kind.value_type):
        return _LIST
    kept = (types.is_null, types.is_string, types.is_integer, types.is_floating, types.is_boolean, types.is_date32)
    return _UNSIGNED.get(kind, kind) if any(test(kind) for test in kept) else None


def _stored(field: Any, empty: bool) -> Any:
    kind = pa.string() if pa.types.is_null(field.type) else field.type
    return pa.field(field.name, kind, metadata=_UNTYPED if empty else None)


def _untyped(field: Any) -> bool:
    return field.metadata is not None and b"untyped" in field.metadata


def _empty(rows: pa.Table, name: str) -> bool:
    return bool(rows.column(name).null_count == rows.num_rows)


def _bare(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.remove_metadata() for field in schema])


def _cast(column: Any, wanted: Any, name: str, table: str) -> Any:
    if column.type == wanted:
        return column
    if _number(column.type) and _number(wanted):
        # pandas makes floats of integers as soon as one is missing: fine while no value changes.
        try:
            cast = column.cast(wanted)
            if cast.cast(column.type).equals(column):
                return cast
        except pa.ArrowInvalid:
            pass
    raise TypeChanged(f"column {name!r} of table {table!r} has the type {column.type}, must be {wanted} as before")


def _number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _text(error: Exception) -> str:
    return "; ".join(str(part) for part in error.args)
