"""Soft triggers are screened before they are believed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from retrain_platform.policy import AllOf, AnyOf, FloorPolicy, MeasurePolicy, PerformancePolicy, VolumePolicy, decide
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import History, Incident
from retrain_platform.policy.screening import Screen, screened
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import end_of, history, readings, ripe, series
from retrain_platform_tests.policy.policy_examples import ALL

FLOOR = FloorPolicy(metric="auc", at_least=0.6, dwell="2w")
SLOW = Screen(measure="latency", above=300)


def known(**more: Any) -> History:
    """Readings of weeks 4 to 10, the last two under the floor."""
    return history(**{"performance": readings(0.7, 0.7, 0.7, 0.7, 0.7, 0.5, 0.5), **more})


def fault(week: int, kind: str = "data") -> tuple[Incident, ...]:
    return (Incident(kind=kind, as_of=end_of(week), why="a column vanished"),)


def judged(history: History, *screens: Screen, policy: Any = FLOOR) -> Finding:
    (part,) = AnyOf(policies=[policy], screens=screens).decide(history).parts
    return part


def test_without_a_fault_it_is_believed() -> None:
    assert judged(known()).verdict == "fired"


@pytest.mark.parametrize(
    ("week", "kind", "verdict"),
    [(9, "data", "held back"), (10, "gate", "held back"), (10, "source", "held back"), (8, "data", "fired"),
     (11, "data", "fired"), (10, "run", "fired"), (10, "rolled_back", "fired")],
)  # fmt: skip
def test_an_incident_of_the_data_in_the_judged_periods_holds_it_back(week: int, kind: str, verdict: str) -> None:
    found = judged(known(incidents=fault(week, kind)))
    assert found.verdict == verdict
    assert ("a fault in the same periods" in found.sentence) == (verdict == "held back")
    assert found.action is (Action.WATCH if verdict == "held back" else Action.RETRAIN)


def test_a_missing_and_a_broken_period_among_those_judged_hold_it_back() -> None:
    gap = tuple(one for one in ripe(11) if one.period != "2013-03-05")
    missing = known(ripe=gap, performance=readings(0.7, 0.7, 0.7, 0.7, 0.5) + readings(0.5, first=10))
    assert "no ripe rows between 2013-03-05 and 2013-03-12" in judged(missing).sentence
    broken = known(ripe=ripe(11, unsound=[9]), performance=readings(0.7, 0.7, 0.7, 0.7, 0.5, 0.5, 0.5))
    assert "the data of 2013-03-05 is broken" in judged(broken).sentence


@pytest.mark.parametrize(("values", "verdict"), [((200, 400, 200, 200), "held back"), ((400, 200, 200, 400), "fired")])
def test_a_measure_beyond_its_screen_in_the_judged_periods_holds_it_back(values: Any, verdict: str) -> None:
    """Weeks 8 to 11; weeks 9 and 10 are judged."""
    found = judged(known(measures=series("latency", *values)), SLOW)
    assert found.verdict == verdict
    if verdict == "held back":
        assert "latency 400 in 2013-03-05, over 300" in found.sentence


def test_a_screen_that_was_not_measured_holds_nothing_back_and_is_said() -> None:
    found = judged(known(), SLOW, Screen(measure="errors", above=1, segment="north"))
    assert found.verdict == "fired"
    assert found.sentence.endswith("; not screened by latency, errors of north: not measured then")


def test_screens_reach_into_compositions_within() -> None:
    slow = known(measures=series("latency", 400, 400, 400))
    nested = AnyOf(screens=[SLOW], policies=[AllOf(policies=[FLOOR, VolumePolicy(new_ripe_rows=1)])])
    assert nested.decide(slow).verdict == "held back"
    assert (
        AnyOf(policies=[AllOf(policies=[FLOOR]), AnyOf(policies=[VolumePolicy(new_ripe_rows=1)], screens=[SLOW])])
        .decide(slow)
        .fired
    )


def test_hard_triggers_are_not_screened() -> None:
    slow = known(measures=series("latency", 400, 400, 400), incidents=fault(10))
    assert judged(slow, SLOW, policy=VolumePolicy(new_ripe_rows=1)).verdict == "fired"
    hard = MeasurePolicy(name="sales", below=5, soft=False)
    sales = tuple(
        one.model_copy(update={"readings": (*one.readings, *more.readings)})
        for one, more in zip(series("latency", 400), series("sales", 1), strict=True)
    )
    assert judged(known(measures=sales), SLOW, policy=hard).verdict == "fired"
    assert judged(known(measures=sales), SLOW, policy=hard.model_copy(update={"soft": True})).verdict == "held back"


def test_a_measure_does_not_screen_itself() -> None:
    policy = MeasurePolicy(name="latency", above=300)
    assert judged(known(measures=series("latency", 400)), SLOW, policy=policy).verdict == "fired"


def test_urgency_passes_no_screen() -> None:
    urgent = FLOOR.model_copy(update={"action": Action.RETRAIN_NOW})
    decision = decide(urgent, known(incidents=fault(10)))
    assert decision.action is Action.WATCH
    assert decision.reason.startswith(
        "watch: retrain now held back by a fault in the same periods (data: a column vanished)"
    )


def test_what_is_held_back_is_not_counted_as_quiet() -> None:
    found = AllOf(policies=[FLOOR, VolumePolicy(new_ripe_rows=1)]).decide(known(incidents=fault(10)))
    assert found.verdict == "held back"
    assert (
        AllOf(policies=[FLOOR, VolumePolicy(new_ripe_rows=101)]).decide(known(incidents=fault(10))).verdict == "quiet"
    )


def test_a_confirmed_fall_is_screened_too() -> None:
    fall = PerformancePolicy(metric="auc", falls_by=0.05, dwell="2w")
    assert judged(known(), policy=fall).verdict == "fired"
    assert judged(known(incidents=fault(9)), policy=fall).verdict == "held back"


@settings(max_examples=150, deadline=None)
@given(history_=histories())
def test_screening_only_ever_holds_soft_triggers_back(history_: History) -> None:
    for policy in ALL:
        before = policy.decide(history_)
        after = screened(policy, before, history_, (SLOW,))
        if not getattr(policy, "soft", False) or not before.fired:
            assert after == before
        else:
            assert after.verdict in ("fired", "held back")
