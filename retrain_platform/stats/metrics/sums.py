"""Metrics that are functions of a few sums over the rows: leaving a group out is a subtraction, drawing
units again is a matrix product, and the first-order effect of a row is a gradient.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrain_platform.stats.metrics.base import Floats, Recount, Rows, rows_of_each


@dataclass(frozen=True)
class Finish:
    """A function of sums and its gradient. `of` takes arrays of shape (sums, groups) to (groups,), nan
    where undefined; `slopes` takes (sums,) to (sums,). Sums all doubled give the same: rows are averaged.
    """

    of: Callable[[Floats], Floats]
    slopes: Callable[[Floats], Floats]


class BySums(ABC):
    """A measure that is `finish` of sums over rows."""

    @property
    @abstractmethod
    def finish(self) -> Finish:
        """From sums to the metric."""

    @abstractmethod
    def sums(self, rows: Rows, weights: Floats | None, groups: NDArray[np.intp], count: int) -> Floats:
        """The sums over each group's rows, shape (sums, count)."""

    @abstractmethod
    def weighed(self, rows: Rows, slopes: Floats) -> Floats:
        """Each row's own part of the sums times `slopes`, added up, shape (rows,)."""

    def _whole(self, rows: Rows, weights: Floats | None = None) -> Floats:
        return self.sums(rows, weights, np.zeros(len(rows.labels), dtype=np.intp), 1)

    def value(self, rows: Rows, weights: Floats | None) -> float:
        """See `Measure`."""
        return float(self.finish.of(self._whole(rows, weights))[0])

    def without_each(self, rows: Rows, groups: NDArray[np.intp], count: int) -> Floats:
        """See `Measure`."""
        sums = self.sums(rows, None, groups, count)
        return self.finish.of(sums.sum(axis=1, keepdims=True) - sums)

    def in_parts(
        self, rows: Rows, parts: NDArray[np.intp], places: int, groups: NDArray[np.intp], count: int
    ) -> tuple[Floats, Floats]:
        """See `InParts`. Sums are added up over the groups that a part has, as they are of it alone."""
        cells = self.sums(rows, None, parts * count + groups, places * count).reshape(-1, places, count)
        held = np.bincount(parts * count + groups, minlength=places * count).reshape(places, count) > 0
        values, without = np.full(places, np.nan), np.full((places, count), np.nan)
        for place, mine in enumerate(rows_of_each(parts, places)):
            if not len(mine):
                continue
            values[place] = self.value(Rows(rows.labels[mine], rows.scores[mine]), None)
            own = np.ascontiguousarray(cells[:, place][:, held[place]])
            without[place, held[place]] = self.finish.of(own.sum(axis=1, keepdims=True) - own)
        return values, without

    def recounted(self, rows: Rows, units: NDArray[np.intp], count: int) -> Recount:
        """See `Measure`."""
        sums = self.sums(rows, None, units, count)
        return lambda draws: self.finish.of(sums @ draws.T)

    def influence(self, rows: Rows) -> Floats:
        """See `Measure`."""
        return self.weighed(rows, self.finish.slopes(self._whole(rows)[:, 0]))


@dataclass(frozen=True)
class FromSums(BySums):
    """A metric that is `finish` of the sums of `terms`, arrays of shape (rows,)."""

    terms: Callable[[Floats, Floats], tuple[Floats, ...]]
    end: Finish

    @property
    def finish(self) -> Finish:
        """See `BySums`."""
        return self.end

    def sums(self, rows: Rows, weights: Floats | None, groups: NDArray[np.intp], count: int) -> Floats:
        """See `BySums`."""
        terms = self.terms(rows.labels, rows.scores)
        weight = 1.0 if weights is None else weights
        if count == 1:  # pairwise addition: nearer to the truth than bincount's one after the other
            return np.array([[(term * weight).sum()] for term in terms])
        return np.array([np.bincount(groups, term * weight, count) for term in terms])

    def weighed(self, rows: Rows, slopes: Floats) -> Floats:
        """See `BySums`."""
        effect = np.zeros(len(rows.labels))
        for term, slope in zip(self.terms(rows.labels, rows.scores), slopes, strict=True):
            effect += slope * term
        return effect


def _ratio(sums: Floats) -> Floats:
    ratio: Floats = np.divide(sums[0], sums[1], out=np.full(sums.shape[1], np.nan), where=sums[1] > 0)
    return ratio


def _ratio_slopes(sums: Floats) -> Floats:
    if not sums[1] > 0:
        return np.full(2, np.nan)
    slopes: Floats = np.array([1.0, -sums[0] / sums[1]]) / sums[1]
    return slopes


def _root(sums: Floats) -> Floats:
    root: Floats = np.sqrt(_ratio(np.maximum(sums, 0)))  # a subtraction may leave a zero just under it
    return root


def _root_slopes(sums: Floats) -> Floats:
    root = float(_root(sums[:, None])[0])
    slopes: Floats = _ratio_slopes(sums) / (2 * root) if root > 0 else np.zeros(2)
    return slopes


RATIO = Finish(_ratio, _ratio_slopes)
"""The first sum over the second; nan where the second is 0."""

ROOT = Finish(_root, _root_slopes)
"""The square root of `RATIO`."""
