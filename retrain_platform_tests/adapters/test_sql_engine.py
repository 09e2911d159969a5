"""Tables of our own: SQLite's first opening by several processes at once, and tables that came later."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from retrain_platform.adapters import sql_engine
from retrain_platform.adapters.sql_engine import LazyTables

TABLES = MetaData()
for _name in ("one", "two"):
    Table(_name, TABLES, Column("a", Integer))


@pytest.fixture
def held(tmp_path: Path) -> sqlite3.Connection:
    """A file not in WAL mode yet that another one writes: SQLite then refuses to turn at once, whatever its timeout."""
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (a)")
    other.execute("BEGIN IMMEDIATE")
    return other


def test_who_opens_a_file_that_another_holds_waits(
    held: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    def until_the_other_ends(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            held.execute("COMMIT")

    monkeypatch.setattr(sql_engine.time, "sleep", until_the_other_ends)
    ours = LazyTables(f"sqlite:///{tmp_path / 'x.db'}", TABLES)
    ours.make()
    with ours.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert len(waits) == 3


def test_a_file_that_stays_held_is_an_error(
    held: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_engine, "_PATIENCE", 0)
    with pytest.raises(Exception, match="database is locked"):
        LazyTables(f"sqlite:///{tmp_path / 'x.db'}", TABLES).make()
    assert held.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_table_that_an_earlier_version_did_not_have_is_made_beside_the_others(tmp_path: Path) -> None:
    place = tmp_path / "x.db"
    with sqlite3.connect(place) as earlier:
        earlier.execute("CREATE TABLE one (a)")
        earlier.execute("INSERT INTO one VALUES (7)")
    ours = LazyTables(f"sqlite:///{place}", TABLES)
    assert not ours.exist()
    ours.make()
    assert ours.exist()
    with ours.reading() as connection:
        assert connection.execute(TABLES.tables["one"].select()).scalars().all() == [7]
        assert connection.execute(TABLES.tables["two"].select()).all() == []
