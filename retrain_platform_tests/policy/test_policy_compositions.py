"""any_of, all_of, at_least: three-valued logic, actions, guards."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.policy import AllOf, AnyOf, AtLeast, FloorPolicy, RequestedPolicy, SchedulePolicy, VolumePolicy
from retrain_platform.policy.base import Action, Finding, asks
from retrain_platform.policy.compose import VERDICTS, combine
from retrain_platform.policy.history import Champion, History
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import (
    champion,
    end_of,
    history,
    readings,
    released,
    requested,
    retrained,
)
from retrain_platform_tests.policy.policy_examples import policies

SOON = settings(max_examples=100, deadline=None)
FIRES = VolumePolicy(new_ripe_rows=100)
QUIET = VolumePolicy(new_ripe_rows=101)
UNKNOWN = FloorPolicy(metric="auc", at_least=0.6)
WATCHES = VolumePolicy(new_ripe_rows=100, action="watch")
LOW = SchedulePolicy(every="1w", action="watch")
URGENT = VolumePolicy(new_ripe_rows=100, action="retrain_now")


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    verdict = draw(st.sampled_from(VERDICTS))
    action = asks(verdict, draw(st.sampled_from(list(Action))))
    return Finding(trigger="some", verdict=verdict, action=action, sentence=f"it is {verdict}")


class TestLogic:
    @SOON
    @given(parts=st.lists(findings(), min_size=1, max_size=5), data=st.data())
    def test_a_greater_part_never_makes_less_of_the_whole(self, parts: list[Finding], data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(parts) - 1))
        needed = data.draw(st.integers(1, len(parts)))
        greater = data.draw(st.sampled_from(VERDICTS[VERDICTS.index(parts[place].verdict) :]))
        raised = [*parts[:place], parts[place].model_copy(update={"verdict": greater}), *parts[place + 1 :]]
        before, after = combine("x", parts, needed).verdict, combine("x", raised, needed).verdict
        assert VERDICTS.index(after) >= VERDICTS.index(before)

    @SOON
    @given(parts=st.lists(findings(), min_size=2, max_size=5))
    def test_needing_more_never_makes_more_of_the_whole(self, parts: list[Finding]) -> None:
        ranks = [VERDICTS.index(combine("x", parts, needed).verdict) for needed in range(1, len(parts) + 1)]
        assert ranks == sorted(ranks, reverse=True)

    @SOON
    @given(parts=st.lists(findings(), min_size=1, max_size=5), data=st.data())
    def test_the_order_of_the_parts_does_not_matter(self, parts: list[Finding], data: st.DataObject) -> None:
        needed = data.draw(st.integers(1, len(parts)))
        one, other = combine("x", parts, needed), combine("x", data.draw(st.permutations(parts)), needed)
        assert (one.verdict, one.action, one.value) == (other.verdict, other.action, other.value)

    @SOON
    @given(parts=st.lists(findings(), min_size=1, max_size=5), data=st.data())
    def test_it_fires_exactly_when_enough_parts_fire(self, parts: list[Finding], data: st.DataObject) -> None:
        needed = data.draw(st.integers(1, len(parts)))
        whole = combine("x", parts, needed)
        assert whole.fired == (sum(part.fired for part in parts) >= needed)
        assert whole.value == sum(part.fired for part in parts)
        assert whole.parts == tuple(parts)

    @SOON
    @given(parts=st.lists(policies(), min_size=1, max_size=4), known=histories())
    def test_at_least_one_is_any_and_at_least_all_is_all(self, parts: list[Any], known: History) -> None:
        def finding(policy: Any) -> Finding:
            found: Finding = policy.decide(known)
            return found.model_copy(update={"trigger": "same"})

        assert finding(AtLeast(n=1, policies=parts)) == finding(AnyOf(policies=parts))
        assert finding(AtLeast(n=len(parts), policies=parts)) == finding(AllOf(policies=parts))

    @SOON
    @given(parts=st.lists(policies(), min_size=1, max_size=3), more=policies(), known=histories())
    def test_another_policy_makes_any_more_likely_and_all_less(
        self, parts: list[Any], more: Any, known: History
    ) -> None:
        def rank(policy: Any) -> int:
            return VERDICTS.index(policy.decide(known).verdict)

        assert rank(AnyOf(policies=[*parts, more])) >= rank(AnyOf(policies=parts))
        assert rank(AllOf(policies=[*parts, more])) <= rank(AllOf(policies=parts))

    @pytest.mark.parametrize(
        ("parts", "any_", "all_"),
        [
            ([FIRES, QUIET], "fired", "quiet"),
            ([FIRES, UNKNOWN], "fired", "cannot tell"),
            ([QUIET, UNKNOWN], "cannot tell", "quiet"),
            ([FIRES, FIRES], "fired", "fired"),
        ],
    )
    def test_kleene(self, parts: list[Any], any_: str, all_: str) -> None:
        assert AnyOf(policies=parts).decide(history()).verdict == any_
        assert AllOf(policies=parts).decide(history()).verdict == all_


class TestActions:
    def test_the_highest_of_those_that_fired(self) -> None:
        quiet_but_urgent = VolumePolicy(new_ripe_rows=101, action="retrain_now")
        found = AnyOf(policies=[WATCHES, FIRES, quiet_but_urgent]).decide(history())
        assert found.action is Action.RETRAIN

    def test_its_own_where_given(self) -> None:
        assert AllOf(policies=[WATCHES, WATCHES], action="retrain").decide(history()).action is Action.RETRAIN

    def test_its_own_only_when_it_fires(self) -> None:
        assert AllOf(policies=[WATCHES, QUIET], action="retrain").decide(history()).action is Action.NONE

    def test_the_sentence_is_of_the_parts_that_decide(self) -> None:
        found = AnyOf(policies=[FIRES, QUIET]).decide(history())
        assert found.sentence == FIRES.decide(history()).sentence
        assert AnyOf(policies=[FIRES, LOW]).decide(history()).sentence == FIRES.decide(history()).sentence
        assert AllOf(policies=[FIRES, LOW]).decide(history()).sentence.count("last training") == 1
        assert AnyOf(policies=[QUIET, QUIET]).decide(history()).sentence == "none of its 2 triggers fires"
        assert AllOf(policies=[FIRES, UNKNOWN]).decide(history()).sentence.startswith("1 of 2 fire, 2 needed: auc")


class TestCooldown:
    def test_holds_back_until_it_has_passed(self) -> None:
        policy = AnyOf(policies=[FIRES], cooldown="3w")
        for week, verdict in ((5, "held back"), (6, "fired"), (7, "fired")):
            found = policy.decide(history(week, champion=champion(3)))
            assert found.verdict == verdict, week

    def test_holds_after_a_retrain_that_was_turned_away(self) -> None:
        policy = AnyOf(policies=[FIRES], cooldown="3w")
        found = policy.decide(history(retrained=(retrained(10),)))
        assert found.verdict == "held back"
        assert found.action is Action.WATCH
        assert "cooldown of 3w until 2013-04-09" in found.sentence

    def test_says_what_it_held_back(self) -> None:
        found = AnyOf(policies=[FIRES], cooldown="52w").decide(history())
        assert found.sentence.startswith("retrain held back by the cooldown of 52w")
        assert found.parts[0].fired

    def test_gives_way_to_retrain_now_on_record(self) -> None:
        found = AnyOf(policies=[URGENT], cooldown="52w").decide(history())
        assert found.action is Action.RETRAIN_NOW
        assert len(found.overrides) == 1
        assert found.overrides[0].startswith("the cooldown of 52w")

    def test_of_a_part_restrains_that_part_only_and_its_override_rises(self) -> None:
        held = AnyOf(policies=[AnyOf(policies=[FIRES], cooldown="52w"), QUIET]).decide(history())
        assert held.verdict == "held back"
        assert AnyOf(policies=[AnyOf(policies=[FIRES], cooldown="52w"), FIRES]).decide(history()).fired
        passed = AnyOf(policies=[AnyOf(policies=[URGENT], cooldown="52w"), QUIET]).decide(history())
        assert passed.overrides

    @pytest.mark.parametrize("policy", [WATCHES, QUIET, UNKNOWN])
    def test_leaves_alone_what_asks_for_no_retrain(self, policy: Any) -> None:
        free, guarded = AnyOf(policies=[policy]), AnyOf(policies=[policy], cooldown="52w", automatic_releases_a_month=0)
        assert guarded.decide(history()) == free.decide(history())

    def test_counts_across_a_clock_change(self) -> None:
        """The zone's clocks went forward on 10 March 2013, within week 9."""
        policy = AnyOf(policies=[FIRES], cooldown="1w")
        assert policy.decide(history(10, champion=champion(9))).fired
        as_stored = Champion.model_validate_json(champion(9).model_dump_json())
        assert policy.decide(history(10, champion=as_stored)).fired


class TestCap:
    POLICY = AnyOf(policies=[FIRES], automatic_releases_a_month=2)

    def test_waits_for_a_person_when_it_is_reached(self) -> None:
        found = self.POLICY.decide(history(released=(released(8), released(10))))
        assert found.verdict == "held back"
        assert found.action is Action.INVESTIGATE
        assert "cap of 2 automatic releases in 30 days" in found.sentence
        assert f"free on {(end_of(8) + timedelta(days=30)).date()}" in found.sentence

    def test_over_it_the_next_is_free_when_all_but_one_less_are_a_month_old(self) -> None:
        found = self.POLICY.decide(history(released=(released(8), released(9), released(10))))
        assert f"(3 so far, the next is free on {(end_of(9) + timedelta(days=30)).date()}" in found.sentence

    def test_counts_neither_people_nor_first_nor_rollbacks_nor_the_last_month(self) -> None:
        uncounted = (
            released(5),
            released(8, by_hand=True),
            released(9, "rollback"),
            released(9, "first"),
            released(9, "outside"),
        )
        assert self.POLICY.decide(history(released=(*uncounted, released(10)))).fired
        assert not self.POLICY.decide(history(released=(*uncounted, released(9), released(10)))).fired

    def test_of_none_makes_every_release_wait(self) -> None:
        found = AnyOf(policies=[FIRES], automatic_releases_a_month=0).decide(history())
        assert found.verdict == "held back"
        assert "free on" not in found.sentence

    def test_beside_a_cooldown_both_are_named_and_the_higher_action_asked(self) -> None:
        policy = AnyOf(policies=[FIRES], cooldown="52w", automatic_releases_a_month=0)
        found = policy.decide(history())
        assert "cooldown of 52w" in found.sentence
        assert "cap of 0" in found.sentence
        assert found.action is Action.INVESTIGATE


def test_more_are_needed_than_there_are() -> None:
    with pytest.raises(ValidationError, match="n == 3, must be at most the number of policies, 2"):
        AtLeast(n=3, policies=[FIRES, QUIET])


def test_no_policies() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        AnyOf(policies=[])


def test_one_line_names_the_parts_and_guards() -> None:
    policy = AtLeast(n=2, policies=[SchedulePolicy(every="8w"), RequestedPolicy()], cooldown="3w", action="investigate")
    assert policy.describe() == (
        "investigate when at least 2 of [retrain every 8w, counted from the last training; "
        "retrain when a person asks; retrain_now when it is urgent], cooldown 3w"
    )


def test_a_request_inside_a_composition_counts_as_a_part() -> None:
    both = AllOf(policies=[RequestedPolicy(), FloorPolicy(metric="auc", at_least=0.7)])
    low = readings(0.5)
    assert both.decide(history(requested=(requested(),), performance=low)).fired
    assert not both.decide(history(performance=low)).fired
