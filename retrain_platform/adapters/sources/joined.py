"""Reads the feature tables that a source's events are joined with, of each no more than a period needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING

from retrain_platform.adapters.sources.base import EVER, SourceUnreadable, utc
from retrain_platform.dataset.joins import Join
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.source import Source, source_of

if TYPE_CHECKING:
    import pandas as pd


Read = Callable[[Source, Period], "pd.DataFrame"]
"""Reads the rows of a place."""


def joined(frame: pd.DataFrame, source: Source, period: Period, timezone: str, read: Read) -> pd.DataFrame:
    """The events with the columns of every feature table; what is to be told of them in `attrs`.

    Raises:
        SourceUnreadable: a table is not there, or does not fit the events.
        BadTimes: the events' times, or a table's, cannot be read.
    """
    from retrain_platform.dataset.joining import NOTES, join_as_of

    if source.event_time not in frame.columns:
        return frame  # what is wrong is told where events are arranged
    times = utc(frame[source.event_time], timezone, source.told())
    notes = []
    for position, join in enumerate(source.joins):
        with _of_join(position):
            table = read(source_of(join), needed(join, period))
            frame, note = join_as_of(frame, times, table, join, timezone)
        notes += [f"joins[{position}]: {note}"] if note else []
    frame.attrs[NOTES] = tuple(notes)
    return frame


@contextmanager
def _of_join(position: int) -> Iterator[None]:
    """Errors of one feature table, by the field of its join."""
    from retrain_platform.dataset.joining import BadJoin
    from retrain_platform.dataset.times import BadTimes

    try:
        yield
    except SourceUnreadable as error:
        raise SourceUnreadable(in_join(str(error), position)) from error
    except BadJoin as error:
        raise SourceUnreadable(f"source.joins[{position}].{error}") from None
    except BadTimes as error:
        raise BadTimes(in_join(str(error), position)) from None


def needed(join: Join, period: Period) -> Period:
    """The span of availabilities that can reach an event of the period: [start - within, end)."""
    start = EVER[0] if join.within is None else period.start.astimezone(UTC) - join.within
    return Period(key=period.key, start=start, end=period.end)


def in_join(said: str, position: int) -> str:
    """A sentence about a source, as one about the feature table at `position`."""
    said = said.replace("source.event_time", f"source.joins[{position}].available")
    return re.sub(r"\bsource\.(?!joins\[)", f"source.joins[{position}].", said)
