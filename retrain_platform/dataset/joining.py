"""Feature tables joined as of the event's time: nothing that became known after an event enters its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.joins import Join
from retrain_platform.dataset.keys import key_codes
from retrain_platform.dataset.times import to_utc

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTES = "retrain_notes"
"""Where a frame that was read carries what its joins have to tell, in `attrs`."""


class BadJoin(ValueError):
    """A feature table and events that do not fit each other: the join's field, its value, the cure."""


class Joined(NamedTuple):
    """The events with the table's columns beside them, in their own order; `note` where the table is ambiguous."""

    frame: pd.DataFrame
    note: str = ""


def join_as_of(events: pd.DataFrame, times: pd.Series[Any], table: pd.DataFrame, join: Join, timezone: str) -> Joined:
    """Give each event the newest row of `table` with equal keys, available at or before the event's time.

    `times` are the events' own in UTC (NaT gets no row). Keys are compared as texts, a missing one equals none.
    A row that was available longer than `join.within` before the event counts as none. Where rows share key and
    time, the last by content counts, whatever order they came in, and it is told. Numbers and truth values come as
    float64, so that a period in which every event finds a row has the same types as one in which none does.

    Raises:
        BadJoin: a column that is not there, or that the events have already.
        BadTimes: availabilities that cannot be read.
    """
    taken = _columns(events, table, join)
    available = to_utc(table[join.available_at], timezone)
    keys = ((events[mine], table[other]) for mine, other in join.on.items())
    left, right = np.split(key_codes(keys, len(events) + len(table)), [len(events)])
    dated = pd.DataFrame({"time": available.to_numpy(), "code": right, "place": np.arange(len(table))})
    dated = dated[(right >= 0) & available.notna().to_numpy()]
    twice = dated.duplicated(["code", "time"], keep=False).to_numpy()
    # The order within one key and time matters only there.
    content = np.zeros(len(dated), dtype=np.uint64)
    ambiguous = table[taken].iloc[dated["place"][twice]].astype(object)
    content[twice] = pd.util.hash_pandas_object(ambiguous, index=False).to_numpy()
    dated = dated.assign(content=content).sort_values(["time", "content"], kind="stable")
    places = _places(times, left, dated, join)
    frame = events.assign(
        **{f"{join.prefix}{name}": _taken(table[name], places).set_axis(events.index) for name in taken}
    )
    more = int(dated.duplicated(["code", "time"]).sum())
    return Joined(frame, _told(more, join) if more else "")


def _columns(events: pd.DataFrame, table: pd.DataFrame, join: Join) -> list[str]:
    """The columns that are taken."""
    _must_have("on", join.on, events.columns, "the events")
    _must_have("on", join.on.values(), table.columns, "the table")
    _must_have("available", [join.available_at], table.columns, "the table")
    _must_have("columns", join.columns, table.columns, "the table")
    not_taken = {*join.on.values(), join.available_at}
    taken = list(join.columns or [str(name) for name in table.columns if name not in not_taken])
    twice = [name for name in taken if f"{join.prefix}{name}" in events.columns]
    if twice:
        raise BadJoin(
            f"prefix == {join.prefix!r}, must tell the table's columns from the events', which have "
            f"{', '.join(twice)} already: give another prefix, or name the columns to take"
        )
    return taken


def _must_have(field: str, names: Any, there: Any, of: str) -> None:
    for name in names:
        if name not in there:
            raise BadJoin(f"{field} == {name!r}, must be a column of {of}, which has {', '.join(map(str, there))}")


def _places(times: pd.Series[Any], codes: NDArray[Any], dated: pd.DataFrame, join: Join) -> NDArray[Any]:
    """The place in the table of each event's row; -1 for none."""
    places = np.full(len(times), -1, dtype=np.int64)
    asked = pd.DataFrame({"time": times.to_numpy(), "code": codes, "row": np.arange(len(times))})
    asked = asked[(codes >= 0) & times.notna().to_numpy()].sort_values("time", kind="stable")
    if len(asked) and len(dated):
        tolerance = None if join.within is None else pd.Timedelta(join.within)
        found = pd.merge_asof(asked, dated, on="time", by="code", tolerance=tolerance)
        places[found["row"].to_numpy()] = found["place"].fillna(-1).to_numpy(np.int64)
    return places


def _taken(values: pd.Series[Any], places: NDArray[Any]) -> pd.Series[Any]:
    """The values at the places, missing where there is none."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        values = pd.Series(values.to_numpy(dtype="float64", na_value=np.nan), name=values.name)
    elif isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    return values.reset_index(drop=True).reindex(places)


def _told(twice: int, join: Join) -> str:
    keys = ", ".join(join.on.values())
    return (
        f"{twice} rows of {join.told()} have the same {keys} and {join.available_at} as another: "
        "the last by content counts"
    )
