"""What a live plan says, and what it refuses."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from retrain_platform.release.base import ReleasePlan
from retrain_platform.release.live.freeze import Freeze, frozen
from retrain_platform.release.live.measures import ErrorRate
from retrain_platform.release.live.plan import Canary, LivePlan
from retrain_platform.release.live.told import least_calls, told
from retrain_platform.release.live.triggers import AccuracyUnder, ErrorRateOver, LatencyOver, Triggers
from retrain_platform.stats.two_arms import Arms, log_e_not_higher_by

MINUTE = timedelta(minutes=1)


def test_what_is_not_said_is_the_shipped_plan() -> None:
    plan = LivePlan()
    assert plan.rollout.shares == (5, 50, 100)
    assert [each.name for each in plan.measures] == ["error_rate", "latency_p95", "labels"]
    assert plan.limits(promoted=False) == (
        ErrorRateOver(limit=0.01, over=10 * MINUTE),
        LatencyOver(quantile="p95", milliseconds=300, over=10 * MINUTE),
    )
    assert plan.limits(promoted=True) == (
        ErrorRateOver(limit=0.02, over=5 * MINUTE),
        LatencyOver(quantile="p99", milliseconds=500, over=5 * MINUTE),
    )
    assert (plan.bake, plan.level) == (timedelta(days=7), 0.05)


def test_a_batch_release_has_no_live_part() -> None:
    assert ReleasePlan().live is None


def test_steps_may_grow_by_the_day() -> None:
    canary = Canary.model_validate({"first": 10, "by": 15, "hold": "1d"})
    assert canary.shares == (10, 25, 40, 55, 70, 85, 100)


def test_the_playbook_is_a_preset_and_lists_stand_instead_of_it() -> None:
    playbook = Triggers(preset="playbook").during(promoted=True)
    assert playbook == (
        ErrorRateOver(limit=0.05, over=10 * MINUTE),
        LatencyOver(quantile="p95", milliseconds=5000, over=10 * MINUTE),
        AccuracyUnder(limit=0.75, over=30 * MINUTE),
    )
    own = Triggers(preset="playbook", after=())
    assert own.during(promoted=True) == ()
    assert own.during(promoted=False) == playbook


def test_an_ab_test_asks_its_own_measures_and_the_plans_guards() -> None:
    plan = LivePlan.model_validate(
        {
            "rollout": {
                "kind": "ab_test",
                "primary": {"kind": "event", "of": "click", "must": "superior"},
                "secondary": [{"kind": "latency", "quantile": "p95", "not_slower_by": 0.2}],
            }
        }
    )
    asked = plan.asked(plan.rollout)
    assert [each.name for each in asked] == ["event_click", "latency_p95", "error_rate", "labels"]
    assert asked[1].not_slower_by == 0.2  # type: ignore[union-attr]
    assert plan.rollout.shares == (50, 100)
    assert plan.rollout.hold == timedelta(days=14)


def test_an_urgent_release_takes_the_expedited_road_where_there_is_one() -> None:
    plan = LivePlan.model_validate({"expedited": {"shadow": {"time": "5m"}, "rollout": {"kind": "blue_green"}}})
    assert plan.road(urgent=True).rollout.shares == (100,)
    assert plan.road(urgent=False).rollout.shares == (5, 50, 100)
    assert LivePlan().road(urgent=True).rollout == LivePlan().rollout


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"rollout": {"kind": "canary", "steps": [50, 5, 100]}}, r"steps == \[50, 5, 100\], must increase"),
        ({"rollout": {"kind": "canary", "steps": [5, 50]}}, "end at 100"),
        ({"rollout": {"kind": "canary", "by": 15}}, "must be given together"),
        ({"rollout": {"kind": "canary", "steps": [5, 100], "first": 10, "by": 15}}, "must be only one of them"),
        ({"rollout": {"kind": "canary", "hold": "4d"}}, "longest == .* must be longer than hold"),
        ({"rollout": {"kind": "ab_test", "longest": "1d"}}, "inconclusive after time keeps the champion"),
        ({"rollout": {"kind": "ab_test", "primary": {"kind": "labels"}}}, "primary.must == 'guard'"),
        ({"rollout": {"kind": "blue"}}, "'canary', 'ab_test', 'blue_green'"),
        ({"shadow": {"time": "8d"}}, "longest == .* must be longer than time"),
        ({"measures": [{"kind": "labels"}, {"kind": "labels", "not_worse_by": 0.2}]}, "labels is there twice"),
        ({"triggers": {"after": [{"kind": "error_rate", "limit": 0.1, "over": "5s"}]}}, "at least 10s"),
        ({"checks": [{"every": "2h", "until": "2d"}, {"every": "1d", "until": "1d"}]}, "must increase"),
        ({"freeze": [{"kind": "weekly", "hours": [3, 3]}]}, "different hours"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        LivePlan.model_validate(said)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        LivePlan.model_validate({"level": 2, "bake": "soon", "shadow": {"time": "9d"}, "failures": 0})
    assert {error["loc"][0] for error in refused.value.errors()} == {"level", "bake", "shadow", "failures"}


def test_a_plan_is_read_back_as_it_was_written() -> None:
    plan = LivePlan.model_validate(
        {
            "freeze": [{"kind": "dates", "from": "12-20", "to": "01-03", "why": "holidays"}, {"kind": "weekly"}],
            "rollout": {"kind": "ab_test", "primary": {"kind": "labels", "must": "superior"}},
        }
    )
    written = plan.model_dump(mode="json", exclude_unset=True)
    assert LivePlan.model_validate(written) == plan


def test_a_freeze_is_on_the_models_own_clock() -> None:
    windows = TypeAdapter(tuple[Freeze, ...]).validate_python(
        [
            {"kind": "weekly", "days": ["friday"], "hours": [15, 24]},
            {"kind": "dates", "from": "12-20", "to": "01-03", "why": "holidays"},
        ]
    )
    friday = datetime(2026, 3, 6, 20, 30, tzinfo=UTC)
    assert frozen(windows, friday, "America/New_York") == "friday 15-24 h"
    assert frozen(windows, friday - timedelta(hours=1), "America/New_York") is None
    assert frozen(windows, datetime(2026, 1, 1, tzinfo=UTC), "UTC") == "12-20..01-03 (holidays)"
    assert frozen((), friday, "UTC") is None


def test_a_plan_is_told_in_words() -> None:
    plan = LivePlan.model_validate({"freeze": [{"kind": "weekly", "days": ["friday"], "hours": [15, 24]}]})
    assert told(plan) == [
        "staging first, within 1h",
        "then shadow for 1h, canary at 5%, 50%, each 1h to 1d (undecided then: abort), bake for 1w",
        "up when error_rate is not worse by 0.003, latency_p95 is not slower by 10%, each at confidence 0.95",
        "labels can only send it back",
        "a step needs 998 calls of the version at the least, even where none fails",
        "back when a measure is worse beyond its margin, at level 0.05 shared by 4 stages and 3 measures over all "
        "looks; when 3 bins running fail wholly; when shares are not as set",
        "back at once during the rollout: error rate over 1.00% over 10m, p95 over 300 ms over 10m",
        "back at once after it: error rate over 2.00% over 5m, p99 over 500 ms over 5m",
        "no step up: friday 15-24 h",
    ]


def test_the_least_calls_are_those_that_show_an_error_rate() -> None:
    plan = LivePlan()
    least = least_calls(ErrorRate(), plan)
    needed = -math.log(1 - plan.confidence)
    for calls, shown in ((least + 200, True), (least - 100, False)):
        sides = np.zeros(101), np.full(101, calls / 100), np.zeros(101), np.full(101, calls / 2)
        assert (log_e_not_higher_by(Arms(*sides), ErrorRate().not_worse_by) >= needed) == shown


def test_other_roads_are_told_too() -> None:
    urgent = {"rollout": {"kind": "blue_green"}, "shadow": {"time": "5m", "requests": 500}, "through_freeze": True}
    test = {"kind": "ab_test", "primary": {"kind": "event", "of": "click", "must": "superior"}}
    said = told(LivePlan.model_validate({"staging": None, "rollout": test, "expedited": urgent}))
    assert said[0] == "then shadow for 1h, A/B test at 50% for 2w, bake for 1w"
    assert said[1] == ("an urgent one: shadow for 5m and 500 requests, all traffic at once; freezes do not hold it")
    assert said[2].startswith("up when event_click is better, error_rate")
