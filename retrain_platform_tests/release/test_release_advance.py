"""What live evidence does, stage by stage."""

import pytest

from retrain_platform.release.advance import advance, stage_periods, standing
from retrain_platform.release.base import ReleasePlan, Stage
from retrain_platform_tests.release.roads import PLAN, START, WEEK, Road, evidence, names, road_to

TWO_WEEKS = ReleasePlan.model_validate({"shadow": "2w", "canary": [5, 25, 100], "bake": "2w", "patience": 3})


def test_the_whole_road_of_a_good_version() -> None:
    road = road_to(Stage.SHADOW, TWO_WEEKS)
    assert road.close("better", ripe=1) == ()
    assert names(road.close("better", ripe=2)) == [("advanced", "2", "canary")]
    assert road.state.open is not None
    assert (road.state.open.share, road.state.open.stage_as_of) == (5, road.as_of)
    road.close("better")
    assert (road.state.open.share, road.state.open.step) == (25, 1)
    assert road.state.champion == "1"
    assert names(road.close("better")) == [("promoted", "2", "bake")]
    assert (road.state.champion, road.state.released_as_of, road.state.proven_as_of) == ("2", road.as_of, None)
    assert road.state.open.previous == "1"
    assert road.close("better", ripe=1) == ()
    assert names(road.close("better", ripe=2)) == [("proven", "2", "done")]
    assert (road.state.open, road.state.proven_as_of) == (None, road.as_of)


def test_a_plan_of_one_step_promotes_out_of_the_shadow() -> None:
    road = road_to(Stage.SHADOW, ReleasePlan(canary=(100,)))
    assert names(road.close("better")) == [("promoted", "2", "bake")]


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY])
@pytest.mark.parametrize(("seen", "ripe", "word"), [("worse", 1, "worse"), ("undecided", 4, "undecided after 4")])
def test_the_champion_stays_when_the_new_one_is_worse_or_stays_undecided(
    stage: Stage, seen: str, ripe: int, word: str
) -> None:
    road = road_to(stage)
    moves = road.close(seen, ripe)
    assert names(moves) == [("aborted", "2", "aborted")]
    assert word in moves[0].sentence
    assert road.state.champion == "1"
    assert road.state.open is None


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY])
def test_undecided_stays_until_patience_is_over(stage: Stage) -> None:
    road = road_to(stage)
    for ripe in (1, 2, 3):
        assert road.close("undecided", ripe) == ()
    assert "3 ripe periods" in standing(road.state, evidence(road.state, "undecided", 3), PLAN, period=WEEK)


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY, Stage.BAKE])
def test_time_alone_moves_nothing(stage: Stage) -> None:
    road = road_to(stage)
    for weeks in (1, 10, 100):
        assert advance(road.state, None, PLAN, as_of=START + weeks * WEEK, period=WEEK) == ()
        none_ripe = evidence(road.state, "better", ripe=0)
        assert advance(road.state, none_ripe, PLAN, as_of=START + weeks * WEEK, period=WEEK) == ()


@pytest.mark.parametrize("stage", [Stage.SHADOW, Stage.CANARY])
def test_periods_that_one_of_the_two_cannot_score_wear_out_the_patience_and_promote_nobody(stage: Stage) -> None:
    road = road_to(stage)
    for unscored in (1, 2, 3, 4):
        seen = evidence(road.state, "better", ripe=0).model_copy(update={"unscored": unscored})
        moves = advance(road.state, seen, PLAN, as_of=road.as_of + WEEK, period=WEEK)
        assert names(moves) == ([("aborted", "2", "aborted")] if unscored == PLAN.patience else [])
    assert "undecided after 4 ripe periods, the champion stays" in moves[0].sentence
    assert "4 more that one of the two could not score" in moves[0].sentence


def test_a_bake_beside_a_version_that_cannot_score_any_more_ends() -> None:
    road = road_to(Stage.BAKE)
    seen = evidence(road.state, "nothing", ripe=0).model_copy(update={"unscored": 1})
    assert names(advance(road.state, seen, PLAN, as_of=road.as_of + WEEK, period=WEEK)) == [("proven", "2", "done")]


def test_the_past_moves_nothing() -> None:
    road = road_to(Stage.CANARY)
    past = START
    assert past < road.as_of
    assert advance(road.state, evidence(road.state, "worse"), PLAN, as_of=past, period=WEEK) == ()


def test_approval_waits_for_a_person_whatever_is_seen() -> None:
    road = road_to(Stage.APPROVAL)
    assert road.close("better", 5) == ()
    assert "approval" in standing(road.state, None, PLAN, period=WEEK)


def test_a_bake_that_turns_out_worse_returns_at_once_before_it_is_served() -> None:
    road = road_to(Stage.BAKE, ReleasePlan.model_validate({"bake": "4w"}))
    moves = road.close("worse", ripe=1)
    assert names(moves) == [("rolled_back", "2", "rolled_back")]
    assert moves[0].to == "1"
    assert (road.state.champion, road.state.released_as_of) == ("1", road.as_of)


@pytest.mark.parametrize("seen", ["undecided", "nothing", "better"])
def test_a_bake_that_is_served_and_not_found_worse_is_proven(seen: str) -> None:
    assert names(road_to(Stage.BAKE).close(seen)) == [("proven", "2", "done")]


def test_one_that_is_worse_within_a_wide_margin_is_not_called_as_good() -> None:
    (moved,) = road_to(Stage.BAKE, ReleasePlan(not_worse_by=0.06)).close("worse")
    assert moved.kind == "proven"
    assert "version 2 was not found worse beyond the margin: " in moved.sentence


@pytest.mark.parametrize(
    ("stage", "seen", "last"), [(Stage.BAKE, "better", "proven"), (Stage.BAKE, "worse", "rolled_back"),
                                (Stage.CANARY, "worse", "aborted")],
)  # fmt: skip
def test_the_waiting_one_follows_however_the_other_ends(stage: Stage, seen: str, last: str) -> None:
    road = road_to(stage)
    road.open("3")
    moves = road.close(seen)
    assert [moved.kind for moved in moves] == [last, "advanced"]
    assert road.state.waiting is None
    assert road.state.open is not None
    assert (road.state.open.version, road.state.open.stage) == ("3", Stage.SHADOW)


def test_a_crash_between_two_moves_is_finished_by_the_next_tick() -> None:
    road = road_to(Stage.BAKE)
    road.open("3")
    road.as_of += WEEK
    both = advance(road.state, evidence(road.state, "better"), PLAN, as_of=road.as_of, period=WEEK)
    road.record(both[:1])
    assert advance(road.state, None, PLAN, as_of=road.as_of, period=WEEK) == both[1:]


def test_a_changed_plan_never_takes_traffic_back() -> None:
    road = road_to(Stage.CANARY)
    road.plan = ReleasePlan(canary=(5, 60, 100))
    assert road.state.open is not None
    assert road.state.open.share == 50
    road.close("better")
    assert road.state.open is not None
    assert road.state.open.share == 60


def test_evidence_of_other_versions_is_refused() -> None:
    road = road_to(Stage.SHADOW)
    other = evidence(road.state, "better").model_copy(update={"other": "0"})
    with pytest.raises(ValueError, match="evidence == '2' against '0', must be '2' against '1'"):
        advance(road.state, other, PLAN, as_of=road.as_of, period=WEEK)


def test_sentences_say_what_was_seen_against_which_margin_on_how_much() -> None:
    plan = ReleasePlan(metric="auc")
    moves = road_to(Stage.SHADOW, plan).close("better")
    for part in ("50% of entities", "auc +0.0040 [-0.0020, +0.0100]", "version 1", "6000 rows", "margin 0.01"):
        assert part in moves[0].sentence
    assert moves[0].evidence is not None


def test_standing_says_what_is_missing() -> None:
    road = road_to(Stage.SHADOW, TWO_WEEKS)
    assert standing(road.state, None, TWO_WEEKS, period=WEEK) == "version 2 in shadow: 0 of 2 ripe periods so far"
    seen = standing(road.state, evidence(road.state, "nothing", 2), TWO_WEEKS, period=WEEK)
    assert "not yet: no comparison with version 1 (days == 1, too few" in seen
    assert standing(Road().state, None, PLAN, period=WEEK) == "no release is under way; no model answers yet"


def test_stages_are_whole_periods_and_at_least_one() -> None:
    plan = ReleasePlan.model_validate({"shadow": "3d", "bake": "3w"})
    assert stage_periods(plan, WEEK) == {Stage.SHADOW: 1, Stage.CANARY: 1, Stage.BAKE: 3}
