"""One column's profile, block of rows after block: each value is read once, only sums are kept."""

from __future__ import annotations

from collections.abc import Sequence
from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.column import (
    ColumnProfile,
    Moments,
    all_missing,
    bucket,
    bucket_name,
    combine,
    moments_about,
    moments_of,
)
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
        slots = np.empty(len(values) if splits else 0, dtype=np.intp)
        for start in range(0, len(values), _AT_ONCE):
            found = self._add(values[start : start + _AT_ONCE])
            if splits:
                slots[start : start + _AT_ONCE] = found
        if not len(slots):
            return [[] for _ in splits]
        coded = self._coded(slots, values)
        return [coded.profiles(groups) for groups in splits]

    def _coded(self, slots: NDArray[np.intp], values: Floats) -> Coded:
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

    def _add(self, values: Floats) -> NDArray[np.intp]:
        """Count some rows; the slot of each, in an array that the next rows will use again."""
        ends = float(values.min()), float(values.max())
        slots = self._slots(values, ends) if self._within(*ends) else self._slots_of_odd(values)
        np.add.at(self._table, slots, 1)  # of some thousand cells: a table for each block would be a hundred times that
        if self._grid.repeats:
            self._note(slots, values)
        return slots

    def _within(self, least: float, greatest: float) -> bool:
        """Whether values between these are finite, and within float32 once they are scaled; nan is not."""
        scale = self._grid.scale
        return abs((least - self._centre) * scale) <= LARGEST and abs((greatest - self._centre) * scale) <= LARGEST

    def _slots(self, values: Floats, ends: tuple[float, float]) -> NDArray[np.intp]:
        """The slots of values that are `_within`; their moments are added."""
        scratch, rows = _scratch(), len(values)
        z, small = scratch.z[:rows], scratch.small[:rows]
        np.subtract(values, self._centre, out=z)
        if self._grid.scale != 1:
            np.multiply(z, self._grid.scale, out=z)
        np.copyto(small, z, casting="same_kind")
        size = max(-ends[0], ends[1])  # of numbers far smaller than the centre, their differences from it know little
        self._moments += moments_about(self._grid, z, ends) if 2 * size >= abs(self._centre) else moments_of(values)
        return self._slots_of(small)

    def _slots_of_odd(self, values: Floats) -> NDArray[np.intp]:
        """The slots of values some of which are missing, infinite or beyond float32; their moments are added."""
        known = np.isfinite(values)
        finite = values[known]
        self._moments += moments_of(finite)
        with np.errstate(over="ignore", invalid="ignore"):
            small = ((values - self._centre) * self._grid.scale).astype(np.float32)
        if len(finite) and not self._within(float(finite.min()), float(finite.max())):
            small[known] = scaled(self._grid, finite)
        return self._slots_of(small)

    def _slots_of(self, small: NDArray[np.float32]) -> NDArray[np.intp]:
        scratch, rows, bits = _scratch(), len(small), small.view(np.uint32)
        packed, within, slots = scratch.packed[:rows], scratch.within[:rows], scratch.slots[:rows]
        np.right_shift(bits, 16, out=slots, casting="unsafe")  # a place of a table must be of the processor's own width
        self._packed.take(slots, mode="wrap", out=packed)  # all are in the table: so none is looked at twice
        np.bitwise_and(bits, 0xFFFF, out=within, casting="unsafe")
        np.right_shift(within, packed & 31, out=within)
        np.right_shift(packed, 5, out=packed)
        return np.add(within, packed, out=slots)

    def _note(self, slots: NDArray[np.intp], values: Floats) -> None:
        """Remember each cell's first value, and how many others came."""
        first = self._first.take(slots)
        other = first != values
        if not other.any():
            return
        fresh = np.isnan(first)
        if fresh.any():
            backwards = slots[fresh][::-1], values[fresh][::-1] + 0.0  # so that the first stays; and -0.0 becomes 0.0
            self._first[backwards[0]] = backwards[1]
            other = self._first.take(slots) != values
        np.add.at(self._strays, slots[other], 1)


class _Scratch(NamedTuple):
    """Arrays for the arithmetic of one block, used again and again: new memory would have to be cleared each time."""

    z: Floats
    small: NDArray[np.float32]
    packed: NDArray[np.int32]
    within: NDArray[np.int32]
    slots: NDArray[np.intp]


_local = local()


def _scratch() -> _Scratch:
    """This thread's."""
    if not hasattr(_local, "scratch"):
        _local.scratch = _Scratch(
            np.empty(_AT_ONCE),
            np.empty(_AT_ONCE, dtype=np.float32),
            np.empty(_AT_ONCE, dtype=np.int32),
            np.empty(_AT_ONCE, dtype=np.int32),
            np.empty(_AT_ONCE, dtype=np.intp),
        )
    scratch: _Scratch = _local.scratch
    return scratch


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
        held = _held(places, len(texts))
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


def _held(places: NDArray[np.integer], texts: int) -> NDArray[np.int64]:
    """How many rows are missing, then how many have each text."""
    if len(places) and places.min() < 0:
        return np.bincount(places + 1, minlength=texts + 1)
    return np.append(0, np.bincount(places, minlength=texts))


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
