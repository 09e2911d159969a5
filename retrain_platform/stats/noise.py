"""What a drift score is read against: what ordinary periods score, and what chance alone gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_TAIL = 0.95
_KS_AT_TAIL = 1.3581
"""The 95th percentile of Kolmogorov's distribution."""
_BRIDGES = 400


def noise_level(scores: Sequence[float] | Floats, quantile: float = _TAIL) -> float:
    """The `quantile` of the scores that ordinary periods got; nan with fewer than 2 scores that are numbers.

    With fewer than 1 / (1 - `quantile`) scores (20 at .95), the largest of them: a quantile that
    far out would be an interpolation towards it.

    Raises:
        ValueError: `quantile` not within (0, 1).
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile == {quantile}, must be > 0 and < 1")
    known = np.asarray(scores, dtype=np.float64)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return float("nan")
    few = len(known) * (1 - quantile) < 1 - 1e-9  # 10 * (1 - .9) is a rounding under 1
    return float(known.max() if few else np.quantile(known, quantile))


def others(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each period (the first axis), the sum of all the others: what leave-one-out compares it with."""
    total: NDArray[np.int64] = counts.sum(axis=0)
    return total - counts


def of_bins(reference: ArrayLike, current: ArrayLike) -> dict[str, Floats]:
    """What the distances over bins reach at most, 95 times in 100, where both sides are of one distribution.

    Counts are of shape (..., bins); see `distances`. To first order all five are multiples of
    Pearson's homogeneity statistic divided by the rows, so of (1/n + 1/m) chi-squared with as many
    degrees of freedom as bins in use, less one: PSI and chi-squared once, KL half, JS and Hellinger
    the root of an eighth (Yurdakul and Naranjo, "Statistical properties of the population stability
    index", 2020, for PSI). Chi-squared and Hellinger add, for each bin that the reference leaves empty,
    what the rows beyond its range give by chance. Where bins hold few rows the true level differs by
    some tenths; from 100 rows a side it is within half. nan where a side is empty.
    """
    p, q, n, m, degrees = _sides(reference, current)
    size = _one_over(n) + _one_over(m)
    level = size * _chi_squared_tail(degrees)
    fresh, beyond = ((p == 0) & (q > 0)).sum(axis=-1), _rows_beyond(n, m)
    return {
        "psi": level,
        "chi_squared": level + fresh * ((beyond + 0.5) * _one_over(m)) ** 2 * 2 * n,  # of shares (q - p)^2 / p
        "kl": level / 2,
        "js": np.sqrt(level / 8),
        "hellinger": np.sqrt(level / 8 + fresh * beyond * _one_over(m) / 2),
    }


def expected_of_bins(reference: ArrayLike, current: ArrayLike) -> dict[str, Floats]:
    """What the same distances are on average where both sides are of one distribution (of JS, Hellinger: the root
    of the mean square); without what `of_bins` adds for empty bins."""
    _, _, n, m, degrees = _sides(reference, current)
    mean = (_one_over(n) + _one_over(m)) * degrees
    root = np.sqrt(mean / 8)
    return {"psi": mean, "chi_squared": mean, "kl": mean / 2, "js": root, "hellinger": root}


def _sides(reference: ArrayLike, current: ArrayLike) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.int64]]:
    """Both sides' counts, their rows, and the degrees of freedom."""
    p, q = np.broadcast_arrays(np.asarray(reference, np.float64), np.asarray(current, np.float64))
    degrees: NDArray[np.int64] = np.maximum((p + q > 0).sum(axis=-1) - 1, 0)
    return p, q, p.sum(axis=-1), q.sum(axis=-1), degrees


def of_ks(reference_rows: ArrayLike, current_rows: ArrayLike) -> Floats:
    """The same for Kolmogorov-Smirnov (Smirnov, 1948); an upper limit where values repeat."""
    return _KS_AT_TAIL * np.sqrt(_one_over(reference_rows) + _one_over(current_rows))


def expected_of_ks(reference: ArrayLike, current_rows: ArrayLike) -> Floats:
    """At least the root of the mean square of Kolmogorov-Smirnov, for a reference of counts of shape (..., bins).

    That of the bin's end nearest the median alone, F (1 - F) times 1/n + 1/m: exact of two values, about half
    of it where none repeat.
    """
    counts = np.asarray(reference, dtype=np.float64)
    share = np.cumsum(counts, axis=-1) * _one_over(counts.sum(axis=-1))[..., None]
    size = _one_over(counts.sum(axis=-1)) + _one_over(current_rows)
    level: Floats = np.sqrt((share * (1 - share)).max(axis=-1, initial=0) * size)
    return level


def of_wasserstein(reference: ArrayLike, positions: ArrayLike, current_rows: ArrayLike) -> Floats:
    """The same for Wasserstein, in the unit of `positions`, for a reference of counts of shape (..., bins).

    The distance of two samples is the area under |B(F(x))| times the root of 1/n + 1/m, B a Brownian
    bridge (del Barrio, Gine and Matran, 1999): its 95th percentile over a fixed set of bridges. From 100
    rows a side it is within a quarter; fewer do not tell how far the tails reach.
    """
    counts = np.atleast_2d(np.asarray(reference, np.float64))
    rows = counts.sum(axis=-1)
    at = np.asarray(positions, dtype=np.float64)
    levels = _bridge_levels(counts, at)
    size = np.sqrt(_one_over(rows) + _one_over(current_rows))
    level: Floats = np.asarray(levels * size).reshape(np.shape(reference)[:-1])
    return level


def of_new_categories(reference: ArrayLike, current_rows: ArrayLike) -> Floats:
    """The share of rows in categories that a reference (counts, shape (..., categories)) missed by chance.

    Good and Turing's estimate: as large a share as the reference has in categories seen once, and one row
    more, for those that it could have; and 1.645 standard errors of both samples.
    """
    counts = np.asarray(reference, dtype=np.float64)
    rows = counts.sum(axis=-1)
    unseen = ((counts == 1).sum(axis=-1) + 1) * _one_over(rows + 1)
    error = np.sqrt(unseen * (1 - np.minimum(unseen, 1)) * _one_over(current_rows) + unseen * _one_over(rows))
    level: Floats = unseen + NormalDist().inv_cdf(_TAIL) * error
    return level


def of_missing(missing: ArrayLike, rows: ArrayLike, current_rows: ArrayLike) -> Floats:
    """The absolute change of the missing share, 95 times in 100, where the reference misses `missing` of `rows`.

    Half a row more is taken as missing: that none was so far does not prove that none will be.
    """
    share = (np.asarray(missing, dtype=np.float64) + 0.5) / (np.asarray(rows, dtype=np.float64) + 1)
    size = _one_over(rows) + _one_over(current_rows)
    return NormalDist().inv_cdf((1 + _TAIL) / 2) * np.sqrt(share * (1 - share) * size)


def expected_of_missing(missing: ArrayLike, rows: ArrayLike, current_rows: ArrayLike) -> Floats:
    """The root of the mean square of the same."""
    return of_missing(missing, rows, current_rows) / NormalDist().inv_cdf((1 + _TAIL) / 2)


def of_correlation(reference_rows: ArrayLike, current_rows: ArrayLike, r: ArrayLike) -> Floats:
    """The same for the change of a correlation of `r` (Fisher's z, first order); nan under 4 rows a side."""
    sides = [np.asarray(rows, dtype=np.float64) - 3 for rows in (reference_rows, current_rows)]
    size = np.sqrt(_one_over(np.maximum(sides[0], 0)) + _one_over(np.maximum(sides[1], 0)))
    level: Floats = NormalDist().inv_cdf((1 + _TAIL) / 2) * (1 - np.asarray(r) ** 2) * size
    return level


def _rows_beyond(reference_rows: Floats, current_rows: Floats) -> Floats:
    """So many current rows at most are over the reference's greatest value, 95 times in 100, of one distribution.

    The chance that the k greatest rows of both sides are all current ones is about the current share to the k.
    """
    current_share = current_rows * _one_over(reference_rows + current_rows)
    both = (current_share > 0) & (current_share < 1)
    rows: Floats = np.floor(np.log(1 - _TAIL) / np.log(np.where(both, current_share, np.nan)))
    return rows


def _one_over(rows: ArrayLike) -> Floats:
    """1 / rows, nan for none."""
    n = np.asarray(rows, dtype=np.float64)
    return np.divide(1.0, n, out=np.full_like(n, np.nan), where=n > 0)


def _chi_squared_tail(degrees: NDArray[np.integer]) -> Floats:
    """The 95th percentile of chi-squared, within 1% (Wilson and Hilferty, 1931); 0 without a degree of freedom."""
    k = np.maximum(degrees, 1)
    tail: Floats = k * (1 - 2 / (9 * k) + NormalDist().inv_cdf(_TAIL) * np.sqrt(2 / (9 * k))) ** 3
    return np.where(degrees > 0, tail, 0.0)


@lru_cache(maxsize=1)
def _bridges() -> tuple[Floats, Floats]:
    """Levels u in (0, 1), finer at the ends, and between each two of them |B(u)| of `_BRIDGES` bridges."""
    levels = (1 - np.cos(np.pi * np.arange(1, 256) / 256)) / 2
    steps = np.diff(levels, prepend=0, append=1)
    walk = np.cumsum(np.random.default_rng(20130101).normal(size=(_BRIDGES, len(steps))) * np.sqrt(steps), axis=1)
    bridges = np.abs(walk[:, :-1] - walk[:, -1:] * levels)
    return levels, (bridges[:, 1:] + bridges[:, :-1]) / 2


def _bridge_levels(counts: Floats, positions: Floats) -> Floats:
    """The area's 95th percentile for each row of counts; nan for one without rows."""
    if counts.shape[1] == 0:
        return np.full(len(counts), np.nan)
    levels, bridges = _bridges()
    rows = counts.sum(axis=1)
    reached = np.cumsum(counts, axis=1) / np.maximum(rows, 1)[:, None]
    places = [np.searchsorted(each, levels) for each in reached]
    widths = np.diff(positions[np.minimum(places, len(positions) - 1)], axis=1)
    return np.where(rows > 0, np.quantile(bridges @ widths.T, _TAIL, axis=0), np.nan)
