"""A spec replayed on its own history: its recipe, its readings, its policy, and what is kept of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from retrain_platform.policy.decide import decide
from retrain_platform.policy.estimate import EstimatePolicy
from retrain_platform.policy.history import History
from retrain_platform.replay.advice import NOW
from retrain_platform.replay.cells import Cells
from retrain_platform.replay.effects import Effects
from retrain_platform.replay.ground import CannotReplay, Ground
from retrain_platform.replay.of_spec import SpecReplay, first_training, replay_spec, set_up
from retrain_platform.replay.ours import CHOOSING
from retrain_platform.replay.prefix import Said, _Walk, follow
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.road import TooShort
from retrain_platform.replay.spec_past import SpecPast
from retrain_platform.replay.walk import walk
from retrain_platform.steps.known import labelled
from retrain_platform.steps.lines import DECIDED, RETRAINED
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.replay.spec_shops import DAYS, POLICY, TURN, ground_of, noise, shop_of, stores

ASKED = SpecReplay(costs=(0.02, 0.3))
ESTIMATES = EstimatePolicy(metric="auc", falls_by=0.05)
RARELY = {"kind": "any_of", "policies": [{"kind": "schedule", "every": "10d"}]}


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(shop_of())


@pytest.fixture(scope="module")
def kept() -> Any:
    return stores()


@pytest.fixture(scope="module")
def report(ground: Ground, kept: Any) -> ReplayReport:
    return replay_spec(ground, ASKED, *kept)


def followed(shop: Workshop, *, every: bool = False) -> list[Said]:
    """What the shop's own policy says on a walk where it asks for a retrain, or at the end of every period."""
    setting = set_up(ground_of(shop), SpecReplay(), *stores(), trained=nobody).setting
    said = follow(shop.spec.policy, setting, 0.1).said
    return [each for each in said if every or (each.action.retrains and not each.waits)]


def nobody(done: int, of: int) -> None:
    """Nobody is told."""


def of(report: ReplayReport, name: str, cost: float = 0.02) -> Any:
    return next(each for each in report.policies if (each.name, each.cost) == (name, cost))


def test_the_spec_says_metric_periods_delay_and_when_a_first_model_can_be(ground: Ground, report: ReplayReport) -> None:
    assert (report.metric, report.period, report.label_delay) == ("auc", "day", 1)
    assert [each.key for each in report.periods] == [f"2024-01-{day:02d}" for day in range(1, DAYS + 1)]
    # 600 rows are there after 2 days, the exam and the early stopping take a day each.
    assert first_training(ground) == 3
    assert [each.judged for each in report.periods] == [False] * 4 + [True] * (DAYS - 4)


def test_the_present_policy_is_walked_and_compared_with_what_is_recommended(report: ReplayReport) -> None:
    mine = of(report, NOW)
    assert mine.decisions[0].period == f"2024-01-{TURN + 2:02d}"
    assert "must be at least 0.6" in mine.decisions[0].reason
    for each in report.recommended:
        assert each.present_total is not None
        assert NOW in each.instead
        assert f"auc {each.metric:.3f}" in each.instead
    assert of(report, NOW, 0.3).retrains == mine.retrains


def test_what_late_labels_and_releases_cost_the_present_policy_is_told(report: ReplayReport) -> None:
    mine = {each.effect: each for each in report.effects if (each.policy, each.cost) == (NOW, 0.02)}
    assert set(mine) == {"labels", "release", "gates", "rollback"}
    assert {each.total for each in mine.values()} == {of(report, NOW).total}
    assert mine["release"].without != mine["release"].total


def test_another_policy_trains_and_scores_nothing(ground: Ground, kept: Any, report: ReplayReport) -> None:
    again = replay_spec(ground, ASKED._replace(costs=(0.1,)), *kept)
    assert report.fits > 0
    assert (again.fits, again.scored) == (0, 0)


EASY: dict[str, Any] = {
    "validation": {"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.01}]},
    "release": {"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.9, "patience": 6},
}


@pytest.fixture(scope="module")
def shop() -> Workshop:
    """A road that was really walked, past its second release."""
    shop = shop_of(days=22, **EASY)
    for _ in walk(shop):
        pass
    return shop


def test_a_training_is_what_the_road_itself_would_have_registered(shop: Workshop, ground: Ground) -> None:
    """The live road's first version and the matrix's first cut are one model: same rows, same rounds, same answers."""
    made = next(entry for entry in shop.entries() if entry.kind == RETRAINED)
    decided = shop.spec.period.index(made.body["period"])
    past = SpecPast(ground, set_up(ground, ASKED, *stores(), nobody).setting.loss, Cells(*stores()))
    answers = past.answers(0, decided - ground.delay, decided + 1)
    assert answers is not None
    frame = shop.lake.read(shop.events, [ground.periods[decided + 1].key])
    np.testing.assert_array_equal(answers.scores, shop.fitted(made.body["version"]).score(frame))
    told = past.made(0, decided - ground.delay)
    assert told.snapshot.rows == made.body["training_rows"]
    assert told.seen_until.isoformat() == made.body["seen_until"]


def test_a_loss_is_the_spec_s_metric_on_the_labels_of_the_period(ground: Ground, kept: Any) -> None:
    setting = set_up(ground, ASKED, kept[0], kept[1], nobody).setting
    frame = labelled(ground.shop, ground.periods[9].key, ground.until)
    past = SpecPast(ground, setting.loss, Cells(*kept))
    answers = past.answers(0, 4, 9)
    assert answers is not None
    assert setting.road.matrix.loss[0, 4, 9] == pytest.approx(1 - roc_auc_score(frame["_label"], answers.scores))


def test_a_walk_knows_what_the_road_knew(shop: Workshop, ground: Ground, kept: Any) -> None:
    """Until a first retrain the walk and the live road have one model: what a policy sees of it is the same."""
    decided = [entry.body["period"] for entry in shop.entries() if entry.kind == DECIDED]
    setting = set_up(ground, ASKED, kept[0], kept[1], nobody).setting
    road = _Walk(setting, 0.1)
    assert setting.watched is not None
    compared = 0
    for at in setting.road.decisions:
        told = setting.watched.told(shop.spec.policy, road.known(at), road.standing.made)
        if ground.periods[at].key >= decided[1]:
            break
        live = history(shop, ground.periods[at])
        History.model_validate(told.model_dump())
        for name in ("period", "number", "period_length", "timezone", "label_delay", "ripe", "new_ripe_rows"):
            assert getattr(told, name) == getattr(live, name), name
        for name in ("rows_needed", "periods_needed", "retry_after", "reading_confidence", "problem", "incidents"):
            assert getattr(told, name) == getattr(live, name), name
        known = ("version", "training_rows", "seen_until", "trained_as_of")
        assert [getattr(told.champion, name) for name in known] == [getattr(live.champion, name) for name in known]
        assert [each.model_dump() for each in told.performance] == [each.model_dump() for each in live.performance]
        compared += len(live.performance)
    assert compared > 3


def test_a_walk_decides_as_the_road_did(shop: Workshop) -> None:
    """Two releases one after the other, by the same policy: decided in the same periods."""
    lived = [entry for entry in shop.entries() if entry.kind == DECIDED and entry.body["retrains"]]
    walked = followed(shop_of(days=22, **EASY))
    assert [each.period for each in walked] == [entry.body["period"] for entry in lived[1:]]
    assert len(walked) == 2


def test_a_walk_scores_beside_the_champion_whom_the_road_did(shop: Workshop) -> None:
    """Through a shadow, a canary and a bake: the same versions' readings, in the same roles, known at the same time."""
    ground = ground_of(shop_of(days=22, **EASY))
    setting = set_up(ground, SpecReplay(), *stores(), trained=nobody).setting
    going, roles, estimated = _Walk(setting, 0.1), set[str](), set[str]()
    assert setting.watched is not None
    for at in setting.road.decisions:
        known = going.known(at)
        told = setting.watched.told(shop.spec.policy, known, going.standing.made)
        guessed = setting.watched.told(ESTIMATES, known, going.standing.made).estimated
        decision = decide(shop.spec.policy, told)
        if decision.action.retrains and not going.standing.watched:
            going.retrain(at, decision.id)
        live = history(shop, ground.periods[at])
        mine, theirs = (sorted((e.period, e.role, e.version, e.as_of) for e in one.performance) for one in (told, live))
        assert mine == theirs
        assert told.release_open == live.release_open
        assert [each.model_dump() for each in guessed] == [each.model_dump() for each in live.estimated]
        roles |= {each.role for each in told.performance}
        estimated |= {each.version for each in guessed if each.metrics["auc"].value is not None}
    assert roles == {"champion", "shadow", "previous"}
    assert len(estimated) > 1


def test_gates_and_releases_turn_away_whom_they_would_have_live() -> None:
    """The exam's candidate has not seen the turn: what the road refuses, the walk refuses."""
    strict: dict[str, Any] = {"validation": {"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.6}]}}
    shop = shop_of(**strict)
    for _ in walk(shop):
        pass
    ended = {entry.body["period"]: entry.body["verdict"] for entry in shop.entries() if entry.kind == RETRAINED}
    walked = followed(shop_of(**strict))
    assert all(each.failed for each in walked)
    assert walked
    assert {each.period: "failed" for each in walked}.items() <= ended.items()
    assert "auc" in walked[0].reason


def test_the_future_changes_no_past_decision() -> None:
    more = [
        {"kind": "volume", "new_ripe_share": 0.5},
        {"kind": "feature_drift", "features": ["x"], "over": 0.2},
        {"kind": "prediction_drift", "over": 0.2},
        {"kind": "estimate", "metric": "auc", "falls_by": 0.02},
    ]
    both = {"kind": "any_of", "policies": [*POLICY["policies"], *more]}
    walks = [followed(shop_of(change=noise(seed), policy=both), every=True) for seed in (1, 2)]
    known = sum(each.period <= f"2024-01-{TURN:02d}" for each in walks[0])
    assert walks[0][:known] == walks[1][:known]
    assert walks[0] != walks[1]


def test_windows_are_walked_beside_each_other(ground: Ground) -> None:
    easily = Effects(labels=False, release=False, gates=False, rollback=False)
    found = replay_spec(ground, SpecReplay(costs=(0.02,), windows=(4, None), effects=easily), *stores())
    assert found.strategies == ("newest 4", "all the past")
    assert of(found, f"{NOW} (newest 4)").loss < of(found, f"{NOW} (all the past)").loss


def test_the_windows_that_its_policy_chooses_among_are_replayed_beside_the_recipe_s() -> None:
    policy = {"kind": "staleness", "metric": "auc", "windows": ["5d", "all"]}
    ground = ground_of(shop_of(policy=policy, cost={"currency": "EUR", "retrain": 5, "per_point": 1}))
    found = replay_spec(ground, SpecReplay(costs=(0.02,)), *stores())
    assert found.strategies == ("all the past", "newest 4")
    assert {each.strategy for each in of(found, NOW).decisions} <= {"all the past", "newest 4"}
    assert of(found, CHOOSING).decisions == of(found, NOW).decisions


def test_the_recipe_s_own_window_holds_what_a_decision_would_have_taken() -> None:
    training = {"kind": "lightgbm", "rounds": 5, "window": "5d", "holdout": "1d", "early_stop_on": "0d"}
    ground = ground_of(shop_of(days=10, training=training))
    setting = set_up(ground, SpecReplay(), *stores(), nobody).setting
    assert [each.window for each in setting.road.matrix.strategies] == [4]
    rows = setting.road.matrix.rows[0]
    assert rows[setting.road.first - 1 : -2].max() == 4 * 300


@pytest.mark.parametrize(
    ("days", "changed", "kind", "message"),
    [
        (0, {}, TooShort, "periods == 0, must be at least 2: no day from 2024-01-01 on has ended"),
        (1, {}, TooShort, r"ripe, sound rows == 300 of 1 periods, must be at least 600 of 3 for a first"),
        (4, {}, TooShort, "periods == 4, must be at least 5"),
        (
            9,
            {"label": {"column": "bad", "delay": "9d"}, "policy": RARELY},
            TooShort,
            "periods == 9, must be at least 13",
        ),
        (6, {"label": {"column": "worse", "delay": "12h"}}, CannotReplay, "worse"),
    ],
)
def test_a_history_that_is_too_short_or_none_is_told(days: int, changed: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        replay_spec(ground_of(shop_of(days=days, **changed)), ASKED, *stores())


def test_what_the_groups_of_entities_add_to_a_loss_sums_to_nothing(ground: Ground, kept: Any) -> None:
    setting = set_up(ground, ASKED, kept[0], kept[1], nobody).setting
    assert setting.entities is not None
    moved = setting.entities.moved(0, setting.road.first - ground.delay, setting.road.first + 2)
    assert moved is not None
    assert moved.sum() == pytest.approx(0, abs=1e-9)
    assert np.count_nonzero(moved) > 10


def test_of_a_spec_differences_are_told_by_entity_too(report: ReplayReport) -> None:
    for each in report.recommended:
        for one in each.apart:
            assert (one.entity_low is None) == (one.entity_high is None) == (one.value == 0 and one.entity_low is None)
    told = [one for each in report.policies if each.course for one in each.apart if one.value]
    assert all(one.entity_low is not None and one.entity_high is not None for one in told)


def test_another_seed_trains_other_models_and_tells_what_one_more_would_give() -> None:
    params = {"bagging_fraction": 0.5, "bagging_freq": 1, "num_leaves": 4}
    made = ground_of(shop_of(13, training={"kind": "lightgbm", "rounds": 5, "holdout": "1d", "params": params}))
    bare = Effects(release=False, gates=False, rollback=False)
    again = replay_spec(made, ASKED._replace(costs=(0.02,), seeds=2, effects=bare), *stores())
    assert again.seeds == 2
    [often] = [each.apart[0] for each in again.policies if each.name == "every day"]
    assert often.seed_low is not None
    assert often.seed_high is not None
    assert often.seed_low < often.value < often.seed_high
