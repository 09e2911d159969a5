"""The ledger between machines: two writers race, a server is started again, and the past stays as it is."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform_tests.adapters.test_sql_ledger import WRITER

AS_OF = datetime(2013, 3, 3, tzinfo=UTC)


def test_two_writers_neither_lose_nor_double_nor_both_win(schema: str) -> None:
    command = [sys.executable, "-c", WRITER, schema]
    running = [subprocess.Popen([*command, mine], stdout=subprocess.PIPE, text=True) for mine in "ab"]
    won = [int(process.communicate(timeout=60)[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    ledger = SqlLedger(schema)
    assert [entry.seq for entry in ledger.entries("m")] == list(range(1, 76))
    assert {e.key for e in ledger.entries("m")} == {
        f"{who}-{turn}" for who in ("a", "b", "shared") for turn in range(25)
    }
    assert sum(won) == len(ledger.entries("race")) == 25, "each expected number was won once"


@pytest.mark.parametrize("statement", ["UPDATE ledger SET why = 'x'", "DELETE FROM ledger", "TRUNCATE ledger"])
def test_the_past_cannot_be_changed(schema: str, statement: str) -> None:
    ledger = SqlLedger(schema)
    entry = ledger.append("m", "opened", "k", AS_OF, why="first")
    with create_engine(schema).connect() as by_hand, pytest.raises(DBAPIError, match="the ledger is append-only"):
        by_hand.execute(text(statement))
    assert ledger.entries("m") == [entry]


def test_a_server_that_was_started_again_is_written_to_as_before(schema: str) -> None:
    ledger = SqlLedger(schema)
    ledger.append("m", "x", "1", AS_OF)
    with create_engine(schema).connect() as other:
        other.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"))
    assert ledger.append("m", "x", "2", AS_OF).seq == 2


def test_who_may_only_add_lines_uses_the_table_that_another_made(schema: str) -> None:
    SqlLedger(schema).append("m", "x", "1", AS_OF)
    name = schema.rpartition("%3D")[2]
    with create_engine(schema).begin() as owner:
        owner.execute(text(f"CREATE ROLE {name} LOGIN"))
        owner.execute(text(f"GRANT USAGE ON SCHEMA {name} TO {name}"))
        owner.execute(text(f"GRANT SELECT, INSERT ON {name}.ledger TO {name}"))
        owner.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {name} TO {name}"))
    ledger = SqlLedger(schema.replace("retrain@", f"{name}@"))
    assert ledger.append("m", "x", "2", AS_OF, actor="a machine elsewhere").seq == 2


def test_a_plain_address_of_postgresql_is_understood(schema: str) -> None:
    assert SqlLedger(schema.replace("postgresql+psycopg:", "postgresql:")).append("m", "x", "1", AS_OF).seq == 1
