"""How the champion's scores shifted: each version's scores counted every period, never mixed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.reports import PredictionDrift
from retrain_platform.stats.grid import Grid
from retrain_platform.steps.answers import class_column
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import Workshop

SCORE, CLASS = "score", "predicted class"
"""What the column of scores is called in a report, and that of the likeliest class."""


def prediction_drift(shop: Workshop, period: Period) -> PredictionDrift | None:
    """Count the period's scores by version and compare the champion's with its first ones; None without scores."""
    scored = _scored(shop).get(period.key)
    if scored is None or "champion" not in scored.versions:
        return None
    version = scored.versions["champion"]
    made = _profile(shop, period, scored)
    first, needed = _first(shop, period, version), shop.spec.monitoring.score_periods
    told = PredictionDrift(version=version, reference=tuple(first))
    if len(first) < needed:
        why = f"the first {needed} sound periods that version {version} scores are the reference, {len(first)} are in"
        return told.model_copy(update={"why": why})
    reference = _reference(shop, version, first)
    ahead = shop.spec.period.index(period.key) - shop.spec.period.index(first[-1])
    report = compare(reference, _alone(made, version), period=period.key, as_of=period.end, lead=ahead, segments=False)
    found = {each.feature: each for each in report.features}
    return told.model_copy(update={"drift": found[SCORE], "classes": found.get(CLASS)})


def known_scored(shop: Workshop, period: Period) -> list[Scored]:
    """Who scored each period up to this one, oldest first."""
    return [scored for key, scored in _scored(shop).items() if key <= period.key]


def _reference(shop: Workshop, version: str, first: Sequence[str]) -> Reference:
    """The version's scores in its first periods, kept for as long as the workshop keeps references."""
    named = ("scores", version, *first)
    kept = shop.references.get(named)
    if kept is None:
        found = {key: _alone(made, version) for key in first if (made := _read(shop, key)) is not None}
        kept = shop.references[named] = Reference.of(found, segments=False)
    return kept


def _profile(shop: Workshop, period: Period, scored: Scored) -> DatasetProfile:
    """The scores of every version that scored the period, a column each, on the grid it was first given.

    Beside them, of several classes, the likeliest one.
    """
    columns: dict[str, str] = {version: role for role, version in scored.versions.items()}
    columns |= {
        _class_of(version): class_column(role) for role, version in scored.versions.items() if role in scored.classes
    }
    read = shop.lake.read(shop.predictions, [period.key], columns=list(columns.values()))
    frame = pd.DataFrame({name: read[column] for name, column in columns.items()})
    versions = [version for version in columns if version in scored.versions.values()]
    grids = {name: grid for version in versions for name, grid in _standing(shop, period, version).items()}
    grids |= choose_grids(frame, [name for name in columns if name not in grids])
    made = profile(frame, grids)
    shop.values.put_bytes(shop.model, "score_profile", period.key, "scores", made.to_bytes())
    return made


def _class_of(version: str) -> str:
    return f"{version} class"


def _standing(shop: Workshop, period: Period, version: str) -> dict[str, Grid]:
    """The grids of the version's columns in the first period that it scored; none where this is the first."""
    for key, scored in _scored(shop).items():
        if key < period.key and version in scored.versions.values() and (kept := _read(shop, key)) is not None:
            grids = kept.grids()
            return {name: grids[name] for name in (version, _class_of(version)) if name in grids}
    return {}


def _first(shop: Workshop, period: Period, version: str) -> list[str]:
    """The first sound periods before this one that the version scored, in whatever role."""
    ingested = shop.values.all(shop.model, "events", Ingested)
    sound = {key for key, value in ingested.items() if not value.problems}
    found = [
        key
        for key, scored in _scored(shop).items()
        if key < period.key and key in sound and version in scored.versions.values()
    ]
    return found[: shop.spec.monitoring.score_periods]


def _scored(shop: Workshop) -> dict[str, Scored]:
    return shop.values.all(shop.model, "predictions", Scored)


def _read(shop: Workshop, key: str) -> DatasetProfile | None:
    data = shop.values.newest_bytes(shop.model, "score_profile", key)
    return None if data is None else DatasetProfile.from_bytes(data)


def _alone(of: DatasetProfile, version: str) -> DatasetProfile:
    names = {SCORE: version, CLASS: _class_of(version)}
    return DatasetProfile({name: of.columns[column] for name, column in names.items() if column in of.columns}, of.rows)
