"""The only place that reads the wall clock; everything else is given its time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def seconds() -> float:
    """A stopwatch's seconds: only their differences mean something."""
    return time.perf_counter()


def microseconds() -> int:
    """The current time, in whole microseconds since 1970, UTC."""
    return time.time_ns() // 1000


def moment_of(microseconds: int) -> datetime:
    """The time that is so many microseconds after 1970's beginning, UTC."""
    return _FIRST + timedelta(microseconds=microseconds)


def microseconds_of(moment: datetime) -> int:
    """The whole microseconds from 1970's beginning, UTC, to the moment."""
    return (moment - _FIRST) // timedelta(microseconds=1)
