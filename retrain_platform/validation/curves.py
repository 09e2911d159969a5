"""What the exam's plots need, in a few numbers a model: where scores cut, what they promise, how far they miss."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record

Floats = NDArray[np.float64]
POINTS = 100
"""How many points are kept of a ROC curve."""
BINS = 10
"""Into how many bins of about equally many rows the scores are cut for calibration."""
LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""The quantiles that are kept of the residuals."""


class CalibrationBin(Record):
    """Rows of neighbouring scores: how many, the mean of their scores, and the mean of their labels."""

    rows: int
    score: float
    label: float


class ListsOfSize(Record):
    """Lists of `least` to `most` rows: how many, and the mean of the metric over them."""

    least: int
    most: int
    lists: int
    value: float


Roc = tuple[tuple[float, float], ...]


class ModelCurves(Record):
    """One model on the holdout: `calibration`, with `roc` for a binary label, with `residuals` for a number.

    `roc` holds (false positive rate, true positive rate) from (0, 0) to (1, 1), at most `POINTS` of them: corners of
    the empirical curve around false positive rates evenly apart.
    `residuals` are the quantiles of label minus prediction at `LEVELS`.

    Of several classes `confusion` counts the rows of each of `classes` (the largest, the rest pooled as the last one)
    by what they were called, in the same order, and `rocs` has the curve of each against the rest, but for the pooled.
    Of a ranking `lists` has the mean of `metric` by the size of the lists.
    """

    roc: Roc = ()
    calibration: tuple[CalibrationBin, ...] = ()
    residuals: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    rocs: tuple[Roc, ...] = ()
    metric: str = ""
    lists: tuple[ListsOfSize, ...] = ()


def curves(labels: Floats, scores: Floats, *, binary: bool) -> ModelCurves:
    """What is drawn of a model; arrays of shape (rows,). A row whose label or score is not finite does not count.

    Empty where no row is left, and without a ROC where the rows hold one class only.
    """
    known = np.isfinite(labels) & np.isfinite(scores)
    labels, scores = labels[known], scores[known]
    if not len(labels):
        return ModelCurves()
    order = np.argsort(scores, kind="stable")
    labels, scores = labels[order], scores[order]
    calibration = _calibration(labels, scores)
    if binary:
        return ModelCurves(roc=roc(labels, scores), calibration=calibration)
    spread = np.quantile(labels - scores, LEVELS)
    return ModelCurves(residuals=tuple(round(float(each), 6) for each in spread), calibration=calibration)


def shares(importance: Mapping[str, float]) -> dict[str, float]:
    """Each feature's share of the importance of all, largest first; empty where nothing has any."""
    sizes = {name: abs(value) for name, value in importance.items() if np.isfinite(value)}
    total = sum(sizes.values())
    if total <= 0:
        return {}
    return {name: size / total for name, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))}


def roc(labels: Floats, scores: Floats) -> Roc:
    """See `ModelCurves`; equal scores are one step of the curve. Empty where the labels, 0 and 1, are all alike."""
    order = np.argsort(scores, kind="stable")
    labels, scores = labels[order], scores[order]
    positive = labels == 1
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return ()
    last = np.flatnonzero(np.diff(scores[::-1], append=-np.inf))  # the last row of each run of equal scores
    hits = np.concatenate([[0], np.cumsum(positive[::-1])[last]]) / positives
    alarms = np.concatenate([[0], np.cumsum(~positive[::-1])[last]]) / negatives
    tops = np.searchsorted(alarms, np.linspace(0, 1, POINTS // 2 - 1), side="right") - 1
    kept = np.unique(
        np.minimum(np.concatenate([[0], tops, tops + 1]), len(alarms) - 1)
    )  # each rise's end, and its foot
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in zip(alarms[kept], hits[kept], strict=True))


def _calibration(labels: Floats, scores: Floats) -> tuple[CalibrationBin, ...]:
    """Of rows in order of their scores, cut into `BINS` of equal counts; equal scores are never parted."""
    cuts = scores[np.linspace(0, len(scores), BINS, endpoint=False).astype(int)]
    firsts, often = np.unique(np.searchsorted(scores, cuts), return_counts=True)
    crowded = scores[firsts[often > 1]]  # over several bins: a bin of its own
    starts = np.union1d(firsts, np.searchsorted(scores, crowded, side="right"))
    starts = starts[starts < len(scores)]
    ends = np.append(starts[1:], len(scores))
    return tuple(
        CalibrationBin(
            rows=int(end - start),
            score=round(float(scores[start:end].mean()), 6),
            label=round(float(labels[start:end].mean()), 6),
        )
        for start, end in zip(starts, ends, strict=True)
    )
