"""Opens a table by its path: Parquet or CSV, a file, a folder or a pattern; or a Delta table."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from retrain_platform.adapters.table_files import (
    BATCH,
    InPartition,
    OpenFile,
    TableUnreadable,
    broken,
    open_csv,
    open_parquet,
)

__all__ = ["DatasetTable", "FileTable", "TableUnreadable", "open_table"]

_SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv"}
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""What Hive, and all that write as it does, name the folder of the rows without a value."""
_LONGEST_WHOLE = 18
"""Digits: so many fit into 64 bits."""


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

    @cached_property
    def rows(self) -> int:
        """Of all files."""
        return sum(self.open(path).rows for path in self.files)

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Any]:
        """The columns' blocks, file after file; `first`: until there are the first some ten thousand rows.

        Raises:
            TableUnreadable: naming the file that is broken.
        """
        for path in self.files:
            try:
                yield from self.open(path).batches(columns, first)
            except (pa.ArrowException, OSError) as error:
                raise broken(path, error) from error


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

    @cached_property
    def rows(self) -> int:
        """As its files' ends say.

        Raises:
            TableUnreadable: a file of the table is broken or gone.
        """
        try:
            return int(self.dataset.count_rows())
        except (pa.ArrowException, OSError) as error:
            raise broken(Path(self.name), error) from error

    def batches(self, columns: Sequence[str], first: bool = False) -> Iterator[Any]:
        """The columns' batches, small ones in any case.

        Raises:
            TableUnreadable: a file of the table is broken or gone.
        """
        kept = [name for name in columns if name in self.types]
        options = {"use_threads": False, "batch_readahead": 1, "fragment_readahead": 1, "batch_size": BATCH}
        try:
            yield from self.dataset.scanner(columns=kept, **options).to_batches()
        except (pa.ArrowException, OSError) as error:
            raise broken(Path(self.name), error) from error


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
    opened = _remembered(open_parquet if formats == {"parquet"} else open_csv)
    return FileTable(path, tuple(files), _partitioned(opened, _partitions(place, files)))


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


def _partitions(place: Path, files: Sequence[Path]) -> dict[Path, dict[str, str | None]]:
    """By file, what the names `column=value` of the folders between the table's own and the file say."""
    fixed = next((at for at, part in enumerate(place.parts) if glob.has_magic(part)), len(place.parts))
    found = {}
    for path in files:
        parts = [part.partition("=") for part in path.parts[fixed:-1]]
        said = {name: unquote(value) for name, sign, value in parts if name and sign}
        found[path] = {name: None if value == _NO_VALUE else value for name, value in said.items()}
    return found


def _partitioned(
    opened: Callable[[Path], OpenFile], partitions: Mapping[Path, Mapping[str, str | None]]
) -> Callable[[Path], OpenFile]:
    """The files with their folders' columns: whole numbers where all values of a column are, else texts."""
    names = sorted({name for said in partitions.values() for name in said})
    if not names:
        return opened
    values = {name: [said.get(name) for said in partitions.values()] for name in names}
    kinds = {name: pa.int64() if _whole(values[name]) else pa.string() for name in names}

    def file(path: Path) -> OpenFile:
        said = {name: partitions[path].get(name) for name in names}
        read = {name: int(text) if text and kinds[name] == pa.int64() else text for name, text in said.items()}
        return InPartition(opened(path), read, kinds)

    return file


def _whole(texts: Sequence[str | None]) -> bool:
    known = [text.removeprefix("-") for text in texts if text is not None]
    return bool(known) and all(text.isdecimal() and len(text) <= _LONGEST_WHOLE for text in known)


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
                raise broken(path, error) from error
        return known[path]

    return opened


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
