"""The profile of a frame of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.profiler import Profiler
from retrain_platform.monitoring.reading import choose_grid, column_values, segment_groups
from retrain_platform.stats.grid import Grid

if TYPE_CHECKING:
    import pandas as pd


def choose_grids(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Grid]:
    """A grid for each of `columns` from the rows of a first period, by its type.

    Numbers, times and durations are numeric, but integer where the type holds whole numbers only,
    of a modest span; texts, categories and truth values are categories.

    Raises:
        ValueError: naming the columns that `frame` lacks.
    """
    lacking = [name for name in columns if name not in frame]
    if lacking:
        raise ValueError(f"columns == {list(columns)}, must be in the frame, which lacks {', '.join(lacking)}")
    return {name: choose_grid(frame[name]) for name in columns}


def profile(frame: pd.DataFrame, grids: Mapping[str, Grid], segments: Sequence[str] = ()) -> DatasetProfile:
    """Count the rows of `frame` in the cells of `grids`, whole and by each value of the `segments` columns.

    A column that `frame` lacks is missing in every row; a value that a numeric column cannot read
    is missing; a new category is counted by its own name. Rows without a value of a segment
    column are in its segment 'missing'; a segment column that `frame` lacks has no segments.
    """
    rows = len(frame)
    counted = Profiler(grids)
    if rows:
        values = {name: column_values(frame[name], grid) for name, grid in grids.items() if name in frame}
        parts = {name: segment_groups(frame[name]) for name in segments if name in frame}
        counted.add(values, rows, parts)
    return counted.profile()
