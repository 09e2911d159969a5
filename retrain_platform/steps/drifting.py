"""The profile of a period, and its drift from the reference."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reports import DriftReport
from retrain_platform.stats.grid import Grid
from retrain_platform.steps.watching import features_of
from retrain_platform.steps.workshop import Workshop


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
    return None if data is None else DatasetProfile.from_bytes(data)


def drift(shop: Workshop, period: Period, reference: Sequence[str]) -> DriftReport | None:
    """Compare the period with the `reference` periods (the champion's training); None without both.

    The report of segments is many times as long and no policy reads it: it is kept apart.
    """
    current = read_profile(shop, period.key)
    standing = _reference(shop, tuple(reference))
    if current is None or standing is None:
        return None
    report = compare(standing, current, period=period.key, as_of=period.end)
    shop.values.put(shop.model, "drift_segments", period.key, "drift", report)
    whole = report.model_copy(update={"segments": {}})
    shop.values.put(shop.model, "drift_report", period.key, "drift", whole)
    return whole


def _reference(shop: Workshop, keys: tuple[str, ...]) -> Reference | None:
    """The periods' sum and noise, kept for as long as the same periods are asked for."""
    if keys not in shop.references:
        found = {key: profile for key in keys if (profile := read_profile(shop, key)) is not None}
        shop.references.clear()
        shop.references[keys] = Reference.of(found) if found else None
    return shop.references[keys]
