"""What only the real ledger must stand: other processes, and hands that would change the past."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from retrain_platform.adapters import clock
from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.release.base import LedgerMoved

AS_OF = datetime(2013, 3, 3, tzinfo=UTC)

WRITER = """
import sys
from datetime import UTC, datetime
from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.release.base import LedgerMoved
url, mine = sys.argv[1:]
ledger, as_of, won = SqlLedger(url), datetime(2013, 3, 3, tzinfo=UTC), 0
for turn in range(25):
    ledger.append("m", "own", f"{mine}-{turn}", as_of)
    ledger.append("m", "shared", f"shared-{turn}", as_of, why=mine)
    try:
        ledger.append("race", "x", f"{mine}-{turn}", as_of, expect=turn)
        won += 1
    except LedgerMoved:
        pass
print(won)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_processes_that_write_at_once_neither_lose_nor_double(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, f"sqlite:///{path}"]
    running = [subprocess.Popen([*command, mine], stdout=subprocess.PIPE, text=True) for mine in "abc"]
    won = sum(int(process.communicate(timeout=60)[0]) for process in running)
    assert [process.returncode for process in running] == [0, 0, 0]
    ledger = SqlLedger(f"sqlite:///{path}")
    entries = ledger.entries("m")
    assert [entry.seq for entry in entries] == list(range(1, 101))
    expected = {f"{who}-{turn}" for who in (*"abc", "shared") for turn in range(25)}
    assert {entry.key for entry in entries} == expected
    assert won == len(ledger.entries("race")) <= 25, "each expected number was won once at most"


def test_the_past_cannot_be_changed_or_deleted(path: Path) -> None:
    ledger = SqlLedger(f"sqlite:///{path}")
    entry = ledger.append("m", "opened", "k", AS_OF)
    with sqlite3.connect(path) as by_hand:
        for statement in ("UPDATE ledger SET why = 'other'", "DELETE FROM ledger"):
            with pytest.raises(sqlite3.IntegrityError, match="the ledger is append-only"):
                by_hand.execute(statement)
    assert ledger.entries("m") == [entry]


def test_the_schema_itself_refuses_a_double(path: Path) -> None:
    SqlLedger(f"sqlite:///{path}").append("m", "opened", "k", AS_OF)
    row = "SELECT NULL, model, {seq}, kind, {key}, as_of, at, actor, why, body FROM ledger"
    with sqlite3.connect(path) as by_hand:
        for seq, key in (("1", "'other'"), ("2", "'k'")):
            with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
                by_hand.execute("INSERT INTO ledger " + row.format(seq=seq, key=key))


def test_readers_are_not_stopped_by_a_writer(path: Path) -> None:
    ledger = SqlLedger(f"sqlite:///{path}")
    ledger.append("m", "opened", "k", AS_OF)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert [entry.key for entry in ledger.entries("m")] == ["k"]
    assert ledger.models() == ["m"]
    other.execute("ROLLBACK")
    other.close()


def test_the_file_is_in_wal_mode_and_opens_again(path: Path) -> None:
    first = SqlLedger(f"sqlite:///{path}").append("m", "opened", "k", AS_OF)
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert SqlLedger(f"sqlite:///{path}").entries("m") == [first]


def test_times_are_kept_as_iso_texts_in_utc(path: Path) -> None:
    there = AS_OF.astimezone(tz=None)
    SqlLedger(f"sqlite:///{path}", lambda: AS_OF + timedelta(hours=1)).append("m", "opened", "k", there)
    with sqlite3.connect(path) as plain:
        kept = plain.execute("SELECT as_of, at FROM ledger").fetchone()
    assert kept == ("2013-03-03T00:00:00+00:00", "2013-03-03T01:00:00+00:00")


def test_the_clock_is_the_wall_s_unless_told(path: Path) -> None:
    before = clock.now()
    at = SqlLedger(f"sqlite:///{path}").append("m", "opened", "k", AS_OF).at
    assert before <= at <= clock.now()
    assert at.tzinfo is UTC


def test_a_writer_that_never_wins_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = SqlLedger(f"sqlite:///{path}")

    def beaten(*_: object) -> None:
        raise IntegrityError("INSERT", {}, Exception("UNIQUE"))

    monkeypatch.setattr(ledger, "_append", beaten)
    with pytest.raises(LedgerMoved, match="model == 'm': other writers won 50 times"):
        ledger.append("m", "opened", "k", AS_OF)


def test_reading_makes_neither_the_file_nor_its_folder(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    reader = SqlLedger(url)
    assert (reader.entries("m"), reader.models()) == ([], [])
    assert list(tmp_path.iterdir()) == []
    entry = SqlLedger(url).append("m", "opened", "k", AS_OF)
    assert reader.entries("m") == [entry]


def test_a_file_without_the_table_has_no_entries_and_gets_none_by_reading(path: Path) -> None:
    path.touch()
    assert SqlLedger(f"sqlite:///{path}").models() == []
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_a_fresh_reader_waits_for_no_writer(path: Path) -> None:
    SqlLedger(f"sqlite:///{path}").append("m", "opened", "k", AS_OF)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert SqlLedger(f"sqlite:///{path}").models() == ["m"]
    other.close()
