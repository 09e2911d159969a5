"""Reads Delta tables, a source's own or those that an upstream asset writes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.sources.arrow import arrow_rows, arrow_times
from retrain_platform.adapters.sources.base import SourceUnreadable, newest
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.secrets import revealed, without_secrets
from retrain_platform.dataset.source import Asset, Delta, Source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds


def delta_of(source: Source) -> Delta | None:
    """The Delta table that the source is, or that its asset writes."""
    if isinstance(source, Asset) and source.uri is not None:
        return Delta(event_time=source.event_time, entity=source.entity, uri=source.uri, options=source.options)
    return source if isinstance(source, Delta) else None


def address_of(source: Delta, root: Path) -> str:
    """Where the table is: a relative folder begins at `root`."""
    return source.uri if "://" in source.uri else str(root / Path(source.uri).expanduser())


def delta_rows(source: Delta, root: Path, period: Period, timezone: str) -> pd.DataFrame:
    """The table's rows of the period."""
    return arrow_rows(_table(source, root), source.event_time, period, timezone, without_secrets(source.uri))


def delta_watermark(source: Delta, root: Path, timezone: str) -> datetime | None:
    """The table's newest event time."""
    told = without_secrets(source.uri)
    return newest(arrow_times(_table(source, root), source.event_time, told), timezone, told)


def _table(source: Delta, root: Path) -> ds.Dataset:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    options = revealed(source.options)
    try:
        return DeltaTable(address_of(source, root), storage_options=options or None).to_pyarrow_dataset()
    except (DeltaError, OSError) as error:
        said = without_secrets(str(error))
        for secret in options.values():
            said = said.replace(secret, "***") if len(secret) > 2 else said
        told = without_secrets(source.uri)
        raise SourceUnreadable(f"source.uri == {told!r}, must be a Delta table: {said}") from None
