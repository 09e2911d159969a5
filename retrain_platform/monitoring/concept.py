"""Concept drift: whether a champion's scores still mean what they meant when it was proven.

Told apart from data drift: a feature may take other values without the label depending on it in
another way. Three things are read off the errors of ripe rows. Calibration: the mean of label
minus score, and the slope. The relation of label and feature: the mean error within each range or
category of the features that the model leans on most, less what that day did to all rows, so that
a storm which delays every flight is no change of the relation. The stream of daily errors, which
`policy.error_stream` follows. The unit is the day; where neighbouring days are alike the errors
are widened for it.

Where nothing changed a p-value is under .05 about as often as that: of 500 simulated champions, weeks
of 7 days against 21, .054 (bias), .050 (slope) and .034 to .056 (relation) on independent days;
.056, .006 and .004 to .012 where the days have a correlation of .5: there it is careful.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.monitoring.error_reports import DayErrors, PeriodConcept, Relation, Shift
from retrain_platform.monitoring.error_sums import Cells, ErrorSums, by_day, stacked
from retrain_platform.stats.correlation import lag_one, widening
from retrain_platform.stats.day_blocks import Block, correction, difference, mean_by_cell, two_sided

Floats = NDArray[np.float64]

NEWEST_DAYS, PROVEN_DAYS = 7, 21
"""How many days are compared, and with how many."""

_FEWEST_DAYS, _FEWEST_ROWS = 3, 50
"""A cell with fewer on either side is not compared."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Window(NamedTuple):
    """Some periods of one version, added up by day."""

    periods: Sequence[ErrorSums]
    days: NDArray[np.int64]
    lines: Floats

    @classmethod
    def of(cls, periods: Sequence[ErrorSums]) -> _Window:
        return cls(periods, *by_day(periods))

    def cells(self, feature: str) -> tuple[Floats, Floats]:
        """Rows and residuals by day and cell, the residuals less their day's mean over all rows."""
        place = np.searchsorted(self.days, np.concatenate([each.days for each in self.periods]))
        rows = stacked(place, len(self.days), [np.array(each.rows[feature]) for each in self.periods])
        totals = stacked(place, len(self.days), [np.array(each.residuals[feature]) for each in self.periods])
        daily = self.lines[:, 2] / np.maximum(self.lines[:, 0], 1)
        return rows, totals - rows * daily[:, None]

    def keys(self) -> tuple[str, ...]:
        return tuple(each.period for each in self.periods)


def errors_by_day(sums: ErrorSums) -> tuple[DayErrors, ...]:
    """The mean errors of each of the period's days."""
    return tuple(
        DayErrors(
            day=f"{(_EPOCH + timedelta(days=day)).date()}",
            rows=round(line[0]),
            residual=line[2] / line[0],
            loss=loss / line[0],
        )
        for day, line, loss in zip(sums.days, sums.lines, sums.losses, strict=True)
    )


class Daily(NamedTuple):
    """A version's errors day by day, in order; arrays of shape (days,)."""

    days: tuple[str, ...]
    residuals: Floats
    losses: Floats


def daily_errors(periods: Sequence[PeriodConcept]) -> Daily:
    """The days of several periods of one version, each once."""
    days = [day for each in periods for day in each.days]
    names, place = np.unique([day.day for day in days], return_inverse=True)
    rows = np.array([day.rows for day in days], dtype=np.float64)
    total, sums = np.zeros(len(names)), np.zeros((2, len(names)))
    np.add.at(total, place, rows)
    for line, values in enumerate(([day.residual for day in days], [day.loss for day in days])):
        np.add.at(sums[line], place, rows * np.array(values))
    return Daily(tuple(str(name) for name in names), *(sums / total))


def concept(periods: Sequence[ErrorSums], cells: Cells, streams: Sequence[Floats], as_of: datetime) -> PeriodConcept:
    """The newest of `periods` against the proven ones: all of one version's sound ripe periods as champion, in order.

    `streams` are the daily mean residuals of the model's versions, in order: how alike neighbouring days are.

    Raises:
        ValueError: no periods.
    """
    if not periods:
        raise ValueError("len(periods) == 0, must be at least 1")
    last = periods[-1]
    told = PeriodConcept(period=last.period, version=last.version, as_of=as_of, days=errors_by_day(last))
    proven = _first(periods, PROVEN_DAYS)
    late = _first(periods[: len(proven) - 1 : -1], NEWEST_DAYS)[::-1]
    in_days = (_days(proven), _days(late))
    if in_days < (PROVEN_DAYS, 0) or in_days[1] < NEWEST_DAYS:
        needed = f"{PROVEN_DAYS} days prove version {last.version} and {NEWEST_DAYS} later ones are compared with them"
        return told.model_copy(update={"why": f"{needed}, {in_days[0]} and {in_days[1]} are ripe"})
    correlation = lag_one(streams)
    before, now = _Window.of(proven), _Window.of(late)
    return told.model_copy(
        update={
            "newest": now.keys(),
            "proven": before.keys(),
            "correlation": correlation,
            "calibration": _calibration(now, before, widening(correlation)),
            "relation": _relation(now, before, cells, correlation),
        }
    )


def _days(periods: Sequence[ErrorSums]) -> int:
    return len({day for each in periods for day in each.days})


def _first(periods: Sequence[ErrorSums], days: int) -> Sequence[ErrorSums]:
    """As many of the periods, from the first on, as hold so many days; all where they do not."""
    seen: set[int] = set()
    for place, each in enumerate(periods):
        seen |= set(each.days)
        if len(seen) >= days:
            return periods[: place + 1]
    return periods


def _calibration(now: _Window, before: _Window, wider: float) -> dict[str, Shift]:
    newest, proven = correction(now.lines), correction(before.lines)
    change = difference(newest, proven, wider)
    chances = two_sided(change)
    return {
        name: _shift(newest.value[place], proven.value[place], change.error[place], chances[place])
        for place, name in enumerate(("bias", "slope"))
    }


def _shift(value: float, proven: float, error: float, chance: float) -> Shift:
    if not (np.isfinite(value) and np.isfinite(proven)):
        return Shift(value=None, proven=None, why="the scores are all alike")
    if not np.isfinite(chance):
        return Shift(value=value, proven=proven, why="too few days for an error")
    return Shift(value=value, proven=proven, error=error, chance=chance)


def _relation(now: _Window, before: _Window, cells: Cells, alike: float) -> tuple[Relation, ...]:
    """One line a feature that both sides have, the one by score first. `alike`: the days' correlation."""
    everywhere = [name for name in cells.features if all(name in each.rows for each in (*now.periods, *before.periods))]
    told = [_one_relation(name, cells.features[name].labels, now, before, alike) for name in everywhere]
    return tuple(found for found in told if found is not None)


def _one_relation(feature: str, labels: Sequence[str], now: _Window, before: _Window, alike: float) -> Relation | None:
    newest, proven = now.cells(feature), before.cells(feature)
    enough = np.logical_and.reduce(
        [
            ((rows > 0).sum(axis=0) >= _FEWEST_DAYS) & (rows.sum(axis=0) >= _FEWEST_ROWS)
            for rows in (newest[0], proven[0])
        ]
    )
    places = np.flatnonzero(enough)
    if len(places) < 2:
        return None  # of one cell the days' own means leave nothing
    a, b = (
        mean_by_cell(newest[0][:, places], newest[1][:, places]),
        mean_by_cell(proven[0][:, places], proven[1][:, places]),
    )
    own = lag_one([*_daily(newest, places, a), *_daily(proven, places, b)])
    change = difference(a, b, widening(max(own, alike)))  # what moves all rows moves some cells more
    chances = two_sided(change)
    if not np.isfinite(chances).any():
        return None
    most = int(np.nanargmin(chances))
    return Relation(
        feature=feature,
        cell=labels[places[most]],
        shift=float(change.value[most]),
        error=float(change.error[most]),
        chance=float(min(1.0, chances[most] * len(places))),
        cells=len(places),
    )


def _daily(side: tuple[Floats, Floats], places: NDArray[np.intp], mean: Block) -> list[Floats]:
    """Each cell's daily deviations from its mean, in units of its own error."""
    rows, totals = side[0][:, places], side[1][:, places]
    apart = totals - rows * mean.value
    spread = np.sqrt((apart**2).sum(axis=0))
    return [apart[:, place] / spread[place] for place in range(len(places)) if spread[place] > 0]
