"""What a spec says of columns, held against those that its source has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from retrain_platform.dataset.features import BadFeatures, select_features
from retrain_platform.dataset.joins import Join
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.placed import Contradiction, placed
from retrain_platform.spec.suites import suite_features
from retrain_platform.training.ensemble import Ensemble


def misfits(spec: ModelSpec, columns: Sequence[str]) -> list[Contradiction]:
    """(field, value, cure) for every column that is named and not there, and every pattern that matches none.

    `columns` are the source's own; the platform's (leading '_') do not count.
    """
    there = [name for name in columns if not name.startswith("_")]
    found = [
        (field, repr(name), f"must be a column of the source, {_which(name, there)}")
        for field, name in _named(spec)
        if name not in there
    ]
    found += [
        (field, repr(pattern), f"must match a column of the source, {_which(pattern, there)}")
        for field, pattern in _patterns(spec)
        if not _matches(pattern, [*there, *spec.features.made])
    ]
    return [*found, *_policies(spec, there)]


class AfterJoins(NamedTuple):
    """What is wrong with the joins' columns, and those that the events have after them; None: not all are known."""

    wrong: list[Contradiction]
    names: list[str] | None


def after_joins(
    joins: Sequence[Join], events: Sequence[str] | None, tables: Sequence[Sequence[str] | None]
) -> AfterJoins:
    """Hold each join against the columns of the events and of its table, as far as they are known."""
    wrong: list[Contradiction] = []
    names = None if events is None else list(events)
    for position, (join, table) in enumerate(zip(joins, tables, strict=True)):
        field = f"source.joins[{position}]"
        if names is not None:
            wrong += [_absent(f"{field}.on", name, "the events", names) for name in join.on if name not in names]
        if table is None:
            names = None
            continue
        asked = [*((f"{field}.on", name) for name in join.on.values()), (f"{field}.available", join.available_at)]
        asked += [(f"{field}.columns[{place}]", name) for place, name in enumerate(join.columns)]
        wrong += [_absent(at, name, "the table", table) for at, name in asked if name not in table]
        taken = join.columns or [name for name in table if name not in {*join.on.values(), join.available_at}]
        twice = [name for name in taken if names is not None and f"{join.prefix}{name}" in names]
        if twice:
            said = f"must tell the table's columns from the events', which have {', '.join(twice)} already"
            wrong.append((f"{field}.prefix", repr(join.prefix), said))
        names = None if names is None else [*names, *(f"{join.prefix}{name}" for name in taken)]
    return AfterJoins(wrong, names)


def _absent(field: str, name: str, of: str, there: Sequence[str]) -> Contradiction:
    return field, repr(name), f"must be a column of {of}, {_which(name, there)}"


def _named(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    yield "source.event_time", spec.source.event_time
    yield "source.entity", spec.source.entity
    yield "label.column", spec.label.column
    if spec.label.arrival is not None:
        yield "label.arrival", spec.label.arrival
    if spec.label.query is not None:
        yield "label.query", spec.label.query
    if spec.label.propensity is not None:
        yield "label.propensity", spec.label.propensity
    for position, name in enumerate(spec.segments):
        yield f"segments[{position}]", name
    for position, rule in enumerate(spec.features.rolling):
        yield from ((f"features.rolling[{position}].of[{at}]", name) for at, name in enumerate(rule.of))
        if rule.by != "entity":
            yield from ((f"features.rolling[{position}].by[{at}]", name) for at, name in enumerate(rule.by))
    doubled = spec.training.rows.duplicates
    for position, name in enumerate(doubled.on if doubled is not None and doubled.on != "all" else ()):
        yield f"training.rows.duplicates.on[{position}]", name


def _patterns(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    for field in ("include", "exclude"):
        for position, pattern in enumerate(getattr(spec.features, field)):
            yield f"features.{field}[{position}]", pattern


def _policies(spec: ModelSpec, there: Sequence[str]) -> Iterator[Contradiction]:
    """A policy watches features: what is excluded is never measured, so no pattern of it can fire."""
    try:
        features = select_features(
            list(dict.fromkeys([*there, *spec.features.made])),
            include=(*spec.features.include, *spec.features.made),
            exclude=spec.features.exclude,
            forbidden=spec.not_features,
        )
    except BadFeatures:
        return  # told above, field by field
    outliers = spec.training.rows.outliers
    cleaned = [
        (f"training.rows.outliers.features[{at}]", p) for at, p in enumerate(outliers.features if outliers else ())
    ]
    for field, pattern in [*_watched(spec), *cleaned]:
        if not _matches(pattern, features):
            yield field, repr(pattern), f"must match a feature; {_which(pattern, features, 'there are')}"
    for field, name in [*_learned_by(spec.training), *suite_features(spec)]:
        if name not in features:
            yield field, repr(name), f"must be a feature; {_which(name, features, 'there are')}"


def _learned_by(recipe: Any) -> Iterator[tuple[str, str]]:
    """The features that an ensemble names."""
    if isinstance(recipe, Ensemble):
        yield "training.by", recipe.by
        if recipe.anomaly is not None:
            yield "training.anomaly.of", recipe.anomaly.of


def _watched(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    for path, policy in placed(spec.policy):
        for position, pattern in enumerate(getattr(policy, "features", None) or ()):
            yield f"{path}.features[{position}]", pattern


def _matches(pattern: str, names: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _which(name: str, there: Sequence[str], has: str = "which has") -> str:
    return f"{has} {', '.join(there) or 'none'}{did_you_mean(name, there)}"
