"""Segments of the log: files of whole lines, locked by their writer while it lives, read and taken away by another."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_SUFFIX = ".jsonl"
FULL = (errno.ENOSPC, errno.EDQUOT)
put = os.write
"""What puts bytes into a file: by name, for tests of a disk that fails."""


class OpenSegment:
    """The segment that one writer appends to; made with the first bytes, and anew after a fault of the disk.

    The writer holds the file's lock: it is gone with the process, so whoever can take it knows that nothing more
    comes. Bytes that a full disk cut in two are gone on with where they were cut, or begun again at a line's start in
    a new file: a line that stands whole in a file is never written a second time.
    """

    def __init__(
        self,
        folder: Path,
        worker: str,
        most_bytes: int,
        most_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._folder, self._worker, self._clock = folder, worker, clock
        self._most_bytes, self._most_seconds = most_bytes, most_seconds
        self._handle: int | None = None
        self._opened, self._size = 0.0, 0
        self._block, self._done = b"", 0
        self.took = False

    def append(self, block: bytes) -> None:
        """Write whole lines. `took` then says whether they are this segment's to finish: not, where none was begun.

        Raises:
            OSError: the disk is full or away.
        """
        self.took = False
        self.finish()
        if not block:
            self.took = True
            return
        self._open()
        self.took, self._block, self._done = True, block, 0
        self.finish()

    def finish(self) -> None:
        """Go on with what was cut.

        Raises:
            OSError: it still cannot be written.
        """
        if self._done >= len(self._block):
            return
        try:
            handle = self._open()
            while self._done < len(self._block):
                wrote = put(handle, memoryview(self._block)[self._done :])
                self._done += wrote
                self._size += wrote
        except OSError as error:
            self._away(error)
            raise
        self._block, self._done = b"", 0

    def sync(self) -> None:
        """The bytes are on the disk.

        Raises:
            OSError: they may not be; what comes next goes to another file, for this one's state is not known.
        """
        if self._handle is not None:
            try:
                os.fdatasync(self._handle)
            except OSError:
                self.close()
                raise

    def rotate(self) -> None:
        """Close the segment where it is long or old enough, so that it can be taken away; or where its file is gone."""
        if self._handle is None or self._done < len(self._block):
            return
        old = self._clock() - self._opened >= self._most_seconds
        if self._size >= self._most_bytes or old or os.fstat(self._handle).st_nlink == 0:
            self.close()

    def close(self) -> None:
        """Give it up to whoever reads; a cut line is begun again in the next."""
        if self._handle is not None:
            with suppress(OSError):
                os.close(self._handle)
            self._handle = None
        self._done = self._block.rfind(b"\n", 0, self._done) + 1

    def _away(self, error: OSError) -> None:
        """A full disk keeps its file; any other fault begins a new one."""
        if error.errno not in FULL:
            self.close()

    def _open(self) -> int:
        if self._handle is None:
            # The collector takes an empty folder away: a second try makes it again.
            with suppress(FileNotFoundError):
                return self._made()
            return self._made()
        return self._handle

    def _made(self) -> int:
        if self._handle is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{self._worker}-{time.time_ns() // 1000}{_SUFFIX}"
            draft = self._folder / f".{name}"
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # It has its name only when it is locked: else a reader could think its writer gone.
                os.rename(draft, self._folder / name)
            except OSError:
                os.close(handle)
                draft.unlink(missing_ok=True)
                raise
            self._handle, self._opened, self._size = handle, self._clock(), 0
        return self._handle


class Segment(NamedTuple):
    """A segment as its reader sees it; `name` is '<instance>/<file>' and never used twice."""

    name: str
    path: Path


def segments(root: Path) -> list[Segment]:
    """All segments of all instances under `root`, oldest first; none where there is no such folder."""
    found = sorted(root.glob(f"*/[!.]*{_SUFFIX}"), key=lambda path: (path.stem.rpartition("-")[2].zfill(20), path.name))
    return [Segment(f"{path.parent.name}/{path.name}", path) for path in found]


def is_closed(path: Path) -> bool:
    """Whether nobody will write to the segment any more: its writer moved on or is dead."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def spool_bytes(root: Path) -> int:
    """The bytes that all segments under `root` hold."""
    return sum(_sizes(root))


def _sizes(root: Path) -> Iterator[int]:
    for path in root.glob(f"*/*{_SUFFIX}"):
        with suppress(FileNotFoundError):  # taken away meanwhile
            yield path.stat().st_size
