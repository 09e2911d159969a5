"""How the shares of the segments shift: a segment column's own distribution."""

from __future__ import annotations

import numpy as np

from retrain_platform.monitoring.profile import Columns, DatasetProfile, rows_of
from retrain_platform.stats.column import ColumnProfile
from retrain_platform.stats.grid import Grid


def mix(profiled: DatasetProfile) -> DatasetProfile:
    """The segments' rows as categories, a column for each segment column."""
    columns: Columns = {}
    for name, values in profiled.segments.items():
        held = {value: rows_of(kept) for value, kept in sorted(values.items()) if rows_of(kept)}
        columns[name] = ColumnProfile(
            Grid("category"),
            np.array(list(held), dtype=object),
            np.array(list(held.values()), dtype=np.int64),
            rows=profiled.rows,
            missing=profiled.rows - sum(held.values()),
        )
    return DatasetProfile(columns, profiled.rows)
