"""A cumulative sum of a stream that needs no level given beforehand, tuned to a stated rate of false alarms.

The stream is standardised by itself: value n against the mean and spread of those before it is
Student's t with n - 2 degrees of freedom where nothing changed, whatever the level and the spread
are; turned into a normal deviate, these are independent and standard normal. So the rate of false
alarms is the stated one from the third value on, where a level estimated from a few weeks would
give many times as many. D. Hawkins, "Self-starting Cusum charts for location and scale",
The Statistician 36 (1987); C. Quesenberry, Journal of Quality Technology 23 (1991).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_OVERSHOOT = 1.166
"""Siegmund's correction: twice .583, the mean overshoot of a normal walk over a boundary."""

_FARTHEST = 8.0
"""A deviate further out than double precision tells from 1."""


def self_started(values: Floats) -> Floats:
    """Standard normal deviates of `values` (shape (n,)) where nothing changed; the first two are 0.

    A value that does not differ from constant ones before it is 0; one that does is 8 to its side.
    """
    from scipy.special import ndtri, stdtr

    count = len(values)
    deviates = np.zeros(count)
    if count < 3:
        return deviates
    shifted = values - values[0]  # running sums of squares lose their digits far from 0
    number = np.arange(1, count + 1, dtype=np.float64)
    mean = np.cumsum(shifted) / number
    squares = np.maximum(np.cumsum(shifted**2) - number * mean**2, 0)
    before = number[1:-1]  # how many values stand before the third, the fourth, ...
    spread = np.sqrt(squares[1:-1] / (before - 1) * (before + 1) / before)
    ahead = shifted[2:] - mean[1:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(ahead == 0, 0.0, ahead / spread)
    upper = stdtr(before - 1, -np.abs(ratio))  # the smaller tail keeps its digits
    deviates[2:] = np.clip(np.sign(ratio) * -ndtri(upper), -_FARTHEST, _FARTHEST)
    return deviates


def whitened(values: Floats, correlation: float) -> Floats:
    """Each value without what the one before foretells, shape (n,); the first as far from the level as it is.

    A change of the level by d shows at once by d, then by d (1 - r). L. Alwan and H. Roberts, "Time-series modeling
    for statistical process control", Journal of Business and Economic Statistics 6 (1988).
    """
    if len(values) == 0 or correlation == 0:
        return values
    rest: Floats = values[1:] - correlation * values[:-1]
    return np.concatenate([[values[0] * (1 - correlation)], rest])


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
