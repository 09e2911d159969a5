"""What only the files must stand: broken content, full disks, other processes."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from retrain_platform.adapters.file_values import FileValues
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import BrokenValue, StoreFull

WRITER = """
import sys
from pathlib import Path
from retrain_platform.adapters.file_values import FileValues
from retrain_platform.dataset.record import Record
class Value(Record):
    text: str
values = FileValues(Path(sys.argv[1]))
for turn in range(30):
    values.put("m", "a", "p", f"{sys.argv[2]}-{turn}", Value(text="x"))
    values.put("m", "a", "p", "shared", Value(text=sys.argv[2]))
"""


class Value(Record):
    text: str


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "values"


def names(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and path.name != ".lock"
    )


def test_files_are_named_by_model_asset_period_number_and_id(root: Path) -> None:
    values = FileValues(root)
    values.put("m", "report", "2013-01-01", "first", Value(text="1"))
    values.put("m", "report", "2013-01-01", "second", Value(text="2"))
    values.put("m", "report", "2013-01-01", "first", Value(text="3"))
    values.put_bytes("m", "profile", "2013-01-01-05:00", "id", b"x")
    assert names(root) == [
        "m/profile/2013-01-01-05%3A00/0001-id.bin",
        "m/report/2013-01-01/0001-first.json",
        "m/report/2013-01-01/0002-second.json",
    ]


@pytest.mark.parametrize("content", [b"", b'{"text": "half', b'{"other": 1}', b"\x00\xff"])
def test_a_broken_file_is_named_with_its_cure(root: Path, content: bytes) -> None:
    values = FileValues(root)
    values.put("m", "report", "p", "id", Value(text="1"))
    path = root / "m" / "report" / "p" / "0001-id.json"
    path.write_bytes(content)
    for read in (
        lambda: values.get("m", "report", "p", "id", Value),
        lambda: values.newest("m", "report", "p", Value),
        lambda: values.all("m", "report", Value),
    ):
        with pytest.raises(BrokenValue, match=re.escape(f"{path} cannot be read as Value")) as caught:
            read()
        assert "delete the file and materialise its partition again" in str(caught.value)
    values.put("m", "report", "p", "id", Value(text="2"))
    assert values.newest("m", "report", "p", Value) == Value(text="2")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_value_before(root: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    values = FileValues(root)
    values.put("m", "report", "p", "id", Value(text="1"))
    with monkeypatch.context() as patched:
        patched.setattr(os, step, full)
        for id in ("id", "other"):
            with pytest.raises(StoreFull, match="no space left"):
                values.put("m", "report", "p", id, Value(text="2"))
    assert names(root) == ["m/report/p/0001-id.json"]
    assert values.newest("m", "report", "p", Value) == Value(text="1")


def test_a_file_that_did_not_change_is_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values, reads = FileValues(root), []
    values.put("m", "report", "p", "id", Value(text="1"))
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path) or read_bytes(path))
    assert values.newest("m", "report", "p", Value) is values.newest("m", "report", "p", Value)
    assert len(reads) == 1


def test_what_another_process_wrote_is_seen(root: Path) -> None:
    mine, other = FileValues(root), FileValues(root)
    for text in ("aaa", "bbb", "ccc"):
        other.put("m", "report", "p", "id", Value(text=text))
        os.utime(root / "m" / "report" / "p" / "0001-id.json", ns=(0, 0))  # a clock too coarse to tell
        assert mine.newest("m", "report", "p", Value) == Value(text=text)


def test_a_value_read_as_another_type_is_not_the_cached_one(root: Path) -> None:
    class Other(Record):
        text: str

    values = FileValues(root)
    values.put("m", "report", "p", "id", Value(text="1"))
    values.newest("m", "report", "p", Value)
    assert values.newest("m", "report", "p", Other) == Other(text="1")


def test_processes_that_write_at_once_share_no_number(root: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(root), mine]) for mine in "ab"]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    found = names(root)
    assert len(found) == 61
    assert sorted(int(Path(name).name[:4]) for name in found) == list(range(1, 62))
