"""The lake on the local disk: Delta Lake tables, one partition and one Parquet file a period."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema, TableFeatures
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, CommitProperties, Transaction, create_table_with_add_actions

from retrain_platform.adapters.arrow_rows import (
    PERIOD,
    ROW,
    arrow_rows,
    conform,
    frame_of,
    merged_schema,
    side_by_side,
    wanted_columns,
)
from retrain_platform.adapters.atomic import full_disk, write_atomically
from retrain_platform.dataset.stores import StoreBusy, UnknownTable, UnknownTableVersion

if TYPE_CHECKING:
    import pandas as pd

_ATTEMPTS = 12
_BLOCK = 8_000_000
"""So many values (8 bytes each) are held twice while they are decoded."""
_TABLE = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")
_CONFIGURATION = {
    "delta.checkpointInterval": "20",
    # Snapshots name versions of any age, so the log that leads to them is never cleaned up.
    "delta.enableExpiredLogCleanup": "false",
}
_HIDDEN = (pa.field(ROW, pa.int32()), pa.field(PERIOD, pa.string()))


class DeltaLake:
    """`Lake` over `deltalake`; any Delta reader can open the tables under `root`.

    A data file carries its content's digest in its name, so the same content again is recognised
    without reading it. A commit carries the transaction id 'period:<key>', so of two writers
    of one period the second fails, looks again and writes after the first; writers of different
    periods do not meet. A killed write leaves at most a file that no version names.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._opened: dict[str, DeltaTable] = {}

    def replace(self, table: str, period: str, frame: pd.DataFrame) -> int:
        """Make `frame` the whole content of the period; see `Lake`.

        The version returned holds the content; it is a later one where other periods were written meanwhile.
        """
        rows = arrow_rows(frame, table)
        for _ in range(_ATTEMPTS):
            version = self._replace_once(table, period, rows)
            if version is not None:
                return version
        raise StoreBusy(f"period {period!r} of table {table!r}: other writers won {_ATTEMPTS} times, run again")

    def read(
        self,
        table: str,
        periods: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        version: int | None = None,
        categories: bool = False,
    ) -> pd.DataFrame:
        """The rows of `periods`; see `Lake`."""
        delta = self._open(table, version)
        if delta is None:
            raise UnknownTable(f"table == {table!r}, must be one that was written before")
        schema = _visible(delta)
        names = wanted_columns(schema, columns, table)
        files = _files(delta)
        wanted = [files[period] for period in periods if period in files]
        if categories:
            return self._read_lean(table, wanted, names, schema)
        return frame_of([self._rows(table, each, names, []) for each in wanted], schema, names, table)

    def version(self, table: str) -> int | None:
        """The newest version; None for a table never written."""
        delta = self._open(table)
        return None if delta is None else int(delta.version())

    def periods(self, table: str) -> list[str]:
        """The periods that have rows, sorted."""
        delta = self._open(table)
        return [] if delta is None else sorted(_files(delta))

    def _replace_once(self, table: str, period: str, rows: pa.Table) -> int | None:
        """The version that holds `rows`, or None when another writer came first."""
        delta = self._open(table)
        standing = None if delta is None else _visible(delta)
        schema = merged_schema(standing, rows)
        content = _parquet(conform(rows, schema, table)) if rows.num_rows else b""
        digest = hashlib.sha256(content).hexdigest()[:20]
        if (
            delta is not None
            and schema.equals(standing, check_metadata=True)
            and _stands(delta, period, digest, content)
        ):
            return int(delta.version())
        adds = [self._write(table, period, digest, content, rows.num_rows)] if content else []
        try:
            self._commit(delta, table, period, schema, adds)
        except (CommitFailedError, DeltaError, OSError) as error:
            if not self._committed(table, period, adds):
                for add in adds:
                    (self._root / table / add.path).unlink(missing_ok=True)
                if isinstance(error, CommitFailedError) or "already exists" in str(error):
                    return None
                raise full_disk(error, self._root / table) or error from None
        return self.version(table)

    def _committed(self, table: str, period: str, adds: list[AddAction]) -> bool:
        """Whether a version names the files all the same: a checkpoint that fails comes after its commit."""
        delta = self._open(table)
        named = [] if delta is None else _files(delta).get(period, [])
        return bool(adds) and all(add.path in named for add in adds)

    def _write(self, table: str, period: str, digest: str, content: bytes, rows: int) -> AddAction:
        folder = re.sub(r"[^\w.=-]", "_", f"{PERIOD}={period}")
        path = f"{folder}/{digest}-{uuid.uuid4().hex[:12]}.parquet"
        target = self._root / table / path
        write_atomically(target, content)
        written = int(target.stat().st_mtime * 1000)
        return AddAction(path, len(content), {PERIOD: period}, written, True, json.dumps({"numRecords": rows}))

    def _commit(
        self, delta: DeltaTable | None, table: str, period: str, schema: pa.Schema, adds: list[AddAction]
    ) -> None:
        stored = Schema.from_arrow(pa.schema([*schema, *_HIDDEN]))
        turn = 1 if delta is None else int(delta.version()) + 1
        mark = CommitProperties(app_transactions=[Transaction(f"period:{period}", turn)])
        if delta is None:
            (self._root / table).mkdir(parents=True, exist_ok=True)
            create_table_with_add_actions(
                str(self._root / table),
                stored,
                adds,
                partition_by=[PERIOD],
                configuration=_CONFIGURATION,
                commit_properties=mark,
            )
        else:
            _learn_local_times(delta, schema)
            delta.create_write_transaction(
                adds,
                "overwrite",
                stored,
                [PERIOD],
                partition_filters=[(PERIOD, "=", period)],
                commit_properties=mark,
            )

    def _rows(self, table: str, files: list[str], names: list[str], texts: list[str]) -> pa.Table:
        """The rows of one period; `texts` as dictionaries where that is how the file has them."""
        if len(files) == 1:
            return _read_file(self._root / table / files[0], names, texts).drop_columns([ROW])
        # Only another program's compaction splits a period: the place then restores the order.
        parts = [_read_file(self._root / table / path, names, []) for path in files]
        return pa.concat_tables(parts, promote_options="default").sort_by(ROW).drop_columns([ROW])

    def _read_lean(self, table: str, wanted: list[list[str]], names: list[str], schema: pa.Schema) -> pd.DataFrame:
        """A frame that is never held twice, texts as categoricals; `wanted` are the files, by period."""
        rows = sum(_counted(self._root / table / path) for each in wanted for path in each)
        blocks = []
        with _freeing():
            for block in _blocks(names, rows):
                texts = [name for name in block if pa.types.is_string(schema.field(name).type)]
                parts = [self._rows(table, each, block, texts) for each in wanted]
                blocks.append(frame_of(parts, schema, block, table, categories=True))
        return side_by_side(blocks)

    def _newest(self, table: str, path: Path) -> DeltaTable:
        """The table as it stands: opening it anew reads the whole log, catching up only what came since."""
        kept = self._opened.get(table)
        if kept is None or not _catches_up(kept):
            kept = self._opened[table] = DeltaTable(path)
        return kept

    def _open(self, table: str, version: int | None = None) -> DeltaTable | None:
        if not _TABLE.fullmatch(table):
            raise ValueError(f"table == {table!r}, must be names joined by '/', as in 'flight_delay/events'")
        path = self._root / table
        if not (path / "_delta_log").is_dir():
            return None
        try:
            return self._newest(table, path) if version is None else DeltaTable(path, version=version)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            newest = None if version is None else self.version(table)
            if version is None or newest is None or 0 <= version <= newest:
                raise
            raise UnknownTableVersion(f"version == {version} of table {table!r}, must be 0 to {newest}") from error


def _catches_up(kept: DeltaTable) -> bool:
    """Whether the log goes on from what is known of it; it does not where the table was made anew."""
    try:
        kept.update_incremental()
    except DeltaError:
        return False
    return True


def _learn_local_times(delta: DeltaTable, schema: pa.Schema) -> None:
    """A table knows times without a zone only when made with one, or when told so."""
    local = any(pa.types.is_timestamp(field.type) and field.type.tz is None for field in schema)
    if local and "timestampNtz" not in (delta.protocol().writer_features or ()):
        delta.alter.add_feature(TableFeatures.TimestampWithoutTimezone, allow_protocol_versions_increase=True)


def _visible(delta: DeltaTable) -> pa.Schema:
    hidden = {field.name for field in _HIDDEN}
    return pa.schema([field for field in pa.schema(delta.schema().to_arrow()) if field.name not in hidden])


def _files(delta: DeltaTable) -> dict[str, list[str]]:
    """The data files of every period that has rows."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    files: dict[str, list[str]] = {}
    for period, path in sorted(zip(_texts(actions, f"partition.{PERIOD}"), _texts(actions, "path"), strict=True)):
        files.setdefault(period, []).append(path)
    return files


def _texts(actions: pa.Table, name: str) -> list[Any]:
    return list(actions.column(name).to_pylist()) if name in actions.column_names else []


def _stands(delta: DeltaTable, period: str, digest: str, content: bytes) -> bool:
    files = _files(delta).get(period, [])
    return len(files) == 1 and Path(files[0]).name.startswith(digest) if content else not files


def _parquet(rows: pa.Table) -> bytes:
    """A file's bytes. Floats seldom come twice: a dictionary of them makes it larger, and twice as slow to read."""
    sink = pa.BufferOutputStream()
    repeating = [field.name for field in rows.schema if not pa.types.is_floating(field.type)]
    pq.write_table(rows, sink, compression="zstd", use_dictionary=repeating)
    return bytes(sink.getvalue().to_pybytes())


@contextmanager
def _freeing() -> Iterator[None]:
    """Arrow's memory from the C library meanwhile: its own pool keeps what is freed, a third of a read's peak."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


def _blocks(names: list[str], rows: int) -> list[list[str]]:
    """The columns in blocks of about `_BLOCK` values, at least one."""
    width = max(1, _BLOCK // max(rows, 1))
    return [names[start : start + width] for start in range(0, max(len(names), 1), width)]


def _counted(path: Path) -> int:
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def _read_file(path: Path, names: list[str], texts: list[str]) -> pa.Table:
    found = pq.read_metadata(path)
    present = {field.name for field in found.schema.to_arrow_schema()}
    coded = [name for name in texts if name in present]
    with pq.ParquetFile(path, metadata=found, read_dictionary=coded, pre_buffer=False) as file:
        return file.read(columns=[name for name in (*names, ROW) if name in present])
