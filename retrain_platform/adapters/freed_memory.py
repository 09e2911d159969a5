"""Memory that was freed, handed back to the system."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


def give_back() -> None:
    """Hand back what this process has freed, where the C library can (glibc); elsewhere nothing happens.

    One large fit after another leaves holes that the next, a little larger, does not fit into: what a process of
    forty holds in the end would be half again what one takes.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
