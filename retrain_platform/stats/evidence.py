"""Evidence that may be looked at at every moment: e-values, their mixtures, and an interval for display.

An e-value of a hypothesis is a number, never negative, of mean at most 1 where the hypothesis is true. A process of
them exceeds 1 / level at any time at all with a chance of at most `level` (Ville's inequality), so one may stop at any
moment: P. Grünwald, R. de Heide and W. Koolen, "Safe testing", Journal of the Royal Statistical Society B 86 (2024).
All functions here and beside give natural logarithms: 0 says nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_AT = 1_000
"""At how many observations the interval is narrowest for its level."""


def mixture(logarithms: Floats) -> float:
    """The mean of e-values given by their logarithms, shape (k,): an e-value again, however they depend on each other.

    >>> round(mixture(np.log(np.array([1.0, 3.0]))), 6) == round(math.log(2), 6)
    True
    """
    top = float(np.max(logarithms))
    if not math.isfinite(top):
        return top
    return top + math.log(float(np.mean(np.exp(logarithms - top))))


def reach(error: float, count: float, level: float) -> float:
    """The half-width around a mean of `count` observations with standard error `error`, for all counts at once.

    Two-sided, at `level`, for large counts: Robbins' normal mixture as in I. Waudby-Smith, D. Arbour, R. Sinha,
    E. Kennedy and A. Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of
    Statistics 52 (2024), theorem 2.2, narrowest near 1,000. For display: verdicts take e-values.

    Raises:
        ValueError: `count` not above 0, or `level` not within (0, 1).
    """
    if count <= 0:
        raise ValueError(f"count == {count}, must be > 0")
    if not 0 < level < 1:
        raise ValueError(f"level == {level}, must be > 0 and < 1")
    squared = (-2 * math.log(level) + math.log(1 - 2 * math.log(level))) / _AT
    grown = count * squared
    return error * math.sqrt(2 * (grown + 1) / grown * math.log(math.sqrt(grown + 1) / level))
