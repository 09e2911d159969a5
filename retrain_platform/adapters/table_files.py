"""Single files of a table, Parquet or CSV: which columns they have, and how to read some of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 1 << 15
"""Rows read at a time where a table is read row by row."""
_BUFFER = 1 << 16
"""Bytes of a column read at a time: whole, those of a row group of a million rows fill hundreds of MiB."""
_COLUMNWISE = 1 << 20
_FIRST = 1 << 18
_COLUMNS = 64
"""A Parquet row group of at most so many rows, read for at most so many columns, is read column by column: that is a
third cheaper, and only one column is in memory at a time. `_FIRST`: where only the first rows are wanted."""

_MISJUDGED = re.compile(r"In CSV column #(\d+): (?:Row #\d+: )?CSV conversion error")
"""What Arrow says of a column whose type does not fit a value; newer versions name the row too."""
_WIDER = {pa.null(): pa.int64(), pa.int64(): pa.float64()}
"""What a CSV column is read as when its first megabytes deceived; else as texts."""


class TableUnreadable(ValueError):
    """A table that is not there, or not sound: the path, what is wrong, the cure."""


class OpenFile(Protocol):
    """One file of a table."""

    @property
    def types(self) -> Mapping[str, Any]:
        """Each column's Arrow type, in order."""

    @property
    def rows(self) -> int:
        """How many it has."""

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Any]:
        """Those of `columns` that it has, block after block (see `monitoring.one_pass.Block`).

        `first`: the first some ten thousand rows will do.
        """


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file; its texts are read as dictionaries."""

    path: Path
    types: Mapping[str, Any]
    metadata: Any

    @property
    def rows(self) -> int:
        """From the file's end."""
        return int(self.metadata.num_rows)

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Any]:
        """Row groups whose columns are read when asked for, until the next group is; batches of large or wide ones."""
        kept = [name for name in columns if name in self.types]
        texts = [
            name for name, kind in self.types.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)
        ]
        options = {"pre_buffer": False, "buffer_size": _BUFFER, "metadata": self.metadata}
        with pq.ParquetFile(self.path, read_dictionary=texts, **options) as file:
            for group in range(file.num_row_groups):
                rows = self.metadata.row_group(group).num_rows
                if rows > (_FIRST if first else _COLUMNWISE) or len(kept) > _COLUMNS:
                    which = {"row_groups": [group], "columns": kept}
                    yield from file.iter_batches(batch_size=BATCH, use_threads=False, **which)
                else:
                    yield RowGroup(self.path, file, group, rows, pa.schema([(name, self.types[name]) for name in kept]))


@dataclass(frozen=True)
class RowGroup:
    """The rows of a Parquet row group, each column read when it is asked for."""

    path: Path
    file: Any
    group: int
    num_rows: int
    schema: Any

    def column(self, name: str) -> Any:
        """As a `pyarrow.Array`.

        Raises:
            TableUnreadable: the file is broken there.
        """
        try:
            read = self.file.read_row_group(self.group, columns=[name], use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise broken(self.path, error) from error
        chunks = read.column(0)
        return chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()  # which would copy the one, too


def open_parquet(path: Path) -> ParquetTable:
    """The Parquet file at `path`.

    Raises:
        TableUnreadable: two columns have one name.
        ArrowException, OSError: it is broken.
    """
    metadata = pq.read_metadata(path)
    schema = metadata.schema.to_arrow_schema()
    _check_names(path, schema.names)
    return ParquetTable(path, {field.name: field.type for field in schema}, metadata)


@dataclass(frozen=True)
class CsvTable:
    """A CSV file of columns whose types fit all rows."""

    path: Path
    types: Mapping[str, Any]
    rows: int

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Any]:
        """Of some megabytes each."""
        from pyarrow import csv

        kept = [name for name in columns if name in self.types]
        texts = {name: pa.dictionary(pa.int32(), kind) for name, kind in self.types.items() if pa.types.is_string(kind)}
        convert = csv.ConvertOptions(
            include_columns=kept, column_types={**self.types, **texts}, strings_can_be_null=True
        )
        yield from _csv(self.path, convert)


def open_csv(path: Path) -> CsvTable:
    """The CSV file at `path`, read once for its types: a column that its first megabytes misjudged is widened until
    it fits.

    Raises:
        TableUnreadable: two columns have one name.
        ArrowException, OSError: it is broken.
    """
    from pyarrow import csv

    known: dict[str, Any] = {}
    while True:
        convert = csv.ConvertOptions(column_types=known, strings_can_be_null=True)
        reader = _csv(path, convert)
        schema = reader.schema
        _check_names(path, schema.names)
        try:
            rows = sum(batch.num_rows for batch in reader)
        except pa.ArrowInvalid as error:
            column = _MISJUDGED.search(str(error))
            if column is None:
                raise
            field = schema.field(int(column[1]))
            if pa.types.is_string(field.type):
                raise
            known[field.name] = _WIDER.get(field.type, pa.string())
            continue
        return CsvTable(path, {field.name: field.type for field in schema}, rows)


@dataclass(frozen=True)
class InPartition:
    """A file with the columns that its folders' names say, `name=value`, None where the value is missing."""

    file: OpenFile
    values: Mapping[str, Any]
    kinds: Mapping[str, Any]

    @property
    def types(self) -> Mapping[str, Any]:
        """The file's own columns win."""
        return {**self.file.types, **{name: self.kinds[name] for name in self._added}}

    @property
    def rows(self) -> int:
        """The file's."""
        return self.file.rows

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Any]:
        """The file's, with the folders' columns."""
        added = {name: pa.scalar(self.values[name], self.kinds[name]) for name in self._added if name in columns}
        for block in self.file.batches([name for name in columns if name not in added], first):
            yield _Beside(block, added)

    @property
    def _added(self) -> list[str]:
        return [name for name in self.values if name not in self.file.types]


@dataclass(frozen=True)
class _Beside:
    """A block, and columns that have one value in all of its rows."""

    block: Any
    added: Mapping[str, Any]

    @property
    def num_rows(self) -> int:
        return int(self.block.num_rows)

    @property
    def schema(self) -> Any:
        return pa.schema([*self.block.schema, *((name, value.type) for name, value in self.added.items())])

    def column(self, name: str) -> Any:
        if name not in self.added:
            return self.block.column(name)
        value, rows = self.added[name], self.num_rows
        if not pa.types.is_string(value.type):
            return pa.repeat(value, rows)
        place = pa.scalar(0 if value.is_valid else None, pa.int32())
        return pa.DictionaryArray.from_arrays(pa.repeat(place, rows), pa.array([value.as_py() or ""]))


def broken(path: Path, error: Exception) -> TableUnreadable:
    """What is told of a file that could not be read."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return TableUnreadable(f"{path}: cannot be read ({said}); write it again or leave it out")


def _csv(path: Path, convert: Any) -> Any:
    from pyarrow import csv

    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=convert,
    )


def _check_names(path: Path, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableUnreadable(f"{path}: has more than one column named {', '.join(twice)}; rename all but one")
