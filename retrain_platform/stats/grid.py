"""The cells in which a column's values are counted: fixed for the column, so that counts add up.

Three kinds. `category`: a cell a text. `integer`: a cell a whole number. `numeric`: a cell is the
top 16 bits of the order-preserving float32 of (value - centre), that is sign, exponent and 7 bits
of mantissa: cells as wide as 1/128 of their distance from the centre, with no range to choose or
to fall out of. (The map of floats to unsigned integers of the same order is the radix sort's,
M. Herf, "Radix Tricks", 2001.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[Any]
"""Sorted names of cells: int64 where a grid is integer or numeric, texts (object) where category."""

GridKind = Literal["numeric", "integer", "category"]

WIDEST_INTEGER_SPAN = 10_000
"""Whole numbers that range wider than this are counted as numeric, not each in its own cell."""

_SIGN = np.uint32(0x80000000)
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Grid:
    """The cells of one column. `centre`, of a numeric grid only, is where they are finest."""

    kind: GridKind
    centre: float = 0.0

    def keys(self, values: Floats) -> NDArray[np.int64]:
        """The cell of each of the finite `values`; an integer grid rounds what is not whole.

        Raises:
            ValueError: this grid is of texts.
        """
        self._numbers_only()
        if self.kind == "integer":
            return np.clip(np.rint(values), -(2.0**62), 2.0**62).astype(np.int64)
        shifted = np.clip(values - self.centre, -_LARGEST, _LARGEST).astype(np.float32)
        bits = shifted.view(np.uint32)
        ordered = np.where(bits & _SIGN, ~bits, bits | _SIGN)
        return (ordered >> np.uint32(16)).astype(np.int64)

    def positions(self, keys: NDArray[np.int64]) -> Floats:
        """The value that stands for each cell: the whole number, or the middle of the cell.

        Raises:
            ValueError: this grid is of texts.
        """
        self._numbers_only()
        if self.kind == "integer":
            return keys.astype(np.float64)
        lower, upper = (_decoded(keys, last) for last in (0, 0xFFFF))
        return (lower + upper) / 2 + self.centre

    def _numbers_only(self) -> None:
        if self.kind == "category":
            raise ValueError(f"kind == {self.kind!r}, must be 'numeric' or 'integer': texts have no order")


def choose_numbers(values: Floats, whole: bool) -> Grid:
    """The grid for a column of numbers, from a sample of its `values` (nan and infinities are ignored).

    `whole` says that the column's type holds whole numbers only: within a span of
    `WIDEST_INTEGER_SPAN` they get a cell each. All others get a numeric grid about their median: a
    float that happens to be whole so far (a dry week's rain) need not stay so.
    """
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return Grid("numeric")
    if whole and finite.max() - finite.min() <= WIDEST_INTEGER_SPAN:
        return Grid("integer")
    return Grid("numeric", centre=float(np.median(finite)))


def _decoded(keys: NDArray[np.int64], last: int) -> Floats:
    """The offset from the centre whose ordered bits are `key` followed by the 16 bits of `last`."""
    ordered = (keys.astype(np.uint32) << np.uint32(16)) | np.uint32(last)
    bits = np.where(ordered & _SIGN, ordered ^ _SIGN, ~ordered)
    finite = np.clip(bits.view(np.float32).astype(np.float64), -_LARGEST, _LARGEST)
    return np.asarray(finite)
