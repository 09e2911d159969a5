"""One or more of every policy, and random compositions of them."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from retrain_platform.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    FeatureDriftPolicy,
    FloorPolicy,
    NewCategoriesPolicy,
    NoChampionPolicy,
    PerformancePolicy,
    RequestedPolicy,
    SchedulePolicy,
    VolumePolicy,
)
from retrain_platform.policy.base import Action

LEAVES: dict[type, list[Any]] = {
    SchedulePolicy: [SchedulePolicy(every="8w"), SchedulePolicy(every="2w", action="schedule")],
    VolumePolicy: [VolumePolicy(new_ripe_rows=500), VolumePolicy(new_ripe_share=0.2)],
    FeatureDriftPolicy: [
        FeatureDriftPolicy(features=["carrier"], over=0.2, dwell="2w"),
        FeatureDriftPolicy(features=["*"], over=0.2, at_least=2, action="watch"),
    ],
    NewCategoriesPolicy: [NewCategoriesPolicy(features=["*"], dwell="1w")],
    PerformancePolicy: [
        PerformancePolicy(metric="auc", falls_by=0.05, dwell="2w"),
        PerformancePolicy(metric="auc", falls_by_share=0.05, against="best", action="retrain_now"),
    ],
    FloorPolicy: [FloorPolicy(metric="auc", at_least=0.6), FloorPolicy(metric="rmse", at_most=30, confirmed=False)],
    RequestedPolicy: [RequestedPolicy()],
    NoChampionPolicy: [NoChampionPolicy()],
}
_PARTS = [example for examples in LEAVES.values() for example in examples]
COMPOSED: dict[type, list[Any]] = {
    AnyOf: [
        AnyOf(policies=_PARTS, cooldown="3w", automatic_releases_a_month=2),
        AnyOf(policies=[AnyOf(policies=_PARTS[:3], cooldown="4w")]),
    ],
    AllOf: [AllOf(policies=_PARTS[:2], action=Action.INVESTIGATE)],
    AtLeast: [AtLeast(n=2, policies=_PARTS[:4])],
}
EXAMPLES = {**LEAVES, **COMPOSED}
ALL = [example for examples in EXAMPLES.values() for example in examples]


def policies() -> st.SearchStrategy[Any]:
    """Leaves, and what can be composed of them with and without guards."""
    return st.recursive(st.sampled_from(_PARTS), _composed, max_leaves=6)


def _composed(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    guards = {
        "policies": st.lists(parts, min_size=1, max_size=3),
        "cooldown": st.sampled_from([None, timedelta(weeks=3)]),
        "automatic_releases_a_month": st.sampled_from([None, 1]),
    }
    return st.one_of(st.builds(AnyOf, **guards), st.builds(AllOf, **guards), st.builds(AtLeast, n=st.just(1), **guards))
