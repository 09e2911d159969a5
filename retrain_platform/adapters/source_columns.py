"""Which columns a source has, from its schema alone: no row is read, and what is not there yet is no mistake."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

from retrain_platform.adapters.recorded_table import in_predictions
from retrain_platform.adapters.sources import SourceUnreadable, address_of, delta_of, function_named
from retrain_platform.adapters.sources.files import files_at
from retrain_platform.adapters.sources.joined import in_join
from retrain_platform.dataset.joins import Join
from retrain_platform.dataset.recorded import Recorded
from retrain_platform.dataset.source import Gateway, Python, Source, Sql, source_of

_MOST = 200
"""Of more files the first and the last hundred are looked at."""


class Columns(NamedTuple):
    """The names that any part of the source has; None with a `note` of why they cannot be told yet."""

    names: tuple[str, ...] | None
    note: str = ""


def source_columns(source: Source, root: Path) -> Columns:
    """The source's columns. A function is imported and not called; another machine's table is not asked.

    Raises:
        SourceUnreadable: a module, a function or a file that can never do.
    """
    if isinstance(source, Python):
        function_named(source.call)
        return Columns(None, f"{source.call} can be imported; its columns are seen by the first run")
    if isinstance(source, Gateway):
        return Columns(None, "what clients send the gateway is seen by the first run over its log")
    if (delta := delta_of(source)) is not None:
        return _delta_columns(address_of(delta, root), delta.uri)
    if isinstance(source, Sql):
        return _sql_columns(source, root)
    pattern = str(getattr(source, "path", ""))
    files = files_at(pattern, root)
    if not files:
        return Columns(None, f"no file matches source.path == {pattern!r} yet: its columns were not looked at")
    looked_at = files if len(files) <= _MOST else [*files[: _MOST // 2], *files[-_MOST // 2 :]]
    return Columns(tuple(dict.fromkeys(name for path in looked_at for name in _file_columns(path))))


def table_columns(join: Join, position: int, root: Path) -> Columns:
    """The columns of the feature table at `position` of the source's joins, as `source_columns` knows them.

    Raises:
        SourceUnreadable: as `source_columns`, naming the join's field.
    """
    try:
        seen = source_columns(source_of(join), root)
    except SourceUnreadable as error:
        raise SourceUnreadable(in_join(str(error), position)) from None
    return seen._replace(note=in_join(seen.note, position))


def recorded_table_columns(of: Recorded, root: Path) -> Columns:
    """The columns of the table of predictions, as `source_columns` knows them.

    Raises:
        SourceUnreadable: as `source_columns`, naming the field.
    """
    try:
        seen = source_columns(of.source(), root)
    except SourceUnreadable as error:
        raise SourceUnreadable(in_predictions(str(error))) from None
    return seen._replace(note=in_predictions(seen.note))


def _sql_columns(source: Sql, root: Path) -> Columns:
    """Of a file of SQLite's alone; other databases are on other machines, or may be."""
    if not source.url.get_secret_value().startswith("sqlite"):
        return Columns(None, f"{source.url} may be on another machine: its columns are seen by the first run")
    from retrain_platform.adapters.sources.sql import local_file, sql_columns

    file = local_file(source, root)
    if file is not None and not file.is_file():
        return Columns(None, f"no database stands at source.url == {str(source.url)!r} yet: its columns were not seen")
    return Columns(tuple(sql_columns(source, root)))


def _delta_columns(address: str, uri: str) -> Columns:
    if "://" in address:
        return Columns(None, f"{uri} is on another machine: its columns are seen by the first run")
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return Columns(tuple(field.name for field in DeltaTable(address).schema().fields))
    except TableNotFoundError:
        return Columns(None, f"no Delta table stands at source.uri == {uri!r} yet: its columns were not looked at")


def _file_columns(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return _parquet_columns(path)
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig") as lines:
            return next(csv.reader(lines))
    except StopIteration:
        raise SourceUnreadable(f"source.path: {path} must be a whole CSV file, write it again: it is empty") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceUnreadable(f"source.path: {path} must be a whole CSV file, write it again: {error}") from None


def _parquet_columns(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        said = str(error).strip().rstrip(".").splitlines()[0]
        raise SourceUnreadable(f"source.path: {path} must be a whole Parquet file, write it again: {said}") from None
    # pandas keeps its index among the columns and takes it out again.
    index = (schema.pandas_metadata or {}).get("index_columns", [])
    return [name for name in schema.names if name not in index]
