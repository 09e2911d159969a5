"""How well one feature alone tells the label: one that tells nearly all of it was made from the label, or after it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.metrics import metric

Floats = NDArray[np.float64]
NEAR = 50
"""How many places apart two rows of a list are compared at most: all pairs of a long list would be too many."""


def tells(
    values: Floats,
    labels: Floats,
    of: Literal["class", "number", "order"],
    queries: NDArray[np.integer] | None = None,
) -> float:
    """The larger of what the known values tell and what their being missing (nan) tells, at most 1.

    Of classes the AUC, whichever way it points, of the class that is told best: .5 is chance. Of numbers Spearman's
    rank correlation, without its sign. Of the order of lists, which `queries` number, the share of the pairs of rows of
    one list and of different relevance that it puts in order, whichever way it points, a tie as a half; of rows that
    are at most `NEAR` places apart. A feature that tells nothing that can be counted has .5 or 0. Arrays of shape
    (rows,).

    Raises:
        ValueError: of the order of lists, without `queries`.
    """
    known = ~np.isnan(values)
    missing = (~known).astype(np.float64)
    if of == "order":
        if queries is None:
            raise ValueError("queries == None, must name each row's list")
        return max(_tells_order(values[known], labels[known], queries[known]), _tells_order(missing, labels, queries))
    each = _tells_class if of == "class" else _tells_number
    return max(each(values[known], labels[known]), each(missing, labels))


def told_by_category(codes: NDArray[np.intp], labels: Floats) -> Floats:
    """The mean label of each row's category, as the rows of the other half know it; nan where they know none.

    `codes` number the categories, -1 is missing. The halves are the even and the odd rows: with its own row in the
    mean, a category of one row would tell its label.
    """
    told = np.full(len(codes), np.nan)
    count = int(codes.max(initial=-1)) + 1
    even = np.arange(len(codes)) % 2 == 0
    for mine, others in ((even, ~even), (~even, even)):
        learned, asked = others & (codes >= 0), mine & (codes >= 0)
        rows = np.bincount(codes[learned], minlength=count)
        sums = np.bincount(codes[learned], labels[learned], count)
        means = np.divide(sums, rows, out=np.full(count, np.nan), where=rows > 0)
        told[asked] = means[codes[asked]]
    return told


def _tells_class(values: Floats, labels: Floats) -> float:
    classes = np.unique(labels)
    auc = metric("auc")
    found = [auc.compute((labels == one).astype(np.float64), values) for one in classes[-1:] if len(classes) == 2]
    found += [auc.compute((labels == one).astype(np.float64), values) for one in classes if len(classes) > 2]
    return max((max(one, 1 - one) for one in found if np.isfinite(one)), default=0.5)


def _tells_order(values: Floats, labels: Floats, queries: NDArray[np.integer]) -> float:
    order = np.argsort(queries, kind="stable")
    values, labels, queries = values[order], labels[order], queries[order]
    right, pairs = 0.0, 0
    for apart in range(1, NEAR + 1):
        together = queries[apart:] == queries[:-apart]
        if not together.any():  # then none that are farther apart are of one list either
            break
        turns = np.sign(labels[apart:] - labels[:-apart])[together]
        moves = np.sign(values[apart:] - values[:-apart])[together]
        pairs += int(np.count_nonzero(turns))
        right += float(((turns * moves + 1) / 2)[turns != 0].sum())
    return max(right, pairs - right) / pairs if pairs else 0.5


def _tells_number(values: Floats, labels: Floats) -> float:
    from scipy.stats import rankdata

    if len(values) < 3:
        return 0.0
    a, b = rankdata(values), rankdata(labels)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return abs(float((a * b).sum())) / size if size else 0.0
