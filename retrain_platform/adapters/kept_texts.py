"""Texts by key, whole or absent, one writer of a key at a time: in a folder that processes share, or in memory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock

from retrain_platform.adapters.atomic import write_atomically


class KeptTexts:
    """`Kept`: one file a key under `folder`, made with the first text; keys are plain names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> str | None:
        """What was put last; None where nothing was, or where it cannot be read as text."""
        try:
            return self._file(key).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def put(self, key: str, text: str) -> None:
        """Keep the text; a reader sees all of it or nothing.

        Raises:
            StoreFull: no space is left; what stood still stands.
        """
        write_atomically(self._file(key), text.encode())

    def claimed(self, key: str, *, wait: bool) -> AbstractContextManager[bool]:
        """Hold the key alone while it lasts, if it gives True; a holder that dies gives it back."""
        return _claim(self._folder / "claims" / key, wait)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"


class MemoryTexts:
    """`Kept` in memory, shared by threads alone."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._claims: dict[str, Lock] = {}

    def get(self, key: str) -> str | None:
        """What was put last; None where nothing was."""
        return self._texts.get(key)

    def put(self, key: str, text: str) -> None:
        """Keep the text."""
        self._texts[key] = text

    def claimed(self, key: str, *, wait: bool) -> AbstractContextManager[bool]:
        """Hold the key alone while it lasts, if it gives True."""
        return _held(self._claims.setdefault(key, Lock()), wait)


@contextmanager
def _held(lock: Lock, wait: bool) -> Iterator[bool]:
    mine = lock.acquire(blocking=wait)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


@contextmanager
def _claim(place: Path, wait: bool) -> Iterator[bool]:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        mine = _taken(handle, wait)
        yield mine
        if mine:  # one who waits for this very file then looks for the text, and finds it
            place.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _taken(handle: int, wait: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True
