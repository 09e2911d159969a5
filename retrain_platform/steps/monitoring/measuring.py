"""The operations and business measures of a period, as their tables had them when it was watched."""

from __future__ import annotations

from retrain_platform.dataset.measures import MeasureTable
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.times import BadTimes
from retrain_platform.monitoring.measures import MeasureReading, PeriodMeasures, read_table
from retrain_platform.steps.workshop import MeasuresUnreadable, Workshop


def measure_period(shop: Workshop, period: Period) -> PeriodMeasures | None:
    """Read and keep the period's measures; None where the spec names no table.

    A table that cannot be read stops nothing: what is wrong is kept, and policies on it cannot tell.
    Where two tables have the same measure and segment, the first counts, and it is said.
    """
    tables = shop.spec.monitoring.measures
    if not tables:
        return None
    readings: dict[tuple[str, str | None], MeasureReading] = {}
    problems: list[str] = []
    for position, table in enumerate(tables):
        found, wrong = _read(shop, table, period)
        problems += [f"monitoring.measures[{position}]: {said}" for said in wrong]
        for one in found:
            if (one.measure, one.segment) in readings:
                problems.append(f"monitoring.measures[{position}]: {one.measure} was in an earlier table, which counts")
            readings.setdefault((one.measure, one.segment), one)
    made = PeriodMeasures(
        period=period.key,
        start=period.start,
        as_of=period.end,
        readings=tuple(readings[key] for key in sorted(readings, key=lambda key: (key[0], key[1] or ""))),
        problems=tuple(dict.fromkeys(problems)),
    )
    shop.values.put(shop.model, "measures", period.key, "measures", made)
    return made


def _read(shop: Workshop, table: MeasureTable, period: Period) -> tuple[list[MeasureReading], list[str]]:
    try:
        frame = shop.measures(table, period)
    except (MeasuresUnreadable, BadTimes) as error:
        return [], [str(error)]
    return read_table(frame, table, period, shop.spec.period.timezone)


def measured_until(shop: Workshop, period: Period) -> tuple[PeriodMeasures, ...]:
    """The measures of every period up to and including this one, oldest first."""
    if not shop.spec.monitoring.measures:
        return ()
    found = shop.values.all(shop.model, "measures", PeriodMeasures)
    return tuple(value for key, value in found.items() if key <= period.key)
