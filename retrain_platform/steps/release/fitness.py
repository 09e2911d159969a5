"""Whether a version can still answer: asked with the newest rows that there are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import Values
from retrain_platform.release.base import ReleaseState
from retrain_platform.release.fold import release_of
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import CannotLoad, Workshop

MOST = 1_000
"""So many of the newest rows are asked about: a schema shows in a few."""


def newest_rows(shop: Workshop) -> pd.DataFrame:
    """Rows of the newest period that has some, at most `MOST`; empty where there are none yet.

    They are the lake's; before anything was watched, the source's own of its newest closed period.
    """
    if shop.lake.version(shop.events) is not None and (periods := shop.lake.periods(shop.events)):
        return _as_it_came(shop, periods[-1])
    watermark = shop.reader.watermark()
    closed = [] if watermark is None else shop.spec.period.closed(watermark)
    return shop.reader.read(closed[-1]).tail(MOST) if closed else pd.DataFrame()


def _as_it_came(shop: Workshop, key: str) -> pd.DataFrame:
    """Rows of the period with the columns that its source had: the lake gives all that any period ever had."""
    frame = shop.lake.read(shop.events, [key]).tail(MOST)
    taken = shop.values.newest(shop.model, "events", key, Ingested)
    if taken is None:
        return frame
    return frame[[name for name in frame if str(name).startswith("_") or name in taken.shape.columns]]


def cannot_score(shop: Workshop, version: str, frame: pd.DataFrame) -> str:
    """Why the version cannot answer these rows, in a sentence; empty where it can, or is not ours to ask."""
    if shop.is_outside(version) or not len(frame):
        return ""
    try:
        scores = shop.fitted(version).score(frame)
    except (MissingColumns, UnfitColumn, CannotLoad) as error:
        return f"version {version} cannot score today's rows: {error}"
    finite = np.isfinite(scores)
    return "" if finite.all() else f"version {version} gives {int((~finite).sum())} scores that are no numbers"


class Fitness(Record):
    """Whether the version that would answer after a rollback could answer the period's rows; '' where it could."""

    version: str
    problem: str = ""


def watch_target(shop: Workshop, period: Period, state: ReleaseState) -> Fitness | None:
    """Ask the version that a rollback would return to about the period's rows, and keep what came of it."""
    target = return_target(state)
    if target is None or shop.lake.version(shop.events) is None:
        return None
    frame = _as_it_came(shop, period.key)
    found = Fitness(version=target, problem=cannot_score(shop, target, frame))
    shop.values.put(shop.model, "fitness", period.key, "fitness", found)
    return found


def known_problem(values: Values, model: str, version: str) -> str:
    """Why the version could not answer the newest period in which it was asked; empty where it could, or was not."""
    asked = [each for each in values.all(model, "fitness", Fitness).values() if each.version == version]
    return asked[-1].problem if asked else ""


def return_target(state: ReleaseState) -> str | None:
    """The version that a rollback returns to where none is named; None where one must be."""
    release = None if state.champion is None else release_of(state, state.champion)
    return None if release is None else release.previous
