"""What the collector keeps beside the bins, so that a line adds to them exactly once and a label finds its answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, Table, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from retrain_platform.adapters.bin_store import TABLES
from retrain_platform.adapters.sql_engine import parts

Rows = Sequence[Mapping[str, Any]]

TAKEN = Table(
    "taken",
    TABLES,
    Column("segment", Text, primary_key=True),
    Column("folded", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("answered", Text, nullable=False),
    Column("beside", Text, nullable=False),
    Column("failed", Text, nullable=False),
)
"""Of each segment the bytes that are in the bins and in the lake, and where among requests the bins' reader is."""

SCORED = Table(
    "scored",
    TABLES,
    Column("model", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("answered", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("entity", Text),
    Column("score", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The newest answers and what other versions scored of them, for labels to find."""
Index("scored_at", SCORED.c.at)
Index("scored_entity", SCORED.c.model, SCORED.c.entity, SCORED.c.at, sqlite_where=SCORED.c.answered)

LABELLED = Table(
    "labelled",
    TABLES,
    Column("model", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""The first label of each record."""
Index("labelled_at", LABELLED.c.at)

YES = Table(
    "yes",
    TABLES,
    Column("model", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""Events that were counted: a second click on the same answer is no second event."""
Index("yes_at", YES.c.at)

WAITING = Table(
    "waiting",
    TABLES,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("until", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
)
"""Feedback of an entity whose answer has not come by: another worker's line may be on its way."""

PHASE = Table(
    "phase",
    TABLES,
    Column("model", Text, primary_key=True),
    Column("phase", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
)
"""Who gets which share now, and the first split that said so."""

MET = Table(
    "met",
    TABLES,
    Column("model", Text, primary_key=True),
    Column("entity", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""The entities that were met since then, as hashes."""

COUNTED = Table(
    "counted",
    TABLES,
    Column("name", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
)
"""What was passed over, by why."""


def insert_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert those whose key is not there yet."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def put_rows(connection: Connection, table: Table, key: str, rows: Rows) -> None:
    """Insert the rows, in place of those with the same `key`."""
    if rows:
        for part in parts([row[key] for row in rows]):
            connection.execute(delete(table).where(table.c[key].in_(part)))
        connection.execute(table.insert(), list(rows))


def count_up(connection: Connection, counts: Mapping[str, int]) -> None:
    """Add to the counts of what was passed over."""
    known = {row.name: row.times for row in connection.execute(select(COUNTED))} if counts else {}
    put_rows(
        connection,
        COUNTED,
        "name",
        [{"name": name, "times": known.get(name, 0) + more} for name, more in counts.items() if more],
    )


def of_ids(connection: Connection, table: Table, model: str, ids: Iterable[str]) -> Iterator[Any]:
    """The rows of these records."""
    for part in parts(list(ids)):
        yield from connection.execute(select(table).where(table.c.model == model, table.c.id.in_(part)))
