"""What happens to a retrain on a road: time, canaries, gates, rollbacks, and what is on record of them."""

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
from retrain_platform.replay.road import Retrain, Road
from retrain_platform.replay.rules import Beside, Margin, Rules, Ruling
from retrain_platform_tests.policy.policy_examples import ALL as FAMILY
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix, setting, span
from retrain_platform_tests.replay.test_optimum import ALL_OF_IT, SLOW, STRICT, WATCHED
from retrain_platform_tests.replay.test_prefix import changed_after

NOTHING = Margin(worse_by=0.0)


def cut_loss(*losses: float, count: int = 10) -> GivenPast:
    """A model's loss is that of its cut, in every period; the last one's is that of all later cuts."""
    return GivenPast(lambda first, last, period: losses[min(last, len(losses) - 1)], count)


def on(past: GivenPast, rules: Rules, *, delay: int = 0) -> Road:
    return Road(matrix(past), delay=delay, rules=rules)


class TestTime:
    def test_the_champion_answers_while_the_next_is_trained_and_in_shadow(self) -> None:
        road = on(cut_loss(0.9, 0.9, 0.1), Rules(takes=1, shares=(0.0,)))
        assert road.way([Retrain(2)], 0.0).losses[1:].tolist() == pytest.approx([0.9] * 4 + [0.1] * 5)

    def test_a_canary_mixes_the_two(self) -> None:
        road = on(cut_loss(0.9, 0.9, 0.1), Rules(shares=(0.25, 0.5)))
        assert road.way([Retrain(2)], 0.0).losses[1:].tolist() == pytest.approx([0.9, 0.9, 0.7, 0.5] + [0.1] * 5)

    def test_a_step_waits_for_the_labels_of_its_periods(self) -> None:
        for ripens, mixed in ((True, 3), (False, 1)):
            road = on(cut_loss(0.9, 0.9, 0.1), Rules(takes=1, shares=(0.5,), ripens=ripens), delay=2)
            losses = road.way([Retrain(4)], 0.0).losses[5:]
            assert losses.tolist() == pytest.approx([0.9, *[0.5] * mixed, *[0.1] * (4 - mixed)])

    def test_the_next_fixed_retrain_waits_until_the_release_is_closed(self) -> None:
        road = on(GivenPast(by_age(), 10), Rules(takes=1, shares=(0.5,), bake=1))
        assert [each.at for each in road.every(1, 0.0).retrains] == [1, 4, 7]
        assert [each.at for each in road.every(4, 0.0).retrains] == [4]
        assert [each.at for each in road.every(5, 0.0).retrains] == [5]

    def test_none_is_decided_that_could_answer_nothing_any_more(self) -> None:
        assert list(on(GivenPast(by_age(), 8), Rules(takes=2, shares=(0.0, 0.5))).decisions) == [1, 2, 3]
        assert list(on(GivenPast(by_age(), 8), Rules(takes=2, shares=(0.5,))).decisions) == [1, 2, 3, 4]

    def test_what_the_end_of_history_cuts_off_counts_as_far_as_it_went(self) -> None:
        way = on(cut_loss(0.9, 0.9, 0.1, count=6), Rules(shares=(0.5, 0.5))).way([Retrain(4)], 0.2)
        assert (way.outcomes, way.losses[5], way.total) == (("on its way",), pytest.approx(0.5), pytest.approx(4.3))

    def test_a_newer_one_takes_its_place_until_it_answers_all(self) -> None:
        road = on(cut_loss(0.9, 0.5, 0.1), Rules(shares=(0.5, 0.5), bake=1))
        way = road.way([Retrain(1), Retrain(2)], 0.1)
        assert way.outcomes == ("superseded", "serves")
        assert way.losses[1:].tolist() == pytest.approx([0.9, 0.7, 0.5, 0.5] + [0.1] * 5)
        with pytest.raises(ValueError, match="at == 3, must not be while the model before it is watched"):
            road.way([Retrain(1), Retrain(3)], 0.1)
        assert road.way([Retrain(1), Retrain(4)], 0.1).outcomes == ("serves", "serves")


class TestGates:
    def test_a_candidate_that_is_worse_on_the_newest_ripe_periods_never_serves(self) -> None:
        past = cut_loss(0.5, 0.8, 0.8, 0.2)
        way = on(past, Rules(gate=NOTHING)).way([Retrain(2), Retrain(4)], 0.1)
        assert way.outcomes == ("refused", "serves"), "the models of cuts 1 and 3 stood for them"
        assert way.losses[1:].tolist() == pytest.approx([0.5] * 4 + [0.2] * 5)
        assert way.total == pytest.approx(way.loss + 0.2)

    def test_a_training_that_comes_to_nothing_takes_its_time_too(self) -> None:
        worse = GivenPast(lambda first, last, _: 0.1 + 0.1 * last, 10)
        assert [each.at for each in on(worse, Rules(takes=3, gate=NOTHING)).every(1, 0.0).retrains] == [1, 4]

    def test_beyond_the_margin_only(self) -> None:
        told = [on(cut_loss(0.5, 0.6), Rules(gate=Margin(worse_by=by))).way([Retrain(2)], 0.0) for by in (0.09, 0.11)]
        assert [way.outcomes for way in told] == [("refused",), ("serves",)]

    def test_it_is_compared_where_neither_has_learned(self) -> None:
        seen: list[tuple[int, ...]] = []

        class Asked(Margin):
            def ruling(self, beside: Beside) -> Ruling:
                seen.append(beside.periods)
                return Ruling("not worse")

        road = on(GivenPast(by_age(), 12), Rules(gate=Asked(worse_by=0), holdout=3), delay=1)
        road.way([Retrain(6), Retrain(8), Retrain(9)], 0.0)
        assert seen == [(3, 4, 5), (6, 7), (8,)], "from the period after the champion's newest, labelled by then"

    def test_without_a_period_to_compare_in_it_goes_on(self) -> None:
        assert on(cut_loss(0.1, 0.9), Rules(gate=NOTHING, holdout=3)).way([Retrain(1)], 0.0).outcomes == ("serves",)

    def test_where_no_model_can_stand_for_it_nobody_asks(self) -> None:
        class Never(Margin):
            def ruling(self, beside: Beside) -> Ruling:
                raise AssertionError(beside)

        past = GivenPast(by_age(), 8, untrainable=[2])
        assert on(past, Rules(gate=Never(worse_by=0))).way([Retrain(3)], 0.0).outcomes == ("serves",)

    def test_a_gap_is_none_of_the_newest_periods(self) -> None:
        past = GivenPast(lambda first, last, _: 0.2 + 0.1 * last, 8, rows=[9, 9, 9, 0, 0, 9, 9, 9])
        assert on(past, Rules(gate=NOTHING)).course(Retrain(0), Retrain(4)).outcome == "refused"


class TestRollbacks:
    def test_a_bad_release_is_taken_back_when_its_labels_are_in(self) -> None:
        for delay in (0, 2):
            road = on(cut_loss(0.1, 0.9), Rules(bake=2, watch=NOTHING), delay=delay)
            way = road.way([Retrain(3)], 0.0)
            served = [0.1] * (3 - delay) + [0.9] * (1 + delay) + [0.1] * (6 - delay)
            assert way.outcomes == ("rolled back",)
            assert way.losses[1 + delay :].tolist() == pytest.approx(served[: 9 - delay])

    def test_a_bad_canary_is_withdrawn_before_it_answers_all(self) -> None:
        for shares, mixed in (((0.5, 0.75), [0.5]), ((0.5, 0.5), [0.5, 0.5])):
            road = on(cut_loss(0.1, 0.9), Rules(shares=shares, bake=2, watch=NOTHING))
            way = road.way([Retrain(3)], 0.0)
            assert way.outcomes == ("aborted",)
            assert way.losses[4:].tolist() == pytest.approx([*mixed, *[0.1] * (6 - len(mixed))])

    def test_the_bake_is_judged_by_what_came_after_the_take_over(self) -> None:
        past = GivenPast(lambda first, last, period: 0.5 if not last else 0.1 if period < 6 else 0.6, 10)
        road = on(past, Rules(shares=(0.5, 0.5), bake=2, watch=NOTHING))
        assert road.way([Retrain(3)], 0.0).outcomes == ("rolled back",), "over all four it would be better by far"

    def test_a_canary_is_judged_by_all_since_its_training_ended(self) -> None:
        past = GivenPast(lambda first, last, period: 0.5 if not last else 0.1 if period == 4 else 0.6, 10)
        road = on(past, Rules(shares=(0.5, 0.75), watch=NOTHING))
        assert road.way([Retrain(3)], 0.0).outcomes == ("serves",), "it lost in the second period, not over both"

    def test_with_patience_a_step_waits_until_it_can_be_told(self) -> None:
        class Slow(Margin):
            def ruling(self, beside: Beside) -> Ruling:
                return super().ruling(beside) if len(beside.periods) >= 3 else Ruling("cannot tell", "too few")

        better, slow = cut_loss(0.9, 0.1), Slow(worse_by=0.0)
        hasty = on(better, Rules(shares=(0.5,), watch=slow)).way([Retrain(1)], 0.0)
        assert hasty.losses[2:5].tolist() == pytest.approx([0.5, 0.1, 0.1])
        waits = on(better, Rules(shares=(0.5,), watch=slow, patience=4)).way([Retrain(1)], 0.0)
        assert waits.losses[2:6].tolist() == pytest.approx([0.5, 0.5, 0.5, 0.1])
        road = on(better, Rules(shares=(0.5,), watch=slow, patience=2))
        course = road.course(Retrain(0), Retrain(1))
        assert (course.outcome, course.end, course.why) == ("aborted", 3, "undecided after 2 ripe periods: too few")

    def test_what_is_seen_after_the_watch_changes_nothing(self) -> None:
        past = GivenPast(lambda first, last, period: 0.9 if last and period > 5 else 0.2, 10)
        assert on(past, Rules(bake=2, watch=NOTHING)).way([Retrain(3)], 0.0).outcomes == ("serves",)
        assert on(past, Rules(bake=3, watch=NOTHING)).way([Retrain(3)], 0.0).outcomes == ("rolled back",)

    def test_after_it_the_next_is_held_against_the_one_that_came_back(self) -> None:
        road = on(cut_loss(0.3, 0.9, 0.9, 0.5), Rules(bake=1, watch=NOTHING))
        assert road.way([Retrain(1), Retrain(4)], 0.0).outcomes == ("rolled back", "rolled back")


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
