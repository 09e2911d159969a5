"""Soft triggers that read errors, and rows of tables that speak of a fall, are screened as `performance` is."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.policy import (
    AdaptivePolicy,
    AllOf,
    AnyOf,
    CalibrationPolicy,
    ConceptDriftPolicy,
    ErrorStreamPolicy,
    EscalationPolicy,
    EstimatePolicy,
    FloorPolicy,
    decide,
)
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.history import History, Incident
from retrain_platform.policy.screening import Screen
from retrain_platform_tests.policy.histories import (
    concept,
    end_of,
    estimate,
    feature,
    history,
    psi_reports,
    readings,
    report,
    series,
)

FLOOR = FloorPolicy(metric="auc", at_least=0.6, dwell="2w")
SLOW = Screen(measure="latency", above=300)


def known(**more: Any) -> History:
    """Readings of weeks 4 to 10, the last two far under the others."""
    return history(**{"performance": readings(0.7, 0.7, 0.7, 0.7, 0.7, 0.5, 0.5), **more})


def fault(week: int, kind: str = "data") -> tuple[Incident, ...]:
    return (Incident(kind=kind, as_of=end_of(week), why="a column vanished"),)


def judged(history: History, *screens: Screen, policy: Any) -> Finding:
    (part,) = AnyOf(policies=[policy], screens=screens).decide(history).parts
    return part


LOUD = [0.2, 0.3, 0.25, 0.3, 0.2, 0.25, 0.3]
SOFT: dict[str, tuple[Any, dict[str, Any], int]] = {
    "calibration": (CalibrationPolicy(bias_over=0.03), {"concept": (concept(10, bias=(0.1, 0.001)),)}, 10),
    "concept_drift": (
        ConceptDriftPolicy(dwell="2w"),
        {"concept": tuple(concept(week, relation={"carrier": (0.1, 0.001)}) for week in (9, 10))},
        9,
    ),
    "error_stream": (
        ErrorStreamPolicy(false_alarm_every="90d"),
        {
            "concept": (
                *(concept(week, losses=LOUD) for week in range(4, 9)),
                *(concept(week, losses=[0.9] * 7) for week in (9, 10)),
            )
        },
        9,
    ),
    "estimate": (
        EstimatePolicy(metric="auc", falls_by=0.05),
        {"performance": readings(0.7, 0.7, 0.7), "estimated": (estimate(11, 0.5),)},
        11,
    ),
}
"""Each soft trigger that reads errors: a history in which it fires, and a week that it judges."""


@pytest.mark.parametrize("name", SOFT)
class TestSoftTriggersOfErrors:
    def test_a_fault_in_the_periods_that_they_judge_holds_them_back(self, name: str) -> None:
        policy, seen, week = SOFT[name]
        assert judged(history(**seen), policy=policy).verdict == "fired"
        held = judged(history(**seen, incidents=fault(week, "source")), policy=policy)
        assert (held.verdict, held.action) == ("held back", Action.WATCH)
        assert "source: a column vanished" in held.sentence
        assert judged(history(**seen, incidents=fault(5)), policy=policy).verdict == "fired"

    def test_so_does_a_screen(self, name: str) -> None:
        policy, seen, week = SOFT[name]
        slow = series("latency", *[200] * 7, last=11)
        late = tuple(one if one.as_of != end_of(week) else series("latency", 400, last=week)[0] for one in slow)
        assert judged(history(**seen, measures=slow), SLOW, policy=policy).verdict == "fired"
        assert judged(history(**seen, measures=late), SLOW, policy=policy).verdict == "held back"

    def test_the_decision_says_so_and_what_would_have_to_go(self, name: str) -> None:
        policy, seen, week = SOFT[name]
        decision = decide(AnyOf(policies=[policy]), history(**seen, incidents=fault(week, "gate")))
        assert not decision.action.retrains
        assert "held back by a fault in the same period" in decision.reason
        if policy.action.retrains:
            assert decision.opposite.startswith(
                "a retrain would follow if this no longer stood against it: a fault in the same period"
            )


def test_a_held_back_look_is_not_counted_towards_a_retrain() -> None:
    """An `all_of` with an action of its own retrains on parts that ask to watch at most: they are screened too."""
    both = AllOf(policies=[FLOOR.model_copy(update={"action": Action.WATCH})], action="retrain")
    assert both.decide(known()).action is Action.RETRAIN
    assert both.decide(known(incidents=fault(10))).verdict == "held back"


def test_broken_data_of_the_newest_period_holds_back_what_judges_it() -> None:
    policy, seen, _ = SOFT["estimate"]
    assert "the data of 2013-03-19 is broken: x" in judged(history(**seen, problem="x"), policy=policy).sentence


class TestTables:
    """Rows that speak of a fall are soft, rows that speak of drift are hard."""

    TABLE = EscalationPolicy(
        metric="auc",
        rows=[{"falls_by_share": 0.2, "action": "retrain_now"}, {"drift": "psi", "over": 0.2, "action": "retrain"}],
    )

    def test_a_screen_explains_a_fall(self) -> None:
        slow = series("latency", 200, 400, 200)
        found = judged(known(measures=slow), SLOW, policy=self.TABLE)
        assert (found.verdict, found.action) == ("held back", Action.INVESTIGATE)
        assert "explained by a fault in the same period (latency 400 in 2013-03-12, over 300)" in found.sentence
        assert judged(known(measures=slow), policy=self.TABLE).action is Action.RETRAIN_NOW
        opposite = decide(AnyOf(policies=[self.TABLE], screens=[SLOW]), known(measures=slow)).opposite
        assert "this no longer stood against it: a fault in the same period (latency 400" in opposite

    def test_a_screen_that_was_not_measured_is_said(self) -> None:
        assert judged(known(), SLOW, policy=self.TABLE).sentence.endswith(
            "; not screened by latency: not measured then"
        )

    def test_drift_is_not_screened(self) -> None:
        steady = readings(0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7)
        moved = (report(11, feature("carrier", {"psi": 0.5})),)
        slow = known(measures=series("latency", 400, 400, 400), performance=steady, drift=moved)
        assert judged(slow, SLOW, policy=self.TABLE).action is Action.RETRAIN

    def test_an_explained_fall_speeds_no_cadence_up(self) -> None:
        policy = AdaptivePolicy(metric="auc")
        quiet = psi_reports(11, carrier=[0.0])
        assert judged(known(drift=quiet), SLOW, policy=policy).action is Action.RETRAIN_NOW
        slow = judged(known(drift=quiet, measures=series("latency", 400, 400)), SLOW, policy=policy)
        assert slow.limit == 28
        assert "explained by a fault in the same period (latency 400" in slow.sentence
