"""A cumulative sum of a stream that needs no level given beforehand, tuned to a stated rate of false alarms.

The stream is standardised by itself: where nothing changed, the place of a value among those before
it is any place with the same chance, and independent of the earlier ones' places, whatever the
level, the spread and the shape are; turned into a normal deviate it is standard normal. So the rate
of false alarms is the stated one from the first days on, of skewed losses too, where a level
estimated from a few weeks would give many times as many. Neighbours that are alike are told apart
first, by the correlation of the days before alone: a shift that lasts looks like correlation, and is
found before it has taught that. D. McDonald, "A cusum procedure based on sequential ranks", Naval
Research Logistics 37 (1990); D. Hawkins, "Self-starting Cusum charts for location and scale",
The Statistician 36 (1987).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_OVERSHOOT = 1.166
"""Siegmund's correction: twice .583, the mean overshoot of a normal walk over a boundary."""

LEARNING = 14
"""So many values only teach."""


def self_started(values: Floats, alike: Floats) -> Floats:
    """Standard normal deviates of `values` (shape (n,)) where nothing changed; the first `LEARNING` are 0.

    `alike`, of the same shape, is the correlation of neighbours as it was known before each value.
    What the one before foretells is taken from a value and from those that it is ranked among: a
    change of the level by d shows at once by d, then by d (1 - r). L. Alwan and H. Roberts,
    "Time-series modeling for statistical process control", Journal of Business and Economic
    Statistics 6 (1988). The deviate of rank k of n is the normal quantile of (k - 1/2) / n; values
    that are alike share their ranks.
    """
    from scipy.special import ndtri

    places = np.full(len(values), 0.5)
    for last in range(LEARNING, len(values)):
        rest = values[1 : last + 1] - alike[last] * values[:last]
        below, equal = (rest < rest[-1]).sum(), (rest == rest[-1]).sum()
        places[last] = (below + equal / 2) / last
    deviates: Floats = ndtri(places)
    return deviates


def rising(deviates: Floats, slack: float) -> Floats:
    """The sum of what each deviate is over `slack`, never under 0, shape (n,). E. Page, Biometrika 41 (1954)."""
    total, sums = 0.0, np.empty(len(deviates))
    for place, deviate in enumerate(deviates.tolist()):
        total = max(0.0, total + deviate - slack)
        sums[place] = total
    return sums


def run_length(threshold: float, slack: float, shift: float = 0.0) -> float:
    """How many values until `rising` is over `threshold`, on average, where the deviates' mean is `shift`.

    With a shift of 0 this is the mean time between false alarms, else the mean delay. D. Siegmund,
    "Sequential Analysis" (1985), chapter 2: (exp(-2 m b) + 2 m b - 1) / (2 m^2), with
    m = shift - slack and b = threshold + 1.166; within a few per cent for thresholds over 2.

    >>> round(run_length(5, 0.5)), round(run_length(5, 0.5, 1.0), 1)
    (938, 10.3)
    """
    drift, reach = shift - slack, threshold + _OVERSHOOT
    if abs(drift) < 1e-9:
        return reach**2
    return (math.exp(-2 * drift * reach) + 2 * drift * reach - 1) / (2 * drift**2)


def threshold_for(length: float, slack: float) -> float:
    """The threshold whose mean time between false alarms is `length` values.

    Raises:
        ValueError: `length` or `slack` not over 0.
    """
    if length <= 0 or slack <= 0:
        raise ValueError(f"length == {length}, slack == {slack}, must both be > 0")
    low, high = 0.0, 1.0
    while run_length(high, slack) < length:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if run_length(middle, slack) < length else (low, middle)
    return high
