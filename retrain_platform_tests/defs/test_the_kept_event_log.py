"""A process that plays keeps its engines open: what it writes is what Dagster's own event log would have written."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from retrain_platform.defs.event_log import KeptEventLog, with_kept_engines
from retrain_platform.defs.play import instance


@dg.asset
def counted(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    context.log.info("counting")
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.asset_check(asset=counted)
def enough() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def on(home: Path) -> Iterator[dg.DagsterInstance]:
    opened = instance()
    yield opened
    opened.dispose()


def run(on: dg.DagsterInstance) -> str:
    ended = dg.materialize([counted, enough], instance=on)
    assert ended.success
    return ended.run_id


def told(on: dg.DagsterInstance, run_id: str) -> list[str]:
    """A run's events, without what differs from run to run."""
    return [
        entry.dagster_event.event_type_value if entry.dagster_event else entry.user_message
        for entry in on.all_logs(run_id)
    ]


def made_of(home: Path, run_id: str) -> list[tuple[object, ...]]:
    """The tables and indexes of a run's database, its journal, the migration that it stands at, and who may read it."""
    path = home / "history" / "runs" / f"{run_id}.db"
    with sqlite3.connect(path) as base:
        tables = base.execute("select type, name, sql from sqlite_master order by type, name").fetchall()
        marks = [*base.execute("select * from alembic_version"), *base.execute("pragma journal_mode")]
        return [*tables, *marks, (path.stat().st_mode,)]


def test_dagsters_own_reads_every_run_as_its_own(on: dg.DagsterInstance, home: Path) -> None:
    kept = [run(on), run(on), run(on)]
    plain = dg.DagsterInstance.get()
    own = run(plain)
    assert isinstance(on.event_log_storage, KeptEventLog)
    assert type(plain.event_log_storage) is SqliteEventLogStorage
    assert "ASSET_MATERIALIZATION" in told(plain, own)
    for run_id in kept:
        assert told(plain, run_id) == told(plain, own) == told(on, own)
        assert made_of(home, run_id) == made_of(home, own)
    materialized = plain.fetch_materializations(dg.AssetKey("counted"), limit=10).records
    assert [record.run_id for record in materialized] == [own, *reversed(kept)]
    checked = plain.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey("counted"), "enough"), limit=10
    )
    assert len(checked) == 4


def test_a_reader_that_was_there_first_keeps_its_file(on: dg.DagsterInstance, home: Path) -> None:
    one, mine = run(on), on.event_log_storage
    theirs = dg.DagsterInstance.get().event_log_storage
    assert isinstance(mine, KeptEventLog)
    assert isinstance(theirs, SqliteEventLogStorage)
    count = "select count(*) from event_logs"
    with theirs.run_connection("asked-early") as reading:
        assert reading.exec_driver_sql(count).scalar() == 0
        with mine.run_connection("asked-early") as writing:
            writing.exec_driver_sql("insert into event_logs (run_id, event) values ('asked-early', '{}')")
    for log in (theirs, mine):
        with log.run_connection("asked-early") as reading:
            assert reading.exec_driver_sql(count).scalar() == 1
    assert made_of(home, "asked-early") == made_of(home, one)


def test_the_road_goes_on_after_the_history_was_wiped(on: dg.DagsterInstance, home: Path) -> None:
    before = run(on)
    on.wipe()
    assert not on.has_run(before)
    after = run(on)
    assert "ASSET_MATERIALIZATION" in told(on, after)
    assert told(dg.DagsterInstance.get(), after) == told(on, after)


def test_a_deleted_run_leaves_the_others(on: dg.DagsterInstance) -> None:
    first, second = run(on), run(on)
    on.delete_run(second)
    assert told(on, first) == told(on, run(on))


def test_an_event_log_of_another_kind_stays(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as memory:
        assert with_kept_engines(memory) is memory
    with dg.instance_for_test(
        temp_dir=str(tmp_path),
        overrides={
            "event_log_storage": {
                "module": "dagster._core.storage.event_log",
                "class": "ConsolidatedSqliteEventLogStorage",
                "config": {"base_dir": str(tmp_path)},
            }
        },
    ) as consolidated:
        assert with_kept_engines(consolidated) is consolidated
