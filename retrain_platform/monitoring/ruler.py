"""One column's measures of drift for many pairs at once: periods against the others, segments, the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.reports import DRIFT_METHODS
from retrain_platform.stats import distances, noise
from retrain_platform.stats.bins import LEAST_ROWS, category_counts, category_order, quantile_counts
from retrain_platform.stats.column import ColumnProfile, aligned, level, shared_values
from retrain_platform.stats.grid import Grid, Keys

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Coarse = tuple[Ints, Ints]
"""Both sides of some pairs in the same bins: shape (pairs, bins) each."""

MEASURES = (*DRIFT_METHODS, "new_category_share", "missing_share")
"""The keys of a `FeatureDrift`'s scores, noise and sampling."""


@dataclass(frozen=True)
class Counts:
    """A column's counts in several profiles, a row each.

    `cells` are of shape (profiles, keys), `infinite` (profiles, 2) the rows that lie before and
    after them, `missing` and `rows` (profiles,). `values`, of shape (keys,), are the numbers that
    the rows of a cell are in all profiles, nan where none is known; `apart`, like `cells`, counts
    the rows that may be another. `buckets`, as in a grid, tells texts from their checksums.
    """

    keys: Keys
    values: Floats
    cells: Ints
    apart: Ints
    infinite: Ints
    missing: Ints
    rows: Ints
    buckets: int = 0

    @classmethod
    def of(cls, profiles: Sequence[ColumnProfile]) -> Counts:
        """The counts of one column's profiles.

        Raises:
            ValueError: no profile, or their grids differ.
        """
        profiles = level(profiles)
        keys, cells = aligned(profiles)
        values, apart = (np.full(len(keys), np.nan), cells) if keys.dtype == object else shared_values(profiles, keys)
        infinite = np.array([(each.infinite_low, each.infinite_high) for each in profiles])
        missing = np.array([each.missing for each in profiles])
        rows = np.array([each.rows for each in profiles])
        return cls(keys, values, cells, apart, infinite, missing, rows, profiles[0].grid.buckets)

    def part(self, start: int, stop: int) -> Counts:
        """The profiles from `start` to `stop`, exclusive."""
        return self._each(lambda counts: counts[start:stop])

    def together(self, start: int, stop: int) -> Counts:
        """The sum of the profiles from `start` to `stop`, exclusive."""
        return self._each(lambda counts: counts[start:stop].sum(axis=0, keepdims=True))

    def then(self, other: Counts) -> Counts:
        """These profiles and, of the same keys, those of `other` after them."""
        names = ("cells", "apart", "infinite", "missing", "rows")
        joined: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names}
        return replace(self, **joined)

    def others(self) -> Counts:
        """For each profile, the sum of all the others."""
        return self._each(noise.others)

    @cached_property
    def ordered(self) -> Ints:
        """The cells with the infinities at their ends."""
        return np.column_stack([self.infinite[:, 0], self.cells, self.infinite[:, 1]])

    @property
    def known(self) -> Ints:
        """The rows in cells; shape (profiles,)."""
        total: Ints = self.cells.sum(axis=1)
        return total

    @property
    def missing_share(self) -> Floats:
        """The missing over all rows; nan without rows."""
        unknown = np.full(len(self.rows), np.nan)
        share: Floats = np.divide(self.missing, self.rows, out=unknown, where=self.rows > 0)
        return share

    def _each(self, change: Callable[[Ints], Ints]) -> Counts:
        """With `change` made to all counts."""
        names = ("cells", "apart", "infinite", "missing", "rows")
        changed: dict[str, Any] = {name: change(getattr(self, name)) for name in names}
        return replace(self, **changed)


@dataclass(frozen=True)
class Ruler:
    """How a column is measured: its grid, and the reference's standard deviation as the unit of lengths."""

    grid: Grid
    deviation: float

    @classmethod
    def of(cls, reference: ColumnProfile) -> Ruler:
        """The ruler of a column of the whole reference."""
        return cls(reference.grid, reference.moments.deviation)

    @property
    def numbers(self) -> bool:
        """Whether the column's cells are numbers."""
        return self.grid.kind != "category"

    def scores(self, reference: Counts, current: Counts, coarse: Coarse | None = None) -> dict[str, Floats]:
        """Each of `MEASURES` for each pair of rows, shape (pairs,); nan where it does not apply.

        PSI, JS, KL, Hellinger and chi-squared are over coarse bins, of which the missing are one. KS
        and Wasserstein are over the cells of numbers, so without the missing; Wasserstein, without
        the infinities too, is in standard deviations of the reference. Of fewer than `LEAST_ROWS` rows,
        and of categories all too rare for a bin of their own, the bins cannot tell; of texts in
        buckets, the share of new ones. `coarse`, where known, are the pairs' bins.
        """
        bins = coarse or self.coarse(reference, current)
        scores = {name: distance(*bins) for name, distance in _OF_BINS.items()}
        untold = reference.rows < LEAST_ROWS if self.numbers else _all_rare(reference)
        scores = {name: np.where(untold, np.nan, score) for name, score in scores.items()}
        unknown = np.full(len(reference.rows), np.nan)
        scores |= {"ks": unknown, "wasserstein": unknown, "new_category_share": unknown}
        if self.numbers:
            scores["ks"] = distances.ks(reference.ordered, current.ordered)
            scores["wasserstein"] = self._in_deviations(self.moved(reference, current))
        elif not reference.buckets:
            scores["new_category_share"] = distances.new_category_share(reference.cells, current.cells)
        scores["missing_share"] = np.abs(current.missing_share - reference.missing_share)
        return {name: scores[name] for name in MEASURES}

    def sampling(self, reference: Counts, current: Counts, coarse: Coarse | None = None) -> dict[str, Floats]:
        """What each of `MEASURES` reaches 95 times in 100 where nothing changed, at these numbers of rows."""
        unknown = np.full(len(reference.rows), np.nan)
        levels = noise.of_bins(*(coarse or self.coarse(reference, current)))
        levels |= {"ks": unknown, "wasserstein": unknown, "new_category_share": unknown}
        if self.numbers:
            levels["ks"] = noise.of_ks(reference.ordered.sum(axis=1), current.ordered.sum(axis=1))
            levels["wasserstein"] = self._in_deviations(
                noise.of_wasserstein(reference.cells, self.positions(current), current.known)
            )
        elif not reference.buckets:
            levels["new_category_share"] = noise.of_new_categories(reference.cells, current.known)
        levels["missing_share"] = noise.of_missing(reference.missing, reference.rows, current.rows)
        return {name: levels[name] for name in MEASURES}

    def expected(self, reference: Counts, current: Counts, coarse: Coarse | None = None) -> dict[str, Floats]:
        """What chance alone gives on average of each of `MEASURES`, or less; of those that are no squares, the root
        of their mean square. Wasserstein is at least the change of the mean, whose square is 1/n + 1/m."""
        unknown = np.full(len(reference.rows), np.nan)
        levels = noise.expected_of_bins(*(coarse or self.coarse(reference, current)))
        levels |= {"ks": unknown, "wasserstein": unknown, "new_category_share": unknown}
        if self.numbers:
            levels["ks"] = noise.expected_of_ks(reference.ordered, current.ordered.sum(axis=1))
            with np.errstate(divide="ignore"):
                levels["wasserstein"] = np.sqrt(1 / reference.known + 1 / current.known)
        levels["missing_share"] = noise.expected_of_missing(reference.missing, reference.rows, current.rows)
        return {name: np.where(np.isfinite(levels[name]), levels[name], np.nan) for name in MEASURES}

    def moved(self, reference: Counts, current: Counts) -> Floats:
        """Wasserstein in the column's own unit, shape (pairs,); nan of texts, and of numbers beyond the cells."""
        if not self.numbers:
            return np.full(len(reference.rows), np.nan)
        untold = (self.grid.beyond(current.keys) & np.isnan(current.values)).any()
        with np.errstate(over="ignore", invalid="ignore"):
            moved = distances.wasserstein(reference.cells, current.cells, self.positions(current))
        return np.where(np.isinf(moved) | untold, np.nan, moved)

    def ks_bound(self, reference: Counts, current: Counts) -> Floats:
        """How much the exact KS can be over the one in `scores`, shape (pairs,); nan of texts."""
        if not self.numbers:
            return np.full(len(reference.rows), np.nan)
        apart = np.pad(reference.apart, ((0, 0), (1, 1))), np.pad(current.apart, ((0, 0), (1, 1)))
        return distances.ks_bound(reference.ordered, current.ordered, apart)

    def coarse(self, reference: Counts, current: Counts) -> Coarse:
        """Both sides in the reference's bins, the missing last; shape (pairs, bins)."""
        if self.numbers:
            past, now = quantile_counts(reference.ordered, current.ordered)
        else:
            past, now = category_counts(reference.cells, current.cells)
        return np.column_stack([past, reference.missing]), np.column_stack([now, current.missing])

    def positions(self, counts: Counts) -> Floats:
        """What stands for each cell: its one value where it has one."""
        if self.grid.kind == "integer":
            return self.grid.positions(counts.keys)
        return np.where(np.isnan(counts.values), self.grid.positions(counts.keys), counts.values)

    def _in_deviations(self, moved: Floats) -> Floats:
        return moved / self.deviation if 0 < self.deviation < np.inf else np.full_like(moved, np.nan)


def _all_rare(reference: Counts) -> NDArray[np.bool_]:
    """By pair, whether the reference has categories, but none with a bin of its own."""
    _, common = category_order(reference.cells)
    rare: NDArray[np.bool_] = ~common.any(axis=1) & (reference.known > 0)
    return rare


_OF_BINS = {
    "psi": distances.psi,
    "js": distances.js,
    "kl": distances.kl,
    "hellinger": distances.hellinger,
    "chi_squared": distances.chi_squared,
}
