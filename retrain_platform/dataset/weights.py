"""How much a row counts: by its age and by how rare its class is; and scores put back to the true shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Balance = Literal["none", "weights", "undersample"]
"""How classes of unequal size are made to count alike: not at all, by weights, by leaving out rows of the larger."""

Factors = dict[str, float]
"""By how much each class, by its name ('0' and '1' of a binary label), was made to count more than it does."""


def age_weights(times: pd.Series[pd.Timestamp], half_life: timedelta) -> NDArray[np.float64]:
    """0.5 ** (age / half_life), the age counted from the newest of the times: that one weighs 1."""
    ages = (times.max() - times).to_numpy(dtype="timedelta64[ns]").astype(np.float64)
    weights: NDArray[np.float64] = 0.5 ** (ages / (half_life / timedelta(microseconds=1) * 1000))
    return weights


def class_factors(labels: NDArray[Any], weights: NDArray[np.float64] | None = None) -> Factors:
    """What makes the classes weigh alike, and all rows together as much as before: W / (K W_c).

    W is the sum of the weights (1 a row unless given), W_c that of a class, K the number of classes.
    """
    classes, places = np.unique(labels, return_inverse=True)
    sums = np.bincount(places, weights=weights, minlength=len(classes))
    return dict(zip(_names(classes), (sums.sum() / (len(classes) * sums)).tolist(), strict=True))


def undersampled(labels: NDArray[Any], drawn: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows stay: of each class as many as the rarest has, those with the smallest draws."""
    classes, sizes = np.unique(labels, return_counts=True)
    kept = np.zeros(len(labels), dtype=bool)
    for value in classes:
        places = np.flatnonzero(labels == value)
        kept[places[np.argsort(drawn[places], kind="stable")[: sizes.min()]]] = True
    return kept


def kept_factors(labels: NDArray[Any]) -> Factors:
    """The share of each class that `undersampled` keeps: leaving out half of a class is halving its weight."""
    classes, sizes = np.unique(labels, return_counts=True)
    return dict(zip(_names(classes), (sizes.min() / sizes).tolist(), strict=True))


def factors_of_rows(labels: NDArray[Any], factors: Factors) -> NDArray[np.float64]:
    """Each row's factor: that of its label; 1 for a label that has none."""
    classes, places = np.unique(labels, return_inverse=True)
    found: NDArray[np.float64] = np.array([factors.get(name, 1.0) for name in _names(classes)])[places]
    return found


def _names(classes: NDArray[Any]) -> list[str]:
    return [f"{value:g}" if isinstance(value, float) else str(value) for value in classes.tolist()]


def corrected(scores: NDArray[np.float64], factors: Sequence[float]) -> NDArray[np.float64]:
    """Probabilities under the true shares of the classes, from those learned where classes counted by `factors`.

    p_c = (q_c / f_c) / sum_k (q_k / f_k): Bayes' rule with the priors put back (Elkan 2001, theorem 2; Saerens,
    Latinne and Decaestecker 2002, equation 4). `scores` are P(label = 1), of shape (rows,), or of
    shape (rows, classes); `factors` are in the order of the classes.
    """
    shares = 1 / np.asarray(factors)
    if scores.ndim == 1:
        positive = scores * shares[1]
        found: NDArray[np.float64] = positive / (positive + (1 - scores) * shares[0])
        return found
    weighed = scores * shares
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True), dtype=np.float64)
