"""The area under the ROC curve from ranks, whole and without each group, in O(rows log rows).

AUC is the share of (positive, negative) pairs that the scores order rightly, a tie counting half:
Mann and Whitney (1947), "On a test of whether one of two random variables is stochastically larger".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def auc(labels: Floats, scores: Floats, weights: Floats | None = None) -> float:
    """AUC of 0/1 `labels`, each row counting `weights` (1); nan where a class has no weight."""
    if len(labels) == 0:
        return float("nan")
    weight = np.ones_like(labels) if weights is None else weights
    order = np.argsort(scores, kind="stable")
    starts = _starts(scores[order])
    positive, negative = (labels * weight)[order], ((1 - labels) * weight)[order]
    pairs = positive.sum() * negative.sum()
    return float((positive * _below(negative, starts)).sum() / pairs) if pairs > 0 else float("nan")


def auc_without_each(labels: Floats, scores: Floats, groups: NDArray[np.intp], count: int) -> Floats:
    """AUC without the rows of group 0, 1, ... `count` - 1; nan where that leaves one class.

    The pairs won are counted once for each pair of groups' margins: leaving a group out takes
    away those in which it gave the positive or the negative, and gives back those within it.
    """
    order = np.argsort(scores, kind="stable")
    ranked, group = scores[order], groups[order]
    positive = labels[order]
    negative = 1 - positive
    starts = _starts(ranked)
    below, above = _below(negative, starts), positive.sum() - _below(positive, starts)
    as_positive = np.bincount(group, positive * below, count)
    as_negative = np.bincount(group, negative * above, count)
    won = as_positive.sum() - as_positive - as_negative + _won_within(ranked, positive, group, count)
    positives, negatives = np.bincount(group, positive, count), np.bincount(group, negative, count)
    pairs = (positives.sum() - positives) * (negatives.sum() - negatives)
    areas: Floats = np.divide(won, pairs, out=np.full(count, np.nan), where=pairs > 0)
    return areas


def placements(labels: Floats, scores: Floats) -> Floats:
    """For each row, the share of the other class's rows that are on the right side of it, a tie counting
    half, shape (rows,); the mean over either class is AUC. nan where a class has no rows.
    """
    order = np.argsort(scores, kind="stable")
    starts = _starts(scores[order])
    positive = labels[order]
    negative = 1 - positive
    right = np.where(positive == 1, _below(negative, starts), positive.sum() - _below(positive, starts))
    others = np.where(positive == 1, negative.sum(), positive.sum())
    placed = np.empty(len(labels))
    placed[order] = np.divide(right, others, out=np.full(len(labels), np.nan), where=others > 0)
    return placed


def auc_influence(labels: Floats, scores: Floats) -> Floats:
    """Each row's first-order effect on AUC, shape (rows,): its placement less AUC, over the rows of its class."""
    placed = placements(labels, scores)
    area = placed[labels == 1].mean() if (labels == 1).any() else np.nan
    influence: Floats = (placed - area) / np.where(labels == 1, labels.sum(), (1 - labels).sum())
    return influence


def _won_within(ranked: Floats, positive: Floats, group: NDArray[np.intp], count: int) -> Floats:
    """For each group, its own pairs won. `ranked` are the scores in order, as are the others."""
    by_group = np.argsort(group.astype(np.min_scalar_type(count)), kind="stable")
    ranked, positive, group = ranked[by_group], positive[by_group], group[by_group]
    negative = 1 - positive
    earlier = np.cumsum(np.bincount(group, negative, count)) - np.bincount(group, negative, count)
    below = _below(negative, _starts(ranked, group)) - earlier[group]
    return np.bincount(group, positive * below, count).astype(np.float64)


def _starts(*keys: NDArray[np.float64] | NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each run of rows begins that are equal in every one of the sorted `keys`."""
    new = np.zeros(len(keys[0]), dtype=bool)
    new[0] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)


def _below(weight: Floats, starts: NDArray[np.intp]) -> Floats:
    """For each row, the weight of earlier runs and half that of its own."""
    runs = np.add.reduceat(weight, starts)
    return np.repeat(np.cumsum(runs) - runs / 2, np.diff(starts, append=len(weight)))
