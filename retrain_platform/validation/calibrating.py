"""How well a model's scores mean what they say, by day: its bias, its slope, its calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record, finite
from retrain_platform.stats.day_blocks import correction
from retrain_platform.stats.intervals import jackknife_error

Floats = NDArray[np.float64]
BINS = 10
_TINY = 1e-6
"""Scores of a binary model are kept so far from 0 and 1: a logit has no ends."""


class Estimate(Record):
    """A number with its standard error, the day as the unit; None where it cannot be computed."""

    value: float | None
    standard_error: float | None
    days: int


class Calibrated(Record):
    """One model's calibration on the holdout.

    `bias` is the mean of label minus score, `slope` how much steeper than 1 the line is that corrects the scores
    (`day_blocks.correction`), `ece` the expected calibration error of a binary score (None for regression).
    """

    bias: Estimate
    slope: Estimate
    ece: Estimate | None


class Calibration(Record):
    """Both models' calibration; `ece_gain` is the champion's calibration error less the candidate's."""

    candidate: Calibrated
    champion: Calibrated | None = None
    ece_gain: Estimate | None = None


def calibrate(
    labels: Floats, candidate: Floats, champion: Floats | None, days: NDArray[np.integer], *, binary: bool
) -> Calibration:
    """Measure both models on the same rows; arrays of shape (rows,), `days` any integer names of the days.

    The calibration error is the mean over rows of how far a bin's mean label is from its mean score, in `BINS` bins
    of about equal size of the model's own scores (M. Naeini, G. Cooper and M. Hauskrecht, "Obtaining well calibrated
    probabilities using Bayesian binning", AAAI 2015, with bins of equal size). Noise only adds to it, so
    that on few rows it is too large. Errors are the delete-one-day jackknife's.
    """
    names, place = np.unique(days, return_inverse=True)
    count = len(names)
    mine = _errors_by_bin(labels, candidate, place, count) if binary else None
    theirs = _errors_by_bin(labels, champion, place, count) if binary and champion is not None else None
    rows = np.bincount(place, minlength=count).astype(np.float64)
    return Calibration(
        candidate=_of(labels, candidate, place, count, mine, rows, binary=binary),
        champion=None if champion is None else _of(labels, champion, place, count, theirs, rows, binary=binary),
        ece_gain=None if mine is None or theirs is None else _estimate(*_ece(theirs, rows, mine)),
    )


def _of(
    labels: Floats,
    scores: Floats,
    place: NDArray[np.intp],
    count: int,
    errors: Floats | None,
    rows: Floats,
    *,
    binary: bool,
) -> Calibrated:
    block = correction(_lines(labels, scores, place, count, binary=binary))
    bias, slope = (
        Estimate(value=finite(value), standard_error=finite(error), days=count)
        for value, error in zip(block.value, block.error, strict=True)
    )
    return Calibrated(bias=bias, slope=slope, ece=None if errors is None else _estimate(*_ece(errors, rows)))


def _lines(labels: Floats, scores: Floats, place: NDArray[np.intp], count: int, *, binary: bool) -> Floats:
    """What `correction` takes: sums by day of 1, w, r, w z, r z, w z z, shape (days, 6)."""
    kept = np.clip(scores, _TINY, 1 - _TINY) if binary else scores
    line = np.log(kept / (1 - kept)) if binary else kept
    line = line - line.mean() if len(line) else line
    weight = kept * (1 - kept) if binary else np.ones_like(kept)
    rest = labels - scores
    parts = (np.ones_like(rest), weight, rest, weight * line, rest * line, weight * line**2)
    return np.stack([np.bincount(place, part, count) for part in parts], axis=1)


def _errors_by_bin(labels: Floats, scores: Floats, place: NDArray[np.intp], count: int) -> Floats:
    """The sum of label minus score by day and bin, shape (days, bins)."""
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1])) if len(scores) else np.zeros(0)
    bins = np.searchsorted(edges, scores, side="right")
    width = len(edges) + 1
    errors = np.bincount(place * width + bins, labels - scores, count * width)
    return errors.astype(np.float64).reshape(count, width)


def _ece(errors: Floats, rows: Floats, less: Floats | None = None) -> tuple[float, Floats]:
    """The calibration error (less another's), whole and without each day."""
    whole = np.abs(errors.sum(axis=0)).sum() / rows.sum()
    without = np.abs(errors.sum(axis=0) - errors).sum(axis=1) / np.maximum(rows.sum() - rows, 1)
    if less is None:
        return float(whole), without
    other, other_without = _ece(less, rows)
    return float(whole - other), without - other_without


def _estimate(value: float, without: Floats) -> Estimate:
    days = len(without)
    error = jackknife_error(value, without) if days > 1 else np.nan
    return Estimate(value=finite(value), standard_error=finite(error), days=days)
