"""Ratios of sums over rows, with the day as the unit: a mean by cell, and the line that corrects a score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Block(NamedTuple):
    """An estimate, its standard error and degrees of freedom; arrays of one shape, nan where there is none."""

    value: Floats
    error: Floats
    freedom: Floats


def mean_by_cell(rows: Floats, totals: Floats) -> Block:
    """The mean over rows of each cell from its sums by day; `rows` and `totals` are of shape (days, cells).

    The error is the linearised one of a ratio with days as clusters (W. Cochran, "Sampling
    Techniques", 1977, section 9A); its freedom is the days on which the cell has rows, less 1.
    """
    count = rows.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = totals.sum(axis=0) / count
        days = (rows > 0).sum(axis=0).astype(np.float64)
        apart = ((totals - value * rows) ** 2).sum(axis=0)
        error = np.sqrt(days / (days - 1) * apart) / count
    single = days < 2
    return Block(value, np.where(single, np.nan, error), np.where(single, np.nan, days - 1))


def correction(sums: Floats) -> Block:
    """How a score would have to be corrected: (bias, slope - 1), shape (2,), by the delete-one-day jackknife.

    `sums` of shape (days, 6) hold for each day the rows, and over its rows the sums of w, of r, of
    w z, of r z and of w z z, where r is label minus score, z the logit (regression: the prediction)
    from any centre, and w = p (1 - p) (regression: 1). The bias is the mean of r. The slope is one
    Newton step of the logistic recalibration from the line y = x (D. Cox, "Two further
    applications of a model for binary regression", Biometrika 45, 1958): near 1 it is that slope, far
    from it the step overshoots, to the same side. For regression it is exact.
    """
    whole = sums.sum(axis=0)
    value = _corrections(whole[None, :])[0]
    days = len(sums)
    if days < 2:
        return Block(value, np.full(2, np.nan), np.full(2, np.nan))
    without = _corrections(whole - sums)
    error = np.sqrt((days - 1) / days * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    return Block(value, error, np.full(2, days - 1.0))


def _corrections(sums: Floats) -> Floats:
    rows, w, r, wz, rz, wzz = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = r / rows
        spread = wzz - wz**2 / w
        slope = np.where(spread > 1e-12 * np.abs(wzz), (rz - r * wz / w) / spread, np.nan)
    return np.stack([bias, slope], axis=1)


def difference(newest: Block, proven: Block, widening: float = 1.0) -> Block:
    """The newest less the proven, errors widened by a factor; freedom by Welch and Satterthwaite."""
    a, b = (newest.error * widening) ** 2, (proven.error * widening) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (a + b) ** 2 / (a**2 / newest.freedom + b**2 / proven.freedom)
    return Block(newest.value - proven.value, np.sqrt(a + b), freedom)


def two_sided(of: Block) -> Floats:
    """The p-value of no difference, Student's t; nan where there is no error, 1 where both are 0."""
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((of.value == 0) & (of.error == 0), 0.0, np.abs(of.value) / of.error)
        freedom = np.where((of.error == 0) & np.isnan(of.freedom), 1.0, of.freedom)
    chance: Floats = 2 * stdtr(freedom, -ratio)
    return chance
