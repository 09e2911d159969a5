"""Metrics of P(label = 1) against 0/1 labels. A score of .5 or more calls the row positive."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.auc import auc, auc_in_parts, auc_influence, auc_without_each
from retrain_platform.stats.bootstrap_auc import auc_recounted
from retrain_platform.stats.metrics.base import Floats, Metric, Recount, Rows
from retrain_platform.stats.metrics.multiclass import CROSS_ENTROPY, HITS
from retrain_platform.stats.metrics.sums import RATIO, FromSums


class FromRanks:
    """AUC: not a function of sums, but of pairs won between groups."""

    def value(self, rows: Rows, weights: Floats | None) -> float:
        """See `Measure`."""
        return auc(rows.labels, rows.scores, weights)

    def without_each(self, rows: Rows, groups: NDArray[np.intp], count: int) -> Floats:
        """See `Measure`."""
        return auc_without_each(rows.labels, rows.scores, groups, count)

    def in_parts(
        self, rows: Rows, parts: NDArray[np.intp], places: int, groups: NDArray[np.intp], count: int
    ) -> tuple[Floats, Floats]:
        """See `InParts`."""
        return auc_in_parts(rows.labels, rows.scores, parts, places, groups, count)

    def recounted(self, rows: Rows, units: NDArray[np.intp], count: int) -> Recount:
        """See `Measure`."""
        return auc_recounted(rows.labels, rows.scores, units, count)

    def influence(self, rows: Rows) -> Floats:
        """See `Measure`."""
        return auc_influence(rows.labels, rows.scores)


def _cross_entropy(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    tiny = np.finfo(np.float64).eps  # scikit-learn's clip: a certain miss costs 36, not infinity
    chance = np.clip(scores, tiny, 1 - tiny)
    return -(labels * np.log(chance) + (1 - labels) * np.log1p(-chance)), np.ones_like(labels)


def _squares(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return (labels - scores) ** 2, np.ones_like(labels)


def _hits(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return ((scores >= 0.5) == (labels == 1)).astype(np.float64), np.ones_like(labels)


def _found(denominator: Callable[[Floats, Floats], Floats]) -> FromSums:
    """True positives over a mean of the called and the actual positives."""

    def terms(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
        called = (scores >= 0.5).astype(np.float64)
        return called * labels, denominator(called, labels)

    return FromSums(terms, RATIO)


BINARY = (
    Metric("auc", {"binary": FromRanks()}, True),
    Metric("log_loss", {"binary": FromSums(_cross_entropy, RATIO), "multiclass": CROSS_ENTROPY}, False, high=math.inf),
    Metric("brier", {"binary": FromSums(_squares, RATIO)}, False),
    Metric("accuracy", {"binary": FromSums(_hits, RATIO), "multiclass": HITS}, True),
    Metric("precision", {"binary": _found(lambda called, _: called)}, True),
    Metric("recall", {"binary": _found(lambda _, actual: actual)}, True),
    Metric("f1", {"binary": _found(lambda called, actual: (called + actual) / 2)}, True),
)
