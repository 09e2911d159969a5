"""How a live release moves by evidence and by the clock, and what it says."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.release.base import ReleasePlan, Stage
from retrain_platform.release.by_hand import approve
from retrain_platform.release.live.advance import advance_live, live_standing
from retrain_platform.release.live.evidence import LiveEvidence, Reading, Verdict
from retrain_platform_tests.release.live_traffic import NOON, LiveRoad, Seen, at_stage, plan
from retrain_platform_tests.release.roads import names

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUICK: dict[str, Any] = {
    "shadow": {"time": "5m", "requests": 1000},
    "rollout": {"kind": "canary", "steps": [20, 50, 100], "hold": "5m"},
    "bake": "20m",
    "inconclusive": 1000,
}


def quick(**changed: Any) -> ReleasePlan:
    return plan(**QUICK | changed)


def standing(road: LiveRoad) -> str:
    return live_standing(road.state, road.evidence(), road.plan, road.now, clock=road.clock, timezone="UTC")


def reading(**told: Any) -> Reading:
    return Reading(**{"measure": "error_rate", "margin": 0.005, "since": NOON, "until": NOON + 2 * HOUR} | told)


SHOWN = {"value": 0.01, "other": 0.01, "n": 500, "n_other": 9000, "not_worse": 9.0}


def told(road: LiveRoad, **changed: Any) -> LiveEvidence:
    """Evidence made by hand that asks for a step up, but for what is `changed`."""
    opened = road.state.open
    assert opened is not None
    measures = ("error_rate", "latency_p95", "labels")
    standard: dict[str, Any] = {
        "version": "2",
        "other": "1",
        "stage": opened.stage,
        "share": opened.share,
        "since": NOON,
        "until": NOON + 2 * HOUR,
        "calls": 500,
        "calls_other": 9000,
        "readings": tuple(reading(measure=name, **SHOWN) for name in measures),
    }
    return LiveEvidence(**standard | changed)


def moved(road: LiveRoad, evidence: LiveEvidence | None, after: timedelta = 2 * HOUR + MINUTE) -> list[Any]:
    """What `evidence` would move at the time."""
    moves = advance_live(
        road.state, evidence, road.plan, NOON + after, clock=road.clock, as_of=road.road.as_of, timezone="UTC"
    )
    return list(moves)


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


@pytest.mark.parametrize(
    ("bad", "measure"),
    [(Seen(errors=0.05), "error_rate"), (Seen(ms=60), "latency_p95"), (Seen(loss=0.1), "labels")],
)
def test_a_worse_canary_is_sent_back_with_what_was_seen(bad: Seen, measure: str) -> None:
    road = at_stage(Stage.CANARY, quick(triggers={"preset": "none"}))
    road.behaves = {"2": bad}
    move = road.run(HOUR)
    assert move is not None
    assert names([move]) == [("aborted", "2", "aborted")]
    assert f"worse: {measure}" in move.sentence
    assert "e-value" in move.sentence
    assert "shared by 4 stages and 3 measures" in move.sentence
    assert road.state.champion == "1"
    assert road.now - NOON < 30 * MINUTE


def test_a_version_that_is_bad_after_the_promotion_goes_back_to_the_one_before() -> None:
    road = at_stage(Stage.BAKE, quick(triggers={"preset": "none"}))
    road.behaves = {"2": Seen(errors=0.08)}
    move = road.run(HOUR)
    assert move is not None
    assert (move.kind, move.to) == ("rolled_back", "1")
    assert "back to version 1: worse: error_rate" in move.sentence
    assert road.state.champion == "1"


def test_a_version_bad_from_its_first_day_is_not_its_own_baseline() -> None:
    """Errors are held against the previous champion beside it, not against what it did before."""
    road = at_stage(Stage.BAKE, plan(triggers={"preset": "none"}, bake="2d"))
    road.behaves = {"2": Seen(errors=0.02), "1": Seen(errors=0.005)}
    move = road.run(HOUR)
    assert move is not None
    assert move.kind == "rolled_back"


def test_a_fixed_limit_sends_back_once_its_window_is_within_the_stage() -> None:
    limit = {"kind": "error_rate", "limit": 0.01, "over": "10m"}
    road = at_stage(Stage.CANARY, quick(level=1e-12, triggers={"rollout": [limit]}))
    road.behaves = {"1": Seen(errors=0.03), "2": Seen(errors=0.03)}
    move = road.run(HOUR)
    assert move is not None
    assert "error rate" in move.sentence
    assert "over 10m, must be at most 1.00%; version 1 had" in move.sentence
    assert timedelta(minutes=10) <= road.now - NOON < timedelta(minutes=13)


def test_a_limit_is_not_asked_of_a_handful_of_calls() -> None:
    limits = {"rollout": [{"kind": "error_rate", "limit": 0.01, "over": "10m", "least": 500}]}
    road = at_stage(Stage.CANARY, quick(triggers=limits))
    window = {"trigger": 0, "seconds": 600.0, "value": 0.5, "other": 0.0}
    assert moved(road, told(road, windows=({**window, "n": 499},)))[0].kind == "advanced"
    assert moved(road, told(road, windows=({**window, "n": 500},)))[0].kind == "aborted"


def test_accuracy_and_the_fall_of_quality_are_limits_too() -> None:
    limits: dict[str, Any] = {
        "preset": "none",
        "rollout": [
            {"kind": "accuracy", "limit": 0.8, "over": "30m"},
            {"kind": "quality_fall", "by": 0.05, "over": "30m"},
        ],
    }
    road = at_stage(Stage.CANARY, quick(triggers=limits))
    both = [{"trigger": n, "seconds": 1800.0, "value": 0.81, "other": 0.85, "n": 100} for n in (0, 1)]
    assert moved(road, told(road, windows=both))[0].kind == "advanced"
    low = [{**both[0], "value": 0.79}, both[1]]
    assert "accuracy 79.00% over 30m, must be at least 80.00%" in moved(road, told(road, windows=low))[0].sentence
    fallen = [both[0], {**both[1], "other": 0.87}]
    assert "no more than 5.00% under version 1" in moved(road, told(road, windows=fallen))[0].sentence


def test_a_version_that_fails_every_call_goes_back_at_once_however_few_they_are() -> None:
    road = at_stage(Stage.CANARY, quick())
    road.behaves = {"2": Seen(errors=1.0)}
    move = road.run(10 * MINUTE, calls=10, every=timedelta(seconds=10))
    assert move is not None
    assert "every call failed in 3 bins running" in move.sentence
    assert road.now - NOON < 2 * MINUTE


def test_shares_that_are_not_as_set_stop_the_release() -> None:
    road = at_stage(Stage.CANARY, quick())
    road.shares = {"2": 0.25}
    move = road.run(HOUR)
    assert move is not None
    assert "the shares are not as set" in move.sentence
    assert "not 20%" in move.sentence


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


def test_measures_and_stages_share_the_level() -> None:
    """Four stages and two measures: an e-value of 160 at the level 0.05."""
    road = at_stage(Stage.CANARY, quick())
    worse = {"value": 0.05, "other": 0.01, "n": 500, "n_other": 9000, "beyond": True}
    quiet = reading(measure="latency_p95", **SHOWN | {"worse": -30.0})
    below = (reading(**worse, worse=5.06), quiet)
    assert moved(road, told(road, readings=below)) == []
    above = (reading(**worse, worse=5.08), quiet)
    assert moved(road, told(road, readings=above))[0].kind == "aborted"
    small = (reading(**worse | {"beyond": False}, worse=50.0), quiet)
    assert moved(road, told(road, readings=small)) == [], "sure, but within the margin"
    few = (reading(**worse | {"n": 99}, worse=50.0), quiet)
    assert moved(road, told(road, readings=few)) == [], "no verdict on less than the least traffic"


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


def staged_road() -> LiveRoad:
    road = LiveRoad(ReleasePlan.model_validate({"live": {}}))
    road.road.open("1")
    return road


def test_staging_comes_before_any_traffic_for_a_first_model_too() -> None:
    road = staged_road()
    assert road.tick() == ()
    road.staged = Verdict(version="1", outcome="cannot_tell", sentence="the instance did not start")
    assert road.tick() == ()
    road.staged = Verdict(version="1", outcome="passed", sentence="200 requests held")
    assert names(road.tick()) == [("promoted", "1", "done")]
    assert road.state.champion == "1"
    road.road.open("2")
    assert road.state.open is not None
    assert road.state.open.stage is Stage.STAGING
    with pytest.raises(ValueError, match="the version under way"):
        road.tick()
    road.staged = Verdict(version="2", outcome="failed", sentence="p95 == 900 ms, must be at most 300")
    (failed,) = road.tick()
    assert failed.sentence == "failed in staging: p95 == 900 ms, must be at most 300"
    road.road.open("3")
    road.staged = Verdict(version="3", outcome="passed", sentence="held")
    assert names(road.tick()) == [("advanced", "3", "shadow")]


def test_staging_has_a_longest_time() -> None:
    road = staged_road()
    assert "is tried on the staging instance, for 0s" in standing(road)
    road.now += HOUR
    (over,) = road.tick()
    assert over.sentence == "staging did not end within 1h: no verdict"


def test_approval_comes_before_staging() -> None:
    road = LiveRoad(ReleasePlan.model_validate({"approval": True, "live": {}}))
    road.road.open("1")
    assert road.tick() == ()
    assert "waits for a person's approval" in standing(road)
    road.road.record(approve(road.state, road.road.as_of))
    assert road.state.open is not None
    assert road.state.open.stage is Stage.STAGING


def test_a_standing_says_what_is_missing() -> None:
    road = at_stage(Stage.SHADOW, quick())
    road.run(2 * MINUTE, calls=40)
    said = standing(road)
    assert said.startswith("version 2 in shadow for 2m (5m to 1w): waits for error_rate")
    assert "of 1,000 requests scored beside" in said
    assert standing(LiveRoad(quick())) == "no release is under way; no model answers yet"
    assert "until it is proven" in standing(at_stage(Stage.BAKE, quick()))


@settings(max_examples=40, deadline=None)
@given(st.floats(-20, 20), st.floats(0, 20), st.integers(0, 2000), st.booleans())
def test_more_evidence_of_worse_never_moves_a_version_up(worse: float, more: float, n: int, beyond: bool) -> None:
    road = CANARY
    order = {"aborted": 0, None: 1, "advanced": 2}
    places = []
    for found in (worse, worse + more):
        one = reading(**SHOWN | {"n": n, "worse": found, "beyond": beyond})
        quiet = reading(measure="latency_p95", **SHOWN)
        moves = moved(road, told(road, readings=(one, quiet)))
        places.append(order[moves[0].kind if moves else None])
    assert places[1] <= places[0]


CANARY = at_stage(Stage.CANARY, quick())
