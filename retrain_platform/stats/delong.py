"""AUCs of several models on the same rows, with their covariance in closed form.

E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
characteristic curves: a nonparametric approach", Biometrics 44, 1988, by midranks as in X. Sun and W. Xu, "Fast
implementation of DeLong's algorithm", IEEE Signal Processing Letters 21, 2014: O(rows log rows) a model. Where
rows come in clusters (days, entities): N. Obuchowski, "Nonparametric analysis of clustered ROC curve
data", Biometrics 53, 1997. Ties count half.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.auc import placements
from retrain_platform.stats.intervals import Interval, t_quantile

Floats = NDArray[np.float64]


class Areas(NamedTuple):
    """AUCs, shape (models,), and their covariance, shape (models, models); nan where there is none."""

    values: Floats
    covariance: Floats


def delong(labels: Floats, scores: Floats) -> Areas:
    """`labels` are 0 or 1, shape (rows,), `scores` of shape (models, rows); rows are independent.

    AUCs are nan where a class has no rows, the covariance where one has fewer than 2.
    """
    positive = labels == 1
    placed = np.array([placements(labels, one) for one in scores])
    models = len(scores)
    if not 0 < positive.sum() < len(labels):
        return Areas(np.full(models, np.nan), np.full((models, models), np.nan))
    covariance = np.full((models, models), np.nan)
    if 1 < positive.sum() < len(labels) - 1:
        of_positives = np.cov(placed[:, positive]) / positive.sum()
        of_negatives = np.cov(placed[:, ~positive]) / (~positive).sum()
        covariance = (of_positives + of_negatives).reshape(models, models)
    return Areas(placed[:, positive].mean(axis=1), covariance)


def delong_paired(labels: Floats, a: Floats, b: Floats, confidence: float = 0.95) -> Interval:
    """How much greater the AUC of `a` is than that of `b` on the same independent rows, shape (rows,).

    Two-sided, normal; `groups` is the number of rows. nan as in `delong`. With days or entities
    as the unit: `intervals.linear_paired`, which for AUC is Obuchowski's.

    Raises:
        ValueError: `confidence` not within (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence == {confidence}, must be > 0 and < 1")
    areas = delong(labels, np.array([a, b]))
    value = float(areas.values[0] - areas.values[1])
    between = areas.covariance
    error = float(np.sqrt(max(between[0, 0] + between[1, 1] - 2 * between[0, 1], 0.0)))
    if np.isnan(between).any():
        return Interval(value, np.nan, np.nan, np.nan, len(labels), len(labels))
    reach = error * t_quantile((1 + confidence) / 2, np.inf)
    return Interval(value, value - reach, value + reach, error, len(labels), len(labels))
