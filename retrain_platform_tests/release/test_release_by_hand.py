"""What a person does: approve, reject, roll back to any earlier version."""

import pytest

from retrain_platform.release.base import Stage
from retrain_platform.release.by_hand import approve, open_version, reject, roll_back
from retrain_platform.release.table import IllegalMove
from retrain_platform_tests.release.roads import PLAN, WEEK, Road, names, road_to

VERSIONS = ("1", "2", "3")


def proven_road() -> Road:
    road = road_to(Stage.BAKE)
    road.close("better")
    return road


def test_approval_leads_into_the_shadow_and_a_first_model_to_the_traffic() -> None:
    road = road_to(Stage.APPROVAL)
    assert names(road.record(approve(road.state, road.as_of))) == [("advanced", "2", "shadow")]
    first = Road()
    first.open("1", mode="propose")
    assert names(first.record(approve(first.state, first.as_of))) == [("promoted", "1", "done")]
    assert first.state.champion == "1"


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.BAKE])
def test_only_what_waits_for_approval_can_be_approved(stage: Stage) -> None:
    road = road_to(stage)
    with pytest.raises(IllegalMove, match=f"event == 'approved' in stage '{stage.value}', must be one of"):
        approve(road.state, road.as_of)


def test_with_nothing_under_way_there_is_nothing_to_approve_or_reject() -> None:
    road = proven_road()
    with pytest.raises(IllegalMove, match="nothing to approve"):
        approve(road.state, road.as_of)
    with pytest.raises(IllegalMove, match="nothing to reject"):
        reject(road.state, road.as_of, "why")


@pytest.mark.parametrize("stage", [Stage.APPROVAL, Stage.SHADOW, Stage.CANARY])
def test_a_rejection_keeps_the_champion_and_its_reason(stage: Stage) -> None:
    road = road_to(stage)
    moves = road.record(reject(road.state, road.as_of, "worse for JFK"))
    assert names(moves) == [("rejected", "2", "rejected")]
    assert "worse for JFK" in moves[0].sentence
    assert (road.state.champion, road.state.open) == ("1", None)


def test_what_already_answers_is_rolled_back_not_rejected() -> None:
    road = road_to(Stage.BAKE)
    with pytest.raises(IllegalMove, match="roll it back instead"):
        reject(road.state, road.as_of, "why")


def test_a_rejected_canary_makes_room_for_the_waiting_one() -> None:
    road = road_to(Stage.CANARY)
    road.open("3")
    moves = road.record(reject(road.state, road.as_of, "why"))
    assert names(moves) == [("rejected", "2", "rejected"), ("advanced", "3", "shadow")]


@pytest.mark.parametrize("road", [road_to(Stage.BAKE), proven_road()], ids=["in bake", "proven"])
def test_a_rollback_returns_to_the_champion_before(road: Road) -> None:
    moves = road.record(roll_back(road.state, road.as_of, "night flights", None, VERSIONS))
    assert names(moves) == [("rolled_back", "2", "rolled_back")]
    assert "night flights" in moves[0].sentence
    assert (road.state.champion, road.state.open) == ("1", None)
    assert [release.version for release in road.state.ended] == ["2", "1"]


def test_a_rollback_goes_to_any_earlier_version_and_back_to_one_that_answered() -> None:
    road = Road()
    for version in ("1", "2", "3"):
        road.open(version)
        for _ in range(3):
            road.close("better")
    assert road.state.champion == "3"
    road.record(roll_back(road.state, road.as_of, "why", "1", VERSIONS))
    assert road.state.champion == "1"
    road.record(roll_back(road.state, road.as_of, "why", "3", VERSIONS))
    assert road.state.champion == "3"
    road.record(roll_back(road.state, road.as_of, "why", None, VERSIONS))
    assert road.state.champion == "2"


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY])
def test_a_rollback_ends_what_is_under_way(stage: Stage) -> None:
    road = proven_road()
    road.open("3")
    if stage is Stage.CANARY:
        road.close("better")
    moves = road.record(roll_back(road.state, road.as_of, "why", None, VERSIONS))
    assert names(moves) == [("aborted", "3", "aborted"), ("rolled_back", "2", "rolled_back")]
    assert (road.state.champion, road.state.open) == ("1", None)


def test_a_rollback_must_name_an_earlier_version() -> None:
    road = proven_road()
    for to in ("2", "3", "nine"):
        with pytest.raises(IllegalMove, match=f"to == '{to}', must be an earlier version than '2': one of 1"):
            roll_back(road.state, road.as_of, "why", to, VERSIONS)


def test_a_first_model_has_nowhere_to_return_to() -> None:
    with pytest.raises(IllegalMove, match="no model answers yet"):
        roll_back(Road().state, Road().as_of, "why", None, ())
    road = Road()
    road.open("1")
    with pytest.raises(IllegalMove, match="version '1' is the first: there is no earlier version"):
        roll_back(road.state, road.as_of, "why", None, VERSIONS)


def test_a_person_opens_a_version_that_was_turned_away_and_its_way_begins_anew() -> None:
    road = road_to(Stage.SHADOW)
    road.record(reject(road.state, road.as_of, "slow"))
    before = road.state.ended[-1]
    road.as_of += WEEK
    moves = road.record(open_version(road.state, "2", "", road.as_of, PLAN))
    assert names(moves) == [("opened", "2", "shadow")]
    opened = road.state.open
    assert opened is not None
    assert (opened.opened_as_of, opened.decision_id) == (road.as_of, before.decision_id)
    with pytest.raises(IllegalMove, match="version '2' is on its way already: it is in stage shadow"):
        open_version(road.state, "2", "d", road.as_of, PLAN)
    with pytest.raises(IllegalMove, match="version '1' answers already"):
        open_version(road.state, "1", "d", road.as_of, PLAN)


def test_what_a_person_opens_needs_no_approval_but_that_of_a_second_person() -> None:
    road, asking = proven_road(), PLAN.model_copy(update={"approval": True})
    assert names(open_version(road.state, "1", "d", road.as_of, asking)) == [("opened", "1", "shadow")]
    both = asking.model_copy(update={"four_eyes": True})
    assert names(open_version(road.state, "1", "d", road.as_of, both)) == [("opened", "1", "approval")]


def test_the_champion_before_is_opened_and_takes_over_again() -> None:
    road = proven_road()
    road.record(open_version(road.state, "1", "d1", road.as_of, PLAN))
    for _ in range(2):
        road.close("better")
    assert (road.state.champion, road.state.open and road.state.open.previous) == ("1", "2")


def test_what_is_opened_expedited_supersedes_a_canary() -> None:
    road = road_to(Stage.CANARY)
    moves = road.record(open_version(road.state, "3", "d3", road.as_of, PLAN, expedited=True))
    assert names(moves) == [("superseded", "2", "superseded"), ("opened", "3", "shadow")]
