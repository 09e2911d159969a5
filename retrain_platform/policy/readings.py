"""A champion's own ripe readings of a metric, oldest first: whole, or of one segment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import NormalDist
from typing import NamedTuple

from retrain_platform.monitoring.reports import PeriodPerformance, Reading
from retrain_platform.policy.history import Champion, History


class Measured(NamedTuple):
    """A metric of one ripe period with its two-sided interval; the ends are None where there is none."""

    period: str
    value: float
    low: float | None
    high: float | None
    version: str = ""

    def error(self, confidence: float) -> float | None:
        """Its standard error, from half the width of its interval at two-sided `confidence`.

        The half-width is divided by the normal quantile. Where the interval was made with
        Student's, whose quantiles are wider, the error keeps that width: few days count for less.
        """
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / 2 / NormalDist().inv_cdf((1 + confidence) / 2)


class Segment(NamedTuple):
    """The rows whose `column` has the text `value`."""

    column: str
    value: str

    def __str__(self) -> str:
        return f"{self.column} = {self.value}"


def champion_readings(
    history: History, champion: Champion | str | None, metric: str, segment: Segment | None = None
) -> list[Measured]:
    """One reading a ripe period that this version answered, by name too; None: that whoever was champion answered.

    Periods whose data was unsound are no evidence on the model and are left out; so are those in
    which the metric could not be computed. They neither count towards a dwell nor break it.
    """
    found: dict[str, Measured] = {}
    for measured in _sound(history, champion):
        reading = _of(measured, metric, segment)
        if reading is not None and reading.value is not None:
            found[measured.period] = Measured(
                measured.period, reading.value, reading.low, reading.high, measured.version
            )
    return list(found.values())


def newest_segments(
    history: History, champion: Champion, metric: str, columns: Sequence[str]
) -> dict[Segment, Reading]:
    """The champion's newest sound reading of every segment of the columns that it names; empty before the first."""
    newest = next(iter(_sound(history, champion)[::-1]), None)
    if newest is None:
        return {}
    return {
        Segment(column, value): metrics[metric]
        for column in columns
        for value, metrics in newest.segments.get(column, {}).items()
        if metric in metrics
    }


def starts(history: History) -> dict[str, datetime]:
    """When each ripe period began, by its key."""
    return {period.period: period.start for period in history.ripe}


def _sound(history: History, champion: Champion | str | None) -> list[PeriodPerformance]:
    version = champion.version if isinstance(champion, Champion) else champion
    unsound = {period.period for period in history.ripe if not period.sound}
    return [
        measured
        for measured in history.performance
        if measured.ripe
        and measured.role == "champion"
        and (version is None or measured.version == version)
        and measured.period not in unsound
    ]


def _of(measured: PeriodPerformance, metric: str, segment: Segment | None) -> Reading | None:
    if segment is None:
        return measured.metrics.get(metric)
    return measured.segments.get(segment.column, {}).get(segment.value, {}).get(metric)
