"""Files and folders that are whole or absent, and a lock between processes."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retrain_platform.dataset.stores import StoreFull

_FULL = (errno.ENOSPC, errno.EDQUOT)
_DRAFT, _DRAFTS_LOCK = ".draft-", ".drafts.lock"


def write_atomically(path: Path, data: bytes) -> None:
    """Make `data` the whole content of `path`: a reader sees the old content or the new one, never a part.

    The bytes are on the disk before the name is (fsync, then rename). After a power cut the rename
    itself may be missing, which is the state before the write.

    Raises:
        StoreFull: no space is left; what stood at `path` still stands.
    """
    try:
        with _written(path, data) as temporary:
            os.replace(temporary, path)
    except OSError as error:
        raise full_disk(error, path) or error from None


def write_where_absent(path: Path, data: bytes, *, mode: int) -> bool:
    """Make the file `path` of `data`, with the permissions `mode`; False when it is there, and then stays untouched.

    Of several processes that make one file a single one succeeds, and nobody's open file is replaced.

    Raises:
        StoreFull: no space is left; there is no file.
    """
    try:
        with _written(path, data) as temporary:
            os.chmod(temporary, mode)
            os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        raise full_disk(error, path) or error from None
    return True


@contextmanager
def _written(path: Path, data: bytes) -> Iterator[str]:
    """A file beside `path` that holds `data` on the disk; what still has this name in the end is taken away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        _fill(handle, data)
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def full_disk(error: BaseException, path: Path) -> StoreFull | None:
    """The error to raise instead of `error` when it means a full disk, as the lake's Rust errors do by text only."""
    by_code = isinstance(error, OSError) and error.errno in _FULL
    if not by_code and "No space left on device" not in str(error):
        return None
    return StoreFull(errno.ENOSPC, "no space left: free some and run again; what stood before still stands", str(path))


def write_folder_atomically(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make what `fill` writes into an empty folder the content of `folder`: killed, it leaves none or all of it.

    Of two writers of one folder the first wins, and the second's is thrown away. The drafts that
    killed writers left beside `folder` are swept: a writer holds its draft's lock until its end or
    its death, so a draft without a lock has no writer.

    Raises:
        StoreFull: no space is left.
        OSError: whatever else `fill` or the disk raises; nothing is left of the draft.
    """
    gate = folder.parent / _DRAFTS_LOCK
    with locked(gate):  # between its making and its lock, a draft looks like one left behind
        _sweep(folder.parent)
        draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}{_DRAFT}", dir=folder.parent))
        handle = os.open(draft, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        fill(draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError as error:
        if not folder.exists():
            raise full_disk(error, folder) or error from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(handle)


def _sweep(place: Path) -> None:
    """Take away the drafts in `place` whose writers are gone."""
    for draft in place.glob(f"*{_DRAFT}*"):
        with suppress(FileNotFoundError, BlockingIOError):  # it became whole meanwhile; or its writer lives
            handle = os.open(draft, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(draft, ignore_errors=True)
            finally:
                os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone, among all processes of this machine; waits for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # closing gives the lock back, as the death of the process does


def to_disk(path: Path) -> None:
    """Let what stands in the file, or the folder's list of names, outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fill(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
