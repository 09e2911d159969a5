"""The only place that reads the wall clock; everything else is given its time."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """A stopwatch's seconds: only their differences mean something."""
    return time.perf_counter()


def microseconds() -> int:
    """The current time, in whole microseconds since 1970, UTC."""
    return time.time_ns() // 1000
