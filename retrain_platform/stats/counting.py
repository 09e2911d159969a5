"""From values to profiles: each value's cell is found once, then counted for any grouping of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.column import ColumnProfile, Moments
from retrain_platform.stats.grid import Floats, Grid, Keys

_MISSING, _LOW, _HIGH = -3, -2, -1
"""The codes of rows that are in no cell: nan, minus and plus infinity."""


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
    """A column as cells: `keys` are the distinct cells, `codes` each row's place in them.

    A negative code is a row in no cell. `numbers` are the values, nan where not finite; None for texts.
    """

    grid: Grid
    keys: Keys
    codes: NDArray[np.intp]
    numbers: Floats | None = None

    def profiles(self, groups: Groups) -> list[ColumnProfile]:
        """One profile a group, in the order of their codes."""
        width = len(self.keys) - _MISSING
        flat = np.bincount(groups.codes * width + (self.codes - _MISSING), minlength=groups.count * width)
        table = flat.reshape(groups.count, width)
        owners, cells = np.nonzero(table[:, -_MISSING:])
        edges = np.searchsorted(owners, np.arange(1, groups.count))
        keys = np.split(self.keys[cells], edges)
        counts = np.split(table[:, -_MISSING:][owners, cells], edges)
        moments = self._moments(groups)
        rows, (missing, low, high) = table.sum(axis=1).tolist(), table[:, :-_MISSING].T.tolist()
        return [
            ColumnProfile(self.grid, keys[g], counts[g], rows[g], missing[g], low[g], high[g], moments[g])
            for g in range(groups.count)
        ]

    def _moments(self, groups: Groups) -> list[Moments]:
        if self.numbers is None:
            return [Moments()] * groups.count
        known = ~np.isnan(self.numbers)
        values, owners = self.numbers[known], groups.codes[known]
        n = np.bincount(owners, minlength=groups.count)
        mean = np.bincount(owners, values, groups.count) / np.maximum(n, 1)
        m2 = np.bincount(owners, (values - mean[owners]) ** 2, groups.count)
        ordered = self.numbers[groups.order]
        least, greatest = np.fmin.reduceat(ordered, groups.starts), np.fmax.reduceat(ordered, groups.starts)
        columns = (n.tolist(), mean.tolist(), m2.tolist(), least.tolist(), greatest.tolist())
        return [Moments(*each) if each[0] else Moments() for each in zip(*columns, strict=True)]


def code_numbers(grid: Grid, values: Floats) -> Coded:
    """The cells of `values`, of shape (rows,): nan is missing, infinities are counted apart.

    Raises:
        ValueError: `grid` is of texts.
    """
    finite = np.isfinite(values)
    codes = np.full(len(values), _MISSING, dtype=np.intp)
    codes[values == -np.inf] = _LOW
    codes[values == np.inf] = _HIGH
    keys, codes[finite] = np.unique(grid.keys(values[finite]), return_inverse=True)
    return Coded(grid, keys, codes, np.where(finite, values, np.nan))


def code_texts(places: NDArray[np.intp], texts: Sequence[str]) -> Coded:
    """The cells of a column that is `texts[place]` row by row, missing where `place` is negative.

    A text may stand in several places; those that no row uses get no cell in any profile.
    """
    names = sorted(set(texts))
    cell = {name: position for position, name in enumerate(names)}
    table = np.array([*(cell[text] for text in texts), _MISSING], dtype=np.intp)
    return Coded(Grid("category"), np.array(names, dtype=object), table[np.maximum(places, -1)])
