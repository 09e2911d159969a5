"""The watch run of one closed period: events, predictions, profile, drift, performance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retrain_platform.dataset.events import Arranged, BadEvents, arrange
from retrain_platform.dataset.features import select_features
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.soundness import Shape, shape_of, unsound
from retrain_platform.monitoring.reports import Role
from retrain_platform.release.route import canary_mask, scored_versions
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.known import ROLES, ripened
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import Workshop

_USUAL = 8
"""How many earlier periods say what a usual one looks like."""


def ingest(shop: Workshop, period: Period) -> Ingested:
    """Bring the period's rows into the lake, and fresh labels for earlier periods that still wait for them.

    Raises:
        BadEvents: the rows cannot be placed in time or given to an entity, or no label was ever read.
    """
    for earlier in _awaiting_labels(shop, period):
        _bring(shop, earlier)
    return _bring(shop, period)


def _bring(shop: Workshop, period: Period) -> Ingested:
    spec = shop.spec
    now = shop.now()
    arranged = arrange(
        shop.reader.read(period),
        source=spec.source,
        label=spec.label,
        calendar=spec.period,
        period=period,
        loaded_at=now,
        changing=spec.features.exclude,
        binary=spec.task == "binary",
    )
    if arranged.unlabelled and not _ever_labelled(shop):
        raise BadEvents(arranged.unlabelled)
    version, refused = _written(shop, period, arranged)
    shape = shape_of(arranged.frame)
    value = Ingested(
        period=period.key,
        rows=0 if refused else arranged.rows,
        duplicates=arranged.duplicates,
        live=now < period.end + spec.label.delay,
        shape=shape,
        problems=(*_problems(shop, period, arranged, shape), *refused),
        table_version=version,
    )
    shop.values.put(shop.model, "events", period.key, "events", value)
    return value


def _ever_labelled(shop: Workshop) -> bool:
    """Whether labels of any period were read: if of none, it is the spec or the whole source that is wrong."""
    column = shop.spec.label.column
    taken = shop.values.all(shop.model, "events", Ingested).values()
    return any(value.shape.rows and column in value.shape.columns for value in taken)


def _problems(shop: Workshop, period: Period, arranged: Arranged, shape: Shape) -> list[str]:
    """What is wrong with the period's rows beside those before.

    Labels that cannot be read are no reason to stop: the rows are scored and their drift measured, and the
    period, broken, is not learned from. Mended while its labels still come, it is read again and sound.
    """
    label = shop.spec.label
    before = [value.shape for key, value in shop.values.all(shop.model, "events", Ingested).items() if key < period.key]
    told = [name for name in (label.column, label.arrival) if name and arranged.unlabelled]
    return [
        *(f"its labels were not taken: {why}" for why in arranged.unlabelled),
        *unsound(
            shape,
            before[-_USUAL:],
            duplicates=arranged.duplicates,
            filled_later=_filled_later(shop.spec),
            told=told,
        ),
    ]


def _written(shop: Workshop, period: Period, arranged: Arranged) -> tuple[int | None, tuple[str, ...]]:
    """The table's version with the period's rows, or why the lake cannot hold them.

    Rows of another type (TypeChanged) or of several (ValueError) must not stop the road: the period
    counts as one without rows, so that it is neither scored nor learned from, and the decision asks
    someone to look. A reading that was taken before goes too, for predictions and labels to match.
    """
    if not arranged.rows:
        return None, ()
    try:
        return shop.lake.replace(shop.events, period.key, arranged.frame), ()
    except ValueError as error:
        if period.key in shop.lake.periods(shop.events):
            shop.lake.replace(shop.events, period.key, arranged.frame.iloc[:0])
        return None, (f"its rows were not taken: {error}",)


def _filled_later(spec: ModelSpec) -> list[str]:
    """Columns that a fresh period may well lack: the label, when it came, and what is not learned from."""
    late = [spec.label.column, *spec.features.exclude]
    return [*late, spec.label.arrival] if spec.label.arrival else late


def _awaiting_labels(shop: Workshop, period: Period) -> list[Period]:
    """Earlier periods that were read while their labels were still arriving and are not ripe yet."""
    ripe = ripened(shop, period.start)
    waiting = shop.values.all(shop.model, "events", Ingested)
    return [
        shop.spec.period.period(key)
        for key, value in waiting.items()
        if value.live and key < period.key and key not in ripe
    ]


def features_of(shop: Workshop, frame: pd.DataFrame) -> list[str]:
    """The feature columns of an events frame, in its order."""
    spec = shop.spec
    return select_features(
        list(frame.columns),
        include=spec.features.include,
        exclude=spec.features.exclude,
        forbidden=(spec.label.column, spec.source.event_time, spec.source.entity, spec.label.arrival),
    )


def score(shop: Workshop, period: Period) -> Scored:
    """Score the period's rows with every version that the release gave a role at the period's start."""
    frame = shop.lake.read(shop.events, [period.key]) if shop.lake.version(shop.events) is not None else pd.DataFrame()
    state = shop.state(before=period.end)
    versions = scored_versions(state)
    if not versions or frame.empty:
        return Scored(period=period.key, rows=len(frame), versions={}, used={})
    found, problems = _scores(shop, frame, versions)
    if "champion" not in found:
        frame, found = frame.iloc[:0], {}
    scores = frame[["_event_time", "_entity"]].copy()
    for role in ROLES:
        scores[role] = found.get(role, np.full(len(frame), np.nan))
    used = np.full(len(frame), "champion", dtype=object)
    if state.open is not None and "canary" in found:
        used[np.array(canary_mask(frame["_entity"].tolist(), state.open), dtype=bool)] = "canary"
    scores["used"] = used
    shop.lake.replace(shop.predictions, period.key, scores)
    value = Scored(
        period=period.key,
        rows=len(frame),
        versions={role: versions[role] for role in found},
        used={role: int((used == role).sum()) for role in found if (used == role).any()},
        problems=tuple(problems),
    )
    shop.values.put(shop.model, "predictions", period.key, "predictions", value)
    return value


def _scores(shop: Workshop, frame: pd.DataFrame, versions: dict[Role, str]) -> tuple[dict[Role, np.ndarray], list[str]]:
    """The scores of every version that can read the rows; a sentence for each that cannot."""
    found: dict[Role, np.ndarray] = {}
    problems = []
    for role, version in versions.items():
        fitted = shop.fitted(version)
        try:
            found[role] = fitted.score(frame)
        except (MissingColumns, UnfitColumn) as error:
            problems.append(f"version {version} ({role}) could not score: {error}")
    return found, problems
