"""The ledger as one append-only SQL table: SQLite by default, any SQLAlchemy database by URL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from retrain_platform.adapters import clock
from retrain_platform.adapters.entries import entry_body, entry_time, refuse_moved
from retrain_platform.adapters.sql_engine import LazyTables
from retrain_platform.release.base import Entry, LedgerMoved

_ATTEMPTS = 50
_LEDGER = Table(
    "ledger",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("model", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("as_of", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("model", "seq"),
    UniqueConstraint("model", "key"),
)
_REFUSALS = {
    "sqlite": tuple(
        f"CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger "
        f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {verb} is refused'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = 'the ledger is append-only: ' || TG_OP || ' is refused'; END $$",
        *(
            f"CREATE OR REPLACE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
            for verb in ("UPDATE", "DELETE", "TRUNCATE")
        ),
    ),
}
for _dialect, _statements in _REFUSALS.items():
    for _statement in _statements:
        event.listen(_LEDGER, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]


class SqlLedger:
    """`Ledger` over SQLAlchemy. Times are kept as ISO 8601 in UTC, a body as JSON.

    Two unique constraints decide every race: of two writers of one `seq` the second looks again, of
    two writers of one `key` the second is handed the first's entry. SQLite and PostgreSQL refuse UPDATE and DELETE.
    """

    def __init__(self, url: str, clock: Callable[[], datetime] = clock.now) -> None:
        self._clock, self._tables = clock, LazyTables(url, _LEDGER.metadata)

    def append(
        self,
        model: str,
        kind: str,
        key: str,
        as_of: datetime,
        *,
        body: dict[str, Any] | None = None,
        actor: str = "platform",
        why: str = "",
        expect: int | None = None,
    ) -> Entry:
        """Add an entry, or return the one that already has `key`; see `Ledger`."""
        moment = entry_time(as_of)
        values = {"model": model, "kind": kind, "key": key, "as_of": moment.isoformat()}
        values |= {"actor": actor or "unattributed", "why": why, "body": entry_body(body)}
        self._tables.make()
        for _ in range(_ATTEMPTS):
            try:
                with self._tables.writing() as connection:
                    return self._append(connection, values, expect)
            except IntegrityError:
                continue  # Another writer took the number or the key: look again.
        raise LedgerMoved(f"model == {model!r}: other writers won {_ATTEMPTS} times, run again")

    def entries(self, model: str) -> list[Entry]:
        """All entries of the model in order of `seq`."""
        return self.newer(model, 0)

    def newer(self, model: str, after: int) -> list[Entry]:
        """The model's entries of a `seq` above `after`, in order."""
        if not self._tables.exist():
            return []
        query = select(_LEDGER).where(_LEDGER.c.model == model, _LEDGER.c.seq > after).order_by(_LEDGER.c.seq)
        with self._tables.reading() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def models(self) -> list[str]:
        """Every model with an entry, sorted."""
        if not self._tables.exist():
            return []
        with self._tables.reading() as connection:
            return sorted(connection.execute(select(_LEDGER.c.model).distinct()).scalars())

    def _append(self, connection: Connection, values: dict[str, str], expect: int | None) -> Entry:
        model = values["model"]
        same_key = select(_LEDGER).where(_LEDGER.c.model == model, _LEDGER.c.key == values["key"])
        standing = connection.execute(same_key).first()
        if standing is not None:
            return _entry(standing)
        newest = select(func.coalesce(func.max(_LEDGER.c.seq), 0)).where(_LEDGER.c.model == model)
        last = int(connection.execute(newest).scalar_one())
        refuse_moved(model, expect, last)
        written = {**values, "seq": last + 1, "at": self._clock().astimezone(UTC).isoformat()}
        connection.execute(insert(_LEDGER), written)
        return _entry(connection.execute(same_key).one())


def _entry(row: Row[Any]) -> Entry:
    values = dict(row._mapping)
    del values["id"]
    times = {name: datetime.fromisoformat(values[name]) for name in ("as_of", "at")}
    return Entry(**{**values, **times, "body": json.loads(values["body"])})
