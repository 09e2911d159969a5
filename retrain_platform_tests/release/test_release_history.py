"""The audit of aliases and traffic, and the split that a gateway obeys: both read from the ledger alone."""

import pytest

from retrain_platform.release.base import Stage
from retrain_platform.release.by_hand import roll_back
from retrain_platform.release.history import changes, traffic
from retrain_platform.release.split import Split
from retrain_platform.release.splitting import split_of
from retrain_platform_tests.release.roads import START, Road, road_to

EVERY = {
    Stage.APPROVAL: Split(model="m", champion="1", stage=Stage.APPROVAL),
    Stage.SHADOW: Split(model="m", champion="1", beside=("2",), stage=Stage.SHADOW),
    Stage.CANARY: Split(model="m", champion="1", canary="2", share=50, beside=("1", "2"), stage=Stage.CANARY),
    Stage.BAKE: Split(model="m", champion="2", beside=("1",), warm=("1",), stage=Stage.BAKE),
}


def bare(split: Split) -> Split:
    """The split without who moved it, and when."""
    return split.model_copy(update={"seq": 0, "since": None, "by": "", "why": ""})


@pytest.mark.parametrize("stage", EVERY)
def test_every_stage_says_who_answers_who_scores_beside_and_who_stays_warm(stage: Stage) -> None:
    road = road_to(stage)
    split = split_of("m", road.ledger.entries("m"), road.state)
    assert bare(split) == EVERY[stage]
    assert (split.seq, split.since, split.by) == (len(road.ledger.entries("m")), START, "platform")


def test_a_split_is_of_the_last_move_whatever_was_written_since() -> None:
    road = road_to(Stage.SHADOW)
    before = split_of("m", road.ledger.entries("m"), road.state)
    road.ledger.append("m", "watched", "watched:1", road.as_of, body={"period": "1"})
    assert split_of("m", road.ledger.entries("m"), road.state) == before
    assert split_of("m", [], Road().state) == Split(model="m")


def test_a_version_that_another_system_serves_has_no_share_here() -> None:
    road = Road()
    road.outside("theirs")
    road.open("2")
    split = split_of("m", road.ledger.entries("m"), road.state, elsewhere="theirs")
    assert (split.champion, split.versions) == (None, ("2",))


def test_each_change_tells_aliases_traffic_and_who() -> None:
    road = road_to(Stage.CANARY)
    moves = roll_back(road.state, road.as_of, "night flights", "2", ("2", "1"))
    for number, moved in enumerate(moves):
        body = moved.model_dump(mode="json")
        road.ledger.append("m", moved.kind, f"b{number}", road.as_of, body=body, actor="ana", why="night flights")
    found = changes(road.ledger.entries("m"))
    assert [(c.what, c.version, c.who) for c in found] == [
        ("promoted", "1", "platform"),
        ("opened", "2", "platform"),
        ("advanced", "2", "platform"),
        ("aborted", "2", "ana"),
        ("rolled_back", "1", "ana"),
    ]
    assert [c.traffic for c in found] == [{"1": 100}, {"1": 100}, {"1": 50, "2": 50}, {"1": 100}, {"2": 100}]
    assert found[2].aliases == {"champion": "1", "challenger": "2"}
    assert (found[-1].aliases, found[-1].why) == ({"champion": "2"}, "night flights")
    assert found[-1].shown()["traffic"] == "2: 100%"


def test_nobody_answers_before_the_first_model() -> None:
    assert traffic(Road().state) == {}
    assert changes([]) == []
