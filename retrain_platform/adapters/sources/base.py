"""What the readers of every kind of source share: errors, times, what is inside a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from retrain_platform.dataset.period import Period

if TYPE_CHECKING:
    import pandas as pd

EVER = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""All events that a function can be asked for (pandas counts nanoseconds from 1677 to 2262)."""

ZONES = timedelta(days=1)
"""No clock on earth is further from another: wide enough for times without a zone."""


class SourceUnreadable(RuntimeError):
    """A source that is not there, or gives no rows: the field of the spec, its value, the cure."""


def within(frame: pd.DataFrame, column: str, period: Period, timezone: str, where: str) -> pd.DataFrame:
    """The rows of the period; all of them where there is no such column."""
    if column not in frame.columns:
        return frame
    times = utc(frame[column], timezone, where)
    return frame[(times >= period.start) & (times < period.end)]


def utc(times: pd.Series[Any], timezone: str, where: str) -> pd.Series[Any]:
    """The times in UTC; one that cannot be read is told with its place.

    Raises:
        BadTimes: with the place, the column, a value.
    """
    from retrain_platform.dataset.times import BadTimes, to_utc

    try:
        return to_utc(times, timezone)
    except BadTimes as error:
        raise BadTimes(f"source.event_time: {where}: {error}") from None


def newest(times: pd.Series[Any], timezone: str, where: str) -> datetime | None:
    """The last of the times, None where there is none.

    Raises:
        BadTimes: as `utc`.
    """
    import pandas as pd

    last = utc(times, timezone, where).max()
    if pd.isna(last):
        return None
    moment: datetime = last.to_pydatetime(warn=False)
    return moment


def without_time(column: str, has: list[Any], where: str) -> SourceUnreadable:
    """What is said of a source that lacks its time column."""
    said = f"must be a column of the source, which has {', '.join(map(str, has))}"
    return SourceUnreadable(f"source.event_time == {column!r}, {said} ({where})")


def together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame of all that have rows; the first one, for its columns, where none has."""
    import pandas as pd

    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]
