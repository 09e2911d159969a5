"""Metrics of P(class) against the class: labels are whole numbers from 0, scores of shape (rows, classes).

A row is called the class of its greatest score, the first of equal ones. The macro metrics are plain
means over the classes that occur among labels or calls; a class of them that was never called has a
precision of 0, one that never was a recall of 0, as in scikit-learn (`average="macro"`,
`zero_division=0`). `macro_auc` is the mean AUC of each class against the rest (D. Hand and R. Till, "A
simple generalisation of the area under the ROC curve", Machine Learning 45, 2001, call it the
one-against-rest approach); nan where a class has no row or all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.auc import auc, auc_influence, auc_without_each
from retrain_platform.stats.bootstrap_auc import auc_recounted
from retrain_platform.stats.metrics.base import Floats, Metric, Recount, Rows
from retrain_platform.stats.metrics.sums import RATIO, BySums, Finish, FromSums


def _cross_entropy(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    tiny = np.finfo(np.float64).eps
    chance = scores[np.arange(len(labels)), labels.astype(np.intp)]
    return -np.log(np.clip(chance, tiny, 1 - tiny)), np.ones_like(labels)


def _hits(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return (scores.argmax(axis=1) == labels).astype(np.float64), np.ones_like(labels)


CROSS_ENTROPY = FromSums(_cross_entropy, RATIO)
HITS = FromSums(_hits, RATIO)


@dataclass(frozen=True)
class FromConfusion(BySums):
    """A macro metric. The sums are hits, calls and rows of each class: shape (3 * classes, groups)."""

    end: Finish

    @property
    def finish(self) -> Finish:
        """See `BySums`."""
        return self.end

    def sums(self, rows: Rows, weights: Floats | None, groups: NDArray[np.intp], count: int) -> Floats:
        """See `BySums`."""
        actual, called, classes = _classes(rows)
        weight = np.ones(len(actual)) if weights is None else weights
        parts = [(actual, weight * (actual == called)), (called, weight), (actual, weight)]
        counted = [np.bincount(of * count + groups, part, classes * count) for of, part in parts]
        return np.concatenate([part.reshape(classes, count) for part in counted])

    def weighed(self, rows: Rows, slopes: Floats) -> Floats:
        """See `BySums`."""
        actual, called, classes = _classes(rows)
        hit, call, row = slopes.reshape(3, classes)
        effect: Floats = hit[actual] * (actual == called) + call[called] + row[actual]
        return effect


def _classes(rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Each row's class and the class that it is called, and how many classes there are."""
    return rows.labels.astype(np.intp), rows.scores.argmax(axis=1), rows.scores.shape[1]


def _macro(denominator: Callable[[Floats, Floats], Floats], by_calls: float, by_rows: float) -> FromConfusion:
    """Hits over `denominator` of calls and rows, whose gradient is (`by_calls`, `by_rows`), averaged over classes."""

    def parts(sums: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        hits, calls, rows = sums.reshape(3, -1, sums.shape[1])
        below = denominator(calls, rows)
        share = np.divide(hits, below, out=np.zeros_like(hits), where=below > 0)
        return share, below, calls + rows > 0

    def of(sums: Floats) -> Floats:
        share, _, occurs = parts(sums)
        known = occurs.sum(axis=0)
        mean: Floats = np.divide(share.sum(axis=0), known, out=np.full(sums.shape[1], np.nan), where=known > 0)
        return mean

    def slopes(sums: Floats) -> Floats:
        share, below, occurs = parts(sums[:, None])
        share, below = share[:, 0], below[:, 0]
        one = np.divide(1.0, below, out=np.zeros_like(below), where=below > 0) / occurs.sum()
        return np.concatenate([one, -share * one * by_calls, -share * one * by_rows])

    return FromConfusion(Finish(of, slopes))


class OneVersusRest:
    """The mean over classes of the AUC of each against the rest."""

    def value(self, rows: Rows, weights: Floats | None) -> float:
        """See `Measure`."""
        return float(np.mean([auc(labels, scores, weights) for labels, scores in _each(rows)]))

    def without_each(self, rows: Rows, groups: NDArray[np.intp], count: int) -> Floats:
        """See `Measure`."""
        return _mean([auc_without_each(labels, scores, groups, count) for labels, scores in _each(rows)])

    def recounted(self, rows: Rows, units: NDArray[np.intp], count: int) -> Recount:
        """See `Measure`."""
        each = [auc_recounted(labels, scores, units, count) for labels, scores in _each(rows)]
        return lambda draws: _mean([recount(draws) for recount in each])

    def influence(self, rows: Rows) -> Floats:
        """See `Measure`."""
        return _mean([auc_influence(labels, scores) for labels, scores in _each(rows)])


def _mean(of_classes: list[Floats]) -> Floats:
    mean: Floats = np.mean(of_classes, axis=0)
    return mean


def _each(rows: Rows) -> list[tuple[Floats, Floats]]:
    """For each class, 1 for its rows and 0 for the others, and its scores."""
    return [((rows.labels == c).astype(np.float64), scores) for c, scores in enumerate(rows.scores.T)]


MULTICLASS = (
    Metric("macro_auc", {"multiclass": OneVersusRest()}, True),
    Metric("macro_precision", {"multiclass": _macro(lambda calls, _: calls, 1, 0)}, True),
    Metric("macro_recall", {"multiclass": _macro(lambda _, rows: rows, 0, 1)}, True),
    Metric("macro_f1", {"multiclass": _macro(lambda calls, rows: (calls + rows) / 2, 0.5, 0.5)}, True),
)
"""`accuracy` and `log_loss`, which suit binary labels too, stand with those."""
