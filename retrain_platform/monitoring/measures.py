"""Operations and business measures of a period, from any table of (time, segment, measure, value)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from retrain_platform.dataset.measures import MeasureTable
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.record import Record

if TYPE_CHECKING:
    import pandas as pd

Statistic = Literal["mean", "least", "greatest", "total"]
"""Which number of a period's values is judged."""


class MeasureReading(Record):
    """The values of one measure in one period: `segment` None is the whole."""

    measure: str
    segment: str | None = None
    values: int
    mean: float
    least: float
    greatest: float
    total: float


class PeriodMeasures(Record):
    """What the tables had for the period [`start`, `as_of`) when it was watched; `problems` in plain sentences."""

    period: str
    start: datetime
    as_of: datetime
    readings: tuple[MeasureReading, ...]
    problems: tuple[str, ...] = ()

    def value(self, measure: str, segment: str | None, statistic: Statistic) -> float | None:
        """The statistic of a measure; None where it was not measured."""
        found = next((one for one in self.readings if (one.measure, one.segment) == (measure, segment)), None)
        value: float | None = None if found is None else getattr(found, statistic)
        return value


def read_table(
    frame: pd.DataFrame, table: MeasureTable, period: Period, timezone: str
) -> tuple[list[MeasureReading], list[str]]:
    """The readings of the rows in [start, end) of the period, by measure and segment, and what could not be read.

    The whole of a measure are its rows without a segment; where all have one, all of them. Times without a
    zone are on the clock of `timezone`.
    """
    import pandas as pd

    from retrain_platform.dataset.times import BadTimes, to_utc

    named = [name for name in (table.time, table.measure, table.value, table.segment) if name is not None]
    absent = [name for name in named if name not in frame.columns]
    if absent:
        has = ", ".join(map(str, frame.columns)) or "no columns"
        return [], [f"{', '.join(absent)}: must be columns of the table of measures, which has {has}"]
    try:
        times = to_utc(frame[table.time], timezone)
    except BadTimes as error:
        return [], [str(error)]
    inside = frame[(times >= period.start) & (times < period.end)]
    numbers = pd.to_numeric(inside[table.value], errors="coerce")
    unread = int((numbers.isna() & inside[table.value].notna()).sum())
    problems = [f"{table.value}: {unread} values are no numbers"] if unread else []
    rows = inside.assign(_value=numbers.replace([float("inf"), float("-inf")], float("nan")))
    return list(_readings(rows[rows["_value"].notna()], table)), problems


def _readings(rows: pd.DataFrame, table: MeasureTable) -> list[MeasureReading]:
    found = []
    for measure, part in rows.groupby(rows[table.measure].astype(str), sort=True):
        if table.segment is None:
            found.append(_reading(str(measure), None, part["_value"]))
            continue
        segments = part[table.segment]
        whole = part[segments.isna()]
        found.append(_reading(str(measure), None, (whole if len(whole) else part)["_value"]))
        for segment, values in part.groupby(segments.astype(str).where(segments.notna()), sort=True):
            found.append(_reading(str(measure), str(segment), values["_value"]))
    return found


def _reading(measure: str, segment: str | None, values: pd.Series[Any]) -> MeasureReading:
    return MeasureReading(
        measure=measure,
        segment=segment,
        values=len(values),
        mean=float(values.mean()),
        least=float(values.min()),
        greatest=float(values.max()),
        total=float(values.sum()),
    )
