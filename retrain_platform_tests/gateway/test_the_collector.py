"""The collector takes every line over exactly once, wherever it is killed and whatever is away."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.adapters.bin_store import SqlBins
from retrain_platform.adapters.log_tables import LogTables
from retrain_platform.gateway.lines import AnswerLine, Line, to_lines
from retrain_platform.gateway.log import collector as collector_module
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.gateway.log.lake_rows import LakeRows
from retrain_platform.gateway.log.segments import segments
from retrain_platform.gateway.log.spool import Spool
from retrain_platform_tests.gateway.collected import Home
from retrain_platform_tests.gateway.traffic import SECOND, START, traffic, write_segment


class Killed(BaseException):
    """What no handler of errors sees: the process is gone."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_lines_of_several_workers_reach_bins_and_tables_and_the_segments_go(home: Home) -> None:
    lines = traffic(3)
    for number in range(3):
        write_segment(home.spools, f"a/w{number}-{number}.jsonl", lines[number::3])
    collector = home.collector()
    assert collector.round() == len(lines)
    assert home.rows("served") == []
    home.now += 10 * SECOND
    collector.round()
    home.must_have(lines)
    assert segments(home.spools) == []
    assert collector.problems == {}


def test_it_says_until_when_the_bins_are_complete(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    bins, collector = SqlBins(home.url), home.collector()
    assert bins.complete_until() is None
    collector.round()
    assert bins.complete_until() == datetime.fromtimestamp(START / SECOND - 1, UTC)  # nobody sends: also known
    write_segment(home.spools, "a/w1-1.jsonl", traffic(1))
    monkeypatch.setattr(collector_module, "_AT_ONCE", 10_000)
    home.now += 5 * SECOND
    collector.round()
    assert bins.complete_until() == datetime.fromtimestamp(START / SECOND - 1, UTC)  # more stands in the segment
    while collector.round():
        home.now += SECOND
    assert bins.complete_until() > datetime.fromtimestamp(START / SECOND + 5, UTC)  # type: ignore[operator]


POINTS = [
    (Evidence, "fold"),
    (LakeRows, "write"),
    (LogTables, "append"),
    (Evidence, "keep"),
    (collector_module, "_take_away"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize(("owner", "name"), POINTS, ids=[name for _, name in POINTS])
def test_killed_at_any_point_it_goes_on_with_nothing_lost_or_doubled(
    home: Home, owner: Any, name: str, nth: int, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = traffic(5, requests=20)
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, _killing(getattr(owner, name), nth, after))
        with pytest.raises(Killed):
            _in_two(home, lines)
    _in_two(home, lines)
    more = traffic(6, requests=5)
    write_segment(home.spools, "b/w1-9.jsonl", [_renamed(line) for line in more])
    home.all(home.collector())
    home.must_have(lines + [_renamed(line) for line in more])
    assert segments(home.spools) == []


def _in_two(home: Home, lines: list[Line]) -> None:
    """Half of the lines, and the other half a little later; those that a run before left out."""
    half, collector = len(lines) // 2, home.collector()
    for number, part in enumerate((lines[:half], lines[half:])):
        mark = home.place / f"written-{number}"
        if not mark.exists():
            mark.touch()
            write_segment(home.spools, f"a/w1-{number}.jsonl", part)
        home.all(collector)


def _renamed(line: Line) -> Line:
    line.id = f"x{line.id}" if not (line.id or "").startswith("x") else line.id
    return line


def _killing(original: Callable[..., Any], nth: int, after: bool) -> Callable[..., Any]:
    calls = Counter[str]()

    def killed(*args: Any, **kwargs: Any) -> Any:
        calls["all"] += 1
        if calls["all"] != nth:
            return original(*args, **kwargs)
        if after:
            original(*args, **kwargs)
        raise Killed

    return killed


def test_what_is_open_is_read_and_stays(home: Home) -> None:
    spool = Spool(home.spools / "a", "w1", disk=2**30, segment_seconds=0.0)
    lines = [line for line in traffic(1) if isinstance(line, AnswerLine)]
    handle = home.collector()
    spool.write(lines[:5])
    spool.close()
    kept = Spool(home.spools / "a", "w2", disk=2**30)
    asyncio.run(kept.written(lines[5:]))
    home.all(handle)
    assert len(home.rows("served")) == len(lines)
    assert [segment.path.name.startswith("w2-") for segment in segments(home.spools)] == [True]
    kept.close()
    home.all(handle)
    assert segments(home.spools) == []


def test_a_killed_worker_s_torn_line_is_passed_over_and_counted(home: Home) -> None:
    lines = traffic(2, requests=5)
    path = write_segment(home.spools, "a/w1-1.jsonl", lines)
    path.write_bytes(path.read_bytes() + to_lines(lines)[:40])
    collector = home.collector()
    home.all(collector)
    home.must_have(lines)
    assert (home.collector().passed_over(), segments(home.spools)) == ({"torn": 1}, [])


STRANGE = [
    b"no json\n",
    b"\xff\xfe\n",
    b'{"k":"a"}\n',
    b'{"k":"a","model":"../m","id":"r","at":1,"version":"1","arm":"champion"}\n',
    b'{"k":"a","model":"m","id":"r","at":-5,"version":"1","arm":"champion"}\n',
    b'{"k":"a","model":"m","id":"r","at":99999999999999999999,"version":"1","arm":"champion"}\n',
    b'{"k":"b","model":"m","id":"r","at":1,"version":"1","ms":1e300}\n',
    b"\n",
]


@pytest.mark.parametrize("strange", STRANGE)
def test_foreign_lines_are_kept_aside_and_hurt_no_other(home: Home, strange: bytes) -> None:
    lines = traffic(2, requests=5)
    path = write_segment(home.spools, "a/w1-1.jsonl", lines)
    path.write_bytes(to_lines(lines[:3]) + strange + to_lines(lines[3:]))
    home.all(home.collector())
    home.must_have(lines)
    assert home.collector().passed_over() == {"foreign": 1}
    assert (home.spools.parent / "aside" / "a-w1-1.jsonl").read_bytes().startswith(strange.rstrip(b"\n"))


def test_while_the_bins_are_away_nothing_is_read_past(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, collector = traffic(4), home.collector()
    write_segment(home.spools, "a/w1-1.jsonl", lines)
    with monkeypatch.context() as patched:
        patched.setattr("retrain_platform.gateway.log.counting.add_bins", _full)
        collector.round()
        assert collector.problems == {"evidence": "the bins cannot be written: the disk is full"}
    home.all(collector)
    home.must_have(lines)


def _full(*_: object) -> None:
    raise OSError("the disk is full")


def test_a_folder_that_somebody_clears_stops_nothing(home: Home) -> None:
    collector = home.collector()
    write_segment(home.spools, "a/w1-1.jsonl", traffic(1, requests=3))
    collector.round()
    shutil.rmtree(home.spools)
    home.all(collector)
    assert collector.problems == {}
