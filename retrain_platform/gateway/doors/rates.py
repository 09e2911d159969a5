"""How often each may ask: token buckets that all workers of one gateway share."""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from retrain_platform.adapters import clock

_SLOT = struct.Struct("<Qd")
_SLOTS = 4096
_TRIES = 64


class Rates:
    """A bucket for each guest and model: it holds one second's worth of requests and is filled evenly.

    Kept as the time at which the bucket is full again (the generic cell rate algorithm, ITU-T I.371), one number a
    bucket, in memory that the workers map from one file: several workers together let through what one would. Between
    reading and writing a number another worker may do the same; then one request more passes, which is no harm. Without
    a `path`, or where it cannot be mapped, the buckets are this worker's own.
    """

    def __init__(self, path: Path | None = None, seconds: Callable[[], float] = clock.seconds) -> None:
        self._seconds = seconds
        self._memory: mmap.mmap | bytearray = bytearray(_SLOTS * _SLOT.size)
        self._places: dict[tuple[str, str], int] = {}
        if path is not None:
            with suppress(OSError):
                self._memory = _mapped(path)

    def wait(self, guest: str, model: str, rate: float) -> float:
        """Take one request of `rate` a second; 0 when it may pass, else the seconds until one may."""
        place = self._place(guest, model)
        key, full = _SLOT.unpack_from(self._memory, place)
        now, burst = self._seconds(), max(1.0, 1.0 / rate)
        if full > now + burst + 1.0 / rate:  # written before the machine was started anew
            full = now
        full = max(full, now) + 1.0 / rate
        if full - now > burst + 1e-9:
            return float(full - now - burst)
        _SLOT.pack_into(self._memory, place, key, full)
        return 0.0

    def _place(self, guest: str, model: str) -> int:
        found = self._places.get((guest, model))
        if found is None:
            found = self._places[guest, model] = self._searched(guest, model)
        return found

    def _searched(self, guest: str, model: str) -> int:
        """The bucket's own place, or the first one free behind it; in a full table it shares one."""
        digest = hashlib.blake2b(f"{guest}\0{model}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "big") or 1
        for step in range(_TRIES):
            place = (key + step) % _SLOTS * _SLOT.size
            kept, full = _SLOT.unpack_from(self._memory, place)
            if kept in (0, key):
                _SLOT.pack_into(self._memory, place, key, full)
                return place
        return key % _SLOTS * _SLOT.size


def _mapped(path: Path) -> mmap.mmap:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        size = _SLOTS * _SLOT.size
        if os.fstat(handle).st_size < size:
            os.ftruncate(handle, size)
        return mmap.mmap(handle, size)
    finally:
        os.close(handle)
