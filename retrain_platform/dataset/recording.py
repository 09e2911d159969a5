"""The recorded prediction of each event, and who answered it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.keys import key_codes
from retrain_platform.dataset.recorded import Recorded
from retrain_platform.dataset.texts import shown
from retrain_platform.dataset.times import as_text, to_utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORE, BY = "_score", "_answered_by"
"""The columns that a period's events get: the recorded score as float64 (nan: none) and who answered (None: unsaid)."""

_TOLD = 0.95
"""Where a smaller share of the events has a prediction, it is told."""


class BadPredictions(ValueError):
    """A table of predictions that does not fit the events: its field, its value, the cure."""


class Matched(NamedTuple):
    """The events with `SCORE` and `BY`, in their own order; `notes` say what a person should know of the match."""

    frame: pd.DataFrame
    notes: tuple[str, ...]


def with_predictions(
    events: pd.DataFrame, table: pd.DataFrame, of: Recorded, timezone: str, *, binary: bool
) -> Matched:
    """Give each event the last prediction that was recorded of it; none misses the score.

    Keys are compared as texts, a time (on either side) as the moment that it is. `binary`: scores are chances.

    Raises:
        BadPredictions: a column that is not there, or a score that is none.
        BadTimes: times that cannot be read.
    """
    _must_have(events, of.on, "the events")
    if not len(table):
        nobody = np.full(len(events), None, dtype=object)
        frame = events.assign(**{SCORE: np.full(len(events), np.nan), BY: nobody})
        return Matched(frame, _notes(of, len(events), 0, 0, 0))
    _must_have(table, {name: name for name in (*of.on.values(), of.time, of.score, of.version) if name}, "the table")
    scores = _scores(table[of.score], binary)
    codes = key_codes(_keys(events, table, of, timezone), len(events) + len(table))
    left, right = codes[: len(events)], codes[len(events) :]
    kept = pd.DataFrame({"code": right, "time": to_utc(table[of.time], timezone).to_numpy(), "score": scores})
    kept["by"] = as_text(table[of.version]).to_numpy() if of.version else None
    kept = kept[(right >= 0) & np.isfinite(scores)].sort_values("time", kind="stable", na_position="first")
    last = kept.drop_duplicates("code", keep="last").set_index("code")
    found = last.reindex(left)
    frame = events.assign(**{SCORE: found["score"].to_numpy(np.float64), BY: found["by"].to_numpy(dtype=object)})
    twice, without = len(kept) - len(last), int((~last.index.isin(left)).sum())
    return Matched(frame, _notes(of, len(events), int(frame[SCORE].notna().sum()), twice, without))


def _must_have(frame: pd.DataFrame, names: dict[str, str], of: str) -> None:
    has = [str(name) for name in frame.columns if not str(name).startswith("_")]
    for name in names:
        if name not in has:
            raise BadPredictions(f"predictions names {name!r}, must be a column of {of}, which has {', '.join(has)}")


def _scores(values: pd.Series[Any], binary: bool) -> NDArray[np.float64]:
    """The scores as float64, nan where there is none.

    Raises:
        BadPredictions: one that is no number, or of a binary task no chance.
    """
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = (np.isnan(numbers) & values.notna().to_numpy()) | np.isinf(numbers)
    if binary:
        wrong |= (numbers < 0) | (numbers > 1)
    if wrong.any():
        must = "a chance between 0 and 1" if binary else "a finite number"
        raise BadPredictions(f"predictions.score: {values.name} == {shown(values[wrong].iloc[0])}, must be {must}")
    return numbers


def _keys(
    events: pd.DataFrame, table: pd.DataFrame, of: Recorded, timezone: str
) -> Iterator[tuple[pd.Series[Any], pd.Series[Any]]]:
    """Each key of the events and of the table; moments, where it is a time."""
    for mine, theirs in of.on.items():
        pair = events[mine], table[theirs]
        dated = theirs == of.time or any(pd.api.types.is_datetime64_any_dtype(each.dtype) for each in pair)
        yield (to_utc(pair[0], timezone), to_utc(pair[1], timezone)) if dated else pair


def _notes(of: Recorded, rows: int, answered: int, twice: int, without: int) -> tuple[str, ...]:
    found = []
    if answered < _TOLD * rows:
        found.append(f"{rows - answered} of {rows} rows have no prediction in {of.told()}")
    if twice:
        found.append(f"{twice} predictions in {of.told()} are of a row that was answered again: the last counts")
    if without and not answered:
        found.append(f"{without} predictions in {of.told()} are of no row: do the columns of predictions.on fit?")
    return tuple(found)
