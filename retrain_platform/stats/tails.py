"""A noise level that was found for one look in twenty, carried out to rarer ones.

Distances of two samples of one distribution are, to first order, sums of squared normal variables
(PSI, KL, chi-squared) or the root of one (KS, Wasserstein, JS, Hellinger). One variable alone has the
longest tail relative to its 95th percentile, so carrying a level out as if it were one is careful; what
moves all the bins of a day together is about one.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEVEL = 0.95
_STEPS = 4000


def of_chance(chance: float) -> float:
    """How many times the 95th percentile of a squared normal the one passed with `chance` is; at least 1.

    >>> round(of_chance(0.05), 6), round(of_chance(0.0025), 2)
    (1.0, 2.38)

    Raises:
        ValueError: `chance` not within (0, 1).
    """
    _check(chance)
    normal = NormalDist()  # scipy would cost `retrain drift` more time than all its distances
    return max(1.0, (normal.inv_cdf(chance / 2) / normal.inv_cdf((1 - _LEVEL) / 2)) ** 2)


@lru_cache(maxsize=512)
def of_periods(periods: int, chance: float) -> float:
    """By what to multiply the `noise_level` of so many periods so that one more passes it with `chance`; at least 1.

    Squared normal scores of unknown scale: the level is about their k-th smallest, so its own scatter
    counts too (its place among all such scores is beta(k, periods + 1 - k)), which few periods make large.

    >>> [round(of_periods(periods, 0.05), 1) for periods in (4, 8, 20, 1000)]
    [3.4, 1.7, 1.4, 1.0]

    Raises:
        ValueError: fewer than 2 periods, or `chance` not within (0, 1).
    """
    _check(chance)
    if periods < 2:
        raise ValueError(f"periods == {periods}, must be >= 2")
    few = periods * (1 - _LEVEL) < 1 - 1e-9  # as in `noise_level`: the largest of them
    levels = _order_statistic(periods, periods if few else 1 + _LEVEL * (periods - 1))
    low, high = 1.0, 2.0
    while _passed(levels, high) > chance:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _passed(levels, middle) > chance else (low, middle)
    return high


def carried(level: float, chance: float, *, factor: float = 1.0, step: float = 0.0) -> float:
    """A level of squares carried out: what of it is over `chance` moved by `step` (a root), then taken `factor` times.

    Chance adds to every score about as much, so only what periods differ by beyond it is carried out.
    A level under `chance` has nothing over it.

    >>> round(carried(0.05, 0.01, factor=2), 6), round(carried(0.05, 0.01, step=0.1), 6)
    (0.09, 0.1)
    """
    return chance + (sqrt(max(level - chance, 0.0)) + step) ** 2 * factor


def _check(chance: float) -> None:
    if not 0 < chance < 1:
        raise ValueError(f"chance == {chance}, must be > 0 and < 1")


@lru_cache(maxsize=64)
def _order_statistic(periods: int, place: float) -> Floats:
    """The `place`-th smallest of so many squared normals, at evenly likely values; a place may lie between two."""
    from scipy.special import betaincinv, ndtri

    middles = (np.arange(_STEPS) + 0.5) / _STEPS
    squares: Floats = ndtri((1 + betaincinv(place, periods + 1 - place, middles)) / 2) ** 2
    return squares


def _passed(levels: Floats, factor: float) -> float:
    """The chance that one more is over `factor` times the level."""
    from scipy.special import ndtr

    return float(2 * ndtr(-np.sqrt(factor * levels)).mean())
