"""Rows of an Arrow dataset: Parquet files and Delta tables alike."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from retrain_platform.adapters.sources.base import ZONES, within, without_time
from retrain_platform.dataset.period import Period

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds


def arrow_rows(dataset: ds.Dataset, column: str, period: Period, timezone: str, where: str) -> pd.DataFrame:
    """The rows of the period; where the column is of timestamps, row groups of other periods are passed over."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    kind = dataset.schema.field(column).type if column in dataset.schema.names else None
    if kind is None or not pa.types.is_timestamp(kind):
        return within(dataset.to_table().to_pandas(), column, period, timezone, where)
    low, high = period.start.astimezone(UTC), period.end.astimezone(UTC)
    if kind.tz is None:
        low, high = (low - ZONES).replace(tzinfo=None), (high + ZONES).replace(tzinfo=None)
    inside = (ds.field(column) >= pa.scalar(low, kind)) & (ds.field(column) < pa.scalar(high, kind))
    rows: pd.DataFrame = dataset.to_table(filter=inside).to_pandas()
    # Not whole days wider: beside a neighbour's rows, a column that vanished looks like one turned all null.
    return rows if kind.tz is not None else within(rows, column, period, timezone, where)


def arrow_times(dataset: ds.Dataset, column: str, where: str) -> pd.Series[Any]:
    """The time column alone.

    Raises:
        SourceUnreadable: there is none.
    """
    if column not in dataset.schema.names:
        raise without_time(column, list(dataset.schema.names), where)
    times: pd.Series[Any] = dataset.to_table(columns=[column]).to_pandas()[column]
    return times
