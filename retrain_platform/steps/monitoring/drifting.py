"""The profile of a period, and its drift from the reference."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.binned import Bins, binned
from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.ordinary import Ordinary
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reference import ReferencePeriods, lead, season, shifted
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy.reads import segments_read
from retrain_platform.stats.column import all_missing
from retrain_platform.stats.grid import Grid
from retrain_platform.steps.dataset.ingesting import features_of
from retrain_platform.steps.monitoring.predicting import prediction_drift
from retrain_platform.steps.workshop import Workshop

_KEPT = 4
"""So many references are kept: the model's own, and the same of earlier years."""


def make_profile(shop: Workshop, period: Period) -> DatasetProfile | None:
    """Count the period's rows on the grids that the first period fixed; None without rows."""
    if period.key not in shop.lake.periods(shop.events):
        return None
    frame = shop.lake.read(shop.events, [period.key])
    columns = features_of(shop, frame)
    segments = [name for name in shop.spec.segments if name in frame.columns]
    grids = dict(_standing_grids(shop, period))
    grids.update(choose_grids(frame, [name for name in columns if name not in grids]))
    made = profile(frame, grids, segments)
    shop.values.put_bytes(shop.model, "profile", period.key, "profile", made.to_bytes())
    return made


def _standing_grids(shop: Workshop, period: Period) -> dict[str, Grid]:
    """The grids of the newest earlier profile: a column keeps the grid that it was first given."""
    for earlier in reversed(_earlier(shop, period)):
        found = read_profile(shop, earlier.key)
        if found is not None:
            return found.grids()
    return {}


def _earlier(shop: Workshop, period: Period) -> list[Period]:
    return [shop.spec.period.at(index) for index in range(shop.spec.period.index(period.key))]


def read_profile(shop: Workshop, key: str) -> DatasetProfile | None:
    """The profile of a period; None where it had no rows."""
    data = shop.values.newest_bytes(shop.model, "profile", key)
    return None if data is None else _parsed(data)


@lru_cache(maxsize=64)
def _parsed(data: bytes) -> DatasetProfile:
    """A period's profile is read when it is compared and when it is shown, and by the next period for its grids.

    A replay sums a year of them anew for each champion, at 25 ms and half a megabyte a flights' week.
    """
    return DatasetProfile.from_bytes(data)


def drift(
    shop: Workshop, period: Period, reference: ReferencePeriods, within: Collection[str] | None = None
) -> DriftReport | None:
    """Compare the period with the `reference` periods, its scores with the champion's first; None without both sides.

    Segments are told of every column, or of those `within`.

    The report of segments is many times as long, and few policies read it: it is kept apart.
    """
    found = compared(shop, period, reference, within)
    if found is None:
        return None
    told = found.model_copy(update={"predictions": prediction_drift(shop, period)})
    shop.values.put(shop.model, "drift_segments", period.key, "drift", told)
    whole = told.model_copy(update={"segments": {}})
    shop.values.put(shop.model, "drift_report", period.key, "drift", whole)
    return whole


def compared(
    shop: Workshop, period: Period, reference: ReferencePeriods, within: Collection[str] | None = None
) -> DriftReport | None:
    """The same report with its segments, without the scores, and kept nowhere."""
    current = read_profile(shop, period.key)
    standing = _reference(shop, reference.periods)
    if current is None or standing is None:
        return None
    standing = _in_season(shop, period, standing)
    ahead = lead(shop.spec.period, reference, period)
    segments = True if within is None else within
    report = compare(standing, current, period=period.key, as_of=period.end, lead=ahead, segments=segments)
    return report.model_copy(update={"basis": reference.basis, "said": reference.said})


def known_drift(shop: Workshop, period: Period) -> list[DriftReport]:
    """The reports of the periods up to this one, oldest first."""
    return [
        report for key, report in shop.values.all(shop.model, "drift_report", DriftReport).items() if key <= period.key
    ]


def sides(shop: Workshop, period: Period, reference: ReferencePeriods, feature: str) -> Bins:
    """A feature's bins in the reference and in the period.

    Raises:
        LookupError: one of both has no profile of the feature.
    """
    current, standing = read_profile(shop, period.key), _reference(shop, reference.periods)
    if current is None or standing is None or feature not in standing.total.columns:
        raise LookupError(f"feature == {feature!r}, must be profiled in {period.key} and in its reference")
    before = standing.total.columns[feature]
    return binned(before, current.columns.get(feature) or all_missing(before.grid, current.rows))


def _reference(shop: Workshop, keys: tuple[str, ...], *, whole: bool = False) -> Reference | None:
    """The periods' sum and noise, kept for as long as the same periods are asked for; `whole`: without segments."""
    named = ("whole", *keys) if whole else keys
    if named not in shop.references:
        found = {key: profile for key in keys if (profile := read_profile(shop, key)) is not None}
        read = () if whole else sorted(segments_read(shop.spec.policy))
        while len(shop.references) >= _KEPT:
            del shop.references[next(iter(shop.references))]
        shop.references[named] = Reference.of(found, segments=not whole, noise_in=read) if found else None
    return shop.references[named]


def _in_season(shop: Workshop, period: Period, standing: Reference) -> Reference:
    """The reference with the noise of the same season of earlier years, where the history has it.

    Either what the periods of that season, a year or more ago, scored against the same reference so
    many years earlier, or where that reaches before the first period, those of them that are in the
    reference, against the rest of it.
    """
    calendar = shop.spec.period
    years = range(1, period.start.year - calendar.start.year + 1)
    ago = {count: season(calendar, period, count) for count in years}
    told: dict[str, tuple[FeatureDrift, ...]] = {}
    for count, keys in ago.items():
        past = shifted(calendar, standing.periods, count)
        before = None if past is None else _reference(shop, tuple(past), whole=True)
        told |= {} if before is None else _scores(shop, before, keys)
    if told:
        return standing.in_season(Ordinary.told(told))
    within = {key for keys in ago.values() for key in keys} & {*standing.periods}
    return standing.in_season(standing.ordinary.only(within)) if within else standing


def _scores(shop: Workshop, reference: Reference, keys: Sequence[str]) -> dict[str, tuple[FeatureDrift, ...]]:
    """What the periods outside the reference score against it."""
    found = {}
    for key in keys:
        made = None if key in reference.periods else read_profile(shop, key)
        if made is not None:
            at = shop.spec.period.period(key)
            found[key] = compare(reference, made, period=key, as_of=at.end, segments=False).features
    return found


def segment_reports(shop: Workshop, period: Period) -> tuple[DriftReport, ...]:
    """The newest reports of the segments that the spec's policy reads, oldest first: as many as its longest dwell."""
    read = segments_read(shop.spec.policy)
    if not read:
        return ()
    index, length = shop.spec.period.index(period.key), shop.spec.period.length()
    count = max(max(1, round(span / length)) for span in read.values())
    keys = [shop.spec.period.at(place).key for place in range(max(0, index - count + 1), index + 1)]
    found = [shop.values.newest(shop.model, "drift_segments", key, DriftReport) for key in keys]
    return tuple(_only(report, read) for report in found if report is not None)


def _only(report: DriftReport, columns: Collection[str]) -> DriftReport:
    kept = {name: values for name, values in report.segments.items() if name in columns}
    return report.model_copy(update={"features": (), "segments": kept, "predictions": None})
