"""Engines for the platform's own SQL tables; in SQLite a writer takes its turn at once, so that none fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect

_TURN = 7_230_511_409
"""PostgreSQL's number of the lock that whoever makes tables holds; any that no other program takes."""

_PATIENCE = 30
"""Seconds that a SQLite connection waits for others to be done writing."""


def engine_of(url: str) -> Engine:
    """The engine; SQLite's transactions begin as writers unless `execution_options(only_reads=True)` says otherwise."""
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))  # a server is started again, too
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


class LazyTables:
    """A database whose tables, and SQLite's file with its folder, are made by the first write: reading makes nothing.

    `known` is one of the tables: they are made together, so where it is all are.
    """

    def __init__(self, url: str, known: Table) -> None:
        self.engine = engine_of(url)
        self._known = known
        self._there = False

    def exist(self) -> bool:
        """Whether they are there; connecting to a SQLite file that is not would make it."""
        if not self._there:
            file = sqlite_file(self.engine)
            if file is None or file.exists():
                with self.reading() as connection:
                    self._there = inspect(connection).has_table(self._known.name)
        return self._there

    def make(self) -> None:
        """Make them if need be; one who may only add rows may use those that another made."""
        if not self.exist():
            with making(self.engine) as connection:
                self._known.metadata.create_all(connection)
            self._there = True

    def reading(self) -> Connection:
        """A connection that takes no writer's turn."""
        return self.engine.connect().execution_options(only_reads=True)


@contextmanager
def making(engine: Engine) -> Iterator[Connection]:
    """A transaction that makes tables, and SQLite's folder; of several processes one at a time.

    PostgreSQL lets two that make one table at once collide, whatever IF NOT EXISTS says.
    """
    file = sqlite_file(engine)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
        yield connection


def sqlite_file(engine: Engine) -> Path | None:
    """SQLite's file; None for another database, one in memory, or one that a `file:` URI names."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # Transactions are begun by `_begin_sqlite`, not by the driver at some later statement.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000}")
    _turn_to_wal(connection)


def _turn_to_wal(connection: Any) -> None:
    """Write ahead; of several processes that first open one file at once, SQLite refuses all but one on the spot."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:  # each holds what the other waits for: no busy_timeout here
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its turn at once: upgrading a read lock later cannot wait and fails.
    reads = connection.get_execution_options().get("only_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
