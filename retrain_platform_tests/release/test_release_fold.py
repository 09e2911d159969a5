"""The fold of the ledger: what it reads, what it ignores, what it refuses."""

import json

import pytest

from retrain_platform.adapters.memory import MemoryLedger
from retrain_platform.release.aliases import aliases
from retrain_platform.release.base import LedgerMoved, ReleaseState, Stage
from retrain_platform.release.fold import TRANSITION_KINDS, fold, transition_body
from retrain_platform.release.table import Event, IllegalMove, transition
from retrain_platform_tests.release.roads import START, Road, names, road_to


def test_nothing_folds_to_nothing() -> None:
    assert fold([]) == ReleaseState()


def test_bodies_are_plain_json_and_fold_back() -> None:
    road = road_to(Stage.BAKE)
    for entry in road.ledger.entries("m"):
        assert json.loads(json.dumps(entry.body)) == entry.body
    assert road.state.open is not None
    assert road.state.open.decision_id == "d2"


def test_other_entries_tell_it_nothing() -> None:
    road = road_to(Stage.SHADOW)
    before = road.state
    for kind in ("watched", "retrained", "requested", "paused", "incident", "approved"):
        assert kind not in TRANSITION_KINDS
        road.ledger.append("m", kind, kind, START, body={"version": "9", "stage": "done"})
    assert road.state == before


def test_a_repeated_key_changes_nothing_and_a_stale_writer_loses() -> None:
    ledger = MemoryLedger(clock=lambda: START)
    body = transition_body(transition(None, Event.OPENED_FIRST, "1", "first"), "d1")
    for _ in range(2):
        ledger.append("m", "promoted", "release:1", START, body=body)
    assert len(ledger.entries("m")) == 1
    with pytest.raises(LedgerMoved):
        ledger.append("m", "promoted", "release:2", START, body=body, expect=0)


def test_an_impossible_history_is_refused_by_its_entry() -> None:
    road = road_to(Stage.SHADOW)
    road.ledger.append("m", "proven", "x", START, body=transition_body(transition(Stage.BAKE, Event.PROVEN, "2", "?")))
    with pytest.raises(IllegalMove, match="ledger entry 3 of 'm': version '2' cannot go from 'shadow' to 'done'"):
        _ = road.state


def test_two_releases_cannot_be_under_way_at_once() -> None:
    road = road_to(Stage.SHADOW)
    road.record([transition(None, Event.OPENED, "3", "?")], "d3")
    with pytest.raises(IllegalMove, match="version '3' cannot be open: '2' is"):
        _ = road.state


def test_a_version_is_on_its_way_once() -> None:
    road = road_to(Stage.SHADOW)
    road.record([transition(None, Event.OPENED, "2", "again")], "d2")
    with pytest.raises(IllegalMove, match="version '2' cannot go from 'shadow' to 'shadow'"):
        _ = road.state


def test_who_answers_is_not_opened_again() -> None:
    road = road_to(Stage.BAKE)
    road.close("better")
    road.record([transition(Stage.DONE, Event.OPENED, "2", "again")], "d2")
    with pytest.raises(IllegalMove, match="version '2' cannot be opened: it answers"):
        _ = road.state


def test_a_rollback_is_of_the_champion_and_names_its_target() -> None:
    road = road_to(Stage.BAKE)
    road.record([transition(Stage.BAKE, Event.WORSE, "2", "?")])
    with pytest.raises(IllegalMove, match="must name the version to return to"):
        _ = road.state


def test_a_first_transition_carries_its_decision() -> None:
    road = Road()
    road.record([transition(None, Event.OPENED_FIRST, "1", "?")])
    with pytest.raises(IllegalMove, match="must carry its decision_id"):
        _ = road.state


@pytest.mark.parametrize("stage", [Stage.APPROVAL, Stage.SHADOW, Stage.CANARY, Stage.BAKE])
def test_an_outside_promotion_takes_over_and_ends_what_was_under_way(stage: Stage) -> None:
    road = road_to(stage)
    road.outside("7")
    state = road.state
    assert (state.champion, state.open, state.proven_as_of) == ("7", None, road.as_of)
    assert [(release.version, release.stage) for release in state.ended[-2:]] == [
        ("2", Stage.SUPERSEDED),
        ("7", Stage.DONE),
    ]
    assert state.ended[-1].previous == ("2" if stage is Stage.BAKE else "1")


def test_an_outside_promotion_of_the_canary_or_the_champion_itself() -> None:
    road = road_to(Stage.CANARY)
    before = road.state
    road.outside("1")
    assert road.state == before
    road.outside("2")
    assert (road.state.champion, road.state.open) == ("2", None)
    assert road.state.ended[-1].decision_id == "d2"


def test_the_waiting_one_follows_an_outside_promotion() -> None:
    road = road_to(Stage.CANARY)
    road.open("3")
    road.outside("7")
    assert names(road.close("better")) == [("advanced", "3", "shadow")]


@pytest.mark.parametrize(
    ("stage", "champion", "challenger", "shadow"),
    [
        (Stage.APPROVAL, "1", None, None),
        (Stage.SHADOW, "1", None, "2"),
        (Stage.CANARY, "1", "2", None),
        (Stage.BAKE, "2", None, None),
    ],
)
def test_aliases_are_the_projection(stage: Stage, champion: str, challenger: str | None, shadow: str | None) -> None:
    assert aliases(road_to(stage).state) == {"champion": champion, "challenger": challenger, "shadow": shadow}
    assert aliases(ReleaseState()) == {"champion": None, "challenger": None, "shadow": None}
