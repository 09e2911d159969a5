"""Histories to judge: built by hand, and drawn at random."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from retrain_platform.dataset.period import Calendar
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift, PeriodPerformance, Reading
from retrain_platform.policy.base import (
    Champion,
    History,
    Incident,
    Released,
    Requested,
    Retrained,
    RipePeriod,
)

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
        period_length=WEEK,
        label_delay=timedelta(days=2),
        **{**filled, **known},
    )


def champion(week: int, version: str = "1", training_rows: int = 1000) -> Champion:
    """Trained and released at the end of `week`."""
    return Champion(
        version=version,
        decision_id=f"decision-{version}",
        trained_as_of=end_of(week),
        training_rows=training_rows,
        seen_until=end_of(week - 1),
        released_as_of=end_of(week),
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
) -> FeatureDrift:
    return FeatureDrift(
        feature=name,
        kind="category",
        scores=dict(scores),
        noise=dict(noise or {}),
        rows_reference=1000,
        rows_current=100,
        new_categories=new,
    )


def report(week: int, *features: FeatureDrift, reference: tuple[str, ...] = REFERENCE) -> DriftReport:
    return DriftReport(period=key_of(week), as_of=end_of(week), reference=reference, features=features)


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


def requested(week: int = 11, *, urgent: bool = False, key: str = "request:1") -> Requested:
    return Requested(key=key, kind="manual", as_of=end_of(week), why="new fares", actor="ana", urgent=urgent)


@st.composite
def histories(draw: st.DrawFn, week: int = 14) -> History:
    """Anything that can have happened until the end of `week`."""
    weeks = st.integers(0, week)
    scores = st.one_of(st.none(), st.floats(0, 2))
    watched = draw(st.integers(0, week + 1))
    drift = tuple(
        report(
            number,
            *(
                feature(
                    name,
                    {"psi": draw(scores), "new_category_share": draw(st.one_of(st.none(), st.floats(0, 1)))},
                    {"psi": draw(scores)},
                )
                for name in ("carrier", "dest")
            ),
        )
        for number in range(week + 1 - watched, week + 1)
    )
    fewest = draw(st.sampled_from([0, 5]))
    values = draw(st.lists(st.one_of(st.floats(0.5, 1), st.none()), min_size=fewest, max_size=week - 4))
    half = draw(st.one_of(st.none(), st.floats(0.001, 0.2)))
    return history(
        week,
        champion=draw(st.sampled_from([champion(3), champion(week - 1), champion(week), None])),
        drift=drift,
        performance=readings(*values, half=half),
        ripe=ripe(draw(st.integers(0, week))),
        new_ripe_rows=draw(st.integers(0, 2000)),
        retrained=tuple(draw(st.lists(st.builds(retrained, weeks), max_size=2))),
        released=tuple(draw(st.lists(st.builds(released, weeks, by_hand=st.booleans()), max_size=3))),
        requested=tuple(draw(st.lists(st.builds(requested, weeks, urgent=st.booleans()), max_size=1))),
        incidents=tuple(
            Incident(kind="data", as_of=end_of(number), why="a column vanished")
            for number in draw(st.lists(weeks, max_size=1))
        ),
        release_open=draw(st.sampled_from([None, None, "7"])),
        problem=draw(st.sampled_from(["", "", "", "column tailnum vanished"])),
    )
