"""The coarse bins of a drift score with their names, to look at and to compute it again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.ruler import Counts, Floats, Ruler
from retrain_platform.stats.bins import category_order, quantile_edges
from retrain_platform.stats.column import ColumnProfile

Spell = Callable[[float], str]
"""Says a column's number as people write it."""


def plainly(value: float) -> str:
    """Four digits that matter, whole numbers from 1,000 to a million.

    >>> plainly(0.123456), plainly(12345.6), plainly(2.5e7)
    ('0.1235', '12,346', '2.5e+07')
    """
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e6 else f"{value:.4g}"


class Bins(Record):
    """The bins that PSI, JS, KL, Hellinger and chi-squared were computed over, with both sides' rows in each."""

    labels: tuple[str, ...]
    reference: tuple[int, ...]
    current: tuple[int, ...]


def binned(reference: ColumnProfile, current: ColumnProfile, spell: Spell = plainly) -> Bins:
    """The bins in which two profiles of a column are compared, those left out that both leave empty.

    Raises:
        ValueError: their grids differ.
    """
    ruler, both = Ruler.of(reference), Counts.of([reference, current])
    before, after = both.part(0, 1), both.part(1, 2)
    sides = [side[0] for side in ruler.coarse(before, after)]
    names = [*(_ranges(ruler, before, spell) if ruler.numbers else _names(before)), "missing"]
    used = np.flatnonzero(sides[0] + sides[1])
    return Bins(
        labels=tuple(names[place] for place in used),
        reference=tuple(sides[0][used].tolist()),
        current=tuple(sides[1][used].tolist()),
    )


def _names(reference: Counts) -> list[str]:
    """A name for each bin of categories."""
    order, common = category_order(reference.cells)
    return [
        *(str(reference.keys[cell]) if own else "" for cell, own in zip(order[0], common[0], strict=True)),
        "others",
    ]


def _ranges(ruler: Ruler, reference: Counts, spell: Spell) -> list[str]:
    """A name for each bin of numbers: the first and the last value that its cells stand for."""
    at = np.array([-np.inf, *ruler.positions(reference), np.inf])
    ends = [0, *quantile_edges(reference.ordered)[0], len(at)]
    return [_range(at[start:stop], spell) for start, stop in pairwise(ends)]


def _range(values: Floats, spell: Spell) -> str:
    if len(values) == 0:
        return ""
    if np.isinf(values[0]) or np.isinf(values[-1]):
        return f"over {spell(values[0])}" if np.isinf(values[-1]) else f"under {spell(values[-1])}"
    first, last = spell(values[0]), spell(values[-1])
    return first if first == last else f"{first} to {last}"
