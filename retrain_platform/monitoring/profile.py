"""A period's rows as counts: whole and by segment, added up over periods, kept as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from retrain_platform.monitoring.profile_bytes import Line, read_lines, write_lines
from retrain_platform.stats.column import ColumnProfile, all_missing, combine
from retrain_platform.stats.comoments import CoMoments
from retrain_platform.stats.grid import Grid

Columns = dict[str, ColumnProfile]


@dataclass(frozen=True)
class DatasetProfile:
    """Counts of every column, of all `rows` and of each segment (segment column, value, column).

    `together` says how the numeric columns of all rows move together; None where that was not
    counted. Equal by content. `+` gives what profiling both sets of rows at once gives: counts
    exactly, moments to 1e-12. A column or segment that only one side has is missing, or has no
    rows, in the other; `together` is then not known.
    """

    columns: Columns
    rows: int
    segments: dict[str, dict[str, Columns]] = field(default_factory=dict)
    together: CoMoments | None = None

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
        return write_lines(lines, self.rows, self.together)

    @classmethod
    def from_bytes(cls, data: bytes) -> DatasetProfile:
        """What `to_bytes` wrote.

        Raises:
            ValueError: `data` is something else, or of another version.
        """
        lines, rows, together = read_lines(data)
        columns: Columns = {}
        segments: dict[str, dict[str, Columns]] = {}
        for line in lines:
            place = segments.setdefault(line.segment, {}).setdefault(line.value, {}) if line.segment else columns
            place[line.column] = line.profile
        return cls(columns, rows, segments, together)


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
    return DatasetProfile(columns, sum(each.rows for each in profiles), by_segment, _together(profiles))


def _together(profiles: Sequence[DatasetProfile]) -> CoMoments | None:
    """The sum where all profiles with rows counted the same columns; None elsewhere."""
    filled = [each.together for each in profiles if each.rows] or [each.together for each in profiles]
    first = filled[0] if filled else None
    known = [each for each in filled if each is not None]
    if first is None or len(known) < len(filled) or any(not each.comparable(first) for each in known):
        return None
    return reduce(CoMoments.__add__, known)


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
