"""Bins put together as a stage grows old: fine while it is young and quick to judge, coarse after days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import NamedTuple

from retrain_platform.release.live.bins import WIDTH, Bin, bin_start, merged

_HOUR = timedelta(hours=1)
_WIDTHS = ((_HOUR, WIDTH), (timedelta(days=1), timedelta(minutes=1)))
_WIDEST = timedelta(minutes=10)
FINEST = _HOUR
"""How long bins stay as they are, at the least."""


class Stratum(NamedTuple):
    """The time in which two versions are compared: [start, end)."""

    start: datetime
    end: datetime


def stratum_of(start: datetime, since: datetime) -> Stratum:
    """The stratum of the bin that starts at `start`, in a stage that began at `since`.

    10 seconds in the stage's first hour, a minute in its first day, then 10 minutes: fixed by the bin's own age, never
    by when one looks, so that what is counted once stays counted so.
    """
    age = start - since
    width = next((width for until, width in _WIDTHS if age < until), _WIDEST)
    begin = bin_start(start, width)
    return Stratum(begin, begin + width)


def compact(bins: Sequence[Bin], since: datetime, before: datetime) -> list[Bin]:
    """The same bins, those of a stratum that ended by `before` made one for each version and side.

    Evidence of the compacted and of the given bins is the same, so that a long stage needs not be read anew at every
    look. `before` must be so long ago that no more is added to a bin, and no fixed limit looks back over it.
    """
    kept: dict[tuple[Stratum, datetime | None, str, bool], list[Bin]] = {}
    for each in bins:
        stratum = stratum_of(each.start, since) if each.start >= since else _hour(each.start)
        old = stratum.end <= min(before, since) if each.start < since else stratum.end <= before
        kept.setdefault((stratum, None if old else each.start, each.version, each.answered), []).append(each)
    found = [reduce(merged, sorted(group, key=lambda each: each.start)) for group in kept.values()]
    return sorted(found, key=lambda each: (each.start, each.version, each.answered))


def _hour(start: datetime) -> Stratum:
    """Of what came before the stage only labels are read, which are summed whatever their time."""
    begin = bin_start(start, _HOUR)
    return Stratum(begin, begin + _HOUR)


def closed_until(now: datetime, settle: timedelta) -> datetime:
    """The end of the newest bin that has ended and settled at `now`."""
    return bin_start(now - settle)
