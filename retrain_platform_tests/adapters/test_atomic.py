"""A folder is whole or absent, and what a killed writer left goes."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform.adapters.atomic import write_folder_atomically, write_where_absent
from retrain_platform.dataset.stores import StoreFull

WRITER = """
import sys, time
from pathlib import Path
from retrain_platform.adapters.atomic import write_folder_atomically

def fill(draft):
    (draft / "half").write_text("x")
    print("writing", flush=True)
    time.sleep(60)

write_folder_atomically(Path(sys.argv[1]), fill)
"""


def fill(draft: Path) -> None:
    (draft / "model").write_text("trees")


def drafts(place: Path) -> list[Path]:
    return list(place.glob("*.draft-*"))


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in the middle of writing `exam`."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "exam")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    yield process
    process.kill()
    process.wait(timeout=30)
    process.stdout.close()


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    write_folder_atomically(tmp_path / "exam", fill)
    assert (tmp_path / "exam" / "model").read_text() == "trees"
    assert drafts(tmp_path) == []


def test_a_file_is_made_once_and_a_standing_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one.db"
    assert write_where_absent(path, b"first", mode=0o640)
    assert not write_where_absent(path, b"second", mode=0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"first", 0o640)
    assert list(path.parent.iterdir()) == [path]


def test_the_first_writer_wins(tmp_path: Path) -> None:
    def slow(draft: Path) -> None:
        write_folder_atomically(tmp_path / "exam", fill)
        (draft / "model").write_text("others")

    write_folder_atomically(tmp_path / "exam", slow)
    assert (tmp_path / "exam" / "model").read_text() == "trees"
    assert drafts(tmp_path) == []


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken(draft: Path) -> None:
        fill(draft)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreFull):
        write_folder_atomically(tmp_path / "exam", broken)
    assert not (tmp_path / "exam").exists()
    assert drafts(tmp_path) == []


def test_the_draft_of_a_killed_writer_is_swept_by_the_next_one(tmp_path: Path, writing: subprocess.Popen[str]) -> None:
    writing.send_signal(signal.SIGKILL)
    writing.wait(timeout=30)
    assert len(drafts(tmp_path)) == 1
    write_folder_atomically(tmp_path / "final", fill)
    assert drafts(tmp_path) == []
    assert not (tmp_path / "exam").exists()


def test_the_draft_of_a_writer_that_lives_stays(tmp_path: Path, writing: subprocess.Popen[str]) -> None:
    (mine,) = drafts(tmp_path)
    write_folder_atomically(tmp_path / "exam", fill)
    write_folder_atomically(tmp_path / "final", fill)
    assert drafts(tmp_path) == [mine]
    assert (mine / "half").read_text() == "x"
