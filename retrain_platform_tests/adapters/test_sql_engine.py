"""SQLite's first opening by several processes at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from retrain_platform.adapters import sql_engine
from retrain_platform.adapters.sql_engine import engine_of, making


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
    with making(engine_of(f"sqlite:///{tmp_path / 'x.db'}")) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    assert len(waits) == 3


def test_a_file_that_stays_held_is_an_error(
    held: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_engine, "_PATIENCE", 0)
    with pytest.raises(Exception, match="database is locked"), making(engine_of(f"sqlite:///{tmp_path / 'x.db'}")):
        pytest.fail("it was opened")
    assert held.execute("PRAGMA journal_mode").fetchone() == ("delete",)
