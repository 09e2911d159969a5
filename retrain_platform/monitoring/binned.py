"""The coarse bins of a drift score with their names, to look at and to compute it again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from retrain_platform.monitoring.reports import Bins
from retrain_platform.monitoring.ruler import Coarse, Counts, Floats, Ruler
from retrain_platform.stats.bins import category_order, quantile_edges


def binned(ruler: Ruler, reference: Counts, coarse: Coarse) -> Bins:
    """The bins of one pair, (bins,) a side, those left out that both leave empty; `reference` holds that pair only."""
    before, after = coarse
    names = [*(_ranges(ruler, reference) if ruler.numbers else _names(reference)), "missing"]
    used = np.flatnonzero(before + after)
    return Bins(
        labels=tuple(names[place] for place in used),
        reference=tuple(before[used].tolist()),
        current=tuple(after[used].tolist()),
    )


def _names(reference: Counts) -> list[str]:
    """A name for each bin of categories."""
    order, common = category_order(reference.cells)
    return [
        *(str(reference.keys[cell]) if own else "" for cell, own in zip(order[0], common[0], strict=True)),
        "others",
    ]


def _ranges(ruler: Ruler, reference: Counts) -> list[str]:
    """A name for each bin of numbers: the first and the last value that its cells stand for."""
    at = np.array([-np.inf, *ruler.positions(reference), np.inf])
    ends = [0, *quantile_edges(reference.ordered)[0], len(at)]
    return [_range(at[start:stop]) for start, stop in pairwise(ends)]


def _range(values: Floats) -> str:
    if len(values) == 0:
        return ""
    first, last = f"{values[0]:.5g}", f"{values[-1]:.5g}"
    if first == last:
        return first
    return f"under {last}" if first == "-inf" else f"over {first}" if last == "inf" else f"{first} to {last}"
