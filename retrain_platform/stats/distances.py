"""How far a current distribution is from a reference, from counts in the same bins.

Every function takes counts of shape (..., bins), broadcast over the leading axes, and returns one
number a pair (shape ...), never negative, nan where either side is empty. None of them depends on
the order of magnitude of the counts beyond smoothing, so a limit means the same at every size.

Smoothing: PSI, KL and chi-squared divide by shares, so half a row is added to every bin of both
sides (Krichevsky and Trofimov, 1981) but for the bins that are empty on both, which are left out.
JS, Hellinger, KS and Wasserstein use the plain shares.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def psi(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Population stability index: the sum over bins of (q - p) ln(q / p), q the current share.

    Also known as Jeffreys' divergence: KL(q, p) + KL(p, q). Credit scoring calls under .1 no
    change and over .25 a large one (Siddiqi, "Credit Risk Scorecards", 2006).
    """
    p, q = _shares(reference, current, smoothing=0.5)
    return _total((q - p) * _log_ratio(q, p))


def kl(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Kullback-Leibler divergence of the current from the reference, the sum of q ln(q / p), in nats."""
    p, q = _shares(reference, current, smoothing=0.5)
    return np.maximum(_total(q * _log_ratio(q, p)), 0)


def js(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Jensen-Shannon distance: the root of the divergence in nats, from 0 to sqrt(ln 2) = .833.

    A metric (Endres and Schindelin, 2003), the same as `scipy.spatial.distance.jensenshannon`.
    """
    p, q = _shares(reference, current)
    middle = (p + q) / 2
    divergence = _total(p * _log_ratio(p, middle) + q * _log_ratio(q, middle)) / 2
    return np.sqrt(np.maximum(divergence, 0))


def hellinger(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Hellinger distance, the root of half the sum of (sqrt q - sqrt p)^2, from 0 to 1."""
    p, q = _shares(reference, current)
    return np.sqrt(_total((np.sqrt(q) - np.sqrt(p)) ** 2) / 2)


def chi_squared(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Pearson's chi-squared of the current counts against the reference's shares, divided by the rows.

    That is the effect size w squared, the sum of (q - p)^2 / p: .01, .09 and .25 are small, medium
    and large (Cohen, "Statistical Power Analysis", 1988, chapter 7). Unlike the statistic itself
    it does not grow with the rows.
    """
    p, q = _shares(reference, current, smoothing=0.5)
    return _total(np.divide((q - p) ** 2, p, out=np.zeros_like(p), where=p != 0))


def ks(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Kolmogorov-Smirnov: the largest difference of the two cumulative shares, from 0 to 1; bins in order."""
    largest: Floats = np.abs(_lead(reference, current)).max(axis=-1)
    return largest


def ks_bound(reference: ArrayLike, current: ArrayLike, apart: tuple[ArrayLike, ArrayLike]) -> Floats:
    """How much the exact Kolmogorov-Smirnov can be over that of the bins: it is within ks and ks + bound.

    `apart` says of both sides, in the shape of the counts, how many of a bin's rows may lie anywhere
    within the bin; the others all have one and the same value, on both sides. Where all rows lie
    anywhere, one side may have them all before any of the other's: the cumulative shares are then
    as far apart as one's at the bin's end and the other's at its start. Elsewhere the strays alone
    can add to the difference at the bin's ends.
    """
    p, q = _shares(reference, current)
    ends, others = np.cumsum(p, axis=-1), np.cumsum(q, axis=-1)
    at_ends = np.maximum(np.abs(others - ends), np.abs((others - q) - (ends - p)))
    sides = [np.asarray(side, dtype=np.float64) for side in apart]
    rows = [np.asarray(side, dtype=np.float64).sum(axis=-1, keepdims=True) for side in (reference, current)]
    strays = [
        np.divide(side, n, out=np.full_like(side, np.nan), where=n > 0) for side, n in zip(sides, rows, strict=True)
    ]
    anywhere = np.maximum(np.abs(others - (ends - p)), np.abs(ends - (others - q)))
    inside = np.minimum(at_ends + np.maximum(*strays), anywhere)
    bound: Floats = np.maximum(inside.max(axis=-1) - ks(reference, current), 0)
    return bound


def wasserstein(reference: ArrayLike, current: ArrayLike, positions: ArrayLike) -> Floats:
    """Earth mover's distance: the area between the two cumulative shares, in the unit of `positions`.

    `positions` are the bins' values, of shape (bins,), increasing.
    """
    lead = _lead(reference, current)
    widths = np.zeros(lead.shape[-1])
    widths[:-1] = np.diff(np.asarray(positions, dtype=np.float64))
    return _total(np.abs(lead) * widths)


def new_category_share(reference: ArrayLike, current: ArrayLike) -> Floats:
    """The share of current rows in bins that the reference never saw, from 0 to 1."""
    p, q = _shares(reference, current)
    return _total(np.where(p > 0, 0 * q, q + 0 * p))  # a product with 0 keeps nan


def _shares(reference: ArrayLike, current: ArrayLike, smoothing: float = 0.0) -> tuple[Floats, Floats]:
    """Both sides as shares of one shape, `smoothing` rows added to each bin that either uses.

    nan throughout a side that has no rows.
    """
    sides = np.broadcast_arrays(np.asarray(reference, np.float64), np.asarray(current, np.float64))
    if sides[0].shape[-1] == 0:  # no bins: one empty bin says the same
        sides = (np.zeros((*sides[0].shape[:-1], 1)),) * 2
    added = smoothing * (sides[0] + sides[1] > 0)
    p, q = (_normalised(side + added, side.sum(axis=-1, keepdims=True) > 0) for side in sides)
    return p, q


def _normalised(counts: Floats, known: NDArray[np.bool_]) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(counts, total, out=np.full_like(counts, np.nan), where=known)
    return shares


def _lead(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Cumulative current share minus cumulative reference share, bin by bin."""
    p, q = _shares(reference, current)
    return np.cumsum(q, axis=-1) - np.cumsum(p, axis=-1)


def _log_ratio(upper: Floats, lower: Floats) -> Floats:
    """ln(upper / lower), 0 where `upper` is 0; nan stays nan."""
    return np.log(np.divide(upper, lower, out=np.ones_like(upper), where=upper != 0))


def _total(terms: Floats) -> Floats:
    total: Floats = terms.sum(axis=-1)
    return total
