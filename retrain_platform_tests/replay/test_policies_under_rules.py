"""Policies on a road of rules: they walk it by what is on record of their retrains, and by nothing later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.policy import FloorPolicy, SchedulePolicy, StalenessPolicy, VolumePolicy
from retrain_platform.policy.base import Action
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.history import History
from retrain_platform.replay.prefix import Setting, _Walk, follow
from retrain_platform.replay.rules import Margin, Rules
from retrain_platform_tests.policy.policy_examples import ALL as FAMILY
from retrain_platform_tests.replay.pasts import GivenPast, drawn, matrix, setting, span
from retrain_platform_tests.replay.test_optimum import ALL_OF_IT, SLOW, STRICT, WATCHED
from retrain_platform_tests.replay.test_prefix import changed_after
from retrain_platform_tests.replay.test_rules import cut_loss

NOTHING = Margin(worse_by=0.0)


def at_all(rules: Rules, made: Any, *, delay: int = 0) -> Setting:
    told = setting(made, delay=delay)
    return told._replace(road=told.road._replace(rules=rules))


@pytest.mark.parametrize("rules", [SLOW, STRICT, WATCHED, ALL_OF_IT])
@pytest.mark.parametrize("count", [1, 3])
def test_a_schedule_walks_as_the_baseline_of_the_same_period(rules: Rules, count: int) -> None:
    for seed in range(4):
        told = at_all(rules, drawn(seed, count=20), delay=seed % 2)
        walked = follow(SchedulePolicy(every=f"{count}d"), told, 0.1)
        assert walked.way.retrains == told.road.every(count, 0.1).retrains
        assert walked.way.total == pytest.approx(told.road.every(count, 0.1).total)


URGENT = FloorPolicy(metric="accuracy", at_least=0.6, confirmed=False, action=Action.RETRAIN_NOW)
POLICIES: list[Policy] = [
    SchedulePolicy(every="2d"),
    VolumePolicy(new_ripe_rows=1),
    FloorPolicy(metric="accuracy", at_least=0.5, confirmed=False),
    StalenessPolicy(metric="accuracy"),
    URGENT,
]


@pytest.mark.parametrize("rules", [SLOW, STRICT, WATCHED, ALL_OF_IT])
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: str(policy.describe())[:30])
def test_changing_the_future_changes_no_past_decision(policy: Policy, rules: Rules) -> None:
    made = drawn(7, count=15)
    whole = follow(policy, at_all(rules, made, delay=1), 0.1).said
    for place in (4, 7, 10):
        other = follow(policy, at_all(rules, changed_after(made, place), delay=1), 0.1).said
        known = sum(period <= place for period in at_all(rules, made, delay=1).road.decisions)
        assert other[:known] == whole[:known]


@pytest.mark.parametrize("policy", FAMILY, ids=lambda policy: str(policy.describe())[:60])
def test_nor_does_it_for_any_policy_of_the_family(policy: Any) -> None:
    made = drawn(7, count=10)
    told = at_all(ALL_OF_IT, made, delay=1)
    known = sum(period <= 6 for period in told.road.decisions)
    other = follow(policy, at_all(ALL_OF_IT, changed_after(made, 6), delay=1), 0.1).said
    assert other[:known] == follow(policy, told, 0.1).said[:known]


def walked(rules: Rules, past: GivenPast, retrains: list[int], until: int) -> list[History]:
    """What is known at the end of each period."""
    walk = _Walk(at_all(rules, matrix(past)), 0.1)
    known = []
    for at in range(1, until):
        known.append(walk.known(at))
        if at in retrains:
            walk.retrain(at, f"decision {at}", ("schedule",))
    return known


class TestOnRecord:
    def test_a_release_is_open_from_the_decision_to_the_end_of_its_watch(self) -> None:
        known = walked(Rules(takes=1, shares=(0.5,), bake=1), cut_loss(0.5), [2], 8)
        assert [each.release_open for each in known] == [None, None, "2", "2", None, None, None]
        assert [each.champion.version for each in known if each.champion] == ["1"] * 3 + ["2"] * 4
        assert [len(each.retrained) for each in known] == [1, 1, 2, 2, 2, 2, 2]
        assert (known[-1].released[-1].how, known[-1].released[-1].as_of) == ("release", span(4).end)
        assert known[-1].retrained[-1].as_of == span(2).end

    def test_a_candidate_that_was_turned_away_has_no_version_and_leaves_the_road_free(self) -> None:
        known = walked(Rules(takes=1, gate=NOTHING), cut_loss(0.5, 0.9), [2], 5)
        assert [each.release_open for each in known] == [None, None, None, None]
        [line] = known[-1].retrained[1:]
        assert (line.version, line.verdict, line.triggers) == (None, "failed", ("schedule",))
        assert known[-1].released[1:] == ()

    def test_a_rollback_is_on_record_and_the_one_before_answers_again(self) -> None:
        known = walked(Rules(bake=2, watch=NOTHING), cut_loss(0.1, 0.9), [2], 7)
        assert [each.champion.version for each in known if each.champion] == ["1", "1", "1", "1", "1", "1"]
        assert [(each.version, each.how) for each in known[-1].released] == [
            ("1", "first"),
            ("2", "release"),
            ("1", "rollback"),
        ]
        assert known[2].released[-1].as_of == span(3).end
        roles = {(each.period, each.version): each.role for each in known[-1].performance}
        assert roles[span(3).key, "2"] == "champion"
        assert (roles[span(4).key, "1"], roles[span(4).key, "2"]) == ("champion", "previous")

    def test_what_a_rolled_back_version_had_learned_last_is_held_back(self) -> None:
        past = cut_loss(0.1, 0.9)
        known = walked(Rules(bake=1, watch=NOTHING, quarantine=True), past, [3], 7)
        [held] = known[-1].quarantined
        assert (held.version, held.as_of, held.training_rows) == ("2", span(4).end, 400)
        assert (held.since, held.until) == (span(0).end, span(3).end)
        assert [each.new_ripe_rows for each in known] == [100, 200, 300, 100, 200, 300]
        assert [len(each.quarantined) for each in known] == [0, 0, 0, 1, 1, 1]
        without = walked(Rules(bake=1, watch=NOTHING), past, [3], 7)
        assert [each.quarantined for each in without] == [()] * 6
        assert without[-1].new_ripe_rows == 600

    def test_a_training_is_on_record_when_it_has_ended(self) -> None:
        known = walked(Rules(takes=2, shares=(0.5,)), cut_loss(0.5), [2], 6)
        assert [len(each.retrained) for each in known] == [1, 1, 1, 2, 2]

    def test_what_the_gate_refused_takes_no_version_and_no_place(self) -> None:
        past = cut_loss(0.5, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1)
        known = walked(Rules(shares=(0.0, 0.0, 0.0, 0.5), gate=NOTHING), past, [1, 3, 6, 8], 10)
        assert [each.release_open for each in known] == [None, "2", "2", "2", None, None, None, None, "3"]
        assert [each.version for each in known[-1].retrained] == ["1", "2", None, None, "3"]

    def test_a_shadow_that_was_superseded_is_scored_no_more(self) -> None:
        known = walked(Rules(shares=(0.0, 0.0, 0.0)), cut_loss(0.5), [1, 2], 7)
        shadows = [(each.period, each.version) for each in known[-1].performance if each.role == "shadow"]
        assert shadows == [(span(2).key, "2"), *((span(place).key, "3") for place in (3, 4, 5))]

    def test_a_shadow_is_scored_beside_and_a_canary_is_not(self) -> None:
        known = walked(Rules(takes=1, shares=(0.0, 0.5), bake=1), cut_loss(0.5), [1], 8)
        roles = {(each.period, each.version): each.role for each in known[-1].performance}
        told = [roles.get((span(place).key, "2")) for place in range(1, 7)]
        assert told == [None, None, "shadow", None, "champion", "champion"]

    def test_what_asks_at_once_takes_the_place_of_what_is_on_its_way(self) -> None:
        rules = Rules(shares=(0.5, 0.5), bake=2)
        said = follow(URGENT, at_all(rules, matrix(cut_loss(0.9, count=9))), 0.0)
        assert [each.waits for each in said.said] == [False] * 7
        assert said.way.outcomes == ("superseded",) * 6 + ("on its way",)
        waits = follow(URGENT, at_all(Rules(bake=2), matrix(cut_loss(0.9, count=9))), 0.0)
        assert [each.waits for each in waits.said] == [False, True] * 3 + [False]
        assert np.isclose(waits.way.loss, 0.9 * 8)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    delay=st.integers(0, 2),
    takes=st.integers(0, 2),
    shadow=st.integers(0, 2),
    bake=st.integers(0, 2),
    patience=st.sampled_from([None, 2]),
)
def test_what_policies_are_told_of_who_answered_is_what_is_summed(
    seed: int, delay: int, takes: int, shadow: int, bake: int, patience: int | None
) -> None:
    """The record that a walk leaves and the way that it came to are made apart: they must tell of the same models."""
    rules = Rules(takes, (0.0,) * shadow, bake, Margin(worse_by=0.2), 2, Margin(worse_by=0.2), patience=patience)
    told = at_all(rules, drawn(seed, count=16), delay=delay)
    walk, draw = _Walk(told, 0.1), np.random.default_rng(seed)
    for at in range(told.road.first + 1, told.road.last + 1):
        known = walk.known(at)
        if at in told.road.decisions and not walk.standing.watched and draw.uniform() < 0.5:
            walk.retrain(at, f"decision {at}")
    way = told.road.way(walk.asked, 0.1)
    read = {each.period: each.metrics["accuracy"].value for each in known.performance if each.role == "champion"}
    ripened = range(told.road.first + 1, told.road.last - delay + 1)
    assert [read[span(place).key] for place in ripened] == pytest.approx([1 - way.losses[place] for place in ripened])
    kept = [each for each, came in zip(walk.asked, way.outcomes, strict=True) if came not in ("failed", "refused")]
    assert [*walk.standing.made.values()][1:] == kept
