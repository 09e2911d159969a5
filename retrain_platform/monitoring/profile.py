"""A period's rows as counts: whole and by segment, added up over periods, kept as bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrain_platform.monitoring.profile_bytes import Line, read_lines, write_lines
from retrain_platform.monitoring.reading import choose_grid, code_column, segment_groups
from retrain_platform.stats.column import ColumnProfile, all_missing, combine
from retrain_platform.stats.counting import one_group
from retrain_platform.stats.grid import Grid

if TYPE_CHECKING:
    import pandas as pd

Columns = dict[str, ColumnProfile]


@dataclass(frozen=True)
class DatasetProfile:
    """Counts of every column, of all `rows` and of each segment (segment column, value, column).

    Equal by content. `+` gives what profiling both sets of rows at once gives: counts exactly,
    moments to 1e-12. A column or segment that only one side has is missing, or has no rows, in the
    other.
    """

    columns: Columns
    rows: int
    segments: dict[str, dict[str, Columns]] = field(default_factory=dict)

    def __add__(self, other: DatasetProfile) -> DatasetProfile:
        """The profile of the rows of both.

        Raises:
            ValueError: a column's grids differ.
        """
        return total((self, other))

    def grids(self) -> dict[str, Grid]:
        """Each column's grid: give them to `profile` for every later period, so that counts add up."""
        return {name: column.grid for name, column in self.columns.items()}

    def to_bytes(self) -> bytes:
        """An Arrow IPC stream, compressed, that `from_bytes` reads back equal; equal profiles give equal bytes."""
        lines = [Line("", "", name, self.columns[name]) for name in sorted(self.columns)]
        for segment in sorted(self.segments):
            for value, columns in sorted(self.segments[segment].items()):
                lines += [Line(segment, value, name, columns[name]) for name in sorted(columns)]
        return write_lines(lines, self.rows)

    @classmethod
    def from_bytes(cls, data: bytes) -> DatasetProfile:
        """What `to_bytes` wrote.

        Raises:
            ValueError: `data` is something else, or of another version.
        """
        lines, rows = read_lines(data)
        columns: Columns = {}
        segments: dict[str, dict[str, Columns]] = {}
        for line in lines:
            place = segments.setdefault(line.segment, {}).setdefault(line.value, {}) if line.segment else columns
            place[line.column] = line.profile
        return cls(columns, rows, segments)


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
    whole = one_group(rows)
    parts = {name: segment_groups(frame[name]) for name in segments if name in frame and rows}
    columns: Columns = {}
    by_segment: dict[str, dict[str, Columns]] = {
        name: {value: {} for value in values} for name, (_, values) in parts.items()
    }
    for name in sorted(grids):
        coded = code_column(frame.get(name), grids[name], rows)
        columns[name] = coded.profiles(whole)[0] if rows else all_missing(grids[name], 0)
        for segment, (groups, values) in parts.items():
            for value, column in zip(values, coded.profiles(groups), strict=True):
                by_segment[segment][value][name] = column
    return DatasetProfile(columns, rows, by_segment)


def total(profiles: Sequence[DatasetProfile]) -> DatasetProfile:
    """The profile of the rows of all; of none: no columns, no rows.

    Raises:
        ValueError: a column's grids differ.
    """
    by_segment: dict[str, dict[str, Columns]] = {}
    for segment in sorted({name for each in profiles for name in each.segments}):
        values = [each.segments.get(segment, {}) for each in profiles]
        by_segment[segment] = {
            value: total_columns([(part[value], rows_of(part[value])) for part in values if value in part])
            for value in sorted({value for part in values for value in part})
        }
    columns = total_columns([(each.columns, each.rows) for each in profiles])
    return DatasetProfile(columns, sum(each.rows for each in profiles), by_segment)


def total_columns(parts: Sequence[tuple[Columns, int]]) -> Columns:
    """Each column's sum over the parts (columns, rows); a part without it is missing it in all rows."""
    grids = {name: column.grid for columns, _ in parts for name, column in columns.items()}
    return {
        name: combine([columns.get(name) or all_missing(grids[name], rows) for columns, rows in parts])
        for name in sorted(grids)
    }


def rows_of(columns: Columns) -> int:
    """The rows of a segment: any of its columns has them all."""
    return next((column.rows for column in columns.values()), 0)
