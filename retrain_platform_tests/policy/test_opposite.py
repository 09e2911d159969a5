"""What would have to happen for the other answer: doing it does turn the answer."""

import re
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    EscalationPolicy,
    EventPolicy,
    FeatureDriftPolicy,
    FloorPolicy,
    PerformancePolicy,
    SchedulePolicy,
    VolumePolicy,
    decide,
)
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.history import History
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import (
    champion,
    history,
    psi_reports,
    readings,
    released,
    requested,
    retrained,
)
from retrain_platform_tests.policy.policy_examples import ALL

SOON = settings(max_examples=60, deadline=None)
VOLUME, SCHEDULE = VolumePolicy(new_ripe_rows=500), SchedulePolicy(every="10w")
DRIFT = FeatureDriftPolicy(features=["carrier"], over=0.2, dwell="2w")
FLOOR = FloorPolicy(metric="auc", at_least=0.6)
YES, NO = "a retrain would follow if ", "no retrain would follow if "


def numbers(decision: RetrainDecision) -> list[float]:
    return [float(each.replace(",", "")) for each in re.findall(r"(?<![\w.])-?\d[\d,]*\.?\d*", decision.opposite)]


@SOON
@given(known=histories())
def test_every_decision_says_it(known: History) -> None:
    for policy in ALL:
        decision = decide(policy, known)
        lead = NO if decision.action.retrains else YES
        assert decision.opposite.startswith(lead), policy
        assert len(decision.opposite) > len(lead)
        assert "\n" not in decision.opposite


class TestFollowingItTurnsTheAnswer:
    @SOON
    @given(rows=st.integers(1, 2000), limit=st.integers(1, 2000))
    def test_of_a_volume(self, rows: int, limit: int) -> None:
        policy = VolumePolicy(new_ripe_rows=limit)
        decision = decide(policy, history(new_ripe_rows=rows))
        said = re.search(r"volume (reached|were below) ([\d,]+) \(now ([\d,]+)\)", decision.opposite)
        assert said is not None
        assert float(said[3].replace(",", "")) == rows
        follow = int(said[2].replace(",", "")) - (said[1] != "reached")
        other = decide(policy, history(new_ripe_rows=follow))
        assert other.action.retrains != decision.action.retrains or follow == 0

    @SOON
    @given(weeks=st.integers(2, 20), week=st.integers(4, 30))
    def test_of_a_schedule(self, weeks: int, week: int) -> None:
        policy = SchedulePolicy(every=timedelta(weeks=weeks))
        decision = decide(policy, history(week))
        if decision.action.retrains:
            said = re.search(r"less than ([\d.,]+) days ago \(now ([\d.,]+)\)", decision.opposite)
            assert said is not None
            trained = week - (weeks - 1)
            assert float(said[1]) == 7 * weeks
            assert not decide(policy, history(week, champion=champion(trained))).action.retrains
        else:
            said = re.search(r"([\d.,]+) more days passed without a training \(schedule: (\d+) more", decision.opposite)
            assert said is not None
            more = int(said[2])
            assert decide(policy, history(week + more)).action.retrains
            assert more == 1 or not decide(policy, history(week + more - 1)).action.retrains

    @SOON
    @given(score=st.floats(0, 1), over=st.floats(0.05, 0.9), dwell=st.integers(1, 4), held=st.integers(1, 4))
    def test_of_a_drift(self, score: float, over: float, dwell: int, held: int) -> None:
        policy = FeatureDriftPolicy(features=["carrier"], over=over, dwell=timedelta(weeks=dwell))
        known = history(drift=psi_reports(11, carrier=[0.0, *[score] * held]))
        decision, beyond = decide(policy, known), over * 1.01 + 0.01
        if decision.action.retrains:
            assert f"feature_drift were at most {over:.3g} " in decision.opposite
            assert not decide(policy, history(drift=psi_reports(11, carrier=[0.0, *[over] * held]))).action.retrains
        elif "stayed beyond" in decision.opposite:
            more = int(re.findall(r"for (\d+) more period", decision.opposite)[0])
            later = psi_reports(11 + more, carrier=[0.0, *[score] * (held + more)])
            assert decide(policy, history(11 + more, drift=later)).action.retrains
        else:
            assert f"feature_drift went over {over:.3g} " in decision.opposite
            assert (f" for {dwell} periods" in decision.opposite) == (dwell > 1)
            later = psi_reports(11 + dwell, carrier=[0.0, *[score] * held, *[beyond] * dwell])
            assert decide(policy, history(11 + dwell, drift=later)).action.retrains

    @SOON
    @given(value=st.floats(0.4, 0.9))
    def test_of_a_floor(self, value: float) -> None:
        decision = decide(FLOOR, history(performance=readings(value, half=0.0)))
        if decision.action.retrains:
            assert "floor were at least 0.6 " in decision.opposite
            assert not decide(FLOOR, history(performance=readings(0.6, half=0.0))).action.retrains
        else:
            assert "floor fell below 0.6 " in decision.opposite
            assert decide(FLOOR, history(performance=readings(0.59, half=0.0))).action.retrains

    @SOON
    @given(fall=st.floats(-0.1, 0.3))
    def test_of_a_fall(self, fall: float) -> None:
        policy = PerformancePolicy(metric="auc", falls_by=0.05)

        def then(newest: float) -> RetrainDecision:
            return decide(policy, history(performance=readings(0.8, 0.8, 0.8, newest, half=0.001)))

        decision = then(0.8 - fall)
        limit = numbers(decision)[0]
        assert limit == 0.05
        assert ("went over" if not decision.action.retrains else "were at most") in decision.opposite
        assert then(0.8 - (0.049 if decision.action.retrains else 0.051)).action.retrains != decision.action.retrains


class TestTheNearest:
    def test_of_several_is_named_alone(self) -> None:
        far = history(new_ripe_rows=10, drift=psi_reports(11, carrier=[0.01]))
        assert decide(AnyOf(policies=[VOLUME, SCHEDULE, DRIFT]), far).opposite == (
            f"{YES}14 more days passed without a training (schedule: 2 more periods)"
        )
        near = far.model_copy(update={"new_ripe_rows": 490})
        assert decide(AnyOf(policies=[VOLUME, SCHEDULE, DRIFT]), near).opposite == f"{YES}volume reached 500 (now 490)"

    def test_all_that_are_needed_are_named(self) -> None:
        known = history(new_ripe_rows=490, drift=psi_reports(11, carrier=[0.01]), performance=readings(0.8))
        both = decide(AllOf(policies=[VOLUME, SCHEDULE]), known).opposite
        assert "volume reached 500" in both
        assert "14 more days passed" in both
        two = decide(AtLeast(n=2, policies=[DRIFT, VOLUME, SCHEDULE]), known).opposite
        assert "volume reached 500" in two
        assert "14 more days" in two
        assert "feature_drift" not in two

    def test_what_only_watches_is_no_way_to_a_retrain(self) -> None:
        watches = VolumePolicy(new_ripe_rows=101, action="watch")
        assert decide(AnyOf(policies=[watches, SCHEDULE]), history()).opposite.startswith(f"{YES}14 more days")
        assert decide(watches, history()).opposite == f"{YES}a person asked for one"
        together = AllOf(policies=[watches, SCHEDULE])
        assert "volume reached 101" in decide(together, history()).opposite
        assert decide(AllOf(policies=[watches, watches], action="retrain"), history()).opposite.startswith(
            f"{YES}volume"
        )

    def test_all_that_fire_must_stop_of_any_the_nearest_of_all(self) -> None:
        low = VolumePolicy(new_ripe_rows=90)
        soon = SchedulePolicy(every="2w")
        either = decide(AnyOf(policies=[low, soon]), history()).opposite
        assert "volume were below 90 (now 100)" in either
        assert "less than 14 days ago (now 56)" in either
        assert decide(AllOf(policies=[low, soon]), history()).opposite == f"{NO}volume were below 90 (now 100)"

    def test_what_cannot_be_told_says_what_is_missing(self) -> None:
        policy = PerformancePolicy(metric="auc", falls_by=0.05)
        assert "auc waits for 3 more ripe periods" in decide(policy, history(performance=readings(0.8))).opposite


class TestGuards:
    def test_those_that_hold_it_back_are_what_would_have_to_go(self) -> None:
        policy = AnyOf(policies=[VolumePolicy(new_ripe_rows=100)], cooldown="10w")
        decision = decide(policy, history())
        assert decision.opposite == f"{YES}this no longer stood against it: the cooldown of 10w until 2013-04-09"
        assert decide(policy, history(13)).action.retrains

    def test_one_that_stands_already_is_named_beside_the_nearest_trigger(self) -> None:
        capped = AnyOf(policies=[VOLUME], automatic_releases_a_month=1)
        said = decide(capped, history(released=(released(10),))).opposite
        assert "volume reached 500 (now 100)" in said
        assert "the cap of 1 automatic releases" in said

    def test_what_stops_everyone(self) -> None:
        fires = VolumePolicy(new_ripe_rows=100)
        held = decide(fires, history(release_open="7"))
        assert held.opposite == f"{YES}this no longer stood against it: the open release of version 7"
        quiet = decide(VOLUME, history(problem="column tailnum vanished"))
        assert "volume reached 500 (now 100) and this no longer stood against it: broken data" in quiet.opposite

    def test_urgency_that_passed_one(self) -> None:
        urgent = AnyOf(policies=[VolumePolicy(new_ripe_rows=90, action="retrain_now")], cooldown="52w")
        said = decide(urgent, history()).opposite
        assert said.startswith(f"{NO}volume were below 90 (now 100), or if it were not urgent: the cooldown of 52w")

    def test_requests_events_and_a_missing_champion(self) -> None:
        assert decide(VOLUME, history(requested=(requested(),))).opposite == f"{NO}nobody had asked for one"
        event = history(requested=(requested(kind="regulation"),))
        assert decide(VOLUME, event).opposite == f"{NO}no event had been filed"
        assert decide(EventPolicy(), event).opposite == f"{NO}no event had been filed"
        assert decide(VOLUME, history(champion=None)).opposite == f"{NO}a version answered"
        again = AnyOf(policies=[VOLUME], cooldown="3w")
        waits = decide(again, history(9, champion=None, retrained=(retrained(8),)))
        assert "this no longer stood against it: the cooldown of 3w" in waits.opposite


class TestATable:
    TABLE = EscalationPolicy(metric="auc")

    def then(self, *newest: float) -> RetrainDecision:
        return decide(self.TABLE, history(performance=readings(0.8, 0.8, 0.8, *newest, half=0.001)))

    def test_the_nearest_row_that_retrains(self) -> None:
        quiet = self.then(0.79).opposite
        assert quiet == f"{YES}escalation: share of auc lost went over 0.05 (now 0.0125) for 2 periods"
        assert self.then(0.75).opposite == (
            f"{YES}escalation: share of auc lost stayed beyond 0.05 (now 0.0625) for 1 more period"
        )
        assert self.then(0.75, 0.75).action.retrains

    def test_all_rows_that_would_retrain_must_no_longer_be_met(self) -> None:
        assert self.then(0.7, 0.6).opposite == f"{NO}escalation: share of auc lost were at most 0.05 (now 0.25)"
        assert not self.then(0.7, 0.77).action.retrains
