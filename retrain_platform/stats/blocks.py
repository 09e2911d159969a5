"""The sum of a series whose neighbours are alike, with the error that resampling its blocks would give.

Periods follow each other: a model serves many of them, and what was hard last week is hard this week. So blocks of
neighbours are drawn, not periods. What drawing circular blocks again and again would give as the error of the sum has a
closed form, the spread of the sums of all blocks (H. Kuensch, "The jackknife and the bootstrap for general stationary
observations", Annals of Statistics 17, 1989), divided by 1 - length / n, which few blocks vary too little by. The
quantile is Student's t with 1.5 (n / length - 1) degrees of freedom, those of overlapping batch means (M. Meketon and
B. Schmeiser, "Overlapping batch means: something for nothing?", 1984). How long blocks are the series says by its own
autocorrelation (D. Politis and H. White, "Automatic block-length selection for the dependent bootstrap", 2004, as
corrected by Patton, Politis and White, 2009), but no shorter than 1.5 n^(1/3): few values say little of it.

Simulated over 22, 44 and 100 values, an interval of .95 covers the mean in .93 to .96 where values are independent or
rise and fall with a model's age, in .90 to .91 where each keeps half of the one before, in .78 to .90 where .7.
"""

from __future__ import annotations

from math import cbrt, ceil, log10
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.intervals import t_quantile

Floats = NDArray[np.float64]

FEWEST = 8
"""Of fewer values than these no error is told."""
_OPPOSED = 2.0
"""An autocorrelation below so many of sqrt(log10(n) / n) is taken to be none (Politis and White, section 3.2)."""


class Summed(NamedTuple):
    """A sum and its two-sided interval; bounds and error are nan where there are too few values.

    `length` is that of a block, in values.
    """

    value: float
    low: float
    high: float
    error: float
    length: int


def summed(values: Floats, confidence: float = 0.95) -> Summed:
    """The sum of `values`, shape (n,), in the order of time and without nan.

    Raises:
        ValueError: `confidence` not within (0, 1), or a value that is not finite.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence == {confidence}, must be > 0 and < 1")
    if not np.isfinite(values).all():
        raise ValueError("values hold nan or infinity, must all be finite: leave out what was not measured")
    count, total = len(values), float(values.sum())
    if count < FEWEST:
        return Summed(total, np.nan, np.nan, np.nan, 1)
    length = block_length(values)
    sums = _block_sums(values, length)
    blocks = count / length
    error = float(np.sqrt(blocks * sums.var() / (1 - length / count)))
    reach = error * t_quantile((1 + confidence) / 2, 1.5 * (blocks - 1))
    return Summed(total, total - reach, total + reach, error, length)


def _block_sums(values: Floats, length: int) -> Floats:
    """The sums of all blocks, shape (n,): the last ones go on at the beginning."""
    sums = np.cumsum(np.concatenate([[0.0], values, values[: length - 1]]))
    found: Floats = sums[length:] - sums[:-length]
    return found


def block_length(values: Floats) -> int:
    """How many neighbours make a block: the circular bootstrap's best length, at most a quarter of the values."""
    count = len(values)
    centred = values - values.mean()
    longest = max(1, count // 4)
    shortest = min(longest, ceil(1.5 * cbrt(count)))
    power = float(centred @ centred) / count
    if power == 0.0:
        return shortest
    reach = _reach(centred, power)
    lags = np.arange(-2 * reach, 2 * reach + 1)
    lagged = np.array([centred[abs(lag) :] @ centred[: count - abs(lag)] / count for lag in lags])
    window = np.clip(2 * (1 - np.abs(lags) / (2 * reach)), 0, 1)
    spectrum, slope = float(window @ lagged), float((window * np.abs(lags)) @ lagged)
    if spectrum <= 0.0:
        return shortest
    best = cbrt(1.5 * (slope / spectrum) ** 2 * count)
    return int(np.clip(np.ceil(best), shortest, longest))


def _reach(centred: Floats, power: float) -> int:
    """The lag after which some autocorrelations in a row are none, at least 1."""
    count = len(centred)
    quiet = max(5, ceil(log10(count) ** 0.5))
    most = min(count // 3, ceil(count**0.5) + quiet)
    limit = _OPPOSED * (log10(count) / count) ** 0.5
    loud = [
        lag for lag in range(1, most + 1) if abs(float(centred[lag:] @ centred[: count - lag])) / count / power >= limit
    ]
    for before, lag in zip([0, *loud], [*loud, most + quiet + 1], strict=True):
        if lag - before > quiet:
            return max(1, before)
    return max(1, loud[-1]) if loud else 1
