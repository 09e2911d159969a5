"""What is gathered from bins, and the laws that it keeps."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.release.base import Stage
from retrain_platform.release.live.arms import reads_since
from retrain_platform.release.live.bins import WIDTH, Bin, Tally
from retrain_platform.release.live.evidence import LiveEvidence, StageClock
from retrain_platform.release.live.gather import gather_live, raw_span
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.release.live.strata import closed_until, compact, stratum_of
from retrain_platform_tests.release.live_traffic import NOON, LiveRoad, Seen, at_stage, plan

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVENTS = {"kind": "event", "of": "click"}


def canary(**live: Any) -> LiveRoad:
    return at_stage(Stage.CANARY, plan(**live))


def put(road: LiveRoad, minute: float, version: str, **counts: Any) -> None:
    start = NOON + timedelta(minutes=minute)
    road.bins.append(Bin(start=start, version=version, answered=counts.pop("answered", True), **counts))


def seen(road: LiveRoad, minutes: float) -> LiveEvidence:
    road.now = NOON + timedelta(minutes=minutes)
    found = road.evidence()
    assert found is not None
    return found


def test_only_closed_bins_of_the_stage_count() -> None:
    road = canary()
    for minute in (-1, 0, 1, 2, 3):
        put(road, minute, "1", calls=10, errors=1)
        put(road, minute, "2", calls=4, errors=1)
    found = seen(road, 3.3)
    assert found.until == NOON + timedelta(minutes=3)
    assert (found.calls, found.calls_other) == (8, 20), "noon's own bin may still be the old split's; 3's is open"
    reading = found.reading("error_rate")
    assert reading is not None
    assert (reading.n, reading.n_other, reading.value, reading.other) == (8, 20, 0.25, 0.1)


def test_a_coarse_stratum_counts_once_it_is_over() -> None:
    road = canary()
    for minute in (100.0, 100.5):
        put(road, minute, "1", calls=100, errors=1)
        put(road, minute, "2", calls=100, errors=50)
    early, late = seen(road, 100.9).reading("error_rate"), seen(road, 101.2).reading("error_rate")
    assert early is not None
    assert late is not None
    assert (early.n, late.n) == (0, 200)
    assert early.worse == 0 < late.worse


def test_strata_grow_with_the_age_of_the_bin_and_never_with_that_of_the_look() -> None:
    widths = [stratum_of(NOON + age, NOON) for age in (timedelta(), 2 * HOUR, 2 * DAY)]
    assert [each.end - each.start for each in widths] == [WIDTH, timedelta(minutes=1), timedelta(minutes=10)]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 5))
def test_the_order_of_bins_changes_nothing(seed: int, places: int) -> None:
    road = TRAFFIC
    before = gather(road.bins)
    shuffled = list(road.bins)
    random.Random(seed).shuffle(shuffled)
    assert gather(shuffled) == before
    assert gather([*shuffled[places:], *shuffled[:places]]) == before


@pytest.mark.parametrize(("first", "second"), [(0, 0), (30, 90), (75, 77), (97, 100), (100, 20), (500, 500)])
def test_compacted_bins_say_the_same(first: int, second: int) -> None:
    most = closed_until(TRAFFIC.now, WIDTH) - raw_span(LIVE, HOUR)
    once = compact(TRAFFIC.bins, CLOCK.stage, min(NOON + timedelta(minutes=first), most))
    twice = compact(once, CLOCK.stage, min(NOON + timedelta(minutes=second), most))
    assert close(gather(once), gather(TRAFFIC.bins))
    assert close(gather(twice), gather(TRAFFIC.bins))
    assert first < 65 or len(once) < len(TRAFFIC.bins)


def close(one: LiveEvidence, other: LiveEvidence) -> bool:
    """Sums of losses are added in another order."""
    left, right = one.model_dump(exclude={"readings"}), other.model_dump(exclude={"readings"})
    times = {"since", "until"}
    pairs = [
        [each.model_dump(exclude=times) for each in both] for both in zip(one.readings, other.readings, strict=True)
    ]
    return left == right and all(a == pytest.approx(b) for a, b in pairs)


def _traffic() -> LiveRoad:
    road = canary()
    road.behaves = {"2": Seen(errors=0.02, ms=25)}
    while road.now < NOON + 2.7 * HOUR:
        road.bins += road.traffic(road.now, 20.0)
        road.now += WIDTH
    return road


TRAFFIC = _traffic()
LIVE = LivePlan(staging=None)
CLOCK = StageClock(opened=NOON, stage=NOON)


def gather(bins: list[Bin]) -> LiveEvidence:
    found = gather_live(bins, TRAFFIC.state, LIVE, CLOCK, closed_until(TRAFFIC.now, LIVE.settle))
    assert found is not None
    return found


def test_changing_the_sides_changes_better_and_worse() -> None:
    named = {"1": "2", "2": "1"}
    mirrored = [each.model_copy(update={"version": named[each.version], "against": {}}) for each in TRAFFIC.bins]
    plain = [each.model_copy(update={"against": {}}) for each in TRAFFIC.bins]
    one, other = gather(plain), gather(mirrored)
    for name in ("error_rate", "latency_p95"):
        a, b = one.reading(name), other.reading(name)
        assert a is not None
        assert b is not None
        assert (a.worse, a.better) == pytest.approx((b.better, b.worse))
        assert (a.value, a.n) == (b.other, b.n_other)


def test_events_count_by_the_bin_of_the_answer_once_ripe() -> None:
    road = canary(measures=[EVENTS])
    for minute in (1, 20):
        put(road, minute, "1", calls=50, rows=50, events={"click": 10})
        put(road, minute, "2", calls=10, rows=10, events={"click": 1})
    found = seen(road, 70).reading("event_click")
    assert found is not None
    assert (found.n, found.n_other, found.value, found.other) == (10, 50, 0.1, 0.2)
    later = seen(road, 90).reading("event_click")
    assert later is not None
    assert later.n == 20


def test_feedback_counts_by_the_bin_in_which_it_came() -> None:
    road = canary(measures=[{"kind": "feedback", "of": "rating", "better": "lower"}])
    put(road, 1, "1", feedback={"rating": Tally(count=50, hits=5, total=9.0)})
    put(road, 1, "2", feedback={"rating": Tally(count=50, hits=45, total=90.0)})
    found = seen(road, 2).reading("feedback_rating")
    assert found is not None
    assert (found.n, found.value, found.other, found.beyond) == (50, 0.9, 0.1, True)
    assert found.worse > 10 > found.better


def test_labels_are_paired_where_both_scored_the_row_and_look_back_to_the_opening() -> None:
    road = canary()
    road.now = NOON
    put(road, 0.5, "2", labels=40, loss=12.0, against={"1": {-100: 8, 0: 30, 100: 2}})
    put(road, 0.5, "2", answered=False, labels=10, loss=3.0, against={"1": {-100: 2, 0: 8}})
    found = seen(road, 2).reading("labels")
    assert found is not None
    assert found.n == 50
    assert found.value == pytest.approx(0.3)
    assert found.other == pytest.approx(0.3 - 8 / 50)
    assert found.worse > 0 > found.better
    assert found.beyond
    assert found.low is not None
    assert found.high is not None
    assert found.low < 8 / 50 < found.high


def test_labels_that_nobody_scored_beside_are_compared_as_means() -> None:
    road = canary()
    for minute in range(1, 30):
        put(road, minute, "1", labels=100, loss=10.0)
        put(road, minute, "2", labels=100, loss=20.0)
    found = seen(road, 31).reading("labels")
    assert found is not None
    assert (found.n, found.n_other) == (2900, 2900)
    assert min(found.worse - 50, -found.not_worse) > 0


def test_the_previous_champion_beside_is_the_control_after_the_promotion() -> None:
    road = at_stage(Stage.BAKE, plan())
    put(road, 1, "2", calls=10, rows=10, errors=2, latency={50: 10}, labels=4, loss=1, against={"1": {-50: 4}})
    put(road, 1, "1", answered=False, calls=10, rows=12, errors=1)
    found = seen(road, 2)
    assert (found.version, found.other, found.calls, found.calls_other) == ("2", "1", 10, 10)
    assert [each.measure for each in found.readings] == ["error_rate", "labels"], "latency beside is another thing"
    assert reads_since(CLOCK, Stage.BAKE) == CLOCK.stage


def test_windows_hold_the_newest_time_and_wait_until_the_stage_has_it() -> None:
    road = canary()
    for minute in range(1, 40):
        put(road, minute, "1", calls=100, errors=1, latency={140: 100})
        put(road, minute, "2", calls=100, errors=10 if minute > 30 else 0, latency={160: 100})
    young = seen(road, 8)
    assert [window.value for window in young.windows] == [None, None]
    old = seen(road, 40)
    own, other = old.paces
    assert (own.version, own.calls, own.p50, other.version) == ("2", 3900, own.p99, "1")
    assert own.a_second == pytest.approx(3900 / (old.until - NOON).total_seconds())
    assert own.p95 == latency_of(old)
    errors, latency = old.windows
    assert errors.value == pytest.approx(0.1, abs=0.011)
    assert errors.other == pytest.approx(0.01)
    assert 900 <= errors.n <= 1000
    assert latency.value is not None
    assert latency.other is not None
    assert latency.value / latency.other == pytest.approx(2 ** (20 / 14))


def latency_of(found: LiveEvidence) -> float | None:
    reading = found.reading("latency_p95")
    return None if reading is None else reading.value


def test_bins_in_which_every_call_fails_are_counted_from_the_newest() -> None:
    road = canary()
    put(road, 1, "2", calls=5, errors=0)
    for minute in (2, 3, 4):
        put(road, minute, "1", calls=50)
        put(road, minute, "2", calls=2, errors=2)
    put(road, 5, "1", calls=50)
    assert seen(road, 6).failing == 3
    put(road, 6, "1", calls=50, errors=50)
    put(road, 6, "2", calls=2, errors=2)
    assert seen(road, 7).failing == 0, "all of the control's failed too"


def test_new_entities_are_held_against_the_share() -> None:
    road = canary()
    for minute in range(1, 20):
        put(road, minute, "1", entities=40)
        put(road, minute, "2", entities=10)
    found = seen(road, 21)
    assert (found.drawn, found.entities) == (190, 950)
    assert found.mismatch > 50
    assert at_stage(Stage.SHADOW, plan()).evidence().mismatch == 0  # type: ignore[union-attr]


def test_nothing_is_gathered_where_traffic_judges_nothing() -> None:
    done = at_stage(Stage.CANARY, plan())
    state = done.state.model_copy(update={"open": None})
    assert gather_live([], state, LIVE, CLOCK, NOON) is None


def test_calls_of_few_entities_are_worth_less() -> None:
    said = {}
    for alike in (0.0, 0.1):
        road = canary(alike=alike)
        for minute in range(1, 30):
            put(road, minute, "1", calls=90, errors=1, entities=9)
            put(road, minute, "2", calls=10, errors=2, entities=1)
        found = seen(road, 31)
        reading = found.reading("error_rate")
        assert reading is not None
        said[alike] = (found.effect, reading.worse)
    assert said[0.0][0] == 1
    assert said[0.1][0] == pytest.approx(1.9)
    assert 0 < said[0.1][1] < said[0.0][1]


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_which_way_an_event_is_better_decides_what_is_worse(better: str) -> None:
    road = canary(measures=[EVENTS | {"better": better}])
    for minute in range(1, 30):
        put(road, minute, "1", calls=50, rows=50, events={"click": 20})
        put(road, minute, "2", calls=50, rows=50, events={"click": 5})
    found = seen(road, 100).reading("event_click")
    assert found is not None
    good, bad = (found.better, found.worse) if better == "lower" else (found.worse, found.better)
    assert good > 20
    assert bad < 0
    assert (found.value, found.other, found.beyond) == (0.1, 0.4, better == "higher")


def test_as_fast_is_not_slower_by_the_margin_and_not_faster() -> None:
    road = canary()
    for minute in range(1, 50):
        put(road, minute, "1", calls=200, latency=dict.fromkeys(range(140, 180), 5))
        put(road, minute, "2", calls=200, latency=dict.fromkeys(range(140, 180), 5))
    found = seen(road, 51).reading("latency_p95")
    assert found is not None
    assert found.not_worse > 20
    assert max(found.better, found.worse) < 0
