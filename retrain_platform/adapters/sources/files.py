"""Reads Parquet and CSV files by a glob."""

from __future__ import annotations

import glob
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.sources.arrow import arrow_rows, arrow_times
from retrain_platform.adapters.sources.base import SourceUnreadable, newest, together, within, without_time
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.source import Asset, Files

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds


def file_rows(source: Files | Asset, root: Path, period: Period, timezone: str) -> pd.DataFrame:
    """The rows of the period, of all files that match."""
    return together([_rows(path, source.event_time, period, timezone) for path in _files(source, root)])


def file_watermark(source: Files | Asset, root: Path, timezone: str) -> datetime | None:
    """The newest event time of all files; of one that did not change it is known."""
    found = [_watermark(path, *_state(path), source.event_time, timezone) for path in _files(source, root)]
    return max((moment for moment in found if moment is not None), default=None)


def files_at(pattern: str, root: Path) -> list[Path]:
    """The files that match, in order; a relative pattern begins at `root`."""
    return [Path(name) for name in sorted(glob.glob(str(root / Path(pattern).expanduser()), recursive=True))]


def _files(source: Files | Asset, root: Path) -> list[Path]:
    found = files_at(str(source.path), root)
    if not found:
        raise SourceUnreadable(f"source.path == {str(source.path)!r}, must match a file; none does under {root}")
    return found


def _rows(path: Path, column: str, period: Period, timezone: str) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return arrow_rows(_parquet(path), column, period, timezone, str(path))
    return within(_csv(path, *_state(path)), column, period, timezone, str(path))


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
def _watermark(path: Path, written: int, size: int, column: str, timezone: str) -> datetime | None:
    if path.suffix == ".parquet":
        return newest(arrow_times(_parquet(path), column, str(path)), timezone, str(path))
    frame = _csv(path, written, size)
    if column not in frame.columns:
        raise without_time(column, list(frame.columns), str(path))
    return newest(frame[column], timezone, str(path))


def _parquet(path: Path) -> ds.Dataset:
    import pyarrow.dataset as ds

    try:
        return ds.dataset(path, format="parquet")
    except ValueError as error:
        raise _no_table(path, "Parquet", error) from None


def _no_table(path: Path, kind: str, error: Exception) -> SourceUnreadable:
    said = str(error).strip().rstrip(".").splitlines()[0]
    return SourceUnreadable(f"source.path: {path} must be a whole {kind} file, write it again: {said}")
