"""Reads the tables of operations and business measures, as sources of rows are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.gateway_measures import gateway_measures
from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.dataset.measures import MeasureGateway, MeasureTable
from retrain_platform.dataset.period import Period
from retrain_platform.steps.workshop import MeasuresUnreadable

if TYPE_CHECKING:
    import pandas as pd


def read_measures(root: Path, timezone: str, table: MeasureTable, period: Period) -> pd.DataFrame:
    """The table's rows of the period, perhaps more. Relative paths begin at `root`.

    Raises:
        MeasuresUnreadable: the table is not there or cannot be read.
        BadTimes: its times cannot.
    """
    try:
        if isinstance(table, MeasureGateway):
            return gateway_measures(table, period)
        return SourceReader(table.source(), root, timezone).read(period)
    except SourceUnreadable as error:
        raise MeasuresUnreadable(str(error).replace("source.", "")) from error
