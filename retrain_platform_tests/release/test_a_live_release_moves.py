"""How a live release goes up by evidence and by the clock, what ends it undecided, and what it says."""

import pytest

from retrain_platform.release.base import ReleasePlan, Stage
from retrain_platform.release.live.advance import advance_live, live_standing
from retrain_platform.release.live.bins import WIDTH
from retrain_platform_tests.release.live_looks import (
    DAY,
    HOUR,
    MINUTE,
    QUICK,
    SHOWN,
    moved,
    quick,
    reading,
    standing,
    told,
)
from retrain_platform_tests.release.live_traffic import NOON, LiveRoad, Seen, at_stage, plan
from retrain_platform_tests.release.roads import names


def test_a_version_as_good_as_the_champion_goes_all_the_way() -> None:
    road = at_stage(Stage.SHADOW, quick())
    for _ in range(4):
        assert road.run(4 * HOUR) is not None
    assert [(move.kind, move.stage, move.share) for move in road.told] == [
        ("advanced", Stage.CANARY, 20),
        ("advanced", Stage.CANARY, 50),
        ("promoted", Stage.BAKE, 100),
        ("proven", Stage.DONE, 100),
    ]
    assert road.state.champion == "2"
    assert road.state.proven_as_of is not None
    assert road.now - NOON < 2 * HOUR
    for move in road.told:
        assert "error_rate" in move.sentence
        assert "against" in move.sentence
        assert move.live is not None


def test_nothing_is_said_on_little_traffic_until_the_longest_time_ends_it() -> None:
    rollout = QUICK["rollout"] | {"longest": "2h"}
    road = at_stage(Stage.CANARY, quick(rollout=rollout))
    move = road.run(4 * HOUR, calls=0.5, every=10 * MINUTE)
    assert move is not None
    assert move.kind == "aborted"
    assert "undecided after 2h, the champion stays: error_rate waits for traffic" in move.sentence
    assert road.now - NOON == 2 * HOUR


def test_undecided_holds_are_counted() -> None:
    road = at_stage(Stage.CANARY, quick(inconclusive=3))
    move = road.run(4 * HOUR, calls=1.0)
    assert move is not None
    assert road.now - NOON == 15 * MINUTE


def test_a_single_hold_is_judged_before_it_ends_the_step() -> None:
    road = at_stage(Stage.CANARY, quick(inconclusive=1))
    assert moved(road, told(road, until=NOON + 5 * MINUTE - WIDTH), 5 * MINUTE) == []
    assert moved(road, told(road, until=NOON + 5 * MINUTE), 5 * MINUTE + WIDTH)[0].kind == "advanced"
    still = told(road, until=NOON + 5 * MINUTE, readings=(reading(**SHOWN | {"not_worse": 0.0}),))
    assert moved(road, still, 5 * MINUTE + 2 * WIDTH)[0].kind == "aborted"


@pytest.mark.parametrize(("then", "kinds"), [("abort", ["aborted"]), ("go_on", ["advanced"]), ("wait", [])])
def test_what_is_undecided_at_the_end_does_what_the_plan_says(then: str, kinds: list[str]) -> None:
    rollout = QUICK["rollout"] | {"longest": "1h", "then": then}
    road = at_stage(Stage.CANARY, quick(rollout=rollout))
    undecided = told(road, readings=(reading(**SHOWN | {"not_worse": 0.0}),))
    assert [move.kind for move in moved(road, undecided)] == kinds
    assert [move.kind for move in moved(road, None)] == [kind for kind in kinds if kind == "aborted"]


def test_up_only_when_the_evidence_covers_the_hold() -> None:
    road = at_stage(Stage.CANARY, quick())
    assert moved(road, told(road, until=NOON + 4 * MINUTE)) == []
    assert moved(road, told(road, until=NOON + 5 * MINUTE))[0].share == 50
    assert moved(road, None) == []


def test_a_freeze_holds_the_way_up_and_never_the_way_back() -> None:
    freeze = [{"kind": "weekly", "days": ["tuesday"], "hours": [13, 16]}]
    road = at_stage(Stage.CANARY, quick(freeze=freeze))
    assert moved(road, told(road)) == []
    assert moved(road, told(road, failing=3))[0].kind == "aborted"
    assert moved(road, told(road), 5 * HOUR)[0].kind == "advanced"
    held = live_standing(road.state, told(road), road.plan, NOON + 2 * HOUR, clock=road.clock, timezone="UTC")
    assert "waits for frozen: tuesday 13-16 h" in held


def test_an_urgent_release_takes_its_own_road() -> None:
    expedited = {"shadow": {"time": "1m"}, "rollout": {"kind": "blue_green"}, "through_freeze": True}
    road = LiveRoad(plan(expedited=expedited, freeze=[{"kind": "weekly"}]))
    road.road.open("1")
    road.road.open("2", urgent=True)
    move = road.run(HOUR)
    assert move is not None
    assert (move.kind, move.stage) == ("promoted", Stage.BAKE)
    assert road.now - NOON < 10 * MINUTE


AB = {"kind": "ab_test", "time": "1h", "primary": {"kind": "labels", "must": "superior"}}


@pytest.mark.parametrize(("gain", "kind"), [(-0.05, "promoted"), (0.0, "aborted")])
def test_an_ab_test_lasts_its_whole_time_and_then_the_better_one_wins(gain: float, kind: str) -> None:
    road = at_stage(Stage.CANARY, quick(rollout=AB))
    opened = road.state.open
    assert opened is not None
    road.behaves = {"2": Seen(loss=gain)}
    move = road.run(2 * HOUR)
    assert move is not None
    assert move.kind == kind
    assert HOUR <= road.now - NOON <= HOUR + 2 * MINUTE
    if kind == "aborted":
        assert "inconclusive after 1h, the champion stays: labels must be better" in move.sentence


def test_a_measure_that_must_be_shown_is_waited_for_and_a_guard_is_not() -> None:
    road = at_stage(Stage.CANARY, quick())
    both = (reading(**SHOWN), reading(measure="latency_p95", **SHOWN | {"not_worse": 2.9}))
    assert moved(road, told(road, readings=both)) == []
    both = (reading(**SHOWN), reading(measure="latency_p95", **SHOWN | {"not_worse": 3.1}))
    assert moved(road, told(road, readings=both))[0].kind == "advanced"


def test_it_is_proven_only_after_the_bake_and_on_evidence() -> None:
    road = at_stage(Stage.BAKE, plan())
    calm = told(road, until=NOON + 7 * DAY - MINUTE)
    assert moved(road, calm, 7 * DAY) == []
    assert moved(road, None, 9 * DAY) == []
    assert moved(road, told(road, until=NOON + 7 * DAY, calls=99), 7 * DAY) == []
    done = moved(road, told(road, until=NOON + 7 * DAY), 7 * DAY)
    assert names(done) == [("proven", "2", "done")]
    assert "proven, not found worse in 1w" in done[0].sentence


def test_the_waiting_version_follows_the_one_that_ends() -> None:
    road = at_stage(Stage.CANARY, quick())
    road.road.open("3")
    moves = moved(road, told(road, failing=3))
    assert names(moves) == [("aborted", "2", "aborted"), ("advanced", "3", "shadow")]


def test_evidence_of_another_stage_is_refused() -> None:
    road = at_stage(Stage.CANARY, quick())
    with pytest.raises(ValueError, match="must be of"):
        moved(road, told(road, share=50))
    with pytest.raises(ValueError, match="moves by periods"):
        advance_live(road.state, None, ReleasePlan(), NOON, clock=None, as_of=NOON, timezone="UTC")


def test_a_standing_says_what_is_missing() -> None:
    road = at_stage(Stage.SHADOW, quick())
    road.run(2 * MINUTE, calls=40)
    said = standing(road)
    assert said.startswith("version 2 in shadow for 2m (5m to 83h): waits for error_rate")
    assert "of 1,000 requests scored beside" in said
    assert standing(LiveRoad(quick())) == "no release is under way; no model answers yet"
    assert "until it is proven" in standing(at_stage(Stage.BAKE, quick()))
