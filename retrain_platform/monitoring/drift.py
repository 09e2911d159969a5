"""How far a period's features are from the reference periods', beside what those periods score themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from retrain_platform.monitoring.correlations import with_correlations
from retrain_platform.monitoring.profile import Columns, DatasetProfile, rows_of, total, total_columns
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.monitoring.ruler import MEASURES, Counts, Ruler
from retrain_platform.stats.column import ColumnProfile, all_missing
from retrain_platform.stats.noise import noise_level

Noise = Mapping[str, Mapping[str, float | None]]
"""By feature, by measure: what an ordinary period scores; None with fewer than 2 of them."""

MOST_NAMED = 20
"""So many of the new categories are named in a report, the most frequent first."""


@dataclass(frozen=True)
class Reference:
    """What periods are compared with: the sum of some periods' profiles, and their own noise.

    Making one reads every reference period; a caller that compares many periods with the same ones keeps it.
    """

    periods: tuple[str, ...]
    total: DatasetProfile
    noise: Noise

    @classmethod
    def of(cls, profiles: Mapping[str, DatasetProfile], *, segments: bool = True) -> Reference:
        """The reference of a profile a period, by the period's key; `segments` says whether to keep theirs.

        Raises:
            ValueError: `profiles` is empty, or a column's grid is not the same in all of them.
        """
        if not profiles:
            raise ValueError("reference == {}, must hold at least one period's profile")
        kept = [each if segments else replace(each, segments={}) for each in profiles.values()]
        return cls(tuple(profiles), total(kept), reference_noise(profiles))

    @cached_property
    def rulers(self) -> dict[str, Ruler]:
        """How each feature is measured, whole and in segments."""
        return {name: Ruler.of(column) for name, column in self.total.columns.items()}


def compare(
    reference: Reference | Mapping[str, DatasetProfile],
    current: DatasetProfile,
    *,
    period: str,
    as_of: datetime,
    segments: bool = True,
) -> DriftReport:
    """Every feature of the reference as it is in `current`, whole and by segment.

    `reference` may be given as profiles by period. A feature that `current` lacks is missing in all
    its rows. Features of segments have no noise of periods; a segment that either side lacks is
    left out.

    Raises:
        ValueError: `reference` is empty, or a column's grid is not the same in all profiles.
    """
    known = reference if isinstance(reference, Reference) else Reference.of(reference, segments=segments)
    now = _filled(current.columns, known.rulers, current.rows)
    features = _features(known.rulers, [known.total.columns], [now], known.noise)[0]
    return DriftReport(
        period=period,
        as_of=as_of,
        reference=known.periods,
        features=with_correlations(features, known.total.together, current.together),
        segments=_segments(known, current) if segments else {},
    )


def reference_noise(
    profiles: Mapping[str, DatasetProfile], quantile: float = 0.95
) -> dict[str, dict[str, float | None]]:
    """What each period scores against the sum of the others, at `quantile` (see `noise_level`).

    By feature, then by measure. None where fewer than 2 periods have a score.

    Raises:
        ValueError: a column's grid is not the same in all profiles.
    """
    if len(profiles) < 2:
        names = next(iter(profiles.values())).columns if profiles else ()
        return {name: dict.fromkeys(MEASURES) for name in names}
    together = total_columns([(each.columns, each.rows) for each in profiles.values()])
    rulers = {name: Ruler.of(column) for name, column in together.items()}
    filled = [_filled(each.columns, rulers, each.rows) for each in profiles.values()]
    levels: dict[str, dict[str, float | None]] = {}
    for name, ruler in rulers.items():
        counts = Counts.of([columns[name] for columns in filled])
        scores = ruler.scores(counts.others(), counts)
        levels[name] = {measure: _known(noise_level(scores[measure], quantile)) for measure in MEASURES}
    return levels


def _filled(columns: Columns, rulers: Mapping[str, Ruler], rows: int) -> Columns:
    """A column for each ruler, all missing where `columns` has none."""
    return {name: columns.get(name) or all_missing(ruler.grid, rows) for name, ruler in rulers.items()}


def _segments(reference: Reference, current: DatasetProfile) -> dict[str, dict[str, tuple[FeatureDrift, ...]]]:
    reports: dict[str, dict[str, tuple[FeatureDrift, ...]]] = {}
    for segment in sorted({*reference.total.segments} & {*current.segments}):
        past, now = reference.total.segments[segment], current.segments[segment]
        shared = sorted({*past} & {*now})
        before, after = (
            [_filled(side[value], reference.rulers, rows_of(side[value])) for value in shared] for side in (past, now)
        )
        if shared:
            reports[segment] = dict(zip(shared, _features(reference.rulers, before, after, {}), strict=True))
    return reports


def _features(
    rulers: Mapping[str, Ruler], past: Sequence[Columns], now: Sequence[Columns], noise: Noise
) -> list[tuple[FeatureDrift, ...]]:
    """For each pair of `past` and `now`, every feature's drift."""
    by_feature = [
        _feature(name, ruler, [each[name] for each in past], [each[name] for each in now], noise.get(name, {}))
        for name, ruler in rulers.items()
    ]
    return list(zip(*by_feature, strict=True)) if by_feature else [()] * len(past)


def _feature(
    name: str,
    ruler: Ruler,
    past: Sequence[ColumnProfile],
    now: Sequence[ColumnProfile],
    noise: Mapping[str, float | None],
) -> list[FeatureDrift]:
    """One feature's drift for each pair, measured together."""
    counts = Counts.of([*past, *now])
    before, after = counts.part(0, len(past)), counts.part(len(past), len(past) + len(now))
    coarse = ruler.coarse(before, after)
    scores, sampling = ruler.scores(before, after, coarse), ruler.sampling(before, after, coarse)
    bounds = ruler.ks_bound(before, after)
    return [
        FeatureDrift(
            feature=name,
            kind=ruler.grid.kind,
            scores={measure: _known(scores[measure][pair]) for measure in MEASURES},
            noise={measure: noise.get(measure) for measure in MEASURES},
            sampling={measure: _known(sampling[measure][pair]) for measure in MEASURES},
            ks_bound=_known(bounds[pair]),
            rows_reference=past[pair].rows,
            rows_current=now[pair].rows,
            missing_reference=_known(past[pair].missing_share),
            missing_current=_known(now[pair].missing_share),
            new_categories=() if ruler.numbers else _new(before, after, pair),
        )
        for pair in range(len(past))
    ]


def _new(before: Counts, after: Counts, pair: int) -> tuple[str, ...]:
    """The categories that only `after` has, most frequent first."""
    fresh = np.where(before.cells[pair] == 0, after.cells[pair], 0)
    most = np.argsort(-fresh, kind="stable")[: min(MOST_NAMED, int((fresh > 0).sum()))]
    return tuple(before.keys[most])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
