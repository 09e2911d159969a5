"""One column's measures of drift for many pairs at once: periods against the others, segments, the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.reports import DRIFT_METHODS
from retrain_platform.stats import distances
from retrain_platform.stats.bins import category_counts, quantile_counts
from retrain_platform.stats.column import ColumnProfile, aligned
from retrain_platform.stats.grid import Grid, Keys
from retrain_platform.stats.noise import others

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEASURES = (*DRIFT_METHODS, "new_category_share", "missing_share")
"""The keys of a `FeatureDrift`'s scores and noise."""


@dataclass(frozen=True)
class Counts:
    """A column's counts in several profiles, a row each.

    `cells` are of shape (profiles, keys), `infinite` (profiles, 2) the rows that lie before and
    after them, `missing` and `rows` (profiles,).
    """

    keys: Keys
    cells: Ints
    infinite: Ints
    missing: Ints
    rows: Ints

    @classmethod
    def of(cls, profiles: Sequence[ColumnProfile]) -> Counts:
        """The counts of one column's profiles.

        Raises:
            ValueError: no profile, or their grids differ.
        """
        keys, cells = aligned(profiles)
        infinite = np.array([(each.infinite_low, each.infinite_high) for each in profiles])
        missing = np.array([each.missing for each in profiles])
        return cls(keys, cells, infinite, missing, np.array([each.rows for each in profiles]))

    def part(self, start: int, stop: int) -> Counts:
        """The profiles from `start` to `stop`, exclusive."""
        return Counts(self.keys, *(each[start:stop] for each in self._counted))

    def others(self) -> Counts:
        """For each profile, the sum of all the others."""
        return Counts(self.keys, *(others(each) for each in self._counted))

    @cached_property
    def ordered(self) -> Ints:
        """The cells with the infinities at their ends."""
        return np.column_stack([self.infinite[:, 0], self.cells, self.infinite[:, 1]])

    @property
    def missing_share(self) -> Floats:
        """The missing over all rows; nan without rows."""
        unknown = np.full(len(self.rows), np.nan)
        share: Floats = np.divide(self.missing, self.rows, out=unknown, where=self.rows > 0)
        return share

    @property
    def _counted(self) -> tuple[Ints, ...]:
        return self.cells, self.infinite, self.missing, self.rows


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

    def scores(self, reference: Counts, current: Counts) -> dict[str, Floats]:
        """Each of `MEASURES` for each pair of rows, shape (pairs,); nan where it does not apply.

        PSI, JS, KL and chi-squared are over coarse bins, of which the missing are one. KS and
        Wasserstein are over the cells of numbers, so without the missing; Wasserstein, without the
        infinities too, is in standard deviations of the reference.
        """
        coarse = self._coarse(reference, current)
        scores = {name: distance(*coarse) for name, distance in _OF_BINS.items()}
        unknown = np.full(len(reference.rows), np.nan)
        scores |= {"ks": unknown, "wasserstein": unknown, "new_category_share": unknown}
        if self.numbers:
            scores["ks"] = distances.ks(reference.ordered, current.ordered)
            scores["wasserstein"] = self._in_deviations(reference, current)
        else:
            scores["new_category_share"] = distances.new_category_share(reference.cells, current.cells)
        scores["missing_share"] = np.abs(current.missing_share - reference.missing_share)
        return {name: scores[name] for name in MEASURES}

    def _coarse(self, reference: Counts, current: Counts) -> tuple[Ints, Ints]:
        """Both sides in the reference's bins, the missing last."""
        if self.numbers:
            past, now = quantile_counts(reference.ordered, current.ordered)
        else:
            past, now = category_counts(reference.cells, current.cells)
        return np.column_stack([past, reference.missing]), np.column_stack([now, current.missing])

    def _in_deviations(self, reference: Counts, current: Counts) -> Floats:
        positions = self.grid.positions(current.keys)
        moved = distances.wasserstein(reference.cells, current.cells, positions)
        return moved / self.deviation if self.deviation > 0 else np.full_like(moved, np.nan)


_OF_BINS = {"psi": distances.psi, "js": distances.js, "kl": distances.kl, "chi_squared": distances.chi_squared}
