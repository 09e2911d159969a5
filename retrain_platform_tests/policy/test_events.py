"""Outside events: kinds, what each asks for, who said so."""

from typing import Any

import pytest
from pydantic import ValidationError

from retrain_platform.policy import AllOf, AnyOf, EventPolicy, FloorPolicy, RequestedPolicy, VolumePolicy, decide
from retrain_platform.policy.base import Action
from retrain_platform.policy.event import EVENT_ACTIONS, EVENT_KINDS
from retrain_platform.policy.history import History
from retrain_platform_tests.policy.histories import history, readings, requested

QUIET = VolumePolicy(new_ripe_rows=101)


def filed(*kinds: str, urgent: bool = False, **known: Any) -> History:
    events = tuple(requested(kind=kind, key=f"requested:{place}", urgent=urgent) for place, kind in enumerate(kinds))
    return history(requested=events, **known)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_each_kind_asks_for_what_the_table_says_and_is_answered(kind: str) -> None:
    decision = decide(QUIET, filed(kind))
    assert decision.action is EVENT_ACTIONS[kind]
    assert decision.answers == ("requested:0",)
    assert f"ana filed an event ({kind}): new fares (asks for: {decision.action.value})" in decision.reason
    assert decision.automatic == (decision.action is not Action.RETRAIN)


def test_the_table_names_every_kind_and_nothing_else() -> None:
    assert set(EVENT_ACTIONS) == set(EVENT_KINDS)
    assert {action.value for action in EVENT_ACTIONS.values()} == {"investigate", "retrain"}


def test_the_highest_of_several_counts() -> None:
    assert decide(QUIET, filed("competitor", "regulation")).action is Action.RETRAIN


def test_an_urgent_one_is_retrain_now() -> None:
    assert decide(QUIET, filed("competitor", urgent=True)).action is Action.RETRAIN_NOW


def test_what_was_filed_before_kinds_were_known_is_another() -> None:
    decision = decide(QUIET, filed("new fares"))
    assert decision.action is Action.INVESTIGATE
    assert "(new fares)" in decision.reason


def test_an_event_whose_retrain_is_held_back_is_heard_again() -> None:
    held = decide(QUIET, filed("regulation", release_open="7"))
    assert held.action is Action.WATCH
    assert held.answers == ()


def test_an_investigation_that_broken_data_asks_for_anyway_answers_it() -> None:
    decision = decide(QUIET, filed("competitor", "regulation", problem="column tailnum vanished"))
    assert decision.action is Action.INVESTIGATE
    assert decision.answers == ()
    assert decide(QUIET, filed("competitor", problem="column tailnum vanished")).answers == ("requested:0",)


class TestInTheSpec:
    def test_another_action_for_a_kind(self) -> None:
        policy = AnyOf(policies=[QUIET, EventPolicy(actions={"competitor": "retrain", "seasonal": "none"})])
        assert decide(policy, filed("competitor")).action is Action.RETRAIN
        nothing = decide(policy, filed("seasonal"))
        assert nothing.action is Action.NONE
        assert nothing.answers == ("requested:0",)

    def test_its_kinds_are_its_own_the_rest_is_always_heard(self) -> None:
        """A regulation counts only when the metric is low as well; a new format counts by itself."""
        both = AllOf(policies=[EventPolicy(kinds=["regulation"]), FloorPolicy(metric="auc", at_least=0.7)])
        waits = decide(both, filed("regulation", performance=readings(0.8)))
        assert waits.action is Action.NONE
        assert waits.answers == ()
        assert decide(both, filed("regulation", performance=readings(0.5))).answers == ("requested:0",)
        assert decide(both, filed("new_format", performance=readings(0.8))).action is Action.RETRAIN

    def test_guards_of_its_composition_hold_back_what_is_not_urgent(self) -> None:
        guarded = AnyOf(policies=[EventPolicy()], cooldown="52w")
        held = decide(guarded, filed("regulation"))
        assert held.action is Action.WATCH
        assert held.answers == ()
        passed = decide(guarded, filed("regulation", urgent=True))
        assert passed.overrides[0].startswith("the cooldown of 52w")
        unguarded = decide(AnyOf(policies=[QUIET], cooldown="52w"), filed("regulation"))
        assert unguarded.overrides[0].startswith("the cooldown of 52w")

    def test_a_request_is_no_event(self) -> None:
        assert EventPolicy().decide(filed("manual")).verdict == "quiet"
        assert RequestedPolicy().decide(filed("regulation")).verdict == "quiet"

    def test_refuses_a_kind_that_is_none(self) -> None:
        with pytest.raises(ValidationError, match="platform_change"):
            EventPolicy(kinds=["competitors"])
