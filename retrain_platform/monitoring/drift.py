"""How far a period's features are from the reference periods', beside what those periods score themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from retrain_platform.monitoring.correlations import OrdinaryChanges, ordinary_changes, with_correlations
from retrain_platform.monitoring.mix import mix
from retrain_platform.monitoring.ordinary import UNKNOWN, Level, Ordinary, among_segments
from retrain_platform.monitoring.profile import Columns, DatasetProfile, rows_of, total
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.monitoring.ruler import MEASURES, Counts, Ruler
from retrain_platform.stats.column import ColumnProfile, all_missing

Noise = Mapping[str, Level]
"""By feature: what an ordinary period scores."""

MOST_NAMED = 20
"""So many of the new categories are named in a report, the most frequent first."""


@dataclass(frozen=True)
class Reference:
    """What periods are compared with: the sum of some periods' profiles, and what ordinary periods score.

    `ordinary` are its own periods against each other; `seasonal`, where there are any, periods of the
    current one's season, whose scores are the noise in their place. `segments` says the same within
    segments, `correlations` what each correlation moves from period to period, `shares` is the
    reference of the segments' shares. Making one reads every reference period; a caller that
    compares many periods with the same ones keeps it.
    """

    periods: tuple[str, ...]
    total: DatasetProfile
    ordinary: Ordinary
    seasonal: Ordinary | None = None
    segments: Mapping[str, Mapping[str, Ordinary]] = field(default_factory=dict)
    correlations: OrdinaryChanges | None = None
    shares: Reference | None = None

    @classmethod
    def of(
        cls, profiles: Mapping[str, DatasetProfile], *, segments: bool = True, noise_in: Collection[str] = ()
    ) -> Reference:
        """The reference of a profile a period, by the period's key.

        `segments` says whether to keep theirs, `noise_in` of which segment columns to know the noise too.

        Raises:
            ValueError: `profiles` is empty, or a column's grid is not the same in all of them.
        """
        if not profiles:
            raise ValueError("reference == {}, must hold at least one period's profile")
        kept = [each if segments else replace(each, segments={}) for each in profiles.values()]
        return cls(
            tuple(profiles),
            total(kept),
            Ordinary.among({key: (each.columns, each.rows) for key, each in profiles.items()}),
            segments=among_segments(profiles, noise_in),
            correlations=ordinary_changes([each.together for each in profiles.values()]),
            shares=cls.of({key: mix(each) for key, each in profiles.items()}, segments=False) if segments else None,
        )

    def in_season(self, seasonal: Ordinary) -> Reference:
        """The same, its noise taken from periods of the current one's season where there are two of them."""
        return replace(self, seasonal=seasonal if len(seasonal.periods) > 1 else None)

    @cached_property
    def rulers(self) -> dict[str, Ruler]:
        """How each feature is measured, whole and in segments."""
        return {name: Ruler.of(column) for name, column in self.total.columns.items()}

    @cached_property
    def levels(self) -> Noise:
        """What ordinary periods score in all rows."""
        own = {name: self.ordinary.level(name) for name in self.total.columns}
        if self.seasonal is None:
            return own
        found = {name: self.seasonal.level(name) for name in own}
        return {name: found[name] if found[name].periods else own[name] for name in own}

    def noise(self, lead: int) -> Noise:
        """The same of the period so many after the last of the reference (see `Level.at`)."""
        return {name: level.at(lead) for name, level in self.levels.items()}

    def noise_in(self, segment: str, value: str, lead: int) -> Noise:
        """The same in the rows of one segment."""
        known = self.segments.get(segment, {}).get(value)
        return {} if known is None else {name: known.level(name).at(lead) for name in self.total.columns}


def compare(
    reference: Reference | Mapping[str, DatasetProfile],
    current: DatasetProfile,
    *,
    period: str,
    as_of: datetime,
    lead: int = 1,
    segments: bool | Collection[str] = True,
) -> DriftReport:
    """Every feature of the reference as it is in `current`, whole and by segment, or within the columns `segments`.

    `reference` may be given as profiles by period, oldest first; `lead` says how many periods after
    the last of them the current one is, 0 where the reference's trend says nothing of it. A feature
    that `current` lacks is missing in all its rows. Features of segments have a noise of periods
    where the reference knows it; a segment that either side lacks is left out.

    Raises:
        ValueError: `reference` is empty, or a column's grid is not the same in all profiles.
    """
    told = segments is not False
    known = reference if isinstance(reference, Reference) else Reference.of(reference, segments=told)
    within = current.segments if segments is True else segments or ()
    return DriftReport(
        period=period,
        as_of=as_of,
        reference=known.periods,
        features=with_correlations(
            _whole(known, current, lead), known.total.together, current.together, known.correlations
        ),
        segments=_segments(known, current, lead, within),
        noise_of=known.seasonal.periods if known.seasonal else (),
        mix=_whole(known.shares, mix(current), lead) if told and known.shares else (),
    )


def _whole(reference: Reference, current: DatasetProfile, lead: int) -> tuple[FeatureDrift, ...]:
    """The drift of each feature of the reference in all rows."""
    now = _filled(current.columns, reference.rulers, current.rows)
    return _features(reference.rulers, [reference.total.columns], [now], [reference.noise(lead)])[0]


def _filled(columns: Columns, rulers: Mapping[str, Ruler], rows: int) -> Columns:
    """A column for each ruler, all missing where `columns` has none."""
    return {name: columns.get(name) or all_missing(ruler.grid, rows) for name, ruler in rulers.items()}


def _segments(
    reference: Reference, current: DatasetProfile, lead: int, within: Collection[str]
) -> dict[str, dict[str, tuple[FeatureDrift, ...]]]:
    reports: dict[str, dict[str, tuple[FeatureDrift, ...]]] = {}
    for segment in sorted({*reference.total.segments} & {*current.segments} & {*within}):
        past, now = reference.total.segments[segment], current.segments[segment]
        shared = sorted({*past} & {*now})
        before, after = (
            [_filled(side[value], reference.rulers, rows_of(side[value])) for value in shared] for side in (past, now)
        )
        if shared:
            noise = [reference.noise_in(segment, value, lead) for value in shared]
            reports[segment] = dict(zip(shared, _features(reference.rulers, before, after, noise), strict=True))
    return reports


def _features(
    rulers: Mapping[str, Ruler], past: Sequence[Columns], now: Sequence[Columns], noise: Sequence[Noise]
) -> list[tuple[FeatureDrift, ...]]:
    """For each pair of `past` and `now`, with its noise, every feature's drift."""
    by_feature = [
        _feature(name, ruler, [each[name] for each in past], [each[name] for each in now], _named(name, noise))
        for name, ruler in rulers.items()
    ]
    return list(zip(*by_feature, strict=True)) if by_feature else [()] * len(past)


def _feature(
    name: str, ruler: Ruler, past: Sequence[ColumnProfile], now: Sequence[ColumnProfile], noise: Sequence[Level]
) -> list[FeatureDrift]:
    """One feature's drift for each pair, measured together."""
    counts = Counts.of([*past, *now])
    before, after = counts.part(0, len(past)), counts.part(len(past), len(past) + len(now))
    coarse = ruler.coarse(before, after)
    scores, sampling = ruler.scores(before, after, coarse), ruler.sampling(before, after, coarse)
    bounds, moved = ruler.ks_bound(before, after), ruler.moved(before, after)
    return [
        FeatureDrift(
            feature=name,
            kind=ruler.grid.kind,
            scores={measure: _known(scores[measure][pair]) for measure in MEASURES},
            noise=dict(noise[pair].by_measure),
            sampling={measure: _known(sampling[measure][pair]) for measure in MEASURES},
            chance=dict(noise[pair].chance),
            ks_bound=_known(bounds[pair]),
            moved=_known(moved[pair]),
            noise_periods=noise[pair].periods,
            rows_reference=past[pair].rows,
            rows_current=now[pair].rows,
            missing_reference=_known(past[pair].missing_share),
            missing_current=_known(now[pair].missing_share),
            new_categories=() if ruler.numbers or counts.buckets else _new(before, after, pair),
        )
        for pair in range(len(past))
    ]


def _named(feature: str, noise: Sequence[Noise]) -> list[Level]:
    return [each.get(feature, UNKNOWN) for each in noise]


def _new(before: Counts, after: Counts, pair: int) -> tuple[str, ...]:
    """The categories that only `after` has, most frequent first."""
    fresh = np.where(before.cells[pair] == 0, after.cells[pair], 0)
    most = np.argsort(-fresh, kind="stable")[: min(MOST_NAMED, int((fresh > 0).sum()))]
    return tuple(before.keys[most])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
