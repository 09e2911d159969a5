"""What became of a period's columns beside those of the periods before, and which versions made its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from retrain_platform.dataset.features import BadFeatures, select_features
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.schema import changes
from retrain_platform.dataset.soundness import Shape
from retrain_platform.dataset.versions import FEATURES, Made, World, newest_world
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.known import ripened
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop

USUAL = 8
"""How many earlier periods say what a usual one looks like."""


class Columns(NamedTuple):
    """What changed about a period's columns.

    `undeclared`: of the model's own, broken input until it is declared. `declared`: a change that was meant.
    `beside`: of columns that the model has no use for, broken input until it has become usual.
    """

    undeclared: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def columns_of(
    shop: Workshop, period: Period, shape: Shape, versions: Mapping[str, str], told: Sequence[str] = ()
) -> Columns:
    """The changes beside the newest sound periods of the same features' version, `told` columns aside.

    A version's first period has none of its own to be held against: what differs from the periods
    before is what it declared. Once undeclared, a change stays one: broken periods are no example.
    """
    now = versions.get(FEATURES)
    before = [value for key, value in shop.values.all(shop.model, "events", Ingested).items() if key < period.key]
    sound = [value for value in before if not value.changes and value.shape.rows]
    alike = [value.shape for value in sound if value.versions.get(FEATURES) == now]
    usual = (alike or [value.shape for value in sound])[-USUAL:]
    last = [value.shape for value in before][-USUAL:]
    features, other = _sorted_out(shop.spec, [*usual, *last, shape])
    late = filled_later(shop.spec)
    features = [name for name in features if name not in shop.spec.features.made]  # the platform's own are as they are
    mine = changes(shape, usual, features=features, filled_later=late, told=[*told, *other])
    rest = [name for one in (*usual, *last, shape) for name in one.columns if name not in other]
    beside = tuple(changes(shape, last, filled_later=late, told=[*told, *rest]))
    return Columns(undeclared=tuple(mine), beside=beside) if alike else Columns(declared=tuple(mine), beside=beside)


def cure(spec: ModelSpec) -> str:
    """How an undeclared change of the columns is declared."""
    now = spec.versions.get(FEATURES)
    raised = "versions: {features: '1'} (or higher)" if now is None else f"versions.features, now {now!r}"
    return f"if the columns are meant to be so, declare it in the spec: {'write' if now is None else 'raise'} {raised}"


def filled_later(spec: ModelSpec) -> list[str]:
    """Columns that a fresh period may well lack: the label, when it came, and what is not learned from."""
    late = [spec.label.column, *spec.features.exclude]
    return [*late, spec.label.arrival] if spec.label.arrival else late


def world_of(shop: Workshop, period: Period) -> World | None:
    """Since when rows are made as the period's are, and what is ripe of them; None where that never changed."""
    taken = shop.values.all(shop.model, "events", Ingested)
    made = [
        Made(key, shop.spec.period.period(key).start, value.versions, value.declared)
        for key, value in taken.items()
        if key <= period.key
    ]
    world = newest_world(made)
    if world is None:
        return None
    ripe = [value.period for value in ripened(shop, period.end).values()]
    mine = [one for one in ripe if one.start >= world.since and one.sound]
    return world.model_copy(update={"labelled": sum(one.labelled for one in mine), "periods": len(mine)})


def present_features(shop: Workshop, features: Sequence[str], periods: Sequence[Period]) -> list[str]:
    """Those that the source of any of the periods had: a table keeps the columns that later rows lack."""
    taken = shop.values.all(shop.model, "events", Ingested)
    had = {name for period in periods if period.key in taken for name in taken[period.key].shape.columns}
    return [name for name in features if name in had]


def _sorted_out(spec: ModelSpec, shapes: Sequence[Shape]) -> tuple[list[str], list[str]]:
    """The feature columns of all shapes, and those that the model has no use for; where patterns fit none, none."""
    every = list(dict.fromkeys(name for shape in shapes for name in shape.columns))
    try:
        features = feature_columns(spec, every)
    except BadFeatures:
        return [], []
    used = {*features, *spec.not_features, *spec.segments}
    return features, [name for name in every if name not in used]


def feature_columns(spec: ModelSpec, columns: Sequence[str]) -> list[str]:
    """The columns that are learned from, in their order; rolling features among them, unless they are excluded.

    Raises:
        BadFeatures: patterns that fit no column.
    """
    made = [name for name in spec.features.made if name in columns]
    return select_features(
        columns,
        include=(*spec.features.include, *made),
        exclude=spec.features.exclude,
        forbidden=spec.not_features,
    )
