"""An error that no command caught: what it means, not what a database was told."""

from __future__ import annotations

import errno
import sys

import pytest
from sqlalchemy.exc import OperationalError

from retrain_platform.cli import errors
from retrain_platform.cli.errors import in_words
from retrain_platform.cli.screen import without_dagsters_noise


def sql(said: str) -> OperationalError:
    return OperationalError("INSERT INTO event_logs VALUES (?)", ("x" * 5000,), Exception(said))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        sql("database or disk is full"),
        RuntimeError("Generic error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_as_one_whoever_met_it(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRAIN_HOME", "/tmp")
    wrapped = RuntimeError("the step broke")
    wrapped.__cause__ = error
    for each in (error, wrapped):
        assert in_words(each).startswith("no space left under RETRAIN_HOME (/tmp): free some and run again")


def test_a_disk_that_cannot_be_read_is_a_full_one_only_where_nothing_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    error = sql("disk I/O error")
    assert in_words(error) == "Exception: disk I/O error"
    monkeypatch.setattr(errors, "_free", lambda home: 4096)
    assert in_words(error).startswith("no space left")


def test_of_a_database_s_error_the_statement_is_left_out() -> None:
    assert in_words(sql("no such table: ledger")) == "Exception: no such table: ledger"


def test_what_dagster_cannot_keep_is_not_dumped_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    with without_dagsters_noise():
        sys.stderr.write("Exception while writing logger call to event log: INSERT INTO event_logs\n")
        sys.stderr.write("somebody else's line\n")
    assert capsys.readouterr().err == "somebody else's line\n"


@pytest.mark.parametrize("error", [sql("attempt to write a readonly database"), OSError(errno.EROFS, "Read-only")])
def test_a_home_that_cannot_be_written_is_named(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRAIN_HOME", "/tmp")
    assert in_words(error).startswith("RETRAIN_HOME (/tmp) cannot be written, which its databases need even to be read")
