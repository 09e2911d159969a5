"""What a live plan says, and what it refuses."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from retrain_platform.release.base import ReleasePlan
from retrain_platform.release.freeze import Freeze, frozen
from retrain_platform.release.live_plan import Canary, LivePlan
from retrain_platform.release.triggers import AccuracyUnder, ErrorRateOver, LatencyOver, Triggers

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
