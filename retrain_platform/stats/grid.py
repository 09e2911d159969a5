"""The cells in which a column's values are counted: fixed for the column, so that counts add up.

Three kinds. `category`: a cell a text. `integer`: a cell a whole number. `numeric`: the value's place
is the order-preserving 32 bits of the float32 of (value - centre) * scale; a cell is all places with
the same top 16 bits (sign, exponent and 7 bits of mantissa: as wide as 1/128 of the distance from the
centre, with no range to choose or to fall out of), and where values crowd, such a cell is cut into
2, 4, ... 65,536 (`fine`). (The map of floats to unsigned integers of the same order is the radix
sort's, M. Herf, "Radix Tricks", 2001.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[Any]
"""Sorted names of cells: int64 where a grid is integer or numeric, texts (object) where category."""

GridKind = Literal["numeric", "integer", "category"]

TOPS = 1 << 16
"""Of a numeric grid: how many top 16 bits there are."""
FINEST = 16
"""The most bits by which a top is cut: its cells are then single float32 numbers."""

WHOLE_LIMIT = 2**62
"""Whole numbers are counted up to here on either side; what lies beyond counts as this."""

_SIGN = np.uint32(0x80000000)
LARGEST = float(np.finfo(np.float32).max)
"""Scaled values beyond it, on either side, are counted with it."""


@dataclass(frozen=True)
class Grid:
    """The cells of one column; what follows `kind` is of numeric grids only, but for `buckets`.

    `centre` is where cells are finest, `scale` a power of two that brings the column's spread into
    the range of float32. `fine` holds (top, bits) by top: that top is cut into 2**bits cells.
    `repeats`: values come again and again, so it is worth noting which cells hold one value only.
    `buckets`, of categories: 0, or into how many buckets the texts are thrown by their checksum
    because there are too many of them.
    """

    kind: GridKind
    centre: float = 0.0
    scale: float = 1.0
    fine: tuple[tuple[int, int], ...] = ()
    repeats: bool = False
    buckets: int = 0

    def keys(self, values: Floats) -> NDArray[np.int64]:
        """The cell of each of the finite `values`; an integer grid rounds what is not whole.

        Raises:
            ValueError: this grid is of texts.
        """
        if self.numbers == "integer":
            return np.clip(np.rint(values), -(2.0**62), 2.0**62).astype(np.int64)
        places = ordered_places(self, values).astype(np.int64)
        drop = FINEST - self.bits(places >> 16)
        keys: NDArray[np.int64] = places >> drop << drop
        return keys

    def positions(self, keys: NDArray[np.int64]) -> Floats:
        """The value that stands for each cell: the whole number, or the middle of the cell.

        Raises:
            ValueError: this grid is of texts.
        """
        if self.numbers == "integer":
            return keys.astype(np.float64)
        widths = 1 << (FINEST - self.bits(keys >> 16))
        middle = (_decoded(keys) + _decoded(keys + widths - 1)) / 2
        return middle / self.scale + self.centre

    def beyond(self, keys: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which cells hold what lies beyond float32, however far: their position says nothing of it.

        Raises:
            ValueError: this grid is of texts.
        """
        if self.numbers == "integer":
            return np.zeros(len(keys), dtype=bool)
        ends = _decoded(keys), _decoded(keys + (1 << (FINEST - self.bits(keys >> 16))) - 1)
        return np.maximum(-ends[0], ends[1]) >= LARGEST

    def bits(self, tops: NDArray[np.int64]) -> NDArray[np.int64]:
        """By how many bits each of `tops` is cut."""
        return _bits(self.fine)[tops].astype(np.int64)

    @property
    def numbers(self) -> Literal["numeric", "integer"]:
        """The kind of a grid of numbers.

        Raises:
            ValueError: this grid is of texts.
        """
        if self.kind == "category":
            raise ValueError(f"kind == {self.kind!r}, must be 'numeric' or 'integer': texts have no order")
        return self.kind


MISSING, LOW, HIGH = -3, -2, -1
"""What stands for a cell where a row has none: nan, minus and plus infinity."""


@lru_cache(maxsize=512)
def slots_of_tops(grid: Grid) -> NDArray[np.int32]:
    """How a numeric grid is counted: the raw bits of a float32 give a slot; `cells_of` names the slots afterwards.

    By the raw top 16 bits, shape (TOPS,): the first slot of that top times 32, plus by how many bits
    the low 16 are shifted for the slot within it.
    """
    bits = grid.bits(_tops())
    first = np.cumsum(1 << bits) - (1 << bits)
    packed: NDArray[np.int32] = ((first << 5) | (FINEST - bits)).astype(np.int32)
    return packed


def cells_of(grid: Grid, slots: NDArray[np.integer]) -> NDArray[np.int64]:
    """The cell of each slot; `MISSING`, `LOW` or `HIGH`, under 0, for slots of no number.

    A negative float's low bits run backwards, so its slots do.
    """
    first = slots_of_tops(grid) >> 5
    raw = np.searchsorted(first, slots, side="right") - 1
    top = _tops()[raw]
    bits = grid.bits(top)
    within = slots - first[raw]
    within = np.where(raw >= TOPS // 2, (1 << bits) - 1 - within, within)
    keys = (top << 16) | (within << (FINEST - bits))
    keys[(raw & 0x7FFF) > 0x7F80] = MISSING
    keys[raw == 0x7F80], keys[raw == 0xFF80] = HIGH, LOW
    return np.asarray(keys, dtype=np.int64)


@lru_cache(maxsize=1)
def _tops() -> NDArray[np.int64]:
    """By the raw top 16 bits of a float32, the same in the order of the values."""
    raw = np.arange(TOPS)
    return np.where(raw >= TOPS // 2, TOPS - 1 - raw, raw + TOPS // 2)


@lru_cache(maxsize=1024)
def _bits(fine: tuple[tuple[int, int], ...]) -> NDArray[np.int8]:
    bits = np.zeros(TOPS, dtype=np.int8)
    if fine:
        tops, cuts = np.array(fine).T
        bits[tops] = cuts
    bits.flags.writeable = False
    return bits


def ordered_places(grid: Grid, values: Floats) -> NDArray[np.uint32]:
    """The place of each of the finite `values` on a numeric grid: 32 bits in the values' order."""
    bits = scaled(grid, values).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def subtracted(grid: Grid) -> float:
    """The centre as it is subtracted: for 0 it is -0.0, which makes of 0.0 and -0.0, one number, one place."""
    return grid.centre or -0.0


def scaled(grid: Grid, values: Floats) -> NDArray[np.float32]:
    """(value - centre) * scale of the finite `values`, held within float32."""
    with np.errstate(over="ignore"):
        return np.clip((values - subtracted(grid)) * grid.scale, -LARGEST, LARGEST).astype(np.float32)


def _decoded(places: NDArray[np.int64]) -> Floats:
    """The float32 numbers at these places."""
    ordered = places.astype(np.uint32)
    bits = np.where(ordered & _SIGN, ordered ^ _SIGN, ~ordered)
    finite = np.clip(bits.view(np.float32).astype(np.float64), -LARGEST, LARGEST)
    return np.asarray(finite)
