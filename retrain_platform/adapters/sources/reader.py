"""Reads a model's source: the rows of one period, and how far the data reaches."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.sources.delta import delta_of, delta_rows, delta_watermark
from retrain_platform.adapters.sources.files import file_rows, file_watermark
from retrain_platform.adapters.sources.gateway import gateway_rows, gateway_watermark
from retrain_platform.adapters.sources.joined import joined
from retrain_platform.adapters.sources.python import python_rows, python_watermark
from retrain_platform.adapters.sources.sql import sql_rows, sql_watermark
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.source import Asset, Files, Gateway, Python, Source, Sql

if TYPE_CHECKING:
    import pandas as pd


class SourceReader:
    """Reads one source. Relative paths begin at `root`; times without a zone are on the clock of `timezone`."""

    def __init__(self, source: Source, root: Path, timezone: str) -> None:
        self._source, self._root, self._timezone = source, root, timezone

    def read(self, period: Period) -> pd.DataFrame:
        """The source's rows of the period, all columns; more where the source cannot tell: `arrange` drops them.

        Files and functions without the time column are read whole, for `arrange` to say what is wrong.

        Raises:
            SourceUnreadable: there is nothing to read.
            BadTimes: naming the file whose rows cannot be placed in time, the column and a value.
        """
        frame = self._read(self._source, period)
        return joined(frame, self._source, period, self._timezone, self._read) if self._source.joins else frame

    def _read(self, source: Source, period: Period) -> pd.DataFrame:
        """The rows of a place, without its joins."""
        if isinstance(source, Python):
            return python_rows(source, period)
        if isinstance(source, Sql):
            return sql_rows(source, self._root, period, self._timezone)
        if isinstance(source, Gateway):
            return gateway_rows(source, period, self._timezone)
        if (delta := delta_of(source)) is not None:
            return delta_rows(delta, self._root, period, self._timezone)
        return file_rows(_files_of(source), self._root, period, self._timezone)

    def watermark(self) -> datetime | None:
        """The newest event time, from the time column alone; None for a source without rows.

        Raises:
            SourceUnreadable: there is nothing to read, or no time column.
            BadTimes: the column holds something else than times.
        """
        source = self._source
        if isinstance(source, Python):
            return python_watermark(source, self._timezone)
        if isinstance(source, Sql):
            return sql_watermark(source, self._root, self._timezone)
        if isinstance(source, Gateway):
            return gateway_watermark(source, self._timezone)
        if (delta := delta_of(source)) is not None:
            return delta_watermark(delta, self._root, self._timezone)
        return file_watermark(_files_of(source), self._root, self._timezone)


def _files_of(source: Source) -> Files | Asset:
    if not isinstance(source, Files | Asset):
        raise TypeError(f"source == {type(source).__name__}, must be one that a reader knows")
    return source
