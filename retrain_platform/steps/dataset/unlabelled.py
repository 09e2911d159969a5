"""What the lake knows of the rows without a label: which there are, which segments, what the champion answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.labelling import Doubt, by_limit, by_margin
from retrain_platform.steps.answers import Answers, class_column, stored
from retrain_platform.steps.dataset.schema import world_of
from retrain_platform.steps.known import scores_of, segments_of
from retrain_platform.steps.lines import WATCHED
from retrain_platform.steps.values import Ingested, Scored
from retrain_platform.steps.workshop import Workshop

KEY = ["_at", "_entity", "_nth"]
"""What a row is told by from one reading to the next: its time to the microsecond, its entity, and its number, from 0,
among the rows of that entity at that time."""


class Known(NamedTuple):
    """The rows that are or could be learned from, oldest first, with their segments, `_period` and `KEY`.

    `notes` say in plain sentences which periods were left out.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def keys(self) -> pd.MultiIndex:
        """What tells each row."""
        return pd.MultiIndex.from_frame(self.frame[KEY])


class Told(NamedTuple):
    """What the champion answered to rows, nan and None where nothing, and how sure it was."""

    scores: np.ndarray
    answers: np.ndarray
    doubt: Doubt | None


def known_rows(shop: Workshop, newest: str) -> Known:
    """The narrow rows of watched, sound periods made as the `newest` one is; of others no label is learned from."""
    watched = {entry.body["period"] for entry in shop.entries() if entry.kind == WATCHED}
    taken = shop.values.all(shop.model, "events", Ingested)
    there = {key: value for key, value in taken.items() if key in watched and value.rows}
    world = world_of(shop, shop.spec.period.period(newest))
    mine = [key for key in there if world is None or shop.spec.period.period(key).start >= world.since]
    sound = [key for key in mine if not there[key].problems]
    notes = []
    if len(mine) < len(there):
        notes.append(f"left out: {len(there) - len(mine)} earlier periods, whose rows were made in another way")
    if len(sound) < len(mine):
        notes.append(f"left out: {len(mine) - len(sound)} broken periods, which are not learned from")
    columns = _columns(shop, [there[key] for key in sound])
    frame = shop.lake.read(shop.events, sound, columns=columns) if sound else pd.DataFrame(columns=columns)
    return Known(_placed(shop, keyed(frame), sound), tuple(notes))


def _columns(shop: Workshop, periods: Sequence[Ingested]) -> list[str]:
    has = {name for period in periods for name in period.shape.columns}
    named = [name for name in (*shop.spec.segments, shop.spec.label.query) if name is not None and name in has]
    return list(dict.fromkeys(["_event_time", "_entity", "_label", *named]))


def keyed(frame: pd.DataFrame) -> pd.DataFrame:
    """The events with the columns of `KEY`; all rows of a period, in the lake's order."""
    if frame.empty:
        return frame.assign(_at=frame["_event_time"], _nth=0)
    frame = frame.assign(_at=frame["_event_time"].dt.floor("us"))
    return frame.assign(_nth=frame.groupby(["_at", "_entity"]).cumcount())


def _placed(shop: Workshop, frame: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The rows with the name of the period that each lies in; `periods` are sorted."""
    if frame.empty:
        return frame.assign(_period=None)
    starts = pd.DatetimeIndex([pd.Timestamp(shop.spec.period.period(key).start).tz_convert("UTC") for key in periods])
    places = starts.searchsorted(pd.DatetimeIndex(frame["_event_time"]), side="right") - 1
    return frame.assign(_period=np.array(periods, dtype=object)[places])


def missing_labels(shop: Workshop, frame: pd.DataFrame) -> np.ndarray:
    """Which rows have no label and could have one: of ranking, those of a query."""
    missing, query = frame["_label"].isna(), shop.spec.label.query
    if query is not None and query in frame:
        missing &= frame[query].notna()
    return missing.to_numpy(dtype=bool)


def labels_by_segment(shop: Workshop, frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many of the rows each segment has, by column and text."""
    return {
        name: {str(text): int(count) for text, count in pd.Series(texts).value_counts().items()}
        for name, texts in segments_of(shop, frame).items()
    }


def told_of(shop: Workshop, frame: pd.DataFrame, rows: pd.DataFrame, champion: str | None, limit: float) -> Told:
    """What today's champion answered to `rows`, some of `frame`, in whatever role it then had.

    Raises:
        Mismatch: the predictions of a period are not those of its events.
    """
    scores, sureness = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    answers, doubt = np.full(len(rows), None, dtype=object), None
    for key in [] if champion is None else rows["_period"].unique():
        scored = shop.values.newest(shop.model, "predictions", key, Scored)
        roles: Mapping[Any, str] = scored.versions if scored else {}
        role = next((role for role, version in roles.items() if version == champion), None)
        whole = frame[frame["_period"] == key]
        table = scores_of(shop, key, whole) if role is not None else None
        if scored is None or role is None or table is None:
            continue
        here, mine = (rows["_period"] == key).to_numpy(), table[whole.index.isin(rows.index)]
        found = stored(mine, role, scored.classes)
        scores[here] = mine[role].to_numpy(np.float64)
        if found.classes:
            answers[here] = mine[class_column(role)].to_numpy(dtype=object)
        doubt = _doubt(shop, found, limit)
        sureness[here] = np.nan if doubt is None else doubt.sureness
    return Told(scores, answers, None if doubt is None else doubt._replace(sureness=sureness))


def _doubt(shop: Workshop, answers: Answers, limit: float) -> Doubt | None:
    """How sure the answers are; a number and a rank are no decision that could turn."""
    if shop.spec.task == "binary":
        return by_limit(answers.scores, limit)
    return by_margin(answers.scores) if answers.classes else None
