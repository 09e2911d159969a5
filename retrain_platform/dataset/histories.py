"""Rolling features: of an event's past only what was known at its time, by prefix sums within each group.

A value is in the window of an event at t from the moment it is known until its row is older than the window: it is
added at the first, taken away at the second. So both ends are looked up in sorted times, and a window's sums are the
difference of two prefix sums. Those run within the group and in the order of knowing, so that a later row changes not
even the last digit of an earlier event's feature.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from retrain_platform.dataset.keys import key_codes
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.rolling import Rolling, Stat

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NS_A_DAY = 86_400e9
_NEVER, _UNDATED = np.iinfo(np.int64).max, np.iinfo(np.int64).min
_CLOSE = 1e-9
"""Of times whose variance is under this share of their mean square no slope can be told."""


class Asked(NamedTuple):
    """What a rule is told of a model: the column of its entity, and its label."""

    entity: str
    label: LabelSpec


def columns_read(rules: Sequence[Rolling], asked: Asked) -> list[str]:
    """The columns of past rows that the rules need, the platform's own among them."""
    named = [name for rule in rules for name in (*rule.keys(asked.entity), *rule.of)]
    wanted = ["_event_time", "_label", "_arrived", *named]
    return [name for name in dict.fromkeys(wanted) if name != asked.label.column]


def rolled(events: pd.DataFrame, past: Sequence[pd.DataFrame], rules: Sequence[Rolling], asked: Asked) -> pd.DataFrame:
    """The features of each event, float64, indexed as `events`, in the order of the rules.

    `past` are frames of rows as the lake has them, no row twice; those at or after an event do not matter to it, so
    the events themselves may be among them. A column that a frame lacks is missing in all of its rows.
    """
    found: dict[str, NDArray[np.float64]] = {}
    times = _nanoseconds(events["_event_time"])
    for rule in rules:
        keys = rule.keys(asked.entity)
        codes, own = _codes(past, events, keys)
        for column in rule.of:
            values = _values(past, column, rule, asked, codes)
            for span in rule.over:
                sums = _window(values, own, times, span)
                for stat in rule.stats:
                    found[rule.name(column, stat, span)] = _stat(stat, sums, known=own >= 0)
    return pd.DataFrame(found, index=events.index)


class _Values(NamedTuple):
    """Known values in the order of their groups and of knowing: when they happened, when they were known.

    `value` and `day` count from those of the group's first, which keeps sums of squares small.
    """

    group: NDArray[np.int64]
    event: NDArray[np.int64]
    known: NDArray[np.int64]
    value: NDArray[np.float64]
    first: NDArray[np.float64]
    day: NDArray[np.float64]

    def of(self, chosen: NDArray[np.bool_]) -> _Values:
        """The chosen ones."""
        whole = (self.group[chosen], self.event[chosen], self.known[chosen])
        return _Values(*whole, self.value[chosen], self.first[chosen], self.day[chosen])


class _Sums(NamedTuple):
    """What the values of each event's window add up to, counted from `first`; `over` counts those over 0."""

    first: NDArray[np.float64]
    n: NDArray[np.float64]
    v: NDArray[np.float64]
    vv: NDArray[np.float64]
    d: NDArray[np.float64]
    dd: NDArray[np.float64]
    dv: NDArray[np.float64]
    over: NDArray[np.float64]


def _codes(
    past: Sequence[pd.DataFrame], events: pd.DataFrame, keys: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The group of every past row and of every event; -1 where a key is missing."""
    frames, rows = [*past, events], sum(len(frame) for frame in past)
    columns = ([frame[key] if key in frame.columns else _missing(frame) for frame in frames] for key in keys)
    before, now = np.split(key_codes(columns, rows + len(events)), [rows])
    return before, now


def _missing(frame: pd.DataFrame) -> pd.Series[float]:
    return pd.Series(np.nan, index=frame.index)


def _values(
    past: Sequence[pd.DataFrame], column: str, rule: Rolling, asked: Asked, codes: NDArray[np.int64]
) -> _Values:
    """The past values of a column that belong to a group and are there, each with its time of knowing."""
    event = np.concatenate([_nanoseconds(frame["_event_time"]) for frame in past])
    known = np.concatenate([_known(frame, column, rule, asked) for frame in past])
    value = np.concatenate([_numbers(frame, asked.label.column, column) for frame in past])
    kept = (codes >= 0) & np.isfinite(value) & (known < _NEVER)
    group, event, known, value = codes[kept], event[kept], known[kept], value[kept]
    order = np.lexsort((value, event, known, group))
    group, event, known, value = group[order], event[order], known[order], value[order]
    opens = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else np.array([], dtype=np.int64)
    place = np.repeat(opens, np.diff(np.r_[opens, len(group)]))
    day = (event - event[place]) / _NS_A_DAY
    return _Values(group, event, known, value, value[place], day)


def _known(frame: pd.DataFrame, column: str, rule: Rolling, asked: Asked) -> NDArray[np.int64]:
    """The nanosecond from which each value may enter: after its own event, which no window holds."""
    event = _nanoseconds(frame["_event_time"])
    after = event + max(1, _ns(rule.known_after or timedelta()))
    if column != asked.label.column:
        return after
    if asked.label.arrival is None:
        return np.maximum(after, event + _ns(asked.label.delay))
    arrived = _nanoseconds(frame["_arrived"])
    return np.where(arrived == _UNDATED, _NEVER, np.maximum(after, arrived))


def _numbers(frame: pd.DataFrame, label: str, column: str) -> NDArray[np.float64]:
    name = "_label" if column == label else column
    values = frame[name] if name in frame.columns else _missing(frame)
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)


def _nanoseconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Since 1970, UTC; a missing time is the smallest number there is."""
    found: NDArray[np.int64] = times.to_numpy(dtype="datetime64[ns]").astype(np.int64)
    return found


def _ns(span: timedelta) -> int:
    return round(span / timedelta(microseconds=1)) * 1000


def _window(values: _Values, groups: NDArray[np.int64], times: NDArray[np.int64], span: timedelta) -> _Sums:
    """The sums over each event's window of the length `span`."""
    end = values.event + _ns(span)
    inside = values.known <= end  # others are too old once they are known
    part = values.of(inside)
    leaving = np.lexsort((part.known, end[inside], part.group))
    summands = _summands(part)
    came = _Sorted(part.group, part.known)
    went = _Sorted(part.group[leaving], end[inside][leaving])
    entered, left = came.until(groups, times, side="right"), went.until(groups, times, side="left")
    totals = came.sums(summands, entered, groups) - went.sums(summands[leaving], left, groups)
    some, first = entered > came.opened(groups), np.full(len(times), np.nan)
    first[some] = part.first[entered[some] - 1]
    return _Sums(first, *totals.T)


def _summands(part: _Values) -> NDArray[np.float64]:
    """What is added up, a row each, in the order of `_Sums`."""
    v, d = part.value - part.first, part.day
    return np.column_stack([np.ones(len(v)), v, v * v, d, d * d, d * v, part.value > 0])


class _Sorted:
    """Rows in the order of group and time, and where among them a moment of a group would stand."""

    def __init__(self, group: NDArray[np.int64], time: NDArray[np.int64]) -> None:
        self.group, self._time = group, time
        self._times = np.unique(time)
        self._keys = group * (len(self._times) + 1) + np.searchsorted(self._times, time) + 1

    def until(self, groups: NDArray[np.int64], moments: NDArray[np.int64], *, side: str) -> NDArray[np.intp]:
        """How many rows stand before the moment: those at it too with `side` right, not with left."""
        rank = np.searchsorted(self._times, moments, side="right" if side == "right" else "left")
        keys = groups * (len(self._times) + 1) + rank
        return np.asarray(np.searchsorted(self._keys, keys, side="right"))

    def opened(self, groups: NDArray[np.int64]) -> NDArray[np.intp]:
        """How many rows stand before the group."""
        return np.asarray(np.searchsorted(self.group, groups, side="left"))

    def sums(
        self, summands: NDArray[np.float64], places: NDArray[np.intp], groups: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What the rows of the group that stand before the place add up to, column by column."""
        running = pd.DataFrame(summands).groupby(self.group).cumsum().to_numpy()
        before = np.vstack([np.zeros(summands.shape[1]), running])[places]
        before[places <= self.opened(groups)] = 0.0
        return before


def _stat(stat: Stat, sums: _Sums, *, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The statistic by event; missing for an event of no group (`known`)."""
    n = np.round(sums.n)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {"count": _count, "mean": _mean, "std": _std, "share": _share, "trend": _trend}[stat](n, sums)
    found[~known] = np.nan
    return found


def _count(n: NDArray[np.float64], sums: _Sums) -> NDArray[np.float64]:
    return n.copy()


def _mean(n: NDArray[np.float64], sums: _Sums) -> NDArray[np.float64]:
    return np.where(n > 0, sums.first + sums.v / n, np.nan)


def _std(n: NDArray[np.float64], sums: _Sums) -> NDArray[np.float64]:
    return np.where(n > 1, np.sqrt(np.maximum(sums.vv - sums.v * sums.v / n, 0) / (n - 1)), np.nan)


def _share(n: NDArray[np.float64], sums: _Sums) -> NDArray[np.float64]:
    return np.where(n > 0, np.round(sums.over) / n, np.nan)


def _trend(n: NDArray[np.float64], sums: _Sums) -> NDArray[np.float64]:
    spread = sums.dd - sums.d * sums.d / n
    told = (n > 1) & (spread > _CLOSE * np.maximum(sums.dd, _CLOSE))
    return np.where(told, (sums.dv - sums.d * sums.v / n) / spread, np.nan)
