"""Which grid suits a column of numbers, from a sample of its values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.grid import FINEST, TOPS, Floats, Grid, ordered_places

FARTHEST_INTEGER = 2**53
"""Whole numbers beyond it, on either side, are not told apart once some are missing: they are then read as floats."""

WIDEST_INTEGER_SPAN = 10_000
"""Whole numbers that range wider than this are counted as numeric, not each in its own cell."""

SAMPLE = 1 << 14
"""So many of the values, evenly spread over those given, are looked at."""

CROWDED = 1 / 2048
"""A cell of several values that holds a larger share of the sample is cut."""

_MOST_EXTRA_CELLS = 1 << 18
"""So many cells, at most, come from cutting; the fullest are cut first."""

_FEWEST_IN_CROWD = 6
_COMFORTABLE = (1e-30, 1e30)
"""Spreads that float32 holds as they are, with room on both sides."""


def choose_numbers(values: Floats, whole: bool) -> Grid:
    """The grid for a column of numbers, from some of its `values` (nan and infinities are ignored).

    `whole` says that the column's type holds whole numbers only: within a span of
    `WIDEST_INTEGER_SPAN`, and none beyond `FARTHEST_INTEGER`, they get a cell each. All others get a
    numeric grid about their median, or about what crowds far from it: a float that happens to be whole
    so far (a dry week's rain) need not stay so.
    """
    finite = values[np.isfinite(values)]
    if len(finite) == 0:
        return Grid("numeric")
    if whole and np.ptp(finite) <= WIDEST_INTEGER_SPAN and np.abs(finite).max() <= FARTHEST_INTEGER:
        return Grid("integer", centre=float(round(_middle(finite))))
    sample = np.sort(finite[:: max(1, len(finite) // SAMPLE)])
    grid = _about(float(sample[len(sample) // 2]), sample)
    crowd = _fullest(grid, sample)
    if len(crowd) > _least_crowd(sample):  # values far from the median, and near each other
        other = _about(float(crowd[len(crowd) // 2]), sample)
        return other if len(_fullest(other, sample)) < len(crowd) else grid
    return grid


def _about(centre: float, sample: Floats) -> Grid:
    """The numeric grid about a centre, cut where the sorted `sample` is crowded."""
    return _cut(Grid("numeric", centre, _scale(sample, centre), repeats=_repeats(sample)), sample)


def _fullest(grid: Grid, sample: Floats) -> Floats:
    """Of the sorted `sample`, the values in the fullest of the cells that hold several; empty if none does."""
    starts = np.flatnonzero(np.diff(grid.keys(sample), prepend=-1))
    stops = np.append(starts[1:], len(sample))
    held = np.where(sample[starts] != sample[stops - 1], stops - starts, 0)
    fullest = int(held.argmax())
    return sample[starts[fullest] :][: held[fullest]]


def _least_crowd(sample: Floats) -> float:
    return max(_FEWEST_IN_CROWD, CROWDED * len(sample))


def _cut(grid: Grid, sample: Floats) -> Grid:
    """The numeric `grid`, cut where the sorted `sample` crowds several values into one cell."""
    crowd = _least_crowd(sample)
    places = ordered_places(grid, sample).astype(np.int64)
    distinct = np.diff(sample, prepend=np.nan) != 0
    bits, mass = np.zeros(TOPS, dtype=np.int64), np.zeros(TOPS, dtype=np.int64)
    for cut in range(0, FINEST + 1, 2):
        full, held = _crowded(places >> (FINEST - cut), distinct, crowd)
        if len(full) == 0:
            break
        tops, first = np.unique(full >> cut, return_index=True)
        mass[tops] = np.where(bits[tops] == 0, held[first], mass[tops])
        bits[tops] = min(cut + 2, FINEST)
    return Grid(grid.kind, grid.centre, grid.scale, _affordable(bits, mass), grid.repeats)


def _crowded(
    cells: NDArray[np.int64], distinct: NDArray[np.bool_], crowd: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The cells that hold more rows than `crowd` and more than one value, and their rows; all sorted."""
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    held = np.diff(starts, append=len(cells))
    values = np.add.reduceat(distinct.astype(np.int64), starts)
    full = (held > crowd) & (values > 1)
    return cells[starts][full], held[full]


def _affordable(bits: NDArray[np.int64], mass: NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """The cuts, fullest first, as far as `_MOST_EXTRA_CELLS` go; sorted by top."""
    tops = np.flatnonzero(bits)
    if int((1 << bits[tops]).sum()) <= _MOST_EXTRA_CELLS:
        return tuple(zip(tops.tolist(), bits[tops].tolist(), strict=True))
    left, kept = _MOST_EXTRA_CELLS, []
    for top in tops[np.argsort(-mass[tops], kind="stable")].tolist():
        cut = min(int(bits[top]), left.bit_length() - 1)
        if cut > 0:
            kept.append((top, cut))
            left -= 1 << cut
    return tuple(sorted(kept))


def _scale(sample: Floats, centre: float) -> float:
    """The power of two that brings the usual distance from the centre near 1; 1 where float32 holds it as it is."""
    with np.errstate(over="ignore"):
        distances = np.abs(sample - centre)
    spread = _middle(distances[distances > 0]) if (distances > 0).any() else 1.0
    if _COMFORTABLE[0] < spread < _COMFORTABLE[1]:
        return 1.0
    return float(2.0 ** -np.clip(np.round(np.log2(min(spread, 1e308))), -1000, 1000))


def _middle(values: Floats) -> float:
    """Of an even number of values, the upper one of the two in the middle: for a centre, either will do."""
    return float(np.partition(values, len(values) // 2)[len(values) // 2])


def _repeats(sample: Floats) -> bool:
    """Whether a sorted sample holds values more than once, by more than a rare coincidence."""
    return bool((np.diff(sample) == 0).mean() > 0.01) if len(sample) > 1 else True
