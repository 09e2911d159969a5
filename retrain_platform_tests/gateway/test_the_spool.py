"""Lines reach the disk, whatever the disk does; what was acknowledged survives the process."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from retrain_platform.gateway.lines import AnswerLine, from_bytes
from retrain_platform.gateway.log import segments as segments_module
from retrain_platform.gateway.log.segments import is_closed, segments, spool_bytes
from retrain_platform.gateway.log.spool import Spool

GIB = 2**30


def line(number: int) -> AnswerLine:
    fields = {"x": "é\n", "n": number}
    return AnswerLine(model="m", id=f"id{number}", at=number, version="1", arm="champion", fields=fields)


def ids(root: Path) -> list[str]:
    """The whole lines of all segments, in the order of writing."""
    found = []
    for segment in segments(root):
        *whole, _torn = segment.path.read_bytes().split(b"\n")
        found += [from_bytes(each).id or "" for each in whole]
    return found


def test_every_line_is_there_once_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a", "w0", disk=GIB, segment_bytes=4_000)
    for number in range(1_000):
        spool.write([line(number)])
    spool.close()
    assert ids(tmp_path) == [f"id{number}" for number in range(1_000)]
    assert (spool.unlogged, spool.problem) == (0, "")


def test_a_written_line_is_on_the_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a", "w0", disk=GIB)

    async def many() -> None:
        await asyncio.gather(*(spool.written([line(number)]) for number in range(200)))
        assert sorted(ids(tmp_path)) == sorted(f"id{number}" for number in range(200))

    asyncio.run(many())
    spool.close()


def test_a_segment_is_open_while_its_writer_lives(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a", "w0", disk=GIB)
    asyncio.run(spool.written([line(1)]))
    [segment] = segments(tmp_path)
    assert segment.name == f"a/{segment.path.name}"
    assert not is_closed(segment.path)
    spool.close()
    assert is_closed(segment.path)


def test_a_line_that_json_cannot_hold_is_lost_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a", "w0", disk=GIB)
    bad = AnswerLine(model="m", id="bad", at=1, version="1", arm="champion", fields={"x": object()})
    spool.write([line(1), bad, line(2)])
    spool.close()
    assert ids(tmp_path) == ["id1", "id2"]
    assert spool.unlogged == 1


class Disk:
    """`os.write` of a disk with `room` bytes left; None: all the room in the world."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.room: int | None = None
        self._write = os.write
        monkeypatch.setattr(segments_module, "put", self)

    def __call__(self, handle: int, data: memoryview) -> int:
        if self.room is None:
            return self._write(handle, data)
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = self._write(handle, data[: self.room])
        self.room -= done
        return done


def test_a_full_disk_cuts_a_line_and_it_is_finished_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    disk.room = 130
    spool = Spool(tmp_path / "a", "w0", disk=GIB)
    with pytest.raises(OSError, match="No space left"):
        asyncio.run(spool.written([line(1), line(2), line(3)]))
    assert "No space left" in spool.problem
    spool.write([line(4)])
    disk.room = None
    asyncio.run(spool.written([line(5)]))
    spool.close()
    assert ids(tmp_path) == ["id1", "id2", "id3", "id4", "id5"]
    assert (spool.problem, len(segments(tmp_path))) == ("", 1)


def test_a_fault_of_the_disk_begins_the_cut_line_again_in_another_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    spool = Spool(tmp_path / "a", "w0", disk=GIB)
    begun = b'{"k":"a","model":"m","id":"id1"'

    def broken(handle: int, data: memoryview) -> int:
        monkeypatch.setattr(segments_module, "put", failing)
        return disk(handle, data[: len(begun)])

    def failing(handle: int, data: memoryview) -> int:
        monkeypatch.setattr(segments_module, "put", disk)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(segments_module, "put", broken)
    with pytest.raises(OSError, match="Input/output"):
        asyncio.run(spool.written([line(1)]))
    asyncio.run(spool.written([line(2)]))
    spool.close()
    torn, whole = segments(tmp_path)
    assert torn.path.read_bytes() == begun
    assert whole.path.read_bytes().count(b"\n") == 2
    assert ids(tmp_path) == ["id1", "id2"]


def test_serving_goes_on_while_the_disk_is_full_and_what_is_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    disk.room = 0
    spool = Spool(tmp_path / "a", "w0", disk=GIB, most_waiting=500)
    for number in range(1_000):
        spool.write([line(number)])
    assert spool.unlogged > 0
    disk.room = None
    asyncio.run(spool.written([line(9_999)]))
    spool.close()
    assert len(ids(tmp_path)) + spool.unlogged == 1_001
    assert spool.problem == ""


def test_where_the_spools_are_full_nothing_written_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(parents=True)
    (tmp_path / "other" / "w9-1.jsonl").write_bytes(b"x" * 1_000)
    assert spool_bytes(tmp_path) == 1_000
    spool = Spool(tmp_path / "a", "w0", disk=1_000, clock=iter(range(0, 10**6, 10)).__next__)
    with pytest.raises(OSError, match=r"gateway\.disk"):
        asyncio.run(spool.written([line(1)]))
    assert "is the collector running?" in spool.problem
    (tmp_path / "other" / "w9-1.jsonl").unlink()
    asyncio.run(spool.written([line(2)]))
    spool.close()
    assert ids(tmp_path) == ["id2"]


KILLED = """
import asyncio, sys
from pathlib import Path
from retrain_platform.gateway.lines import AnswerLine
from retrain_platform.gateway.log.spool import Spool

async def go():
    spool = Spool(Path(sys.argv[1]) / "a", "w0", disk=2**30)
    number = 0
    while True:
        await spool.written([AnswerLine(model="m", id=f"id{number}", at=number, version="1", arm="champion")])
        print(number, flush=True)
        number += 1

asyncio.run(go())
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    told += [int(number) for number in process.stdout.read().split()]
    process.wait()
    [segment] = segments(tmp_path)
    assert is_closed(segment.path)
    assert ids(tmp_path)[: len(told)] == [f"id{number}" for number in told]
