"""Dagster's own event log on SQLite, for a process that plays one run after the other.

Dagster opens a new engine for each of a run's some hundred and fifty statements, compiles each anew, and makes
every run's database by its migrations: a third of what a played period costs. The files, tables and
rows here are the same, and any other process reads and writes them with Dagster's own class.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

from retrain_platform.adapters.atomic import write_where_absent


def with_kept_engines(on: dg.DagsterInstance) -> dg.DagsterInstance:
    """The same instance with a `KeptEventLog`; one that keeps its events elsewhere is given back as it is."""
    if type(on.event_log_storage) is not SqliteEventLogStorage or (ref := on.get_ref()).storage_data is None:
        return on
    kept = ConfigurableClassData(__name__, KeptSqliteStorage.__name__, ref.storage_data.config_yaml)
    return dg.DagsterInstance.from_ref(ref._replace(storage_data=kept))


class KeptEventLog(SqliteEventLogStorage):
    """Keeps an engine for the index and one for the run that is played; a new run's database is copied, not migrated.

    Statements wait for each other, as Dagster's own do.
    """

    def __init__(self, base_dir: str) -> None:
        self._engines: dict[str, db.Engine] = {}
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> db.Engine:
        standing = self._engines.get(shard)
        if standing is not None and Path(self.path_for_shard(shard)).exists():
            return standing
        for other in [each for each in self._engines if each != INDEX_SHARD_NAME or each == shard]:
            self._engines.pop(other).dispose()
        made = db.create_engine(
            self.conn_string_for_shard(shard), connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        )
        self._made(shard, made)
        return self._engines.setdefault(shard, made)

    def _made(self, shard: str, engine: db.Engine) -> None:
        """The shard's database stands, migrated as Dagster would have it.

        A reader that asks for a run's events makes its database too, and may come first: what it holds open is
        never replaced, as SQLite would lose what either writes.
        """
        if shard == INDEX_SHARD_NAME or not self._copied(Path(self.path_for_shard(shard))):
            self._initdb(engine)

    def _copied(self, path: Path) -> bool:
        empty, mode = self._empty
        return write_where_absent(path, empty, mode=mode)

    @cached_property
    def _empty(self) -> tuple[bytes, int]:
        """The file of an empty database that Dagster's migrations made, and its mode; nobody else has it open."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "empty.db"
            engine = db.create_engine(f"sqlite:///{path}")
            self._initdb(engine)
            engine.dispose()  # its last connection closed, the file holds all of the write-ahead log
            return path.read_bytes(), path.stat().st_mode

    def wipe(self) -> None:
        """Dagster's own, with no file held open."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Dagster's own, and the engines closed."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


class KeptSqliteStorage(DagsterSqliteStorage):
    """Dagster's storage on SQLite with a `KeptEventLog`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = KeptEventLog(str(Path(base_dir) / "history" / "runs"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "KeptSqliteStorage":
        """As Dagster loads it."""
        return cls.from_local(inst_data=inst_data, **config_value)
