"""The platform's own SQL tables in any database; in SQLite a writer takes its turn at once, so that none fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, inspect

_TURN = 7_230_511_409
"""PostgreSQL's number of the lock that whoever makes tables holds; any that no other program takes."""

_PATIENCE = 30
"""Seconds that a SQLite connection waits for others to be done writing."""


_AT_ONCE = 400
T = TypeVar("T")


class LazyTables:
    """Tables of a database that are made by the first write: reading makes nothing, nor SQLite's file."""

    def __init__(self, url: str, tables: MetaData) -> None:
        self._engine, self._tables, self._there = _engine_of(url), tables, False

    def exist(self) -> bool:
        """Whether all of them are; connecting to a SQLite file that is not would make it."""
        if not self._there:
            file = _sqlite_file(self._engine)
            if file is None or file.exists():
                with self.reading() as connection:
                    found = inspect(connection)
                    self._there = all(found.has_table(name) for name in self._tables.tables)
        return self._there

    def make(self) -> None:
        """Make those that are missing, and SQLite's folder; of several processes one at a time.

        PostgreSQL lets two that make one table at once collide, whatever IF NOT EXISTS says.
        """
        if self.exist():  # one who may only add rows may use tables that another made
            return
        file = _sqlite_file(self._engine)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
            self._tables.create_all(connection)
        self._there = True

    def reading(self) -> Connection:
        """A connection that only reads: it waits for no writer."""
        return self._engine.connect().execution_options(only_reads=True)

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction: all that is written in it, or nothing."""
        return self._engine.begin()


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as any database takes as parameters."""
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _engine_of(url: str) -> Engine:
    """SQLite's transactions begin as writers unless `execution_options(only_reads=True)` says otherwise."""
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))  # a server is started again, too
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _sqlite_file(engine: Engine) -> Path | None:
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
