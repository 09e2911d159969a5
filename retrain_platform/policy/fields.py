"""Fields that several policies share: what a spec may write, and how a mistake in it reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from retrain_platform.dataset.duration import Duration
from retrain_platform.stats.metrics import metric


def _longer_than_nothing(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError(f"duration == {value}, must be longer than 0h")
    return value


def _known_metric(value: str) -> str:
    return metric(value).name


Span = Annotated[Duration, AfterValidator(_longer_than_nothing)]
"""A duration longer than nothing."""

MetricName = Annotated[str, AfterValidator(_known_metric)]
"""A name that `stats.metrics` knows."""

Patterns = Annotated[tuple[str, ...], Field(min_length=1)]
"""Glob patterns as `fnmatch` reads them, at least one; a name counts when any matches."""

Confidence = Annotated[float, Field(gt=0.5, lt=1)]
"""The one-sided level of a bound."""


def exactly_one(**named: object) -> None:
    """Refuse none or several of `named`.

    Raises:
        ValueError: naming those that were given, or all that could be.
    """
    given = [f"{name} == {value}" for name, value in named.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)}, must be only one of them")
    if not given:
        raise ValueError(f"{' and '.join(f'{name} == None' for name in named)}, must be one of them given")
