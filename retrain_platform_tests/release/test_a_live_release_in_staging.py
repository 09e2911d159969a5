"""A live release is tried on a staging instance before any traffic, a first model too."""

import pytest

from retrain_platform.release.base import ReleasePlan, Stage
from retrain_platform.release.by_hand import approve
from retrain_platform.release.live.evidence import Verdict
from retrain_platform_tests.release.live_looks import HOUR, standing
from retrain_platform_tests.release.live_traffic import LiveRoad
from retrain_platform_tests.release.roads import names


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
