"""Reads a model's source: the rows of one period, and how far the data reaches."""

from __future__ import annotations

import glob
import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.source import Asset, Delta, Files, Python, Source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds

_EVER = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""All events that a function can be asked for (pandas counts nanoseconds from 1677 to 2262)."""

_ZONES = timedelta(days=1)
"""No clock on earth is further from another: wide enough for times without a zone."""


class SourceUnreadable(RuntimeError):
    """A source that is not there, or gives no rows: the field of the spec, its value, the cure."""


class SourceReader:
    """Reads one source. Relative paths begin at `root`; times without a zone are on the clock of `timezone`."""

    def __init__(self, source: Source, root: Path, timezone: str) -> None:
        self._source, self._root, self._timezone = source, root, timezone

    def read(self, period: Period) -> pd.DataFrame:
        """The source's rows of the period, all columns; more where the source cannot tell: `arrange` drops them.

        A source without its time column is read whole, for `arrange` to say what is wrong.

        Raises:
            SourceUnreadable: there is nothing to read.
            BadTimes: naming the file whose rows cannot be placed in time, the column and a value.
        """
        source = self._source
        if isinstance(source, Python):
            return _called(source.call, period.start, period.end)
        column = source.event_time
        if (delta := delta_of(source)) is not None:
            return _arrow_rows(_delta(delta, self._root), column, period, self._timezone, delta.uri)
        return _together([_file_rows(path, column, period, self._timezone) for path in self._files(source)])

    def watermark(self) -> datetime | None:
        """The newest event time, from the time column alone; None for a source without rows.

        Raises:
            SourceUnreadable: there is nothing to read, or no time column.
            BadTimes: the column holds something else than times.
        """
        source = self._source
        if isinstance(source, Python):
            return _python_watermark(source, self._timezone)
        if (delta := delta_of(source)) is not None:
            times = _arrow_times(_delta(delta, self._root), source.event_time, delta.uri)
            return _newest(times, self._timezone, delta.uri)
        found = [
            _file_watermark(path, *_state(path), source.event_time, self._timezone) for path in self._files(source)
        ]
        return max((moment for moment in found if moment is not None), default=None)

    def _files(self, source: Files | Asset | Delta) -> list[Path]:
        pattern = str(getattr(source, "path", ""))
        found = sorted(glob.glob(str(self._root / Path(pattern).expanduser()), recursive=True))
        if not found:
            raise SourceUnreadable(f"source.path == {pattern!r}, must match a file; none does under {self._root}")
        return [Path(name) for name in found]


def delta_of(source: Files | Delta | Asset) -> Delta | None:
    """The Delta table that the source is, or that its asset writes."""
    if isinstance(source, Asset) and source.uri is not None:
        return Delta(event_time=source.event_time, entity=source.entity, uri=source.uri, options=source.options)
    return source if isinstance(source, Delta) else None


def address_of(source: Delta, root: Path) -> str:
    """Where the table is: a relative folder begins at `root`."""
    return source.uri if "://" in source.uri else str(root / Path(source.uri).expanduser())


def _delta(source: Delta, root: Path) -> ds.Dataset:
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        return DeltaTable(address_of(source, root), storage_options=source.options or None).to_pyarrow_dataset()
    except TableNotFoundError as error:
        raise SourceUnreadable(f"source.uri == {source.uri!r}, must be a Delta table: {error}") from error


def _file_rows(path: Path, column: str, period: Period, timezone: str) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return _arrow_rows(_parquet(path), column, period, timezone, str(path))
    return _within(_csv(path, *_state(path)), column, period, timezone, str(path))


def _within(frame: pd.DataFrame, column: str, period: Period, timezone: str, where: str) -> pd.DataFrame:
    """The rows of the period; all of them where there is no such column."""
    if column not in frame.columns:
        return frame
    times = _utc(frame[column], timezone, where)
    return frame[(times >= period.start) & (times < period.end)]


def _utc(times: pd.Series[Any], timezone: str, where: str) -> pd.Series[Any]:
    """The times in UTC; one that cannot be read is told with its place."""
    from retrain_platform.dataset.times import BadTimes, to_utc

    try:
        return to_utc(times, timezone)
    except BadTimes as error:
        raise BadTimes(f"source.event_time: {where}: {error}") from None


def _state(path: Path) -> tuple[int, int]:
    """What changes when a file does: its time of writing and its size."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=8)
def _csv(path: Path, _written: int, _size: int) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise _no_table(path, "CSV", error) from None


@lru_cache(maxsize=4096)
def _file_watermark(path: Path, written: int, size: int, column: str, timezone: str) -> datetime | None:
    if path.suffix == ".parquet":
        return _newest(_arrow_times(_parquet(path), column, str(path)), timezone, str(path))
    frame = _csv(path, written, size)
    if column not in frame.columns:
        raise _without_time(column, list(frame.columns), str(path))
    return _newest(frame[column], timezone, str(path))


def _parquet(path: Path) -> ds.Dataset:
    import pyarrow.dataset as ds

    try:
        return ds.dataset(path, format="parquet")
    except ValueError as error:
        raise _no_table(path, "Parquet", error) from None


def _no_table(path: Path, kind: str, error: Exception) -> SourceUnreadable:
    said = str(error).strip().rstrip(".").splitlines()[0]
    return SourceUnreadable(f"source.path: {path} must be a whole {kind} file, write it again: {said}")


def _arrow_rows(dataset: ds.Dataset, column: str, period: Period, timezone: str, where: str) -> pd.DataFrame:
    """The rows of the period; where the column is of timestamps, row groups of other periods are passed over."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    kind = dataset.schema.field(column).type if column in dataset.schema.names else None
    if kind is None or not pa.types.is_timestamp(kind):
        return _within(dataset.to_table().to_pandas(), column, period, timezone, where)
    low, high = period.start.astimezone(UTC), period.end.astimezone(UTC)
    if kind.tz is None:
        low, high = (low - _ZONES).replace(tzinfo=None), (high + _ZONES).replace(tzinfo=None)
    inside = (ds.field(column) >= pa.scalar(low, kind)) & (ds.field(column) < pa.scalar(high, kind))
    rows: pd.DataFrame = dataset.to_table(filter=inside).to_pandas()
    # Not whole days wider: beside a neighbour's rows, a column that vanished looks like one turned all null.
    return rows if kind.tz is not None else _within(rows, column, period, timezone, where)


def _arrow_times(dataset: ds.Dataset, column: str, where: str) -> pd.Series[Any]:
    if column not in dataset.schema.names:
        raise _without_time(column, list(dataset.schema.names), where)
    times: pd.Series[Any] = dataset.to_table(columns=[column]).to_pandas()[column]
    return times


def _newest(times: pd.Series[Any], timezone: str, where: str) -> datetime | None:
    import pandas as pd

    newest = _utc(times, timezone, where).max()
    if pd.isna(newest):
        return None
    moment: datetime = newest.to_pydatetime()
    return moment


def _together(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame of all that have rows; the first one, for its columns, where none has."""
    import pandas as pd

    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _python_watermark(source: Python, timezone: str) -> datetime | None:
    told = getattr(function_named(source.call), "watermark", None)
    if told is not None:
        moment = told()
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            raise SourceUnreadable(f"watermark of {source.call} == {moment!r}, must be a datetime with a zone, or None")
        return moment
    frame = _called(source.call, *_EVER)
    if source.event_time not in frame.columns:
        raise _without_time(source.event_time, list(frame.columns), source.call)
    return _newest(frame[source.event_time], timezone, source.call)


def _called(call: str, start: datetime, end: datetime) -> pd.DataFrame:
    import pandas as pd

    frame = function_named(call)(start, end)
    if not isinstance(frame, pd.DataFrame):
        raise SourceUnreadable(f"source.call == {call!r} returned {type(frame).__name__}, must return a DataFrame")
    return frame


def function_named(call: str) -> Callable[..., Any]:
    """The function that 'package.module:function' names.

    Raises:
        SourceUnreadable: no such module or function, or it is none.
    """
    module, _, name = call.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise SourceUnreadable(f"source.call == {call!r}, must name a module that can be imported: {error}") from error
    except AttributeError as error:
        raise SourceUnreadable(f"source.call == {call!r}, must name a function of {module}: {error}") from error
    if not callable(found):
        raise SourceUnreadable(f"source.call == {call!r}, must be a function, is {type(found).__name__}")
    function: Callable[..., Any] = found
    return function


def _without_time(column: str, has: list[Any], where: str) -> SourceUnreadable:
    said = f"must be a column of the source, which has {', '.join(map(str, has))}"
    return SourceUnreadable(f"source.event_time == {column!r}, {said} ({where})")
