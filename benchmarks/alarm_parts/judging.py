"""One decision, or a decision a week, on a stream: no Dagster and no disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from alarm_parts.streams import FEATURES, REFERENCE_WEEKS, SEGMENT, Floats, Weeks

from retrain_platform.dataset.period import Calendar
from retrain_platform.monitoring.drift import Reference, compare
from retrain_platform.monitoring.error_reports import DayErrors, PeriodConcept
from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.reports import DriftReport, PeriodPerformance, PredictionDrift, Reading
from retrain_platform.policy.history import Champion, History

CALENDAR = Calendar(every="week", start=date(2013, 1, 1), timezone="UTC")
_READING_Z = 1.959964


def history(week: int, **known: Any) -> History:
    """What is known at the end of a week, of a champion from the first week on."""
    first = CALENDAR.at(0).start
    champion = Champion(
        version="1", decision_id="1", trained_as_of=first, training_rows=1, seen_until=first, released_as_of=first
    )
    return History(
        model="simulated",
        as_of=CALENDAR.at(week).end,
        period=CALENDAR.at(week),
        period_length=timedelta(weeks=1),
        label_delay=timedelta(0),
        champion=champion,
        **known,
    )


def drift_histories(weeks: Weeks, *, segment: str | None = SEGMENT) -> Iterator[History]:
    """A history for each week behind the reference weeks, with that week's report alone; within the segment too."""
    grids, columns = choose_grids(weeks[0], [*FEATURES, "score"]), [segment] if segment else []
    known = {CALENDAR.at(place).key: profile(weeks[place], grids, columns) for place in range(REFERENCE_WEEKS)}
    reference = Reference.of(known, noise_in=columns)
    for week in range(REFERENCE_WEEKS, len(weeks)):
        period, lead = CALENDAR.at(week), week - REFERENCE_WEEKS + 1
        current = profile(weeks[week], grids, columns)
        told = _with_predictions(compare(reference, current, period=period.key, as_of=period.end, lead=lead))
        yield history(week, drift=(told,), segment_drift=(told,))


def _with_predictions(report: DriftReport) -> DriftReport:
    """The score is judged as the champion's, the features without it."""
    score = next(each for each in report.features if each.feature == "score")
    told = PredictionDrift(version="1", reference=report.reference, drift=score)
    return report.model_copy(update={"predictions": told})


def error_history(losses: Floats, weeks: int, newest: int = 1) -> History:
    """What is known after so many weeks of daily losses; those of the `newest` of them came in last, together."""
    end = CALENDAR.at(weeks - 1).end
    told = [_concept(week, losses[7 * week : 7 * week + 7]) for week in range(weeks)]
    late = [each.model_copy(update={"as_of": end}) for each in told[weeks - newest :]]
    return history(weeks - 1, concept=(*told[: weeks - newest], *late))


def _concept(week: int, losses: Floats) -> PeriodConcept:
    period = CALENDAR.at(week)
    days = tuple(
        DayErrors(day=f"{period.start.date() + timedelta(days=place)}", rows=100, residual=loss - 1, loss=loss)
        for place, loss in enumerate(losses.tolist())
    )
    return PeriodConcept(period=period.key, version="1", as_of=period.end, days=days)


def performance_history(weeks: int, segments: int, rng: np.random.Generator) -> History:
    """Weekly readings of a metric that stays .7, with intervals that are right; a standard error of .01."""
    whole, parts = 0.7 + 0.01 * rng.normal(size=weeks), 0.7 + 0.01 * rng.normal(size=(weeks, segments))
    readings = tuple(_performance(week, whole[week], parts[week]) for week in range(weeks))
    return history(weeks - 1, performance=readings)


def _performance(week: int, value: float, parts: Sequence[float] | Floats) -> PeriodPerformance:
    told = {f"s{place}": {"auc": _reading(each)} for place, each in enumerate(parts)}
    return PeriodPerformance(
        period=CALENDAR.at(week).key,
        version="1",
        role="champion",
        as_of=CALENDAR.at(week).end,
        ripe=True,
        rows=1000,
        labelled=1000,
        metrics={"auc": _reading(value)},
        segments={SEGMENT: told} if told else {},
    )


def _reading(value: float) -> Reading:
    half = _READING_Z * 0.01
    return Reading(value=float(value), low=float(value) - half, high=float(value) + half, rows=1000, days=7)
