"""Metrics of predictions against numbers."""

from __future__ import annotations

import math

import numpy as np

from retrain_platform.stats.metrics.base import Floats, Metric
from retrain_platform.stats.metrics.sums import RATIO, ROOT, Finish, FromSums


def _squares(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return (labels - scores) ** 2, np.ones_like(labels)


def _absolutes(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return np.abs(labels - scores), np.ones_like(labels)


def _spread(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    centred = labels - np.median(labels)  # sums of squares of raw labels would cancel
    return (labels - scores) ** 2, np.ones_like(labels), centred, centred**2


def _around_mean(sums: Floats) -> Floats:
    """The squares around the mean; nan where they are but the rounding of constant labels."""
    _, rows, total, squares = sums
    around = squares - np.divide(total**2, rows, out=np.zeros_like(total), where=rows > 0)
    return np.where(around > 1e-12 * squares, around, np.nan)


def _explained(sums: Floats) -> Floats:
    explained: Floats = 1 - sums[0] / _around_mean(sums)
    return explained


def _explained_slopes(sums: Floats) -> Floats:
    misses, rows, total, _ = sums
    around = float(_around_mean(sums[:, None])[0])
    mean = total / rows
    return np.array([-around, misses * mean**2, -2 * misses * mean, misses]) / around**2


REGRESSION = (
    Metric("rmse", {"regression": FromSums(_squares, ROOT)}, False, high=math.inf),
    Metric("mae", {"regression": FromSums(_absolutes, RATIO)}, False, high=math.inf),
    Metric("r2", {"regression": FromSums(_spread, Finish(_explained, _explained_slopes))}, True, low=-math.inf),
)
