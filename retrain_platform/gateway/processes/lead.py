"""One collector and one controller act on a home, however many instances serve from it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path


class Lead:
    """The right to act, held by a lock on a file: the death of its holder gives it back."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Whether this process leads now; asking again changes nothing.

        Raises:
            OSError: the disk is away.
        """
        if self._handle is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._handle = handle
        return True

    def wait(self, ended: Callable[[float], bool], waiting: Callable[[], None]) -> bool:
        """Wait until this process leads; False when it must end before. `waiting` is called about every second."""
        while not self.take():
            waiting()
            if ended(1.0):
                return False
        return True
