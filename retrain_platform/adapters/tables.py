"""Opens a table by its path: Parquet or CSV, a file, a folder or a pattern; or a Delta table."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 1 << 15
"""Rows read at a time: a batch of some tens of columns stays in the processor's cache."""
_BUFFER = 1 << 16
"""Bytes of a column read at a time: whole, those of a row group of a million rows fill hundreds of MiB."""

_SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv"}
_MISJUDGED = re.compile(r"In CSV column #(\d+): (?:Row #\d+: )?CSV conversion error")
"""What Arrow says of a column whose type does not fit a value; newer versions name the row too."""
_WIDER = {pa.null(): pa.int64(), pa.int64(): pa.float64()}
"""What a CSV column is read as when its first megabytes deceived; else as texts."""


class TableUnreadable(ValueError):
    """A table that is not there, or not sound: the path, what is wrong, the cure."""


@dataclass(frozen=True)
class FileTable:
    """A table of one or more files of one format."""

    name: str
    files: tuple[Path, ...]
    open: Callable[[Path], OpenFile]

    @cached_property
    def types(self) -> Mapping[str, Any]:
        """Each column's type, as the first file has it that has it as anything; a fraction anywhere makes it floats."""
        found: dict[str, Any] = {}
        for path in self.files:
            for name, kind in self.open(path).types.items():
                if name not in found or pa.types.is_null(found[name]) or _fractions_at_last(found[name], kind):
                    found[name] = kind
        return found

    @cached_property
    def unlike(self) -> dict[str, str]:
        """Columns that are of another sort in a later file, with where."""
        from retrain_platform.monitoring.arrow_blocks import sort_of

        found: dict[str, str] = {}
        for path in self.files[1:]:
            for name, kind in self.open(path).types.items():
                usual, here = sort_of(self.types[name]), sort_of(kind)
                if here not in (usual, "nothing") and name not in found:
                    found[name] = f"{usual or self.types[name]} at first, {here or kind} in {path.name}"
        return found

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """The columns' batches, file after file.

        Raises:
            TableUnreadable: naming the file that is broken.
        """
        for path in self.files:
            try:
                yield from self.open(path).batches(columns)
            except (pa.ArrowException, OSError) as error:
                raise _broken(path, error) from error


@dataclass(frozen=True)
class OpenFile:
    """One file: its columns' types, and how to read some of them."""

    types: Mapping[str, Any]
    batches: Callable[[Sequence[str]], Iterator[Any]]


@dataclass(frozen=True)
class DatasetTable:
    """A Delta table as it stands now."""

    name: str
    dataset: Any
    unlike: Mapping[str, str]

    @property
    def types(self) -> Mapping[str, Any]:
        """Each column's type."""
        return {field.name: field.type for field in self.dataset.schema}

    def batches(self, columns: Sequence[str]) -> Iterator[Any]:
        """The columns' batches.

        Raises:
            TableUnreadable: a file of the table is broken or gone.
        """
        kept = [name for name in columns if name in self.types]
        options = {"use_threads": False, "batch_readahead": 1, "fragment_readahead": 1, "batch_size": BATCH}
        try:
            yield from self.dataset.scanner(columns=kept, **options).to_batches()
        except (pa.ArrowException, OSError) as error:
            raise _broken(Path(self.name), error) from error


def open_table(path: str) -> FileTable | DatasetTable:
    """The table at `path`.

    Raises:
        TableUnreadable: nothing is there, or it is neither Parquet, CSV nor Delta.
    """
    place = Path(path).expanduser()
    if "://" in path or (place / "_delta_log").is_dir():
        return _delta(path)
    files = _files(path, place)
    formats = {_format(each) for each in files}
    if len(formats) > 1:
        raise TableUnreadable(f"{path}: holds {' and '.join(sorted(formats))} files, must be of one format")
    opened = _remembered(_open_parquet if formats == {"parquet"} else _open_csv)
    return FileTable(path, tuple(files), opened)


def _files(path: str, place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if place.is_dir():
        found = sorted(each for each in place.rglob("*") if each.is_file() and each.suffix.lower() in _SUFFIXES)
        if not found:
            raise TableUnreadable(f"{path}: a folder without Parquet or CSV files, and no Delta table")
        return found
    found = [Path(each) for each in sorted(glob.glob(str(place), recursive=True))]
    if not found:
        raise TableUnreadable(f"{path}: no such file, folder or pattern")
    return found


def _format(path: Path) -> str:
    named = _SUFFIXES.get(path.suffix.lower())
    if named is not None:
        return named
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return "parquet"
    raise TableUnreadable(f"{path}: must end in .parquet, .csv or .tsv, or be a Delta table")


def _remembered(opening: Callable[[Path], OpenFile]) -> Callable[[Path], OpenFile]:
    """Each file is opened once; a broken one is named."""
    known: dict[Path, OpenFile] = {}

    def opened(path: Path) -> OpenFile:
        if path not in known:
            try:
                known[path] = opening(path)
            except (pa.ArrowException, OSError) as error:
                raise _broken(path, error) from error
        return known[path]

    return opened


def _open_parquet(path: Path) -> OpenFile:
    schema = pq.read_schema(path)
    _check_names(path, schema.names)
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]

    def batches(columns: Sequence[str]) -> Iterator[Any]:
        kept = [name for name in columns if name in schema.names]
        with pq.ParquetFile(path, read_dictionary=texts, pre_buffer=False, buffer_size=_BUFFER) as file:
            yield from file.iter_batches(batch_size=BATCH, columns=kept, use_threads=False)

    return OpenFile({field.name: field.type for field in schema}, batches)


def _open_csv(path: Path) -> OpenFile:
    from pyarrow import csv

    types = _csv_types(path)

    def batches(columns: Sequence[str]) -> Iterator[Any]:
        kept = [name for name in columns if name in types]
        texts = {name: pa.dictionary(pa.int32(), kind) for name, kind in types.items() if pa.types.is_string(kind)}
        convert = csv.ConvertOptions(
            include_columns=kept,
            column_types={**types, **texts},
            strings_can_be_null=True,
        )
        yield from _csv(path, convert)

    return OpenFile(types, batches)


def _csv_types(path: Path) -> dict[str, Any]:
    """The types that fit all rows: a column that its first megabytes misjudged is widened until it fits."""
    from pyarrow import csv

    known: dict[str, Any] = {}
    while True:
        convert = csv.ConvertOptions(column_types=known, strings_can_be_null=True)
        reader = _csv(path, convert)
        schema = reader.schema
        _check_names(path, schema.names)
        try:
            for _ in reader:
                pass
        except pa.ArrowInvalid as error:
            column = _MISJUDGED.search(str(error))
            if column is None:
                raise
            field = schema.field(int(column[1]))
            if pa.types.is_string(field.type):
                raise
            known[field.name] = _WIDER.get(field.type, pa.string())
            continue
        return {field.name: field.type for field in schema}


def _csv(path: Path, convert: Any) -> Any:
    from pyarrow import csv

    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(use_threads=False, block_size=1 << 24),
        parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=convert,
    )


def _delta(path: str) -> DatasetTable:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError, TableNotFoundError
    from pyarrow.dataset import ParquetReadOptions

    try:
        table = DeltaTable(path)
        texts = {field.name for field in pa.schema(table.schema().to_arrow()) if pa.types.is_string(field.type)}
        options = ParquetReadOptions(dictionary_columns=texts - set(table.metadata().partition_columns))
        return DatasetTable(path, table.to_pyarrow_dataset(parquet_read_options=options), {})
    except (TableNotFoundError, DeltaError, OSError) as error:
        raise TableUnreadable(f"{path}: must be a Delta table: {error}") from error


def _fractions_at_last(before: Any, now: Any) -> bool:
    return bool(pa.types.is_integer(before) and (pa.types.is_floating(now) or pa.types.is_decimal(now)))


def _check_names(path: Path, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableUnreadable(f"{path}: has more than one column named {', '.join(twice)}; rename all but one")


def _broken(path: Path, error: Exception) -> TableUnreadable:
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return TableUnreadable(f"{path}: cannot be read ({said}); write it again or leave it out")
