"""What ordinary periods score: the noise from period to period that a drift is read against."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.profile import Columns, DatasetProfile, rows_of, total_columns
from retrain_platform.monitoring.reports import SQUARES, FeatureDrift
from retrain_platform.monitoring.ruler import MEASURES, Counts, Ruler
from retrain_platform.stats.column import all_missing
from retrain_platform.stats.noise import noise_level
from retrain_platform.stats.tails import carried

Floats = NDArray[np.float64]


Known = Mapping[str, float | None]
"""A number by measure; None where it is not known."""

_TOLD_BY = 4
"""Fewer periods cannot tell a trend from noise."""


class Level(NamedTuple):
    """Of one feature: the score that ordinary periods stay within, by measure, and of how many periods it is.

    `chance` is what of it chance alone gives on average, `trend` how far the reference moves on from
    one period to the next (the root of a score that is a square), `sure` what of that is more than
    periods without a trend give.
    """

    by_measure: Known
    periods: int
    chance: Known = {}
    trend: Known = {}
    sure: Known = {}

    def at(self, lead: int) -> Level:
        """The level of the period so many after the last of the reference; of 0 the level as it is.

        The next period is `_reach` further from the reference's middle than an ordinary one is from that
        of the others, and the trend is carried on so far; to those after it only what is sure of
        it, and for as many periods as it was seen in. A season, or slow growth, is so told from a change,
        without a second year.
        """
        if lead < 1 or self.periods < _TOLD_BY or not self.trend:
            return self
        return self._replace(by_measure={name: self._moved(name, min(lead, self.periods)) for name in self.by_measure})

    def _moved(self, measure: str, lead: int) -> float | None:
        level, chance = self.by_measure[measure], self.chance.get(measure) or 0.0
        step = (self.trend.get(measure) or 0.0) * _reach(self.periods) + (self.sure.get(measure) or 0.0) * (lead - 1)
        if level is None or not step:
            return level
        if measure in SQUARES:
            return max(level, carried(level, chance, step=step))
        return max(level, sqrt(carried(level**2, chance**2, step=step)))


def _reach(periods: int) -> float:
    """How much further, in periods, the next one is from the middle of so many than one of them from the others'."""
    return (periods + 1) / 2 - periods / (periods - 1) * sqrt((periods**2 - 1) / 12)  # the root of the mean square


UNKNOWN = Level(dict.fromkeys(MEASURES), 0)
"""Nothing is known of ordinary periods."""


@dataclass(frozen=True)
class Ordinary:
    """The scores of `periods`, each an ordinary one: by feature and measure, shape (periods,), nan where unknown.

    By feature, what of them is `chance`, the `trend` among them and what of it is `sure` are as in a
    `Level`; none are known of periods that are not compared with each other.
    """

    periods: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Floats]]
    chance: Mapping[str, Known] = field(default_factory=dict)
    trend: Mapping[str, Known] = field(default_factory=dict)
    sure: Mapping[str, Known] = field(default_factory=dict)

    @classmethod
    def among(cls, parts: Mapping[str, tuple[Columns, int]]) -> Ordinary:
        """Each period (columns, rows), oldest first, against the sum of the others; of fewer than 2 no scores.

        Raises:
            ValueError: a column's grid is not the same in all periods.
        """
        if len(parts) < 2:
            return cls(tuple(parts), {})
        together = total_columns(list(parts.values()))
        scores: dict[str, dict[str, Floats]] = {}
        chance: dict[str, Known] = {}
        trend: dict[str, Known] = {}
        sure: dict[str, Known] = {}
        for name, ruler in ((name, Ruler.of(column)) for name, column in together.items()):
            counts = Counts.of([columns.get(name) or all_missing(ruler.grid, rows) for columns, rows in parts.values()])
            found, expected = _measured(ruler, counts)
            scores[name] = {measure: values[:-1] for measure, values in found.items()}
            chance[name] = {measure: _mean(values[:-1]) for measure, values in expected.items()}
            steps = {m: (found[m][-1], _untrended(m, scores[name][m]), expected[m][-1]) for m in MEASURES}
            gap = (len(parts) + 1) // 2
            trend[name] = {m: _step(m, apart, by_chance, gap) for m, (apart, _, by_chance) in steps.items()}
            sure[name] = {m: _step(m, apart, by_noise, gap) for m, (apart, by_noise, _) in steps.items()}
        return cls(tuple(parts), scores, chance, trend, sure)

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
        """Those of `periods`; the trend among all is none of them."""
        kept = [place for place, key in enumerate(self.periods) if key in periods]
        return Ordinary(
            tuple(self.periods[place] for place in kept),
            {name: {m: found[kept] for m, found in by.items()} for name, by in self.scores.items()},
            self.chance,
        )

    def level(self, feature: str) -> Level:
        """The feature's `noise_level`; `UNKNOWN` with fewer than 2 scores."""
        by_measure = self.scores.get(feature)
        if by_measure is None:
            return UNKNOWN
        known = max(int(np.isfinite(found).sum()) for found in by_measure.values())
        if known < 2:
            return UNKNOWN
        levels = {measure: noise_level(by_measure[measure]) for measure in MEASURES}
        told = {name: None if np.isnan(level) else level for name, level in levels.items()}
        return Level(told, known, self.chance.get(feature, {}), self.trend.get(feature, {}), self.sure.get(feature, {}))


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


def _measured(ruler: Ruler, counts: Counts) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Of each period against the others, and then of the last half against the first: scores, what chance gives.

    The middle one of an odd number is in neither half.
    """
    count = len(counts.rows)
    before = counts.others().then(counts.together(0, count // 2))
    after = counts.then(counts.together(count - count // 2, count))
    coarse = ruler.coarse(before, after)
    return ruler.scores(before, after, coarse), ruler.expected(before, after, coarse)


def _untrended(measure: str, scores: Floats) -> float:
    """What the halves' distance would be on average, were there no trend, of the scores that single periods got."""
    known = scores[~np.isnan(scores)]
    if len(known) < 2:
        return np.nan
    share = 2 / (len(known) // 2) * (len(known) - 1) / len(known)
    return float(known.mean() * share if measure in SQUARES else sqrt((known**2).mean() * share))


def _step(measure: str, score: float, chance: float, periods: int) -> float | None:
    """The root of what a square score is over chance, for each of so many periods."""
    known = 0.0 if np.isnan(chance) else chance
    over = score - known if measure in SQUARES else score**2 - known**2
    return None if np.isnan(over) else sqrt(max(float(over), 0.0)) / periods


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
