"""What is known of a period's rows at a moment: which are ripe, which have labels, whose day is which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd

from retrain_platform.dataset.events import known
from retrain_platform.monitoring.reading import MISSING_SEGMENT
from retrain_platform.monitoring.reports import Role
from retrain_platform.steps.values import Ripened
from retrain_platform.steps.workshop import Workshop

ROLES: tuple[Role, ...] = ("champion", "shadow", "canary", "previous")

_ALWAYS = ("_entity", "_label", "_arrived")
_PLACES = ("_event_time", "_entity")


def ripened(shop: Workshop, as_of: datetime) -> dict[str, Ripened]:
    """The periods that had become ripe by `as_of`, oldest first."""
    found = shop.values.all(shop.model, "ripe", Ripened)
    return {key: value for key, value in found.items() if value.as_of <= as_of}


def labelled(shop: Workshop, period: str, as_of: datetime, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The rows of the period whose labels had arrived by `as_of`, with their scores where there are any.

    Scores are matched by position: both tables hold the period's rows in the same order. `columns` are
    those of the events to read beside what that takes; None: all.

    Raises:
        Mismatch: the two tables hold different rows.
    """
    wanted = None if columns is None else [*_ALWAYS, *(name for name in columns if name not in _ALWAYS)]
    frame = known(shop.lake.read(shop.events, [period], columns=wanted), as_of)
    scores = scores_of(shop, period, frame)
    if scores is not None:
        frame = frame.assign(**{str(name): scores[name].to_numpy() for name in scores if name not in _PLACES})
    return frame[frame["_label"].notna()]


def scores_of(shop: Workshop, period: str, frame: pd.DataFrame) -> pd.DataFrame | None:
    """What was answered to the period's events, row by row those of `frame`; None where nobody answered.

    Raises:
        Mismatch: the two tables hold different rows.
    """
    if shop.lake.version(shop.predictions) is None:
        return None
    scores = shop.lake.read(shop.predictions, [period])
    if not len(scores):
        return None
    if not _same_rows(frame, scores):
        raise Mismatch(
            f"period == {period!r}: its events changed after they were scored; materialise predictions again"
        )
    return scores


def _same_rows(frame: pd.DataFrame, scores: pd.DataFrame) -> bool:
    return len(frame) == len(scores) and bool((frame["_entity"].to_numpy() == scores["_entity"].to_numpy()).all())


def days_of(frame: pd.DataFrame, timezone: str) -> np.ndarray:
    """The local calendar day of each row, as days since 1970: the unit of sampling."""
    local = frame["_event_time"].dt.tz_convert(timezone).dt.tz_localize(None)
    days: np.ndarray = local.to_numpy().astype("datetime64[D]").astype(np.int64)
    return days


def ids_of(frame: pd.DataFrame) -> np.ndarray:
    """How a person finds a row again: its event time and its entity, shape (rows,)."""
    times = frame["_event_time"].dt.strftime("%Y-%m-%d %H:%M")
    found: np.ndarray = (times + " " + frame["_entity"].astype(str)).to_numpy(dtype=object)
    return found


class Mismatch(ValueError):
    """Predictions and events of a period do not belong together."""


def segments_of(shop: Workshop, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The segment columns as text arrays; a missing value is the segment that profiles give it."""
    found = {}
    for name in shop.spec.segments:
        if name in frame.columns:
            found[name] = frame[name].astype("string").fillna(MISSING_SEGMENT).to_numpy(dtype=object)
    return found
