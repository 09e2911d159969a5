"""Metrics without labels: what they are expected to be, given what labels or errors come with a score.

Rows are counted in bins of the score. Binary: the chance of a positive in each bin gives each
metric's expectation (J. Guillory and others, and NannyML, call it confidence-based estimation), with
chances that are calibrated first: isotonic regression by pooling adjacent violators (M. Ayer and
others, Annals of Mathematical Statistics 26, 1955). Regression: the mean absolute and squared
error of each bin. Both assume that the relation of score and label stands: a changed concept is
what they cannot see, and why they are checked.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pooled(values: Floats, weights: Floats) -> Floats:
    """The nondecreasing numbers nearest to `values` by weighted squares, shape (n,); weights over 0."""
    means: list[float] = []
    masses: list[float] = []
    widths: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, width = value, weight, 1
        while means and means[-1] >= mean:
            mass += masses[-1]
            mean += (means.pop() - mean) * masses.pop() / mass
            width += widths.pop()
        means.append(mean)
        masses.append(mass)
        widths.append(width)
    return np.repeat(means, widths)


def calibrated(rows: Floats, positives: Floats) -> Floats:
    """The chance of a positive in each bin, shape (bins,), never falling; between bins without rows interpolated.

    nan everywhere where no bin has rows.
    """
    held = np.flatnonzero(rows > 0)
    if not len(held):
        return np.full(len(rows), np.nan)
    chances = pooled(positives[held] / rows[held], rows[held])
    filled: Floats = np.interp(np.arange(len(rows)), held, chances)
    return filled


def _auc(rows: Floats, positives: Floats, score: Floats) -> float:
    negatives = rows - positives
    below = np.cumsum(negatives) - negatives / 2
    return float((positives * below).sum() / (positives.sum() * negatives.sum()))


def _log_loss(rows: Floats, positives: Floats, score: Floats) -> float:
    chance = np.clip(score, 1e-12, 1 - 1e-12)
    return float(-(positives * np.log(chance) + (rows - positives) * np.log1p(-chance)).sum() / rows.sum())


def _brier(rows: Floats, positives: Floats, score: Floats) -> float:
    return float((positives * (1 - score) ** 2 + (rows - positives) * score**2).sum() / rows.sum())


def _accuracy(rows: Floats, positives: Floats, score: Floats) -> float:
    return float(np.where(score >= 0.5, positives, rows - positives).sum() / rows.sum())


def _precision(rows: Floats, positives: Floats, score: Floats) -> float:
    called = score >= 0.5
    return float(positives[called].sum() / rows[called].sum())


def _recall(rows: Floats, positives: Floats, score: Floats) -> float:
    return float(positives[score >= 0.5].sum() / positives.sum())


def _f1(rows: Floats, positives: Floats, score: Floats) -> float:
    called = score >= 0.5
    return float(2 * positives[called].sum() / (rows[called].sum() + positives.sum()))


BINARY: dict[str, Callable[[Floats, Floats, Floats], float]] = {
    "auc": _auc,
    "log_loss": _log_loss,
    "brier": _brier,
    "accuracy": _accuracy,
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
}
"""A metric from its bins in the order of the score: rows, (expected) positives, mean score; each of shape (bins,)."""

REGRESSION: dict[str, Callable[[Floats, Floats, Floats], float]] = {
    "mae": lambda rows, absolute, squared: float(absolute.sum() / rows.sum()),
    "rmse": lambda rows, absolute, squared: float(np.sqrt(squared.sum() / rows.sum())),
}
"""A metric from its bins: rows, the (expected) sums of absolute and of squared errors."""


def by_bin(rows: Floats, totals: Floats) -> Floats:
    """The mean of each bin, shape (bins,); the mean of all where a bin has no rows."""
    overall = totals.sum() / rows.sum()
    means: Floats = np.divide(totals, rows, out=np.full(len(rows), overall), where=rows > 0)
    return means
