"""What sends a live release back: evidence, fixed limits, calls that all fail, shares that are not as set."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.release.base import Stage
from retrain_platform_tests.release.live_looks import HOUR, MINUTE, SHOWN, moved, quick, reading, told
from retrain_platform_tests.release.live_traffic import NOON, Seen, at_stage
from retrain_platform_tests.release.roads import names


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
    """Errors are held against the previous champion beside it: bad from its first day, it is not its own baseline."""
    road = at_stage(Stage.BAKE, quick(triggers={"preset": "none"}))
    road.behaves = {"2": Seen(errors=0.02), "1": Seen(errors=0.005)}
    move = road.run(HOUR)
    assert move is not None
    assert (move.kind, move.to) == ("rolled_back", "1")
    assert "back to version 1: worse: error_rate" in move.sentence
    assert road.state.champion == "1"


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


CANARY = at_stage(Stage.CANARY, quick())


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
