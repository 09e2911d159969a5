"""Asks a function of the user's own for rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from retrain_platform.adapters.sources.base import EVER, SourceUnreadable, newest, without_time
from retrain_platform.dataset import calling
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.source import Python

if TYPE_CHECKING:
    import pandas as pd


def python_rows(source: Python, period: Period) -> pd.DataFrame:
    """What the function gives for the period."""
    return _called(source.call, period.start, period.end)


def python_watermark(source: Python, timezone: str) -> datetime | None:
    """What the function's own `watermark` says, else the newest of all its events."""
    told = getattr(function_named(source.call), "watermark", None)
    if told is not None:
        moment = told()
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            raise SourceUnreadable(f"watermark of {source.call} == {moment!r}, must be a datetime with a zone, or None")
        return moment
    frame = _called(source.call, *EVER)
    if source.event_time not in frame.columns:
        raise without_time(source.event_time, list(frame.columns), source.call)
    return newest(frame[source.event_time], timezone, source.call)


def _called(call: str, start: datetime, end: datetime) -> pd.DataFrame:
    import pandas as pd

    frame = function_named(call)(start, end)
    if not isinstance(frame, pd.DataFrame):
        raise SourceUnreadable(f"source.call == {call!r} returned {type(frame).__name__}, must return a DataFrame")
    return frame


def function_named(call: str) -> Callable[..., Any]:
    """The source's function.

    Raises:
        SourceUnreadable: no such module or function, or it is none.
    """
    try:
        return calling.function_named(call, "source.call")
    except calling.CannotCall as error:
        raise SourceUnreadable(str(error)) from error
