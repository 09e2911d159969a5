"""Histories to judge, built by hand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from retrain_platform.dataset.period import Calendar
from retrain_platform.monitoring.error_reports import (
    DayErrors,
    Estimated,
    PeriodConcept,
    PeriodEstimate,
    Relation,
    Shift,
)
from retrain_platform.monitoring.gap import GapReading, Side
from retrain_platform.monitoring.measures import MeasureReading, PeriodMeasures
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift, PeriodPerformance, PredictionDrift, Reading
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.history import Champion, Detected, History, Released, Requested, Retrained, RipePeriod

WEEK = timedelta(weeks=1)
CALENDAR = Calendar(every="week", start=date(2013, 1, 1), timezone="America/New_York")
REFERENCE = ("2013-01-01", "2013-01-08")


def end_of(week: int) -> datetime:
    """When week number `week` (from 0) ends: 12 March lies behind a clock change of the zone."""
    return CALENDAR.at(week).end


def key_of(week: int) -> str:
    return CALENDAR.at(week).key


def history(week: int = 11, **known: Any) -> History:
    """As of the end of `week`: a champion trained after week 3, labels of all but the newest week, nothing else."""
    filled: dict[str, Any] = {
        "champion": champion(3),
        "ripe": ripe(week),
        "new_ripe_rows": 100,
    }
    return History(
        model="flight_delay",
        as_of=end_of(week),
        period=CALENDAR.at(week),
        number=week,
        period_length=WEEK,
        timezone=CALENDAR.timezone,
        label_delay=timedelta(days=2),
        **{**filled, **known},
    )


def champion(week: int, version: str = "1", training_rows: int = 1000, **known: Any) -> Champion:
    """Trained and released at the end of `week`."""
    return Champion(
        version=version,
        decision_id=f"decision-{version}",
        trained_as_of=end_of(week),
        training_rows=training_rows,
        seen_until=end_of(week - 1),
        released_as_of=end_of(week),
        **known,
    )


def ripe(weeks: int, unsound: Sequence[int] = ()) -> tuple[RipePeriod, ...]:
    return tuple(
        RipePeriod(
            period=key_of(week),
            start=CALENDAR.at(week).start,
            end=CALENDAR.at(week).end,
            rows=100,
            labelled=95,
            sound=week not in unsound,
        )
        for week in range(weeks)
    )


def feature(
    name: str,
    scores: Mapping[str, float | None],
    noise: Mapping[str, float | None] | None = None,
    new: tuple[str, ...] = (),
    **known: Any,
) -> FeatureDrift:
    filled: dict[str, Any] = {"rows_reference": 1000, "rows_current": 100, **known}
    return FeatureDrift(
        feature=name, kind="category", scores=dict(scores), noise=dict(noise or {}), new_categories=new, **filled
    )


def measured(week: int, segment: str | None = None, **values: float) -> PeriodMeasures:
    """The measures of a week: each has this one value."""
    readings = tuple(
        MeasureReading(measure=name, segment=segment, values=1, mean=value, least=value, greatest=value, total=value)
        for name, value in values.items()
    )
    return PeriodMeasures(period=key_of(week), start=CALENDAR.at(week).start, as_of=end_of(week), readings=readings)


def series(name: str, *values: float, last: int = 11, segment: str | None = None) -> tuple[PeriodMeasures, ...]:
    """One value a week, oldest first, the last one in week `last`."""
    first = last - len(values) + 1
    return tuple(measured(first + place, segment, **{name: value}) for place, value in enumerate(values))


def report(week: int, *features: FeatureDrift, reference: tuple[str, ...] = REFERENCE) -> DriftReport:
    return DriftReport(period=key_of(week), as_of=end_of(week), reference=reference, features=features)


def shifted(week: int, score: float | None, version: str = "1", noise: float | None = 0.01) -> DriftReport:
    """A report of a week in which the champion's scores, and the shares of the origins, moved by so much PSI."""
    moved = feature("score", {"psi": score}, {"psi": noise}, noise_periods=4)
    told = PredictionDrift(version=version, reference=REFERENCE, drift=moved)
    mix = (moved.model_copy(update={"feature": "origin"}),)
    return report(week).model_copy(update={"predictions": told, "mix": mix})


def in_origins(week: int, **features: tuple[FeatureDrift, ...]) -> DriftReport:
    """A report of a week within segments: each keyword is an origin and its features."""
    return report(week).model_copy(update={"segments": {"origin": features}})


def psi_reports(last: int, **scores: Sequence[float | None]) -> tuple[DriftReport, ...]:
    """One report a week up to `last`; each keyword is a feature and its PSI, oldest first."""
    count = len(next(iter(scores.values())))
    return tuple(
        report(
            last - count + 1 + position,
            *(feature(name, {"psi": values[position]}) for name, values in scores.items()),
        )
        for position in range(count)
    )


def readings(
    *values: float | None,
    half: float | None = 0.01,
    first: int = 4,
    version: str = "1",
    metric: str = "auc",
) -> tuple[PeriodPerformance, ...]:
    """One ripe reading a week from week `first` on; its interval reaches `half` to either side."""
    return tuple(reading(first + position, value, half, version, metric) for position, value in enumerate(values))


def reading(
    week: int, value: float | None, half: float | None = 0.01, version: str = "1", metric: str = "auc"
) -> PeriodPerformance:
    ends = (None, None) if value is None or half is None else (value - half, value + half)
    return PeriodPerformance(
        period=key_of(week),
        version=version,
        role="champion",
        as_of=end_of(week + 1),
        ripe=True,
        rows=100,
        labelled=95,
        metrics={metric: Reading(value=value, low=ends[0], high=ends[1], rows=95, days=7)},
    )


def by_origin(week: int, half: float = 0.01, version: str = "1", **values: float | None) -> PeriodPerformance:
    """A ripe reading by origin; None is a segment that is too small."""

    def told(value: float | None) -> Reading:
        if value is None:
            return Reading(value=None, rows=5, days=7, why="cannot tell: 5 rows, needs 50")
        return Reading(value=value, low=value - half, high=value + half, rows=50, days=7)

    origins = {name: {"auc": told(value)} for name, value in values.items()}
    return reading(week, 0.7, version=version).model_copy(update={"segments": {"origin": origins}})


def concept(
    week: int,
    bias: tuple[float, float] | None = None,
    relation: Mapping[str, tuple[float, float]] | None = None,
    losses: Sequence[float] = (),
    version: str = "1",
    why: str = "",
) -> PeriodConcept:
    """The concept of one week: (shift, p-value) of the bias and of features; daily losses and as many residuals."""
    start = CALENDAR.at(week).start.date()
    days = tuple(
        DayErrors(day=str(start + timedelta(days=place)), rows=100, residual=loss - 0.5, loss=loss)
        for place, loss in enumerate(losses)
    )
    told = {"bias": Shift(value=bias[0], proven=0.0, error=0.01, chance=bias[1])} if bias else {}
    return PeriodConcept(
        period=key_of(week),
        version=version,
        as_of=end_of(week + 1),
        days=days,
        newest=(key_of(week),),
        proven=REFERENCE,
        calibration=told,
        relation=tuple(
            Relation(feature=name, cell="AA", shift=shift, error=0.01, chance=chance, cells=4)
            for name, (shift, chance) in (relation or {}).items()
        ),
        why=why,
    )


def estimate(week: int, value: float | None, half: float = 0.01, why: str = "", version: str = "1") -> PeriodEstimate:
    """What was estimated of a week when it closed."""
    ends = (None, None) if value is None else (value - half, value + half)
    told = Estimated(value=value, low=ends[0], high=ends[1], error=None if value is None else half / 2, why=why)
    return PeriodEstimate(period=key_of(week), version=version, as_of=end_of(week), metrics={"auc": told})


def gap(
    week: int, value: float | None, error: float | None = 0.004, version: str = "1", cut: int = 3, judged: int = 2
) -> GapReading:
    """Read at the end of `week`, on the `judged` weeks before it, of a champion that saw the weeks before `cut`."""
    weeks = range(week - judged, week)
    known = value is not None and error is not None
    return GapReading(
        period=key_of(week),
        as_of=end_of(week),
        version=version,
        metric="auc",
        judged=tuple(key_of(one) for one in weeks),
        stale=Side(until=end_of(cut - 1), rows=1000, value=0.7),
        fresh=Side(until=end_of(week - judged - 1), rows=2000, value=None if value is None else 0.7 + value),
        value=value,
        low=value - 2 * error if known else None,
        high=value + 2 * error if known else None,
        standard_error=error if known else None,
        rows=200,
        days=14,
        why="" if value is not None else "it waits for 1 more ripe period",
    )


PRICES = CostSpec(currency="EUR", retrain=40, review=100, per_point=50)


def detected(week: int) -> Detected:
    return Detected(asked="adwin loss delta=0.002", as_of=end_of(week), alarms=("2013-02-01",))


def retrained(week: int, version: str | None = None) -> Retrained:
    return Retrained(
        decision_id=f"retrain-{week}",
        as_of=end_of(week),
        version=version,
        verdict="failed" if version is None else "passed",
        training_rows=900,
    )


def released(week: int, how: str = "release", *, by_hand: bool = False) -> Released:
    return Released(version=str(week), as_of=end_of(week), how=how, by_hand=by_hand)


def requested(week: int = 11, *, urgent: bool = False, key: str = "request:1", kind: str = "manual") -> Requested:
    return Requested(key=key, kind=kind, as_of=end_of(week), why="new fares", actor="ana", urgent=urgent)


def drifted(kl: float = 0.0, psi: float = 0.0, noise: float | None = None, performance: Any = None) -> History:
    """One feature by two distances in the newest week; `performance` unless given steady over four weeks."""
    level = {} if noise is None else {"kl": noise, "psi": noise}
    steady = readings(0.8, 0.8, 0.8, 0.8) if performance is None else performance
    return history(drift=(report(11, feature("carrier", {"kl": kl, "psi": psi}, level)),), performance=steady)
