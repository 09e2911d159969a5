"""AUC of rows that are drawn again: sorted once, then a few passes or one small matrix product a resample.

With few units (days) the pairs won are counted once between every two units, W[g, h] by positives of g over
negatives of h; a resample that draws them c times wins c' W c pairs of the (c' P)(c' N) that there are. With
many (entities, rows) a resample is a cumulative sum of one class's draws, read at the rows of the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Recount = Callable[[NDArray[np.integer]], Floats]

MATRIX_OF = 512
"""Up to so many units the matrix of pairs won costs less than a pass over the rows for each of 1000 resamples."""


def auc_recounted(labels: Floats, scores: Floats, units: Ints, count: int) -> Recount:
    """AUC as a function of how often each unit is drawn, shape (resamples, count) to (resamples,).

    Exact, ties counting half; nan for a resample of one class. `labels` are 0 or 1; arrays of shape (rows,).
    """
    return _by_pairs(labels, scores, units, count) if count <= MATRIX_OF else _by_rows(labels, scores, units)


def _sides(labels: Floats, scores: Floats, units: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """The units of the negatives and of the positives by rising score, and for each positive how
    many negatives score less, and how many less or the same.
    """
    order = np.argsort(scores, kind="stable")
    positive = labels[order] == 1
    ranked, unit = scores[order], units[order]
    under = np.searchsorted(ranked[~positive], ranked[positive], "left")
    upto = np.searchsorted(ranked[~positive], ranked[positive], "right")
    return unit[~positive], unit[positive], under, upto


def _by_pairs(labels: Floats, scores: Floats, units: Ints, count: int) -> Recount:
    negative, positive, under, upto = _sides(labels, scores, units)
    won = np.zeros((count, count))
    passed = np.zeros(len(negative) + 1)
    for unit in range(count):
        np.cumsum(negative == unit, out=passed[1:])
        won[:, unit] = np.bincount(positive, (passed[under] + passed[upto]) / 2, count)
    positives, negatives = np.bincount(positive, minlength=count), np.bincount(negative, minlength=count)

    def recount(draws: NDArray[np.integer]) -> Floats:
        drawn = draws.astype(np.float64)
        return _share(((drawn @ won) * drawn).sum(axis=1), (drawn @ positives) * (drawn @ negatives))

    return recount


def _by_rows(labels: Floats, scores: Floats, units: Ints) -> Recount:
    if labels.sum() < len(labels) / 2:  # adding up costs most: of the rarer class; mirrored, AUC is the same
        labels, scores = 1 - labels, -scores
    negative, positive, under, upto = _sides(labels, scores, units)
    tied = not np.array_equal(under, upto)
    passed = np.zeros(len(negative) + 1, dtype=np.int64)

    def recount(draws: NDArray[np.integer]) -> Floats:
        won, pairs = np.empty(len(draws)), np.empty(len(draws))
        for resample, drawn in enumerate(draws):
            np.cumsum(drawn.take(negative), out=passed[1:])
            weight = drawn.take(positive)
            below = passed.take(under)
            won[resample] = np.dot(weight, below + passed.take(upto)) / 2 if tied else np.dot(weight, below)
            pairs[resample] = float(weight.sum(dtype=np.int64)) * float(passed[-1])
        return _share(won, pairs)

    return recount


def _share(won: Floats, pairs: Floats) -> Floats:
    share: Floats = np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return share
