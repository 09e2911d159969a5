"""A block of rows as cells, counted for any grouping of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.column import ColumnProfile, Moments
from retrain_platform.stats.grid import HIGH, LOW, MISSING, WHOLE_LIMIT, Floats, Grid, Keys

_LOWEST = MISSING
_WIDEST_WINDOW = 1 << 20
"""What ranges wider in a block is sorted, not counted in a table."""


@dataclass(frozen=True)
class Groups:
    """A partition of the rows: `codes` of shape (rows,) from 0 to `count` - 1, no group empty."""

    codes: NDArray[np.intp]
    count: int

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The rows, group after group."""
        return np.argsort(self.codes.astype(np.min_scalar_type(self.count)), kind="stable")

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """Where each group begins in `order`."""
        sizes = np.bincount(self.codes, minlength=self.count)
        return np.cumsum(sizes) - sizes


def one_group(rows: int) -> Groups:
    """All rows together; no group at all where there are none."""
    return Groups(np.zeros(rows, dtype=np.intp), min(rows, 1))


@dataclass(frozen=True)
class Coded:
    """A block of a column as cells: `keys` are its distinct cells, `codes` each row's place in them.

    A negative code is a row in no cell: `MISSING`, `LOW` or `HIGH`. `numbers` are the values, nan
    where not finite; None for texts. `usual`, as in a profile, by key.
    """

    grid: Grid
    keys: Keys
    codes: NDArray[np.intp]
    numbers: Floats | None = None
    usual: Floats | None = None

    def profiles(self, groups: Groups) -> list[ColumnProfile]:
        """One profile a group, in the order of their codes."""
        width = len(self.keys) - _LOWEST
        places, held = _tally(groups.codes * width + (self.codes - _LOWEST), groups.count * width)
        owners, cells = np.divmod(places, width)
        beside = np.zeros((groups.count, -_LOWEST), dtype=np.int64)
        apart = cells < -_LOWEST
        beside[owners[apart], cells[apart]] = held[apart]
        rows, (missing, low, high) = np.bincount(groups.codes, minlength=groups.count).tolist(), beside.T.tolist()
        owners, cells, held = owners[~apart], cells[~apart] + _LOWEST, held[~apart]
        edges = np.searchsorted(owners, np.arange(1, groups.count))
        keys, counts = np.split(self.keys[cells], edges), np.split(held, edges)
        moments = self._moments(groups)
        usual, strays = self._repeated(groups, width, owners, cells, edges)
        return [
            ColumnProfile(
                self.grid, keys[g], counts[g], rows[g], missing[g], low[g], high[g], moments[g], usual[g], strays[g]
            )
            for g in range(groups.count)
        ]

    def _repeated(
        self, groups: Groups, width: int, owners: NDArray[np.intp], cells: NDArray[np.intp], edges: NDArray[np.intp]
    ) -> tuple[Sequence[Floats | None], Sequence[NDArray[np.int64] | None]]:
        """By group, the usual value of each of its cells and the rows that stray from it."""
        if self.usual is None or self.numbers is None:
            return [None] * groups.count, [None] * groups.count
        rows = np.flatnonzero(self.codes >= 0)
        stray = rows[self.usual[self.codes[rows]] != self.numbers[rows]]
        places, held = _tally(groups.codes[stray] * width + self.codes[stray], groups.count * width)
        used = owners * width + cells
        strays = np.zeros(len(used), dtype=np.int64)
        strays[np.searchsorted(used, places)] = held
        return np.split(self.usual[cells], edges), np.split(strays, edges)

    def _moments(self, groups: Groups) -> list[Moments]:
        if self.numbers is None:
            return [Moments()] * groups.count
        known = ~np.isnan(self.numbers)
        values, owners = self.numbers[known], groups.codes[known]
        n = np.bincount(owners, minlength=groups.count)
        mean = np.bincount(owners, values, groups.count) / np.maximum(n, 1)
        with np.errstate(over="ignore"):  # as in `moments_of`
            m2 = np.bincount(owners, (values - mean[owners]) ** 2, groups.count)
        ordered = self.numbers[groups.order]
        least, greatest = np.fmin.reduceat(ordered, groups.starts), np.fmax.reduceat(ordered, groups.starts)
        columns = (n.tolist(), mean.tolist(), m2.tolist(), least.tolist(), greatest.tolist())
        return [Moments(*each) if each[0] else Moments() for each in zip(*columns, strict=True)]


def code_whole(grid: Grid, values: NDArray[np.int64] | Floats) -> Coded:
    """The cells of a block on an integer grid; nan is missing, what is not whole is rounded."""
    if values.dtype.kind == "f":
        numbers = np.asarray(values, dtype=np.float64)
        finite = np.isfinite(numbers)
        codes = np.full(len(values), MISSING, dtype=np.intp)
        codes[numbers == -np.inf], codes[numbers == np.inf] = LOW, HIGH
        keys, codes[finite] = _distinct(grid.keys(numbers[finite]))
        return Coded(grid, keys, codes, np.where(finite, numbers, np.nan))
    whole = np.clip(np.asarray(values, dtype=np.int64), -WHOLE_LIMIT, WHOLE_LIMIT)
    keys, codes = _distinct(whole)
    return Coded(grid, keys, codes, whole.astype(np.float64))


def code_texts(places: NDArray[np.integer], texts: Sequence[str]) -> Coded:
    """The cells of a column that is `texts[place]` row by row, missing where `place` is negative.

    A text may stand in several places; those that no row uses get no cell in any profile.
    """
    names = sorted(set(texts))
    cell = {name: position for position, name in enumerate(names)}
    table = np.array([*(cell[text] for text in texts), MISSING], dtype=np.intp)
    return Coded(Grid("category"), np.array(names, dtype=object), table[np.maximum(places, -1)])


def tabulated(whole: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The sorted distinct numbers and how often each is there; at least one number."""
    least = int(whole.min())
    if int(whole.max()) - least >= _WIDEST_WINDOW:
        keys, counts = np.unique(whole, return_counts=True)
        return keys, counts.astype(np.int64)
    table = np.bincount(whole - least)
    used = np.flatnonzero(table)
    return used + least, table[used]


def _tally(places: NDArray[np.intp], size: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Which of `size` places are used, sorted, and how often; without a table where it would dwarf the rows."""
    if size > max(_WIDEST_WINDOW, 4 * len(places)):
        used, held = np.unique(places, return_counts=True)
        return used, held.astype(np.int64)
    table = np.bincount(places, minlength=size)
    used = np.flatnonzero(table)
    return used, table[used]


def _distinct(whole: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The sorted distinct numbers and each row's place among them."""
    if len(whole) == 0:
        return whole, np.empty(0, dtype=np.intp)
    keys, _ = tabulated(whole)
    if int(keys[-1]) - int(keys[0]) >= _WIDEST_WINDOW:
        return keys, np.searchsorted(keys, whole)
    places = np.zeros(int(keys[-1] - keys[0]) + 1, dtype=np.intp)
    places[keys - keys[0]] = np.arange(len(keys))
    return keys, places.take(whole - keys[0])
