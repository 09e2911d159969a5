"""Coarse bins for distances, made from a reference as sums of its cells, for many pairs at once.

A pair is a row of `reference` and the same row of `current`: counts in the same cells, of shape
(pairs, cells). Each pair has bins of its own reference, so that a period compared with the other
periods is binned just as a new one compared with all of them. Bins may be empty on both sides: the
distances leave those out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MOST_CATEGORIES = 50
LEAST_SHARE = 0.005
LEAST_ROWS = 5
"""At most so many categories, each with at least this share and these rows of the reference, have a
bin of their own. The rest, and those never seen, share one: of many rare ones, the most frequent are
so by chance, and would seem to drift back."""


def quantile_counts(reference: Ints, current: Ints, n: int = 10) -> tuple[Ints, Ints]:
    """Both sides in `n` bins with about equal shares of the reference, and in what lies outside its range.

    Cells are in order. The result has shape (pairs, n + 2): the first bin is below the least cell
    that the reference uses, the last above its greatest. A frequent value fills the bins that its
    share is worth, and all but one of those are empty.

    Raises:
        ValueError: `n` under 1.
    """
    edges = quantile_edges(reference, n)
    return _between(reference, edges), _between(current, edges)


def quantile_edges(reference: Ints, n: int = 10) -> NDArray[np.intp]:
    """How many cells lie before each bin of `quantile_counts` but the first: shape (pairs, n + 1).

    Raises:
        ValueError: `n` under 1.
    """
    if n < 1:
        raise ValueError(f"n == {n}, must be >= 1")
    return np.stack([_edges(reached, n) for reached in np.cumsum(reference, axis=1)])


def category_counts(reference: Ints, current: Ints) -> tuple[Ints, Ints]:
    """Both sides in a bin for each of the reference's frequent categories, and in one for all others.

    See `MOST_CATEGORIES`; of equally frequent ones the first cell is taken. The last bin is the others'.
    """
    order, common = category_order(reference)
    return _picked(reference, order, common), _picked(current, order, common)


def category_order(reference: Ints) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The cells in the order of the bins of `category_counts`, and which have a bin of their own: (pairs, bins)."""
    order = np.argsort(-reference, axis=1, kind="stable")[:, :MOST_CATEGORIES]
    least = np.maximum(LEAST_SHARE * reference.sum(axis=1, keepdims=True), LEAST_ROWS)
    return order, np.take_along_axis(reference, order, axis=1) >= least


def _edges(reached: Ints, n: int) -> NDArray[np.intp]:
    """How many cells lie before each bin but the first; `reached` is cumulative."""
    below = np.searchsorted(reached, 0, side="right")
    within = np.searchsorted(reached, reached[-1] * np.arange(1, n + 1) / n, side="left") + 1
    return np.maximum([below, *within], below)


def _between(counts: Ints, edges: NDArray[np.intp]) -> Ints:
    reached = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1)
    return np.diff(np.take_along_axis(reached, edges, axis=1), axis=1, prepend=0, append=reached[:, -1:])


def _picked(counts: Ints, order: NDArray[np.intp], common: NDArray[np.bool_]) -> Ints:
    own = np.where(common, np.take_along_axis(counts, order, axis=1), 0)
    return np.column_stack([own, counts.sum(axis=1) - own.sum(axis=1)])
