"""How numeric columns move together: sums of products that add up, and the correlations they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from os import environ
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.grid import Floats, Grid

_AT_ONCE = 1 << 12
"""Rows multiplied together: 30 columns of them stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class CoMoments:
    """Over the rows in which both columns of a pair have a finite number; every array is (columns, columns).

    With z = (value - centre) * scale, fixed for the column as in its grid: `rows[i, j]` counts those
    rows, `sums[i, j]` and `squares[i, j]` are of z_i and its square, `products[i, j]` of z_i * z_j.
    `names` are in order. Equal by content; `+` adds.
    """

    names: tuple[str, ...]
    grids: tuple[Grid, ...]
    rows: Floats
    sums: Floats
    squares: Floats
    products: Floats

    @classmethod
    def none(cls, grids: Mapping[str, Grid]) -> CoMoments:
        """Of no rows of the numeric columns of `grids`: the neutral element of `+`."""
        names = tuple(sorted(name for name, grid in grids.items() if grid.kind != "category"))
        size = (len(names), len(names))
        return cls(names, tuple(grids[name] for name in names), *(np.zeros(size) for _ in range(4)))

    def __add__(self, other: CoMoments) -> CoMoments:
        """Of the rows of both.

        Raises:
            ValueError: other columns, or other grids.
        """
        if not self.comparable(other):
            raise ValueError(f"columns == {other.names}, must be {self.names}, on the same grids")
        arrays = (mine + yours for mine, yours in zip(self.arrays, other.arrays, strict=True))
        return CoMoments(self.names, self.grids, *arrays)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CoMoments):
            return NotImplemented
        return self.comparable(other) and all(
            np.array_equal(*pair) for pair in zip(self.arrays, other.arrays, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def comparable(self, other: CoMoments) -> bool:
        """Whether both are of the same columns, counted alike."""
        return (self.names, self.grids) == (other.names, other.grids)

    @property
    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Rows, sums, squares, products."""
        return self.rows, self.sums, self.squares, self.products

    def correlations(self) -> Floats:
        """Pearson's r of each pair over its common rows, (columns, columns); nan where a column does not vary."""
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            means = self.sums / self.rows
            spread = self.squares / self.rows - means**2
            spread[spread <= 1e-12 * self.squares / self.rows] = np.nan
            shared = self.products / self.rows - means * means.T
            return np.clip(shared / np.sqrt(spread * spread.T), -1, 1)


def one_thread() -> AbstractContextManager[Any]:
    """Keeps the linear algebra within on one thread: on small matrices several only wait for each other."""
    if environ.get("OPENBLAS_NUM_THREADS") == "1":  # it has no other, and looking for others takes time
        return nullcontext()
    limited: AbstractContextManager[Any] = _threads().limit(limits=1)
    return limited


@lru_cache(maxsize=1)
def _threads() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_of_every(n: int, first: int, stop: int) -> NDArray[np.intp]:
    """Of each `n` rows of a table one, those of the rows from `first` to `stop`: places counted from `first`.

    Which one is scrambled from where the `n` stand (the finaliser of SplitMix64: Steele, Lea and Flood, 2014),
    so that what repeats in the table is not met in step, and blocks cut elsewhere give the same rows.

    >>> one_of_every(4, 0, 12).tolist() == [*one_of_every(4, 0, 5), *(one_of_every(4, 5, 12) + 5)]
    True
    """
    groups = np.arange(first // n, -(-stop // n), dtype=np.uint64)
    mixed = (groups + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    drawn = groups * np.uint64(n) + (mixed ^ (mixed >> np.uint64(31))) % np.uint64(n)
    places = drawn.astype(np.intp) - first
    return places[(places >= 0) & (places < stop - first)]


class CoMomentCounter:
    """Adds up the co-moments of blocks of rows."""

    def __init__(self, grids: Mapping[str, Grid]) -> None:
        self._total = CoMoments.none(grids)
        size = len(self._total.names)
        # Made once: memory that is asked for anew is cleared anew.
        self._block, self._squares = np.empty((2 * size, _AT_ONCE)), np.empty((size, _AT_ONCE))

    def add(self, columns: Mapping[str, NDArray[np.number]], incomplete: Sequence[str] = ()) -> None:
        """Count a block: an array of shape (rows,) for each column; `incomplete` are those with nan or infinity."""
        names = self._total.names
        if not names:
            return
        gaps = [position for position, name in enumerate(names) if name in set(incomplete)]
        rows, block = len(columns[names[0]]), self._block[: len(names) + len(gaps)]
        with one_thread():
            for start in range(0, rows, _AT_ONCE):
                stop = min(start + _AT_ONCE, rows)
                part = block[:, : stop - start]
                for place, (name, grid) in enumerate(zip(names, self._total.grids, strict=True)):
                    np.subtract(columns[name][start:stop], grid.centre, out=part[place])
                    if grid.scale != 1:
                        part[place] *= grid.scale
                self._count(part, gaps)

    def total(self) -> CoMoments:
        """All blocks so far."""
        return self._total

    def _count(self, block: Floats, gaps: Sequence[int]) -> None:
        """Rows of the columns' z; below them room for 1 where a column of `gaps` is known, 0 where not.

        A column without gaps has every row in common with those that a gap has.
        """
        t, size = self._total, len(self._total.names)
        scaled, known = block[:size], block[size:]
        if gaps:
            finite = np.isfinite(scaled[gaps])
            known[...] = finite
            scaled[gaps] = np.where(finite, scaled[gaps], 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            together = block @ block.T
            products, common = together[:size, :size], together[:size, size:]
            sums, squares = (np.repeat(one[:, None], size, axis=1) for one in (scaled.sum(axis=1), np.diag(products)))
            rows = np.full((size, size), float(block.shape[1]))
            if gaps:
                squared = np.square(scaled, out=self._squares[:, : block.shape[1]])
                sums[:, gaps], squares[:, gaps] = common, squared @ known.T
                rows[:, gaps] = known.sum(axis=1)
                rows[gaps, :] = rows[:, gaps].T
                rows[np.ix_(gaps, gaps)] = together[size:, size:]
            for total, part in zip(t.arrays, (rows, sums, squares, products), strict=True):
                np.add(total, part, out=total)
