"""One column's profile, block of rows after block: each value is read once, only sums are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.column import ColumnProfile, Moments, all_missing, bucket, bucket_name, combine
from retrain_platform.stats.counting import Coded, Groups, code_texts, code_whole, one_group, tabulated
from retrain_platform.stats.grid import (
    FINEST,
    HIGH,
    LARGEST,
    LOW,
    MISSING,
    WHOLE_LIMIT,
    Floats,
    Grid,
    Keys,
    cells_of,
    scaled,
    slots_of_tops,
    subtracted,
)

_AT_ONCE = 1 << 16
"""Rows taken through the arithmetic together: their arrays stay in the processor's cache."""
_PENDING = 16
MOST_TEXTS = 100_000
"""A column with more texts than this is counted in buckets: memory must not grow with the rows."""
BUCKETS = 1 << 16


class NumberCounter:
    """Counts a numeric column. A block is floats of shape (rows,), nan where missing."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._packed = slots_of_tops(grid)
        last = int(self._packed[-1])
        self._table = np.zeros((last >> 5) + (1 << FINEST - (last & 31)), dtype=np.int64)
        self._centre = subtracted(grid)
        self._moments = Moments()
        self._first = np.full(len(self._table) if grid.repeats else 0, np.nan)
        self._strays = np.zeros(len(self._first), dtype=np.int64)

    def add(self, values: Floats, splits: Sequence[Groups] = ()) -> list[list[ColumnProfile]]:
        """Count a block; for each way to split it, the profile of each group."""
        slots = [self._add(values[start : start + _AT_ONCE]) for start in range(0, len(values), _AT_ONCE)]
        if not splits or not slots:
            return [[] for _ in splits]
        coded = self._coded(np.concatenate(slots), values)
        return [coded.profiles(groups) for groups in splits]

    def _coded(self, slots: NDArray[np.int32], values: Floats) -> Coded:
        keys, used = self._cells(np.unique(slots))
        place = np.empty(len(self._table), dtype=np.intp)
        place[used] = np.where(keys < 0, keys, np.arange(len(keys)) - (keys < 0).sum())
        usual = self._first[used][keys >= 0] if self._grid.repeats else None
        numbers = np.where(np.isfinite(values), values, np.nan)
        return Coded(self._grid, keys[keys >= 0], place[slots], numbers, usual)

    def profile(self) -> ColumnProfile:
        """All blocks so far."""
        keys, used = self._cells(np.flatnonzero(self._table))
        counts = self._table[used]
        missing, low, high = (int(counts[keys == odd].sum()) for odd in (MISSING, LOW, HIGH))
        cells = keys >= 0
        usual = strays = None
        if self._grid.repeats:
            usual, strays = self._first[used][cells], self._strays[used][cells]
        rows = int(counts.sum())
        return ColumnProfile(
            self._grid, keys[cells], counts[cells], rows, missing, low, high, self._moments, usual, strays
        )

    def _cells(self, slots: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
        """The cells of these slots, in order, and the slots in the same order."""
        keys = cells_of(self._grid, slots)
        order = np.argsort(keys, kind="stable")
        return keys[order], slots[order]

    def _add(self, values: Floats) -> NDArray[np.int32]:
        slots, finite = self._slots(values), values
        if not self._holds(values):
            known = np.isfinite(values)
            finite = values[known]
            if not self._holds(finite):
                slots[known] = self._slots_of(scaled(self._grid, finite))
        np.add.at(self._table, slots, 1)  # of some thousand cells: a table for each block would be a hundred times that
        self._moments += moments_of(finite)
        if self._grid.repeats:
            self._note(slots, values)
        return slots

    def _holds(self, values: Floats) -> bool:
        """Whether all values are finite, and within float32 once they are scaled."""
        with np.errstate(over="ignore", invalid="ignore"):
            ends = np.array([values.min(initial=self._centre), values.max(initial=self._centre)]) - self._centre
            return bool((np.abs(ends) * self._grid.scale <= LARGEST).all())

    def _slots(self, values: Floats) -> NDArray[np.int32]:
        with np.errstate(over="ignore", invalid="ignore"):
            small = np.empty(len(values), dtype=np.float32)
            if self._grid.scale == 1:
                np.subtract(values, self._centre, out=small, casting="same_kind")
            else:
                np.multiply(values - self._centre, self._grid.scale, out=small, casting="same_kind")
            return self._slots_of(small)

    def _slots_of(self, small: NDArray[np.float32]) -> NDArray[np.int32]:
        halves = small.view(np.uint16).reshape(-1, 2)
        low, top = (0, 1) if np.little_endian else (1, 0)
        packed = self._packed.take(halves[:, top])
        slots = halves[:, low].astype(np.int32)
        slots >>= packed & 31
        packed >>= 5
        slots += packed
        return slots

    def _note(self, slots: NDArray[np.int32], values: Floats) -> None:
        """Remember each cell's first value, and how many others came."""
        first = self._first.take(slots)
        fresh = np.isnan(first)
        if fresh.any():
            backwards = slots[fresh][::-1], values[fresh][::-1] + 0.0  # so that the first stays; and -0.0 becomes 0.0
            self._first[backwards[0]] = backwards[1]
            first = self._first.take(slots)
        self._strays += np.bincount(slots[first != values], minlength=len(self._strays))


class WholeCounter:
    """Counts a column of whole numbers on an integer grid. A block is int64, or floats with nan where missing."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._parts: list[ColumnProfile] = []

    def add(self, values: NDArray[np.int64] | Floats, splits: Sequence[Groups] = ()) -> list[list[ColumnProfile]]:
        """Count a block; for each way to split it, the profile of each group."""
        if not len(values):
            return [[] for _ in splits]
        coded = None
        if splits or values.dtype.kind == "f":
            coded = code_whole(self._grid, values)
            self._parts += coded.profiles(one_group(len(values)))
        else:
            self._parts.append(whole_profile(self._grid, np.asarray(values, dtype=np.int64)))
        if len(self._parts) > _PENDING:
            self._parts = [combine(self._parts)]
        return [] if coded is None else [coded.profiles(groups) for groups in splits]

    def profile(self) -> ColumnProfile:
        """All blocks so far."""
        return combine([all_missing(self._grid, 0), *self._parts])


class TextCounter:
    """Counts a column of texts by their own names. A block is each row's place in a list of texts.

    With more than `most` texts it goes on in buckets by checksum.
    """

    def __init__(self, most: int = MOST_TEXTS) -> None:
        self._most = most
        self._cells: dict[str, int] = {}
        self._counts = np.zeros(1024, dtype=np.int64)
        self._rows = self._missing = 0
        self._last: tuple[Sequence[str], NDArray[np.intp]] = ((), np.empty(0, dtype=np.intp))
        self._buckets: NDArray[np.int64] | None = None

    def add(
        self, places: NDArray[np.integer], texts: Sequence[str], splits: Sequence[Groups] = ()
    ) -> list[list[ColumnProfile]]:
        """Count a block, whose row's text is `texts[place]`, missing where the place is negative; as the others."""
        held = np.bincount(places + 1, minlength=len(texts) + 1)
        self._rows += len(places)
        self._missing += int(held[0])
        if self._buckets is None:
            self._name(texts, held[1:])
        else:
            self._throw(texts, held[1:])
        if not splits or not len(places):
            return [[] for _ in splits]
        coded = code_texts(places, texts)
        return [coded.profiles(groups) for groups in splits]

    def profile(self) -> ColumnProfile:
        """All blocks so far."""
        if self._buckets is not None:
            used = np.flatnonzero(self._buckets)
            names: Keys = np.array([bucket_name(number) for number in used.tolist()], dtype=object)
            grid = Grid("category", buckets=BUCKETS)
            return ColumnProfile(grid, names, self._buckets[used], self._rows, self._missing)
        names = np.array(sorted(text for text, cell in self._cells.items() if self._counts[cell]), dtype=object)
        counts = np.array([self._counts[self._cells[name]] for name in names], dtype=np.int64)
        return ColumnProfile(Grid("category"), names, counts, self._rows, self._missing)

    def _name(self, texts: Sequence[str], held: NDArray[np.int64]) -> None:
        cells = self._places(texts)
        if len(self._cells) > len(self._counts):
            self._counts = np.pad(self._counts, (0, 2 * len(self._cells) - len(self._counts)))
        np.add.at(self._counts, cells, held)
        if len(self._cells) > self._most:
            self._buckets = np.zeros(BUCKETS, dtype=np.int64)
            self._throw(list(self._cells), self._counts[: len(self._cells)])
            self._cells, self._last = {}, ((), np.empty(0, dtype=np.intp))

    def _places(self, texts: Sequence[str]) -> NDArray[np.intp]:
        """The cell of each text; blocks of one file often come with the very same list."""
        if texts is not self._last[0]:
            cells = [self._cells.setdefault(text, len(self._cells)) for text in texts]
            self._last = texts, np.array(cells, dtype=np.intp)
        return self._last[1]

    def _throw(self, texts: Sequence[str], held: NDArray[np.int64]) -> None:
        assert self._buckets is not None
        used = np.flatnonzero(held)
        np.add.at(self._buckets, [bucket(texts[place], BUCKETS) for place in used.tolist()], held[used])


def whole_profile(grid: Grid, values: NDArray[np.int64]) -> ColumnProfile:
    """The profile of whole numbers, none missing, at least one."""
    keys, counts = tabulated(np.clip(values, -WHOLE_LIMIT, WHOLE_LIMIT))
    n = len(values)
    apart = keys - keys[0]
    mean = float(apart @ counts) / n  # exact: offsets and counts are whole
    m2 = float(counts @ (apart - mean) ** 2)
    return ColumnProfile(
        grid, keys, counts, n, 0, moments=Moments(n, float(keys[0]) + mean, m2, float(keys[0]), float(keys[-1]))
    )


def moments_of(finite: Floats) -> Moments:
    """The moments of finite numbers, of shape (n,)."""
    if len(finite) == 0:
        return Moments()
    with np.errstate(over="ignore", invalid="ignore"):  # numbers near the end of the range: infinite moments
        mean = float(finite.mean())
        apart = finite - mean
        m2 = float(np.square(apart, out=apart).sum())
    return Moments(len(finite), mean, m2, float(finite.min()), float(finite.max()))
