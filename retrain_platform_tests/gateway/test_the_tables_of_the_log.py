"""The log's tables in the lake: how far they reach, what leaves them, and a lake or bins that are away meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from sqlalchemy.exc import SQLAlchemyError

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.adapters.clock import microseconds_of, moment_of
from retrain_platform.adapters.log_tables import LakeAway, LogTables
from retrain_platform.adapters.sources import SourceReader
from retrain_platform.dataset.source import Gateway
from retrain_platform.gateway.lines import AnswerLine
from retrain_platform.gateway.log import collector as collector_module
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.gateway.log.segments import segments
from retrain_platform_tests.gateway.collected import Home
from retrain_platform_tests.gateway.traffic import EVER, SECOND, START, as_counted, counted, traffic, write_segment


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_lake_reaches_only_as_far_as_every_segment_was_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_module, "_AT_ONCE", 2_000)
    monkeypatch.setattr(collector_module, "_MOST_WAITING", 1)  # each round writes to the lake
    lines = [AnswerLine("m", f"r{n}", START + n * SECOND, "1", "champion") for n in range(100)]
    for worker in (0, 1):
        write_segment(home.spools, f"a/w{worker}-{worker}.jsonl", lines[worker::2])
    reader = SourceReader(Gateway(of="m", lake=str(home.place / "lake"), entity="who"), home.place, "UTC")
    collector, reached = home.collector(), set()
    home.now += 200 * SECOND
    while collector.round():
        until = reader.watermark()
        assert until is not None
        there = {row["id"] for row in home.rows("served") if row["at"] < until}
        assert there == {line.id for line in lines if line.at < microseconds_of(until)}
        reached.add(until)
    assert reached == {moment_of(0), moment_of(lines[-1].at)}
    home.now += 100 * SECOND
    late = [AnswerLine("m", f"x{n}", START + (200 + n) * SECOND, "1", "champion") for n in range(100)]
    for worker in (0, 1):
        write_segment(home.spools, f"a/w{worker}-{worker + 2}.jsonl", late[worker::2])
    collector.round()
    assert 100 < len(home.rows("served")) < 200
    assert reader.watermark() == moment_of(START + 199 * SECOND)  # until then all had been read before


def test_while_the_lake_is_away_bins_go_on_and_the_lake_catches_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_module, "_MOST_IN_MEMORY", 20)
    lines, collector = traffic(4), home.collector()

    def away(*_: Any, **__: Any) -> None:
        raise LakeAway("m/served cannot be written: gone")

    with monkeypatch.context() as patched:
        patched.setattr(LogTables, "append", away)
        for number, start in enumerate(range(0, len(lines), 60)):
            write_segment(home.spools, f"a/w1-{number}.jsonl", lines[start : start + 60])
            collector.round()
            home.now += 10 * SECOND
            collector.round()
        assert collector.problems == {"lake": "m/served cannot be written: gone"}
        assert len(segments(home.spools)) > 2
        bins = as_counted(SqlBins(home.url).bins("m", *EVER))
        assert {key: cell.get("rows") for key, cell in bins.items()} == {
            key: cell.get("rows") for key, cell in counted(lines).items()
        }
    for _ in range(3):
        home.all(collector)
    home.must_have(lines)
    assert (segments(home.spools), collector.problems) == ([], {})


def test_old_days_leave_and_small_files_are_made_one(home: Home) -> None:
    tables = LogTables(home.place / "lake")
    collector = home.collector()
    day = 86_400 * SECOND
    for number in range(12):
        line = AnswerLine("m", f"r{number}", START + (number >= 2) * 3 * day + number, "1", "champion")
        write_segment(home.spools, f"a/w1-{number}.jsonl", [line])
        home.all(collector)
    files = len(DeltaTable(home.place / "lake" / "m" / "served").file_uris())
    home.now = START + 5 * day
    tables.tend("m", datetime.fromtimestamp(home.now / SECOND, UTC).date(), timedelta(days=3))
    rows = home.rows("served")
    assert (files, len(DeltaTable(home.place / "lake" / "m" / "served").file_uris())) == (12, 1)
    assert sorted(row["id"] for row in rows) == sorted(f"r{number}" for number in range(2, 12))


def test_about_every_hour_it_asks_what_is_kept_and_the_rest_leaves(home: Home) -> None:
    collector, asked = home.collector(), []

    def keep() -> dict[str, timedelta]:
        asked.append(home.now)
        return {"m": timedelta(days=1)}

    write_segment(home.spools, "a/w1-1.jsonl", [AnswerLine("m", "r1", START, "1", "champion")])
    for _ in range(2):
        collector.round(keep)
        home.now += 10 * SECOND
    assert (len(asked), len(home.rows("served")), len(SqlBins(home.url).bins("m", *EVER))) == (1, 1, 1)
    home.now += 3 * 86_400 * SECOND
    collector.round(keep)
    assert (len(asked), home.rows("served"), SqlBins(home.url).bins("m", *EVER)) == (2, [], [])


def test_bins_that_are_away_when_the_rest_should_leave_stop_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = home.collector()
    collector.round()

    def away(_: Evidence) -> None:
        raise SQLAlchemyError("gone")

    monkeypatch.setattr(Evidence, "marks", away)
    assert collector.round(dict) == 0
    assert collector.problems == {"evidence": "gone"}
