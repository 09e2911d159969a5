"""Readings of one day have no interval: how far the champion's proven days are apart stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from statistics import stdev
from typing import Any

import numpy as np
import pytest

from retrain_platform.dataset.period import Calendar
from retrain_platform.monitoring.error_reports import Estimated, PeriodEstimate
from retrain_platform.monitoring.reports import PeriodPerformance, Reading
from retrain_platform.policy import AnyOf, EstimatePolicy, PerformancePolicy, decide
from retrain_platform.policy.base import Action
from retrain_platform.policy.history import Champion, History, RipePeriod
from retrain_platform.stats.intervals import t_quantile

LEVEL = (0.70, 0.72, 0.69, 0.71, 0.70, 0.73, 0.68, 0.71, 0.70, 0.72)


def days(values: Sequence[float], every: str = "day", **known: Any) -> History:
    """A champion's readings, one a period, none with an interval; the period after them has just closed."""
    calendar = Calendar.model_validate({"every": every, "start": date(2024, 1, 1)})
    periods = [calendar.at(place) for place in range(len(values) + 1)]
    begun = periods[0].start
    champion = Champion(
        version="1", decision_id="1", trained_as_of=begun, training_rows=1, seen_until=begun, released_as_of=begun
    )
    ripe = tuple(RipePeriod(period=p.key, start=p.start, end=p.end, rows=9, labelled=9) for p in periods[:-1])
    read = tuple(
        PeriodPerformance(
            period=p.key,
            version="1",
            role="champion",
            as_of=p.end,
            ripe=True,
            rows=9,
            labelled=9,
            metrics={"auc": Reading(value=float(value), rows=9, days=1)},
        )
        for p, value in zip(periods, values, strict=False)
    )
    filled: dict[str, Any] = {"champion": champion, "ripe": ripe, "performance": read, "new_ripe_rows": 9, **known}
    last = periods[-1]
    return History(
        model="daily",
        as_of=last.end,
        period=last,
        number=len(values),
        period_length=calendar.length(),
        label_delay=timedelta(0),
        **filled,
    )


def fall(**fields: Any) -> PerformancePolicy:
    return PerformancePolicy(**{"metric": "auc", "falls_by": 0.02, "dwell": "2d", **fields})


def test_a_fall_of_days_is_confirmed_by_their_spread_and_the_sentence_says_so() -> None:
    found = decide(AnyOf(policies=[fall()]), days([*LEVEL, 0.6, 0.6]))
    assert found.action is Action.RETRAIN
    reach = t_quantile(0.95, 9) * stdev(LEVEL) * (1 / 3 + 1 / 2) ** 0.5
    mean = sum(LEVEL[:3]) / 3 - 0.6
    assert f"confirmed, at least {mean - reach:.3g} with 95% confidence" in found.reason
    assert "its error is the spread of 10 proven days, for a reading of one day has no interval" in found.reason


def test_a_fall_within_the_spread_is_not() -> None:
    found = fall().decide(days([*LEVEL, 0.68, 0.68]))
    assert found.verdict == "holding"
    assert "not confirmed: at least -" in found.sentence


def test_with_fewer_than_ten_proven_days_it_cannot_be_told_and_the_opposite_says_what_is_missing() -> None:
    known = days([*LEVEL[:9], 0.6, 0.6])
    found = fall().decide(known)
    assert found.verdict == "cannot tell"
    assert "a spread takes 10 proven days, 9 proven days so far: the fall cannot be confirmed" in found.sentence
    assert "performance could be told" in decide(fall(), known).opposite


def test_what_is_judged_widens_nothing() -> None:
    """The days of the dwell, far off, are not among those whose spread is the error."""
    assert fall().decide(days([*LEVEL, 0.3, 0.6])).fired


def test_hours_of_one_day_count_as_one_day() -> None:
    """Thirty hours lie on two days, 240 on ten."""
    rng = np.random.default_rng(3)
    policy = fall(dwell="2h", baseline_periods=3)
    few, enough = (days([*rng.normal(0.7, 0.01, hours), 0.6, 0.6], "hour") for hours in (30, 240))
    assert "2 proven days so far" in policy.decide(few).sentence
    assert "the spread of 10 proven days" in policy.decide(enough).sentence
    assert policy.decide(enough).fired


def test_days_that_are_alike_widen_it() -> None:
    """The same values, in an order in which neighbours are alike or not."""
    values = sorted(LEVEL + LEVEL)
    apart = [value for pair in zip(values[:10], values[10:], strict=True) for value in pair]

    def lower(of: Sequence[float]) -> float:
        said = fall(baseline_periods=20).decide(days([*of, 0.6, 0.6])).sentence
        return float(said.partition("at least ")[2].split()[0])

    assert lower(values) < lower(apart)


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_where_nothing_changes_it_is_confirmed_at_most_as_often_as_its_level_says(correlation: float) -> None:
    """600 champions of 24 days; .031 and .029 of 1,000 with another seed. The bound is binomial, at 99%."""
    rng, confirmed = np.random.default_rng(5), 0
    policy = fall(falls_by=1e-9, dwell="3d")
    for _ in range(600):
        noise = rng.normal(size=24)
        for place in range(1, 24):
            noise[place] = correlation * noise[place - 1] + (1 - correlation**2) ** 0.5 * noise[place]
        found = policy.decide(days(0.7 + 0.02 * noise))
        confirmed += "; confirmed" in found.sentence
    assert confirmed / 600 < 0.05 + 2.326 * (0.05 * 0.95 / 600) ** 0.5


def estimated(value: float, known: History) -> History:
    told = Estimated(value=value, low=value - 0.01, high=value + 0.01, error=0.005)
    made = PeriodEstimate(
        period=known.period.key, version="1", as_of=known.as_of.astimezone(UTC), metrics={"auc": told}
    )
    return known.model_copy(update={"estimated": (made,)})


def test_an_estimate_allows_for_a_baseline_of_days() -> None:
    """Three days of the baseline: the reach of their mean is t(.95, 9) sd / sqrt(3), about .016."""
    policy = EstimatePolicy(metric="auc", falls_by=0.001)
    near, far = (policy.decide(estimated(value, days(LEVEL))) for value in (0.69, 0.66))
    assert (near.verdict, far.verdict) == ("holding", "fired")
    assert "of the baseline its error is the spread of 10 proven days" in far.sentence
    few = policy.decide(estimated(0.66, days(LEVEL[:9])))
    assert few.verdict == "cannot tell"
    assert "9 proven days so far" in few.sentence
