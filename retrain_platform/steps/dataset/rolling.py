"""Rolling features of a period's rows, made where the rows are read: training, scoring and drift see the same values.

What they are made from is the table of events as it stood when the period was first read, and that version stays with
the period: read again for its labels, or years later, its rows get the values that they had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.events import BadEvents
from retrain_platform.dataset.histories import Asked, columns_read, rolled
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.rolling import reach_of
from retrain_platform.dataset.soundness import kind_of
from retrain_platform.dataset.stores import UnknownColumn
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop

_TOLD = 5
"""So many periods without rows are named, the rest counted."""


class Rolled(NamedTuple):
    """The rows with their rolling features, and what of the past was missing; `at` is the table's version, once known.

    `at` None: the period is read for the first time, so the version that its rows are written to is the one.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    at: int | None = None


def with_rolling(shop: Workshop, period: Period, frame: pd.DataFrame) -> Rolled:
    """Give the period's events (`frame`, as `arrange` made them) the features of `features.rolling`.

    Raises:
        BadEvents: a rule makes a column that the source has, or is of a column that holds no numbers.
    """
    rules = shop.spec.features.rolling
    if not rules or frame.empty:
        return Rolled(frame)
    if wrong := list(_misfits(shop, frame)):
        raise BadEvents(wrong)
    before = shop.values.newest(shop.model, "events", period.key, Ingested)
    at = before.rolled_at if before is not None else None
    earlier = _earlier(shop, period)
    past = _past(shop, [each.key for each in earlier], at)
    own = frame if at is None else _past(shop, [period.key], at)
    made = rolled(frame, [past, own], rules, Asked(shop.spec.source.entity, shop.spec.label))
    note = _gaps(period, earlier, past)
    return Rolled(frame.assign(**{str(name): made[name] for name in made}), (note,) if note else (), at)


def _earlier(shop: Workshop, period: Period) -> list[Period]:
    """The periods before this one that its windows reach into, oldest first."""
    calendar = shop.spec.period
    first = calendar.holding(period.start - reach_of(shop.spec.features.rolling)) or calendar.at(0)
    return calendar.between(first.key, period.key)[:-1]


def _past(shop: Workshop, keys: Sequence[str], at: int | None) -> pd.DataFrame:
    """The rows of the periods, of them only the columns that the rules need; none before anything was written."""
    if not keys or shop.lake.version(shop.events) is None:
        return _nothing()
    columns = columns_read(shop.spec.features.rolling, Asked(shop.spec.source.entity, shop.spec.label))
    try:
        return shop.lake.read(shop.events, keys, columns=columns, version=at)
    except UnknownColumn:  # one that the table did not have yet: missing in all of its rows
        return shop.lake.read(shop.events, keys, version=at)


def _nothing() -> pd.DataFrame:
    times = pd.Series([], dtype="datetime64[ns, UTC]")
    return pd.DataFrame({"_event_time": times, "_arrived": times, "_label": pd.Series([], dtype=np.float64)})


def _misfits(shop: Workshop, frame: pd.DataFrame) -> Iterator[str]:
    """What the rules make that is there already, and what they are of that never was a number."""
    spec = shop.spec
    for name in spec.features.made:
        if name in frame.columns:
            yield f"features.rolling makes {name}, must be no column of the source: rename the source's"
    for place, rule in enumerate(spec.features.rolling):
        for column in rule.of:
            values = frame.get(column)
            if column == spec.label.column or values is None or values.isna().all() or _once_a_number(shop, column):
                continue
            if (kind := kind_of(values)) in ("category", "time"):
                what = {"category": "texts", "time": "times"}[kind]
                yield f"features.rolling[{place}].of == {column!r}, must be a column of numbers, holds {what}"


def _once_a_number(shop: Workshop, column: str) -> bool:
    """Whether an earlier period had numbers there: then this one is broken, which is told of its columns."""
    taken = shop.values.all(shop.model, "events", Ingested).values()
    shapes = [value.shape.columns[column] for value in taken if column in value.shape.columns]
    return any(shape.kind not in ("category", "time") for shape in shapes)


def _gaps(period: Period, earlier: Sequence[Period], past: pd.DataFrame) -> str:
    """Which of the earlier periods had no rows to give; empty where all had."""
    times = past["_event_time"]
    missing = [each.key for each in earlier if not ((times >= each.start) & (times < each.end)).any()]
    if not missing:
        return ""
    named = ", ".join(missing[:_TOLD]) + (f" and {len(missing) - _TOLD} more" if len(missing) > _TOLD else "")
    return f"the rolling features of {period.key} lack earlier rows: the lake had none of {named}"
