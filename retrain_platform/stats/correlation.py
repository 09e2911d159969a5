"""How much a day resembles the day before, and what that takes from the weight of many days."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 0.8
"""A correlation above it is not told from a trend over the few weeks that there are."""

_FEWEST = 8
"""Neighbouring days under which a correlation says nothing."""


def lag_one(streams: Sequence[Floats]) -> float:
    """The correlation of neighbouring values, pooled over streams that each have a level of their own; 0 to `MOST`.

    Each stream is of shape (days,), in order. An estimate around a fitted mean is too small by
    about (1 + 3 r) / n (M. Kendall, "Note on bias in the estimation of autocorrelation",
    Biometrika 41, 1954); that is put back. Fewer than 8 pairs give 0, and so does a negative one,
    which would only make an interval narrower.
    """
    centred = [stream - stream.mean() for stream in streams if len(stream) > 1]
    pairs = sum(len(stream) - 1 for stream in centred)
    if pairs < _FEWEST:
        return 0.0
    spread = sum(float((stream**2).sum()) * (len(stream) - 1) / len(stream) for stream in centred)
    if spread <= 0:
        return 0.0
    found = sum(float((stream[1:] * stream[:-1]).sum()) for stream in centred) / spread
    length = np.mean([len(stream) for stream in centred])
    return float(np.clip(found + (1 + 3 * found) / length, 0, MOST))


def lag_one_before(values: Floats) -> Floats:
    """For each value the `lag_one` of those before it and a fifth of its standard error, shape (n,).

    The fifth is care: a correlation that is taken for too small by some raises more false alarms than
    one taken for as much too large prevents.
    """
    count = np.arange(1, len(values) + 1, dtype=np.float64)
    shifted = values - values[:1]  # running sums of squares lose their digits far from 0
    mean, squares = np.cumsum(shifted) / count, np.cumsum(shifted**2)
    products = np.cumsum(shifted * np.concatenate([[0.0], shifted[:-1]])) if len(values) else squares
    together = products - mean * (2 * count * mean - shifted[:1] - shifted) + (count - 1) * mean**2
    spread = np.maximum(squares - count * mean**2, 0) * (count - 1) / count
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(spread > 0, together / spread, 0.0)
    careful = np.clip(found + (1 + 3 * found) / count + 0.2 / np.sqrt(count), 0, MOST)
    known: Floats = np.where((count > _FEWEST) & (spread > 0), careful, 0.0)
    return np.concatenate([[0.0], known[:-1]]) if len(values) else known


def widening(correlation: float) -> float:
    """By how much the standard error of a mean over many such days is wider than if they were independent.

    The root of (1 + r) / (1 - r), the limit for a first-order autoregression: a little too wide
    over few days. G. Box and G. Jenkins, "Time Series Analysis" (1976), chapter 2.

    >>> round(widening(0.5), 3), widening(0.0)
    (1.732, 1.0)
    """
    return float(np.sqrt((1 + correlation) / (1 - correlation)))
