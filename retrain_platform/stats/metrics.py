"""The metrics by name: how good scores are against labels, whole and without each group of rows.

All but AUC are functions of a few sums over the rows, so that leaving a group out is a subtraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.auc import auc, auc_without_each

Floats = NDArray[np.float64]
MetricTask = Literal["binary", "regression"]


class Measure(Protocol):
    """How a metric is computed. Arguments are as in `Metric`, already checked."""

    def value(self, labels: Floats, scores: Floats, weights: Floats | None) -> float:
        """The metric of all rows."""

    def without_each(self, labels: Floats, scores: Floats, groups: NDArray[np.intp], count: int) -> Floats:
        """The metric of the rows outside each group."""


@dataclass(frozen=True)
class Metric:
    """A metric, its direction and its least and greatest value. Scores are P(label = 1) for binary,
    predictions for regression.
    """

    name: str
    task: MetricTask
    greater_is_better: bool
    measure: Measure
    low: float = 0.0
    high: float = 1.0

    def compute(self, labels: Floats, scores: Floats, weights: Floats | None = None) -> float:
        """The metric of the rows, each counting `weights` (1); all arrays of shape (rows,).

        nan where undefined: no rows, one class (AUC), no positives (recall), constant labels (r2),
        a nan label or score.

        Raises:
            ValueError: lengths differ, or a binary label is neither 0 nor 1.
        """
        if not self._sound(labels, scores, labels if weights is None else weights):
            return float("nan")
        return self.measure.value(labels, scores, weights)

    def without_each(self, labels: Floats, scores: Floats, groups: NDArray[np.intp], count: int) -> Floats:
        """`compute` of the rows outside group 0, 1, ... `count` - 1, shape (count,), at about the cost of one.

        Raises:
            ValueError: as `compute`.
        """
        if not self._sound(labels, scores, groups):
            return np.full(count, np.nan)
        return self.measure.without_each(labels, scores, groups, count)

    def _sound(self, labels: Floats, scores: Floats, third: NDArray[np.float64] | NDArray[np.intp]) -> bool:
        """Whether there are rows and none is nan."""
        if not len(labels) == len(scores) == len(third):
            raise ValueError(f"lengths == {len(labels)}, {len(scores)}, {len(third)}, must be equal")
        if len(labels) == 0 or np.isnan(labels).any() or np.isnan(scores).any():
            return False
        if self.task == "binary":
            strange = labels[(labels != 0) & (labels != 1)]
            if len(strange):
                raise ValueError(f"label == {strange[0]}, must be 0 or 1 for {self.name}")
        return True


@dataclass(frozen=True)
class FromSums:
    """A metric that is `finish` of the sums of `terms`: arrays (sums, rows) to (sums, groups) to (groups,)."""

    terms: Callable[[Floats, Floats], tuple[Floats, ...]]
    finish: Callable[[Floats], Floats]

    def value(self, labels: Floats, scores: Floats, weights: Floats | None) -> float:
        """See `Measure`."""
        weight = np.ones_like(labels) if weights is None else weights
        sums = np.array([[(term * weight).sum()] for term in self.terms(labels, scores)])
        return float(self.finish(sums)[0])

    def without_each(self, labels: Floats, scores: Floats, groups: NDArray[np.intp], count: int) -> Floats:
        """See `Measure`."""
        sums = np.array([np.bincount(groups, term, count) for term in self.terms(labels, scores)])
        return self.finish(sums.sum(axis=1, keepdims=True) - sums)


class FromRanks:
    """AUC: not a function of sums, but of pairs won between groups."""

    def value(self, labels: Floats, scores: Floats, weights: Floats | None) -> float:
        """See `Measure`."""
        return auc(labels, scores, weights)

    def without_each(self, labels: Floats, scores: Floats, groups: NDArray[np.intp], count: int) -> Floats:
        """See `Measure`."""
        return auc_without_each(labels, scores, groups, count)


def _ratio(sums: Floats) -> Floats:
    ratio: Floats = np.divide(sums[0], sums[1], out=np.full(sums.shape[1], np.nan), where=sums[1] > 0)
    return ratio


def _root(sums: Floats) -> Floats:
    return np.sqrt(_ratio(np.maximum(sums, 0)))  # a subtraction may leave a zero just under it


def _cross_entropy(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    tiny = np.finfo(np.float64).eps  # scikit-learn's clip: a certain miss costs 36, not infinity
    chance = np.clip(scores, tiny, 1 - tiny)
    return -(labels * np.log(chance) + (1 - labels) * np.log1p(-chance)), np.ones_like(labels)


def _squares(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return (labels - scores) ** 2, np.ones_like(labels)


def _absolutes(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return np.abs(labels - scores), np.ones_like(labels)


def _hits(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    return ((scores >= 0.5) == (labels == 1)).astype(np.float64), np.ones_like(labels)


def _found(labels: Floats, scores: Floats, denominator: Callable[[Floats, Floats], Floats]) -> tuple[Floats, ...]:
    """True positives over a mean of the called and the actual positives."""
    called = (scores >= 0.5).astype(np.float64)
    return called * labels, denominator(called, labels)


def _spread(labels: Floats, scores: Floats) -> tuple[Floats, ...]:
    centred = labels - np.median(labels)  # sums of squares of raw labels would cancel
    return (labels - scores) ** 2, np.ones_like(labels), centred, centred**2


def _explained(sums: Floats) -> Floats:
    misses, rows, total, squares = sums
    around_mean = squares - np.divide(total**2, rows, out=np.zeros_like(total), where=rows > 0)
    varied = around_mean > 1e-12 * squares  # less is the rounding of constant labels
    missed: Floats = np.divide(misses, around_mean, out=np.full(sums.shape[1], np.nan), where=varied)
    return 1 - missed


_ALL = (
    Metric("auc", "binary", True, FromRanks()),
    Metric("log_loss", "binary", False, FromSums(_cross_entropy, _ratio), high=math.inf),
    Metric("brier", "binary", False, FromSums(_squares, _ratio)),
    Metric("accuracy", "binary", True, FromSums(_hits, _ratio)),
    Metric("precision", "binary", True, FromSums(lambda y, s: _found(y, s, lambda called, _: called), _ratio)),
    Metric("recall", "binary", True, FromSums(lambda y, s: _found(y, s, lambda _, actual: actual), _ratio)),
    Metric("f1", "binary", True, FromSums(lambda y, s: _found(y, s, lambda c, a: (c + a) / 2), _ratio)),
    Metric("rmse", "regression", False, FromSums(_squares, _root), high=math.inf),
    Metric("mae", "regression", False, FromSums(_absolutes, _ratio), high=math.inf),
    Metric("r2", "regression", True, FromSums(_spread, _explained), low=-math.inf),
)

METRICS: dict[str, Metric] = {known.name: known for known in _ALL}
"""Every metric by its name. Accuracy, precision, recall and f1 call a score of .5 or more positive."""

DEFAULT_METRICS: dict[str, tuple[str, ...]] = {"binary": ("auc", "log_loss"), "regression": ("rmse", "mae")}
"""What is measured of a task where the spec names nothing; the first is the one that gates judge."""


def metric(name: str) -> Metric:
    """The metric called `name`.

    Raises:
        ValueError: naming those that there are.
    """
    if name not in METRICS:
        raise ValueError(f"metric == {name!r}, must be one of {', '.join(METRICS)}")
    return METRICS[name]
