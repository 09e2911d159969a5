"""What a spec says of columns, held against those that its source has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from retrain_platform.dataset.features import BadFeatures, select_features
from retrain_platform.spec.checking import Contradiction
from retrain_platform.spec.fields import did_you_mean
from retrain_platform.spec.model import ModelSpec


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
        if not _matches(pattern, there)
    ]
    return [*found, *_policies(spec, there)]


def _named(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    yield "source.event_time", spec.source.event_time
    yield "source.entity", spec.source.entity
    yield "label.column", spec.label.column
    if spec.label.arrival is not None:
        yield "label.arrival", spec.label.arrival
    if spec.label.propensity is not None:
        yield "label.propensity", spec.label.propensity
    for position, name in enumerate(spec.segments):
        yield f"segments[{position}]", name


def _patterns(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    for field in ("include", "exclude"):
        for position, pattern in enumerate(getattr(spec.features, field)):
            yield f"features.{field}[{position}]", pattern


def _policies(spec: ModelSpec, there: Sequence[str]) -> Iterator[Contradiction]:
    """A policy watches features: what is excluded is never measured, so no pattern of it can fire."""
    try:
        features = select_features(
            there,
            include=spec.features.include,
            exclude=spec.features.exclude,
            forbidden=spec.not_features,
        )
    except BadFeatures:
        return  # told above, field by field
    for field, pattern in _watched(spec.policy, "policy"):
        if not _matches(pattern, features):
            yield field, repr(pattern), f"must match a feature; {_which(pattern, features, 'there are')}"


def _watched(policy: Any, path: str) -> Iterator[tuple[str, str]]:
    for position, pattern in enumerate(getattr(policy, "features", None) or ()):
        yield f"{path}.features[{position}]", pattern
    for position, part in enumerate(getattr(policy, "policies", ())):
        yield from _watched(part, f"{path}.policies[{position}]")


def _matches(pattern: str, names: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _which(name: str, there: Sequence[str], has: str = "which has") -> str:
    return f"{has} {', '.join(there) or 'none'}{did_you_mean(name, there)}"
