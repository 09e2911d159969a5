"""After a no the same trigger waits for new rows, another trigger or a person."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.policy import AnyOf, SchedulePolicy, VolumePolicy
from retrain_platform.policy.backoff import triggers_of
from retrain_platform.policy.base import Action
from retrain_platform.policy.decide import decide
from retrain_platform.policy.history import Requested, Retrained
from retrain_platform_tests.policy.histories import end_of, history, ripe

POLICY = AnyOf(policies=(SchedulePolicy(every="2w"),))


def refused(week: int, **changed: Any) -> Retrained:
    """A candidate of 1000 rows that was turned away; its rows reach to the end of the week before."""
    known = {
        "decision_id": "d",
        "as_of": end_of(week),
        "version": None,
        "verdict": "failed",
        "training_rows": 1000,
        "triggers": ("schedule",),
        "ripe_until": end_of(week - 1),
    }
    return Retrained(**{**known, **changed})


def a_week_has() -> int:
    return ripe(1)[0].labelled


def asked(week: int, share: float = 0.1, **changed: Any) -> Any:
    known = {"retrained": (refused(8),), "retry_after": share, **changed}
    return decide(POLICY, history(week, **known))


def test_the_same_trigger_waits_and_the_decision_says_how_long() -> None:
    share = 2.5 * a_week_has() / 1000
    decision = asked(10, share)
    assert decision.action is Action.WATCH
    assert "held back by the no to the candidate of " in decision.reason
    needed = round(share * 1000)
    assert f"schedule waits for {needed} new ripe rows ({2 * a_week_has()} so far; or a person asks)" in decision.reason
    assert "the no to the candidate" in decision.opposite


def test_enough_new_rows_end_the_wait() -> None:
    share = 2 * a_week_has() / 1000
    assert asked(10, share).action is Action.RETRAIN
    assert asked(10, share + 0.001).action is Action.WATCH


@pytest.mark.parametrize(
    "changed",
    [
        {"retry_after": 0.0},
        {"retrained": (refused(8, verdict="passed", version="2"),)},
        {"retrained": (refused(8, triggers=("performance",)),)},
        {"retrained": (refused(8, ripe_until=None),)},
        {"retrained": ()},
    ],
    ids=["turned off", "it passed", "another trigger", "not on record", "never tried"],
)
def test_what_does_not_wait(changed: dict[str, Any]) -> None:
    assert decide(POLICY, history(10, **{"retrained": (refused(8),), "retry_after": 1.0, **changed})).action.retrains


def test_another_trigger_beside_it_ends_the_wait() -> None:
    both = AnyOf(policies=(SchedulePolicy(every="2w"), VolumePolicy(new_ripe_rows=1)))
    known = {"retrained": (refused(8),), "retry_after": 1.0}
    assert decide(both, history(10, **known)).action is Action.RETRAIN


@pytest.mark.parametrize("urgent", [False, True])
def test_a_person_is_heard_at_once(urgent: bool) -> None:
    request = Requested(key="k", kind="manual", as_of=end_of(10), why="try again", actor="somebody", urgent=urgent)
    again = refused(8, triggers=("requested", "schedule"))
    decision = decide(POLICY, history(10, retrained=(again,), retry_after=1.0, requested=(request,)))
    assert decision.action.retrains
    assert decision.answers == ("k",)


def test_a_first_model_that_failed_waits_as_well() -> None:
    known = {"champion": None, "retrained": (refused(8, triggers=("no_champion", "schedule")),), "retry_after": 1.0}
    assert decide(POLICY, history(10, **known)).action is Action.WATCH
    assert decide(POLICY, history(10, **{**known, "retry_after": 0.0})).action.retrains


def test_the_triggers_are_the_leaves_that_fired() -> None:
    both = AnyOf(policies=(SchedulePolicy(every="2w"), VolumePolicy(new_ripe_rows=10**9)))
    assert triggers_of(decide(both, history(10)).finding) == ("schedule",)


@pytest.mark.parametrize("champion", [{}, {"champion": None}], ids=["a champion answers", "the first model"])
def test_a_search_that_failed_waits_as_a_no_does(champion: dict[str, Any]) -> None:
    known = {"retrained": (refused(8, verdict="search failed", triggers=("no_champion", "schedule")),), **champion}
    waits = decide(POLICY, history(10, retry_after=1.0, **known))
    assert waits.action is Action.WATCH
    assert f"held back by the failed search of {end_of(8).date()}" in waits.reason
    assert decide(POLICY, history(10, retry_after=0.1, **known)).action.retrains


def test_refused_data_does_not_wait_for_its_rows_may_have_been_put_right() -> None:
    assert decide(POLICY, history(10, retrained=(refused(8, verdict="data refused"),), retry_after=1.0)).action.retrains
