"""The table of escalation: how bad it is to what is done."""

from datetime import timedelta
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.policy import AnyOf, EscalationPolicy, decide, problems
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.conditions import Condition, error_of_periods
from retrain_platform.policy.history import History, Incident
from retrain_platform_tests.policy.histories import (
    WEEK,
    champion,
    drifted,
    end_of,
    feature,
    history,
    readings,
    report,
)

SHIPPED = EscalationPolicy(metric="auc")
DAY = timedelta(days=1)


def fallen(*newest: float, half: float = 0.01, **known: Any) -> History:
    """A baseline of .8 over three weeks, then what follows; nothing drifts."""
    quiet = (report(11, feature("carrier", {"kl": 0.0, "psi": 0.0})),)
    return history(**{"performance": readings(0.8, 0.8, 0.8, *newest, half=half), "drift": quiet, **known})


class TestTheShippedTable:
    @pytest.mark.parametrize(
        ("share", "action", "within"),
        [
            (0.21, Action.RETRAIN_NOW, None),
            (0.2, Action.RETRAIN, timedelta(hours=24)),
            (0.11, Action.RETRAIN, timedelta(hours=24)),
            (0.09, Action.INVESTIGATE, None),
            (0.051, Action.INVESTIGATE, None),
            (0.049, Action.NONE, None),
        ],
    )
    def test_a_fall(self, share: float, action: Action, within: timedelta | None) -> None:
        found = SHIPPED.decide(fallen(0.8 * (1 - share)))
        assert (found.action, found.within) == (action, within)
        if action is not Action.NONE:
            assert found.value == pytest.approx(share)
            assert f"auc was {share:.1%} worse than its baseline 0.8" in found.sentence

    @pytest.mark.parametrize(
        ("kl", "action", "within"),
        [
            (0.51, Action.RETRAIN, WEEK),
            (0.5, Action.SCHEDULE, None),
            (0.11, Action.SCHEDULE, None),
            (0.1, Action.WATCH, None),
            (0.0, Action.NONE, None),
        ],
    )
    def test_a_drift(self, kl: float, action: Action, within: timedelta | None) -> None:
        found = SHIPPED.decide(drifted(kl))
        assert (found.action, found.within) == (action, within)

    def test_a_drift_within_its_noise_is_none(self) -> None:
        assert SHIPPED.decide(drifted(0.6, noise=0.7)).verdict == "quiet"

    def test_a_fall_comes_before_a_drift(self) -> None:
        both = drifted(0.9, performance=readings(0.8, 0.8, 0.8, 0.75))
        found = SHIPPED.decide(both)
        assert found.action is Action.INVESTIGATE
        hidden = found.parts[3]
        assert (hidden.verdict, hidden.within) == ("held back", None)
        assert hidden.sentence.endswith("an earlier row decides")

    def test_the_decision_says_how_urgent_it_is_and_by_when(self) -> None:
        decision = decide(AnyOf(policies=[SHIPPED]), fallen(0.7))
        assert (decision.urgency, decision.within) == ("soon", timedelta(hours=24))
        assert decision.by == end_of(11) + timedelta(hours=24)
        assert decide(SHIPPED, fallen(0.6)).urgency == "now"
        assert decide(SHIPPED, fallen(0.8)).urgency == "none"

    def test_the_tightest_time_of_what_asks_for_most_counts(self) -> None:
        later = EscalationPolicy(rows=[{"drift": "psi", "over": 0.1, "action": "retrain", "within": "3d"}])
        watches = EscalationPolicy(rows=[{"drift": "psi", "over": 0.1, "action": "watch", "within": "1h"}])
        known = drifted(0.9, 0.9)
        assert AnyOf(policies=[SHIPPED, later, watches]).decide(known).within == 3 * DAY

    def test_held_back_no_time_is_left(self) -> None:
        held = AnyOf(policies=[SHIPPED], cooldown="52w").decide(fallen(0.7))
        assert (held.verdict, held.within) == ("held back", None)
        assert AnyOf(policies=[SHIPPED], cooldown="52w").decide(fallen(0.6)).action is Action.RETRAIN_NOW


class TestConfirmation:
    def test_a_fall_that_may_be_chance_is_looked_into(self) -> None:
        """The standard error of the difference is half / 1.96 * sqrt(1 + 1 / 3); .09 * 1.645 > .1 * 1.155."""
        for half, verdict, action in ((0.09, "fired", Action.RETRAIN), (0.11, "holding", Action.INVESTIGATE)):
            found = SHIPPED.decide(fallen(0.7, half=half))
            assert (found.verdict, found.action) == (verdict, action)
        assert "not confirmed: at least" in found.sentence

    def test_retrain_now_skips_it(self) -> None:
        assert SHIPPED.decide(fallen(0.6, half=0.4)).action is Action.RETRAIN_NOW

    @pytest.mark.parametrize(("apart", "verdict"), [(0.029, "fired"), (0.031, "holding")])
    def test_without_intervals_the_periods_of_the_baseline_are_the_noise(self, apart: float, verdict: str) -> None:
        """The reach is t(.95, 2) * sd * sqrt(1 / 3 + 1) = 2.920 * 1.1547 * sd = 3.372 sd; the fall is .1."""
        known = history(performance=readings(0.8 - apart, 0.8, 0.8 + apart, 0.7, half=None))
        assert SHIPPED.decide(known).verdict == verdict

    def test_a_single_period_confirms_nothing(self) -> None:
        one = EscalationPolicy(metric="auc", baseline_periods=1)
        found = one.decide(history(performance=readings(0.8, 0.7, half=None)))
        assert (found.verdict, "no interval" in found.sentence) == ("holding", True)

    def test_a_steady_metric_is_confirmed_to_fall_as_often_as_its_level_says(self) -> None:
        """4,000 baselines of three and two more days each; the binomial's standard error is .0034."""
        rng = np.random.default_rng(7)
        before, after = rng.normal(size=(4000, 3)), rng.normal(size=(4000, 2))
        falls = before.mean(axis=1) - after.mean(axis=1)
        errors = np.array([error_of_periods(row.tolist(), 2, 0.95) for row in before], dtype=float)
        assert float((falls > NormalDist().inv_cdf(0.95) * errors).mean()) == pytest.approx(0.05, abs=0.01)


class TestAFallThatStays:
    def test_is_retrained_after_its_dwell(self) -> None:
        once, twice = SHIPPED.decide(fallen(0.75)), SHIPPED.decide(fallen(0.75, 0.75))
        assert (once.action, once.held, once.needed) == (Action.INVESTIGATE, 1, 2)
        assert (twice.action, twice.held) == (Action.RETRAIN, 2)
        assert SHIPPED.decide(fallen(0.75, 0.8, 0.75)).action is Action.INVESTIGATE

    def test_its_dwell_is_of_the_spec(self) -> None:
        longer = EscalationPolicy(
            metric="auc", rows=[{"falls_by_share": 0.05, "action": "watch", "then": "retrain", "after": "3w"}]
        )
        assert [longer.decide(fallen(*[0.75] * weeks)).action.value for weeks in (1, 2, 3)] == [
            "watch",
            "watch",
            "retrain",
        ]

    @pytest.mark.parametrize(("kind", "action"), [("data", Action.INVESTIGATE), ("rollback", Action.RETRAIN)])
    def test_a_fault_of_the_data_in_those_weeks_explains_it(self, kind: str, action: Action) -> None:
        fault = (Incident(kind=kind, as_of=end_of(7), why="the feed was cut"),)
        found = SHIPPED.decide(fallen(0.75, 0.75, incidents=fault))
        assert found.action is action
        said = "explained by a fault in the same periods (data: the feed was cut)"
        assert (said in found.sentence) == (kind == "data")
        before = (Incident(kind=kind, as_of=end_of(5), why="the feed was cut"),)
        assert SHIPPED.decide(fallen(0.75, 0.75, incidents=before)).action is Action.RETRAIN

    def test_a_fault_explains_a_great_fall_too(self) -> None:
        fault = (Incident(kind="data", as_of=end_of(7), why="the feed was cut"),)
        assert SHIPPED.decide(fallen(0.5, incidents=fault)).action is Action.INVESTIGATE


class TestWhatIsNotKnown:
    def test_a_row_that_is_known_decides_beside_rows_that_are_not(self) -> None:
        assert SHIPPED.decide(drifted(0.6, performance=())).action is Action.RETRAIN

    def test_else_it_cannot_tell_and_says_what_is_missing(self) -> None:
        found = SHIPPED.decide(drifted(0.0, performance=readings(0.8)))
        assert found.verdict == "cannot tell"
        assert "auc waits for 3 more ripe periods" in found.sentence
        assert "kl is not known" in SHIPPED.decide(history(performance=readings(0.8, 0.8, 0.8, 0.8))).sentence

    def test_of_two_conditions_one_that_is_not_met_is_enough(self) -> None:
        rows = [{"falls_by_share": 0.05, "drift": "psi", "over": 0.1, "action": "retrain"}]
        both = EscalationPolicy(metric="auc", rows=rows)
        assert both.decide(drifted(psi=0.05, performance=())).verdict == "quiet"
        assert both.decide(drifted(psi=0.2, performance=())).verdict == "cannot tell"
        assert both.decide(drifted(psi=0.2, performance=readings(0.8, 0.8, 0.8, 0.6))).fired


class TestSevereFeatures:
    POLICY = EscalationPolicy(rows=[{"severe_features_over": 1, "action": "retrain"}])

    def test_counts_those_over_the_limit_and_their_noise(self) -> None:
        def of(*scores: float, noise: float = 0.0) -> Finding:
            features = (feature(f"f{place}", {"psi": psi}, {"psi": noise}) for place, psi in enumerate(scores))
            return self.POLICY.decide(history(drift=(report(11, *features),)))

        assert of(0.3, 0.2).verdict == "quiet"
        found = of(0.3, 0.3, 0.1)
        assert (found.verdict, found.value, found.limit) == ("fired", 2, 1)
        assert "2 features drift severely (f0, f1), limit 1" in found.sentence
        assert of(0.3, 0.3, noise=0.4).verdict == "quiet"


class TestRowsThatCannotBeMeant:
    def test_a_row_that_an_earlier_one_hides(self) -> None:
        rows = [{"falls_by_share": 0.1, "action": "retrain"}, {"falls_by_share": 0.2, "action": "retrain_now"}]
        with pytest.raises(ValidationError, match=r"rows\[1\] .* must stand before rows\[0\]"):
            EscalationPolicy(metric="auc", rows=rows)
        assert EscalationPolicy(metric="auc", rows=rows[::-1])

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ({"falls_by_share": 0.1, "action": "retrain"}, "metric == None, must be given"),
            ({"drift": "kl", "action": "retrain"}, "over == None, must be given"),
            ({"over": 0.1, "action": "retrain"}, "drift == None, must say"),
            (
                {"drift": "kl", "over": 0.1, "action": "watch", "then": "retrain"},
                "then == 'retrain', must stand in a row",
            ),
            ({"drift": "kl", "over": 0.1, "action": "watch", "after": "2w"}, "then == None, must say"),
        ],
    )
    def test_half_a_row(self, row: dict[str, Any], said: str) -> None:
        with pytest.raises(ValidationError, match=said):
            EscalationPolicy(rows=[row])

    def test_one_table_for_a_model_and_a_dwell_of_whole_periods(self) -> None:
        rows = [{"falls_by_share": 0.05, "action": "watch", "then": "retrain", "after": "10d"}]
        twice = AnyOf(policies=[EscalationPolicy(metric="auc", rows=rows), AnyOf(policies=[SHIPPED])])
        assert [(path, cure) for path, _, cure in problems(twice, period=WEEK, label_delay=DAY)] == [
            ("policy.policies[0].rows[0].after", "must be a whole number of periods of 1w; write after: 1w or 2w"),
            ("policy.policies[1].policies[0]", "must be the only table: add its rows to those of policy.policies[0]"),
        ]

    @given(limits=st.lists(st.tuples(*[st.sampled_from([None, 1, 2])] * 2), min_size=2, max_size=2))
    def test_a_hidden_row_is_met_only_where_the_earlier_is(self, limits: list[tuple[int | None, int | None]]) -> None:
        def row(fall: int | None, severe: int | None) -> Condition:
            return Condition(falls_by_share=fall, severe_features_over=severe)

        def is_met(of: Condition, fall: int, severe: int) -> bool:
            return all({"fall": fall, "severe": severe}[name] > limit for name, limit in of.limits.items())

        first, later = row(*limits[0]), row(*limits[1])
        points = [(fall, severe) for fall in range(4) for severe in range(4)]
        assert first.hides(later) == all(is_met(first, *point) for point in points if is_met(later, *point))


def test_a_first_week_after_the_training_is_no_fall() -> None:
    """The baseline needs three ripe periods and one to judge: the first observation never fires."""
    assert not SHIPPED.decide(fallen(champion=champion(3)).model_copy(update={"performance": readings(0.5)})).fired
