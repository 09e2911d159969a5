"""Which of two arms is slower, from counts of latencies by cell and stratum of time.

A call is *slow* when it lies beyond a cut: the quantile of both arms together in the strata before. The cut is known
before the stratum begins, so that being slow is a hit like any other, and what slows both arms down at once makes both
slow. Whether an arm is slower by a margin is asked of its latencies divided by the margin: whole cells to the left.
"""

from __future__ import annotations

import numpy as np

from retrain_platform.stats.evidence import Counts
from retrain_platform.stats.two_arms import Arms

_LOOKS_BACK = 360
"""The strata that make a cut."""
_LEAST = 50
"""So many calls before make a cut; earlier strata say nothing."""


def slow_calls(own: Counts, others: Counts, quantile: float, shift: int = 0) -> Arms:
    """Calls beyond the cut at `quantile` in each stratum; counts of shape (strata, cells), `own` moved left by `shift`.

    A stratum without a cut has no calls.
    """
    moved = np.zeros_like(own)
    width = own.shape[1]
    moved[:, : max(width - shift, 0)] = own[:, shift:]
    moved[:, 0] += own[:, :shift].sum(axis=1)
    cut, there = _cuts(moved + others, quantile)
    beyond = (np.arange(width)[None, :] > cut[:, None]) & there[:, None]
    sides = []
    for table in (moved, others):
        sides += [(table * beyond).sum(axis=1).astype(np.float64), table.sum(axis=1) * there.astype(np.float64)]
    return Arms(*sides)


def _cuts(both: Counts, quantile: float) -> tuple[Counts, np.ndarray]:
    """The cell of the quantile of the strata before each, and whether there were calls enough to tell."""
    total = np.concatenate([np.zeros_like(both[:1]), np.cumsum(both, axis=0)])
    strata = np.arange(len(both))
    before = total[strata] - total[np.maximum(strata - _LOOKS_BACK, 0)]
    reached = np.cumsum(before, axis=1)
    count = reached[:, -1]
    cut: Counts = (reached < quantile * count[:, None]).sum(axis=1)
    return cut, count >= _LEAST


def quantile_cell(counts: Counts, quantile: float) -> int | None:
    """The cell that holds the quantile of calls by cell, shape (cells,); None without calls."""
    reached = np.cumsum(counts)
    if not len(reached) or not reached[-1]:
        return None
    return int((reached < quantile * reached[-1]).sum())
