"""What ordinary periods score: the noise from period to period that a drift is read against."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.profile import Columns, DatasetProfile, rows_of, total_columns
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.monitoring.ruler import MEASURES, Counts, Ruler
from retrain_platform.stats.column import all_missing
from retrain_platform.stats.noise import noise_level

Floats = NDArray[np.float64]


class Level(NamedTuple):
    """Of one feature: the score that ordinary periods stay within, by measure, and of how many periods it is."""

    by_measure: Mapping[str, float | None]
    periods: int


UNKNOWN = Level(dict.fromkeys(MEASURES), 0)
"""Nothing is known of ordinary periods."""


@dataclass(frozen=True)
class Ordinary:
    """The scores of `periods`, each an ordinary one: by feature and measure, shape (periods,), nan where unknown."""

    periods: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Floats]]

    @classmethod
    def among(cls, parts: Mapping[str, tuple[Columns, int]]) -> Ordinary:
        """Each period (columns, rows) against the sum of the others; of fewer than 2 periods no scores.

        Raises:
            ValueError: a column's grid is not the same in all periods.
        """
        if len(parts) < 2:
            return cls(tuple(parts), {})
        together = total_columns(list(parts.values()))
        scores = {}
        for name, ruler in ((name, Ruler.of(column)) for name, column in together.items()):
            alone = [columns.get(name) or all_missing(ruler.grid, rows) for columns, rows in parts.values()]
            counts = Counts.of(alone)
            scores[name] = ruler.scores(counts.others(), counts)
        return cls(tuple(parts), scores)

    @classmethod
    def told(cls, reports: Mapping[str, Sequence[FeatureDrift]]) -> Ordinary:
        """The scores that reports gave: by period, every feature."""
        names = sorted({each.feature for features in reports.values() for each in features})
        found = [{each.feature: each.scores for each in features} for features in reports.values()]
        return cls(
            tuple(reports),
            {name: {m: _floats([each.get(name, {}).get(m) for each in found]) for m in MEASURES} for name in names},
        )

    def only(self, periods: Collection[str]) -> Ordinary:
        """Those of `periods`."""
        kept = [place for place, key in enumerate(self.periods) if key in periods]
        return Ordinary(
            tuple(self.periods[place] for place in kept),
            {name: {m: found[kept] for m, found in by.items()} for name, by in self.scores.items()},
        )

    def level(self, feature: str, quantile: float = 0.95) -> Level:
        """The feature's `noise_level`; `UNKNOWN` with fewer than 2 scores."""
        by_measure = self.scores.get(feature)
        if by_measure is None:
            return UNKNOWN
        known = max(int(np.isfinite(found).sum()) for found in by_measure.values())
        if known < 2:
            return UNKNOWN
        levels = {measure: noise_level(by_measure[measure], quantile) for measure in MEASURES}
        return Level({name: None if np.isnan(level) else level for name, level in levels.items()}, known)


def among_segments(profiles: Mapping[str, DatasetProfile], columns: Collection[str]) -> dict[str, dict[str, Ordinary]]:
    """The ordinary scores within each segment of `columns`, among the periods that have rows of it."""
    return {
        column: {
            value: Ordinary.among(
                {
                    key: (each.segments[column][value], rows_of(each.segments[column][value]))
                    for key, each in profiles.items()
                    if value in each.segments.get(column, {})
                }
            )
            for value in sorted({value for each in profiles.values() for value in each.segments.get(column, {})})
        }
        for column in columns
    }


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
