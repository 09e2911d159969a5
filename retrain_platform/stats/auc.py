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
    """AUC without the rows of group 0, 1, ... `count` - 1; nan where that leaves one class."""
    _, without = auc_in_parts(labels, scores, np.zeros(len(labels), dtype=np.intp), 1, groups, count)
    return without.reshape(count)


def auc_in_parts(
    labels: Floats,
    scores: Floats,
    parts: NDArray[np.intp],
    places: int,
    groups: NDArray[np.intp],
    count: int,
) -> tuple[Floats, Floats]:
    """AUC of the rows of each part, shape (places,), and the same without each group, (places, count).

    nan where a class has no rows. The pairs won are counted once for each pair of groups' margins: leaving a group out
    takes away those in which it gave the positive or the negative, and gives back those within it. Scores are sorted
    once; pairs won are whole and half numbers, so that no order of adding them up changes a digit.
    """
    order = np.argsort(scores, kind="stable")
    order = order[np.argsort(parts[order].astype(np.min_scalar_type(places)), kind="stable")]
    ranked, part, positive = scores[order], parts[order], labels[order]
    negative, cell = 1 - positive, part * count + groups[order]
    starts = _starts(ranked, part)

    def by_cell(weight: Floats) -> Floats:
        return np.bincount(cell, weight, places * count).reshape(places, count).astype(np.float64)

    positives, negatives = by_cell(positive), by_cell(negative)
    all_positive, all_negative = positives.sum(axis=1), negatives.sum(axis=1)
    below = _below(negative, starts) - (np.cumsum(all_negative) - all_negative)[part]
    above = np.cumsum(all_positive)[part] - _below(positive, starts)
    as_positive, as_negative = by_cell(positive * below), by_cell(negative * above)
    all_won = as_positive.sum(axis=1)
    within = _won_within(ranked, positive, cell, places * count).reshape(places, count)
    won = all_won[:, None] - as_positive - as_negative + within
    pairs = (all_positive[:, None] - positives) * (all_negative[:, None] - negatives)
    return _shares(all_won, all_positive * all_negative), _shares(won, pairs)


def _shares(won: Floats, pairs: Floats) -> Floats:
    areas: Floats = np.divide(won, pairs, out=np.full(pairs.shape, np.nan), where=pairs > 0)
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
