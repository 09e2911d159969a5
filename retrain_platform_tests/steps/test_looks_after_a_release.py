"""After a version took over it is looked at every 2 hours, then daily, then twice a day: each look is on record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from retrain_platform.release.base import Stage
from retrain_platform.release.live.bins import Bin, bin_start, latency_cell
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.steps.by_hand.acting import Act
from retrain_platform.steps.by_hand.moving import roll_back
from retrain_platform.steps.lines import CHECKED
from retrain_platform.steps.release.aftercare import check_times, checks_of, look_after, seen, took_over
from retrain_platform_tests.steps.live_roads import LiveRoad

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def one(start: datetime, version: str, calls: int, errors: int, loss: float = 0.0, ms: float = 4.0) -> Bin:
    return Bin(
        start=bin_start(start),
        version=version,
        answered=True,
        calls=calls,
        errors=errors,
        latency={latency_cell(ms): calls},
        labels=10,
        loss=loss,
    )


def test_the_shipped_plan_looks_every_2_hours_for_a_day_daily_for_a_week_and_twice_a_day_until_the_14th() -> None:
    due = check_times(LivePlan().checks)
    assert due[:12] == [2 * HOUR * number for number in range(1, 13)]
    assert due[12:18] == [DAY * number for number in range(2, 8)]
    assert due[18:] == [7 * DAY + 12 * HOUR * number for number in range(1, 15)]


@pytest.fixture
def road() -> LiveRoad:
    """Version 2 has just taken over."""
    return LiveRoad().to(Stage.BAKE)


def test_a_look_tells_of_both_versions_since_the_look_before(road: LiveRoad) -> None:
    start = road.now
    road.bins.add("tiny", [one(start + 10 * timedelta(minutes=1), "2", 100, 50)])  # before the look before
    road.bins.add("tiny", [one(start + 3 * HOUR, "2", 100, 1, 2.0), one(start + 3 * HOUR, "1", 100, 4, 3.0, 8.0)])
    road.now = start + 4 * HOUR + timedelta(minutes=1)
    found = look_after(road.shop, road.bins, road.now)
    assert found is not None
    assert (found.version, found.previous, found.after) == ("2", "1", 4 * HOUR)
    assert (found.now.error_rate, found.now.loss) == (0.01, 0.2)
    assert found.other is not None
    assert (found.other.error_rate, found.other.loss) == (0.04, 0.3)
    assert found.first.error_rate == 51 / 200
    assert found.sentence.startswith("4h after it took over, 100 calls: error rate 1.00% (version 1 4.00%, its first")
    assert checks_of(road.shop.entries(), "2") == [found]
    assert road.shop.entries()[-1].why == found.sentence


def test_each_look_is_on_record_once_and_a_missed_one_is_not_made_up_for(road: LiveRoad) -> None:
    start = road.now
    assert look_after(road.shop, road.bins, start + HOUR) is None
    for hours, count in ((2.1, 1), (3, 1), (4.1, 2), (10.1, 3), (10.2, 3), (49, 4)):
        road.now = start + hours * HOUR
        look_after(road.shop, road.bins, road.now)
        assert sum(entry.kind == CHECKED for entry in road.shop.entries()) == count, hours
    assert [check.after / HOUR for check in checks_of(road.shop.entries(), "2")] == [2, 4, 10, 48]


def test_the_controller_looks_by_itself_and_what_came_back_is_not_looked_at(road: LiveRoad) -> None:
    road.tick(2 * HOUR)
    assert len(checks_of(road.shop.entries(), "2")) == 1
    roll_back(road.shop, Act(actor="ana", why="odd scores"))
    assert took_over(road.shop.entries()) is None
    road.tick(3 * HOUR)
    assert sum(entry.kind == CHECKED for entry in road.shop.entries()) == 1


def test_a_quantile_is_never_told_too_low_and_nothing_seen_is_nothing() -> None:
    start = datetime.fromisoformat("2024-01-03T12:00:00+00:00")
    bins = [one(start, "2", 94, 0, ms=1.0), one(start + HOUR, "2", 6, 0, ms=100.0)]
    p95 = seen(bins, "2").p95
    assert p95 is not None
    assert 100.0 <= p95 < 106
    assert seen(bins, "3").model_dump() == {"calls": 0, "error_rate": None, "p95": None, "labels": 0, "loss": None}
