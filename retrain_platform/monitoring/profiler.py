"""Counts a table block of rows after block of rows; what it keeps does not grow with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.blocks import Texts, Values, fitted
from retrain_platform.monitoring.profile import Columns, DatasetProfile
from retrain_platform.stats.column import ColumnProfile, all_missing, combine
from retrain_platform.stats.comoments import CoMomentCounter, one_of_every
from retrain_platform.stats.counters import NumberCounter, TextCounter, WholeCounter
from retrain_platform.stats.counting import Groups
from retrain_platform.stats.grid import Grid

Parts = Mapping[str, tuple[Groups, Sequence[str]]]
"""By segment column: a block's rows in groups, and the groups' texts, each once."""

_PENDING = 8


class Profiler:
    """Adds up the profile of a table on `grids`, whole and by segment.

    A column that a block lacks is missing in its rows; a value that its grid cannot read is missing.
    Of every `every` rows, one, drawn by its place in the table, goes into the co-moments.
    """

    def __init__(self, grids: Mapping[str, Grid], every: int = 1) -> None:
        self._columns = {name: _Column(grids[name]) for name in sorted(grids)}
        self._together = CoMomentCounter(grids)
        self._every = every
        self._rows = 0
        self._segments: dict[str, set[str]] = {}

    def add(self, columns: Mapping[str, Values], rows: int, parts: Parts | None = None) -> None:
        """Count a block of `rows` rows; of `columns` only those that have a grid, each looked up once, in order."""
        drawn = None if self._every == 1 else one_of_every(self._every, self._rows, self._rows + rows)
        self._rows += rows
        for segment, (_, texts) in (parts or {}).items():
            self._segments.setdefault(segment, set()).update(texts)
        numbers: dict[str, NDArray[np.number]] = {}
        for name, column in self._columns.items():
            values = columns.get(name)
            kept = None if values is None else fitted(values, column.grid)
            column.add(kept, rows, parts or {})
            if column.grid.kind != "category":
                numbers[name] = _drawn(kept, rows, drawn)
        self._together.add(numbers, [name for name, each in numbers.items() if not np.isfinite(each).all()])

    def profile(self) -> DatasetProfile:
        """The profile of all blocks so far."""
        segments: dict[str, dict[str, Columns]] = {
            segment: {
                value: {name: column.of_segment(segment, value) for name, column in self._columns.items()}
                for value in sorted(values)
            }
            for segment, values in self._segments.items()
        }
        columns = {name: column.profile() for name, column in self._columns.items()}
        return DatasetProfile(columns, self._rows, segments, self._together.total())


def _drawn(values: Values | None, rows: int, drawn: NDArray[np.intp] | None) -> NDArray[np.number]:
    """The numbers of a block at the places that were drawn (None: all of them); nan where it has none."""
    if values is None or isinstance(values, Texts):
        return np.full(rows if drawn is None else len(drawn), np.nan)
    return values.values if drawn is None else values.values.take(drawn)


class _Column:
    """One column's counter, and its segments' profiles."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._counter = _counter(grid)
        self._absent = 0
        self._segments: dict[tuple[str, str], list[ColumnProfile]] = {}

    def add(self, values: Values | None, rows: int, parts: Parts) -> None:
        """Count a block; None for one that lacks the column."""
        if values is None:
            self._absent += rows
            split = [[all_missing(self.grid, int(n)) for n in np.bincount(g.codes)] for g, _ in parts.values()]
        else:
            split = _count(self._counter, values, [groups for groups, _ in parts.values()])
        for (segment, (_, texts)), profiles in zip(parts.items(), split, strict=True):
            for text, found in zip(texts, profiles, strict=True):
                pending = self._segments.setdefault((segment, text), [])
                pending.append(found)
                if len(pending) > _PENDING:
                    pending[:] = [combine(pending)]

    def profile(self) -> ColumnProfile:
        """All blocks so far."""
        counted = self._counter.profile()
        return combine([counted, all_missing(counted.grid, self._absent)]) if self._absent else counted

    def of_segment(self, segment: str, text: str) -> ColumnProfile:
        """All blocks' rows of the segment."""
        return combine(self._segments[segment, text])


def _count(
    counter: NumberCounter | WholeCounter | TextCounter, values: Values, splits: Sequence[Groups]
) -> list[list[ColumnProfile]]:
    """Count a block that `fitted` made for the counter's grid."""
    if isinstance(counter, TextCounter):
        assert isinstance(values, Texts)
        return counter.add(values.places, values.texts, splits)
    assert not isinstance(values, Texts)
    if isinstance(counter, NumberCounter):
        return counter.add(np.asarray(values.values, dtype=np.float64), splits)
    return counter.add(values.values, splits)


def _counter(grid: Grid) -> NumberCounter | WholeCounter | TextCounter:
    if grid.kind == "category":
        return TextCounter()
    return WholeCounter(grid) if grid.kind == "integer" else NumberCounter(grid)
