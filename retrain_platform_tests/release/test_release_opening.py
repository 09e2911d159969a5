"""One release at a time: what a newcomer meets."""

import pytest

from retrain_platform.release.base import ReleasePlan, Stage
from retrain_platform_tests.release.roads import Road, names, road_to


def test_a_first_model_answers_at_once_and_is_proven() -> None:
    road = Road()
    assert names(road.open("1")) == [("promoted", "1", "done")]
    state = road.state
    assert (state.champion, state.open, state.released_as_of) == ("1", None, road.as_of)
    assert state.proven_as_of == road.as_of
    assert state.ended[0].decision_id == "d1"


@pytest.mark.parametrize("ask", ["propose", "plan"])
def test_a_first_model_waits_for_a_person_where_one_is_asked_for(ask: str) -> None:
    road = Road(ReleasePlan(approval=ask == "plan"))
    road.open("1", mode="propose" if ask == "propose" else "act")
    assert road.state.champion is None
    assert road.state.open is not None
    assert road.state.open.stage is Stage.APPROVAL


def test_the_second_goes_into_shadow() -> None:
    state = road_to(Stage.SHADOW).state
    assert state.champion == "1"
    assert state.open is not None
    assert (state.open.version, state.open.stage, state.open.share) == ("2", Stage.SHADOW, 0)


@pytest.mark.parametrize("stage", [Stage.APPROVAL, Stage.SHADOW])
def test_a_newer_one_supersedes_what_has_no_traffic_yet(stage: Stage) -> None:
    road = road_to(stage)
    assert names(road.open("3")) == [("superseded", "2", "superseded"), ("opened", "3", "shadow")]


@pytest.mark.parametrize("stage", [Stage.CANARY, Stage.BAKE])
def test_a_newer_one_waits_behind_what_has_traffic_and_a_still_newer_takes_its_place(stage: Stage) -> None:
    road = road_to(stage)
    assert names(road.open("3")) == [("opened", "3", "waiting")]
    assert names(road.open("4")) == [("superseded", "3", "superseded"), ("opened", "4", "waiting")]
    assert road.state.open is not None
    assert (road.state.open.version, road.state.open.stage) == ("2", stage)


def test_an_urgent_one_supersedes_a_canary_and_whoever_waits_behind_it() -> None:
    road = road_to(Stage.CANARY)
    road.open("3")
    assert names(road.open("4", urgent=True)) == [
        ("superseded", "3", "superseded"),
        ("superseded", "2", "superseded"),
        ("opened", "4", "shadow"),
    ]


def test_even_an_urgent_one_waits_for_a_bake() -> None:
    road = road_to(Stage.BAKE)
    assert names(road.open("3", urgent=True)) == [("opened", "3", "waiting")]


@pytest.mark.parametrize("stage", [Stage.APPROVAL, Stage.SHADOW, Stage.CANARY, Stage.BAKE])
def test_opening_what_is_or_was_on_its_way_changes_nothing(stage: Stage) -> None:
    road = road_to(stage)
    assert road.open("2", urgent=True) == ()
    assert road.open("1") == ()


def test_the_waiting_one_keeps_that_a_person_must_approve_it() -> None:
    road = road_to(Stage.BAKE)
    road.open("3", mode="propose")
    assert names(road.close("better")) == [("proven", "2", "done"), ("advanced", "3", "approval")]
