"""What is watched every period and decided on at the end of several."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.policy import AnyOf, FeatureDriftPolicy, SchedulePolicy, VolumePolicy, decide, problems
from retrain_platform.policy.base import Action
from retrain_platform.policy.history import History
from retrain_platform_tests.policy.histories import CALENDAR, WEEK, history, psi_reports, requested

DRIFT = FeatureDriftPolicy(features=["carrier"], over=0.2, dwell="2w")
MONTHLY = AnyOf(policies=[DRIFT], decide_every="4w")


def drifting(week: int, weeks: int = 3, **known: Any) -> History:
    """Over the limit for so many weeks up to this one."""
    return history(week, drift=psi_reports(week, carrier=[0.0, *[0.5] * weeks]), **known)


def test_dwell_counts_weeks_and_retrains_wait_for_the_fourth() -> None:
    """Weeks are counted from 0: the third decision period of four ends with week 11."""
    found = {week: decide(MONTHLY, drifting(week)) for week in (9, 10, 11, 12)}
    assert [each.action for each in found.values()] == [Action.WATCH, Action.WATCH, Action.RETRAIN, Action.WATCH]
    assert found[10].reason.startswith(
        "watch: retrain held back by the wait for the next decision, due on 2013-03-26, in 1 period: psi over"
    )
    assert [part.held for part in found[10].finding.parts[0].parts] == [3]
    assert found[10].opposite == (
        "a retrain would follow if this no longer stood against it: the wait for the next decision, "
        "due on 2013-03-26, in 1 period"
    )


def test_a_quiet_period_between_says_when_the_next_decision_is_due() -> None:
    quiet = decide(MONTHLY, history(9, drift=psi_reports(9, carrier=[0.0])))
    assert quiet.reason.endswith("; the next decision is due on 2013-03-26, in 2 periods")
    assert "next decision" not in decide(MONTHLY, history(11, drift=psi_reports(11, carrier=[0.0]))).reason


def test_what_is_urgent_or_asked_for_waits_for_nothing_on_record() -> None:
    urgent = AnyOf(policies=[DRIFT.model_copy(update={"action": Action.RETRAIN_NOW})], decide_every="4w")
    now = decide(urgent, drifting(9))
    assert now.action is Action.RETRAIN_NOW
    assert now.overrides == ("the wait for the next decision, due on 2013-03-26, in 2 periods",)
    asked = decide(MONTHLY, history(9, requested=(requested(9),)))
    assert asked.action is Action.RETRAIN
    assert "overriding the wait for the next decision" in asked.reason
    assert decide(MONTHLY, history(9, champion=None)).action is Action.RETRAIN


def test_one_part_may_decide_more_seldom_than_the_rest() -> None:
    policy = AnyOf(policies=[MONTHLY, VolumePolicy(new_ripe_rows=100)])
    assert decide(policy, drifting(9)).action is Action.RETRAIN
    assert decide(policy, drifting(9, new_ripe_rows=1)).action is Action.WATCH


def test_describes_it() -> None:
    assert MONTHLY.describe().endswith(", a decision every 4w")


@pytest.mark.parametrize(("span", "cure"), [("10d", "1w or 2w"), ("3d", "1w")])
def test_a_decision_period_of_part_periods_is_refused_with_its_cure(span: str, cure: str) -> None:
    policy = AnyOf(policies=[AnyOf(policies=[DRIFT], decide_every=span)])
    assert problems(policy, period=WEEK, label_delay=timedelta(0)) == [
        (
            "policy.policies[0].decide_every",
            span,
            f"must be a whole number of periods of 1w; write decide_every: {cure}",
        )
    ]


def test_a_preferred_window_must_hold_an_end_at_which_it_is_decided() -> None:
    """Days end at midnight; those of weeks from 1 January 2013 on at that of Monday to Tuesday."""
    daily = CALENDAR.model_copy(update={"every": "day"})

    def found(day: str, **guards: Any) -> list[str]:
        preferred = [{"days": [day]}]
        policy = AnyOf(policies=[SchedulePolicy(every="4w", preferred=preferred, at_most="1w")], **guards)
        told = problems(policy, period=timedelta(days=1), label_delay=timedelta(0), calendar=daily)
        return [cure for _, _, cure in told]

    assert found("friday") == []
    assert found("tuesday", decide_every="1w") == []
    assert found("friday", decide_every="1w") == [
        "must hold an end of every 7 days, when decisions are taken (as at tuesday 00:00): none ever lies in it"
    ]


@given(week=st.integers(4, 40), every=st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_every_so_many_periods_one_decides(week: int, every: int) -> None:
    policy = AnyOf(policies=[VolumePolicy(new_ripe_rows=100)], decide_every=every * WEEK)
    found = [decide(policy, history(number)).action.retrains for number in range(week, week + every)]
    assert found.count(True) == 1
    assert found.index(True) == -(week + 1) % every
