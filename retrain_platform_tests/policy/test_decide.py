"""The one decision: what is always listened to, what stops it, what it says."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from retrain_platform.policy import AnyOf, FloorPolicy, SchedulePolicy, VolumePolicy, decide
from retrain_platform.policy.base import Action, Finding, RetrainDecision
from retrain_platform.policy.history import History
from retrain_platform_tests.policy.drawn import histories
from retrain_platform_tests.policy.histories import (
    champion,
    end_of,
    history,
    psi_reports,
    readings,
    requested,
    retrained,
    ripe,
)
from retrain_platform_tests.policy.policy_examples import policies

SOON = settings(max_examples=150, deadline=None)
FIRES = VolumePolicy(new_ripe_rows=100)
QUIET = VolumePolicy(new_ripe_rows=101)
URGENT = VolumePolicy(new_ripe_rows=100, action="retrain_now")


def verdicts(decision: RetrainDecision) -> dict[str, str]:
    return {part.trigger: part.verdict for part in decision.finding.parts}


def leaves(finding: Finding) -> list[Finding]:
    return [finding] if not finding.parts else [leaf for part in finding.parts for leaf in leaves(part)]


class TestWhatIsAlwaysThere:
    def test_a_yes(self) -> None:
        decision = decide(FIRES, history())
        assert decision.action is Action.RETRAIN
        assert decision.automatic
        assert decision.reason == "retrain: 100 new ripe rows since the champion's training, limit 100"
        assert (decision.answers, decision.overrides) == ((), ())
        assert (decision.model, decision.period, decision.policy) == ("flight_delay", "2013-03-19", FIRES.fingerprint())
        assert decision.as_of == end_of(11)

    def test_a_no_has_all_evidence_too(self) -> None:
        decision = decide(AnyOf(policies=[QUIET, SchedulePolicy(every="52w")]), history())
        assert decision.action is Action.NONE
        assert decision.reason == "nothing to do: none of its 2 triggers fires"
        assert verdicts(decision) == {
            "any_of": "quiet",
            "requested": "quiet",
            "event": "quiet",
            "no_champion": "quiet",
            "broken_data": "quiet",
        }
        volume, schedule = decision.finding.parts[0].parts
        assert (volume.value, volume.limit) == (100, 101)
        assert (schedule.held, schedule.needed) == (8, 52)

    def test_the_first_model_needs_no_other_trigger(self) -> None:
        decision = decide(QUIET, history(champion=None))
        assert decision.action is Action.RETRAIN
        assert decision.automatic
        assert decision.reason == "retrain: there is no champion yet"

    def test_a_request_is_answered(self) -> None:
        decision = decide(QUIET, history(requested=(requested(), requested(10, key="request:2"))))
        assert decision.action is Action.RETRAIN
        assert not decision.automatic
        assert decision.answers == ("request:1", "request:2")
        assert "ana asks (manual): new fares" in decision.reason

    def test_an_urgent_request_is_retrain_now(self) -> None:
        assert decide(QUIET, history(requested=(requested(urgent=True),))).action is Action.RETRAIN_NOW


class TestGuards:
    GUARDED = AnyOf(policies=[FIRES], cooldown="52w", automatic_releases_a_month=0)

    def test_hold_back_what_is_automatic(self) -> None:
        decision = decide(self.GUARDED, history())
        assert decision.action is Action.INVESTIGATE
        assert decision.finding.verdict == "held back"
        assert decision.overrides == ()

    def test_give_way_to_a_person_on_record(self) -> None:
        decision = decide(self.GUARDED, history(requested=(requested(),)))
        assert decision.action is Action.RETRAIN
        assert len(decision.overrides) == 2
        assert "overriding the cooldown of 52w" in decision.reason
        assert verdicts(decision)["any_of"] == "held back"

    def test_give_way_to_urgency_on_record(self) -> None:
        policy = AnyOf(policies=[URGENT], cooldown="52w")
        decision = decide(policy, history())
        assert decision.action is Action.RETRAIN_NOW
        assert decision.automatic
        assert len(decision.overrides) == 1

    def test_nothing_is_overridden_where_nothing_stands(self) -> None:
        policy = AnyOf(policies=[QUIET], cooldown="3w", automatic_releases_a_month=2)
        assert decide(policy, history(requested=(requested(),))).overrides == ()

    def test_a_first_model_turned_away_is_tried_again_after_the_cooldown_whatever_the_cap(self) -> None:
        policy = AnyOf(policies=[QUIET], cooldown="3w", automatic_releases_a_month=0)
        for week, action in ((9, Action.WATCH), (10, Action.WATCH), (11, Action.RETRAIN)):
            assert decide(policy, history(week, champion=None, retrained=(retrained(8),))).action is action


class TestBrokenData:
    BROKEN = "column tailnum vanished"

    def test_is_an_alert_of_its_own(self) -> None:
        decision = decide(QUIET, history(problem=self.BROKEN))
        assert decision.action is Action.INVESTIGATE
        assert decision.reason == "investigate: the data of 2013-03-19 is broken: column tailnum vanished"

    @pytest.mark.parametrize("asked", [(), (requested(),), (requested(urgent=True),)])
    @pytest.mark.parametrize("policy", [FIRES, URGENT, VolumePolicy(new_ripe_rows=100, action="schedule")])
    def test_stops_everyone(self, policy: Any, asked: tuple[Any, ...]) -> None:
        decision = decide(policy, history(problem=self.BROKEN, requested=asked))
        assert decision.action is Action.INVESTIGATE
        assert decision.finding.verdict == "held back"
        assert decision.answers == ()
        assert "held back by broken data" in decision.reason
        assert self.BROKEN in decision.reason


class TestOpenRelease:
    @pytest.mark.parametrize("asked", [(), (requested(),)])
    def test_is_waited_for(self, asked: tuple[Any, ...]) -> None:
        decision = decide(FIRES, history(release_open="7", requested=asked))
        assert decision.action is Action.WATCH
        assert decision.answers == ()
        assert decision.reason.startswith(
            "watch: retrain held back by the open release of version 7: 100 new ripe rows"
        )

    @pytest.mark.parametrize(("policy", "asked"), [(URGENT, ()), (QUIET, (requested(urgent=True),))])
    def test_is_superseded_by_retrain_now(self, policy: Any, asked: tuple[Any, ...]) -> None:
        decision = decide(policy, history(release_open="7", requested=asked))
        assert decision.action is Action.RETRAIN_NOW
        assert decision.overrides == ("the open release of version 7",)

    def test_of_no_concern_to_a_no(self) -> None:
        assert decide(QUIET, history(release_open="7")).action is Action.NONE


class TestTooFewRows:
    def test_no_ripe_period(self) -> None:
        """The first period closed on 8 January, its labels come by the 10th, the next decision is on the 15th."""
        first = {"champion": None, "ripe": (), "new_ripe_rows": 0}
        decision = decide(QUIET, history(0, **first))
        assert decision.action is Action.WATCH
        assert "no ripe period (training can help from 2013-01-15 on)" in decision.reason
        longer = history(1, **first, drift=psi_reports(1, carrier=[0.0, 0.0])).model_copy(
            update={"label_delay": timedelta(days=15)}
        )
        assert "from 2013-01-29 on" in decide(QUIET, longer).reason

    @pytest.mark.parametrize(
        ("needed", "action"),
        [
            ({"rows_needed": 285, "periods_needed": 3}, Action.RETRAIN),
            ({"rows_needed": 286}, Action.WATCH),
            ({"periods_needed": 4}, Action.WATCH),
        ],
    )
    def test_a_first_training_takes_so_many_rows_and_periods(self, needed: dict[str, int], action: Action) -> None:
        """Three ripe periods with 95 labelled rows each."""
        decision = decide(QUIET, history(3, champion=None, ripe=ripe(3), **needed))
        assert decision.action is action
        assert ("285 ripe rows of 3 periods" in decision.reason) == (action is Action.WATCH)
        assert decide(QUIET, history(3, ripe=ripe(3), champion=champion(3), **needed)).action is Action.NONE

    @pytest.mark.parametrize("asked", [(), (requested(urgent=True),)])
    def test_no_row_that_the_champion_has_not_seen(self, asked: tuple[Any, ...]) -> None:
        """It saw all until the end of week 10, week 11 has just closed; the floor fires."""
        policy = FloorPolicy(metric="auc", at_least=0.6)
        known = history(11, champion=champion(11), performance=readings(0.5), new_ripe_rows=0, requested=asked)
        decision = decide(policy, known)
        assert verdicts(decision)["floor"] == "fired"
        assert decision.action is Action.WATCH
        assert decision.answers == ()
        assert "no ripe row that version 1 has not seen (training can help from 2013-04-02 on)" in decision.reason

    def test_the_first_unseen_period_must_close_before_its_label_delay_begins(self) -> None:
        """Week 11 closes on 26 March, its labels come by 5 April, the next decision is on the 9th."""
        known = history(11, champion=champion(11), performance=readings(0.5), new_ripe_rows=0)
        late = known.model_copy(update={"label_delay": timedelta(days=10)})
        assert "from 2013-04-09 on" in decide(FloorPolicy(metric="auc", at_least=0.6), late).reason

    def test_of_no_concern_to_a_no(self) -> None:
        assert decide(QUIET, history(new_ripe_rows=0)).action is Action.NONE


class TestIdentity:
    def test_depends_on_what_was_judged_by_what(self) -> None:
        ids = [
            decide(FIRES, history()).id,
            decide(QUIET, history()).id,
            decide(FIRES, history(12)).id,
            decide(FIRES, history(new_ripe_rows=101)).id,
            decide(FIRES, history(release_open="7")).id,
            decide(QUIET, history(release_open="7")).id,
            decide(FIRES, history(requested=(requested(),))).id,
            decide(FIRES, history(requested=(requested(key="request:2"),))).id,
            decide(FIRES, history().model_copy(update={"model": "another"})).id,
        ]
        assert len(set(ids)) == len(ids)

    def test_comes_back_from_json(self) -> None:
        decision = decide(AnyOf(policies=[FIRES, QUIET]), history())
        assert RetrainDecision.model_validate_json(decision.model_dump_json()) == decision


@SOON
@given(policy=policies(), known=histories())
def test_what_always_holds(policy: Any, known: History) -> None:
    decision = decide(policy, known)
    retrains = decision.action.retrains
    assert not (retrains and known.problem)
    assert not (retrains and not known.ripe)
    assert not (retrains and known.champion is not None and known.new_ripe_rows == 0)
    assert not (known.release_open and decision.action is Action.RETRAIN)
    keys = tuple(request.key for request in known.requested)
    manual = any(request.kind == "manual" for request in known.requested)
    assert decision.answers == keys or not (retrains or decision.answers)
    assert not (manual and decision.answers and not retrains)
    assert retrains or not decision.overrides
    assert not (manual and decision.automatic)
    assert known.requested or decision.automatic
    assert decision.opposite.startswith(f"{'no' if retrains else 'a'} retrain would follow if ")
    assert len(decision.opposite) > len("no retrain would follow if ")
    assert "\n" not in decision.opposite
    assert decision.within is None or decision.urgency in ("soon", "now")
    assert decision.action is decision.finding.action
    assert decision.reason
    assert "\n" not in decision.reason
    assert leaves(decision.finding)
    if known.problem:
        assert decision.action is Action.INVESTIGATE
