"""One or more of every policy, and random compositions of them."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from retrain_platform.policy import (
    AdaptivePolicy,
    AllOf,
    AnyOf,
    AtLeast,
    CalibrationPolicy,
    CodeChangedPolicy,
    ConceptDriftPolicy,
    CorrelationPolicy,
    CostPolicy,
    ErrorStreamPolicy,
    EscalationPolicy,
    EstimatePolicy,
    EventPolicy,
    FeatureDriftPolicy,
    FloorPolicy,
    GapPolicy,
    MeasurePolicy,
    NewCategoriesPolicy,
    NoChampionPolicy,
    PerformancePolicy,
    PredictionDriftPolicy,
    PythonPolicy,
    RequestedPolicy,
    SchedulePolicy,
    SchemaPolicy,
    SegmentMixPolicy,
    SevereFeaturesPolicy,
    StalenessPolicy,
    VersionsPolicy,
    VolumePolicy,
)
from retrain_platform.policy.base import Action
from retrain_platform.policy.screening import Screen

LEAVES: dict[type, list[Any]] = {
    SchedulePolicy: [
        SchedulePolicy(every="8w"),
        SchedulePolicy(every="2w", action="schedule"),
        SchedulePolicy(cron="0 6 * * 1", preferred=[{"days": ["monday"]}], at_most="2w"),
        SchedulePolicy(every="8w", calendar=[{"from": "02-01", "to": "03-15", "every": "3w"}], jitter=0.25),
    ],
    AdaptivePolicy: [
        AdaptivePolicy(metric="auc"),
        AdaptivePolicy(rows=[{"severe_features_over": 0, "every": "2w"}, {"every": "8w"}], action="schedule"),
    ],
    EscalationPolicy: [
        EscalationPolicy(metric="auc"),
        EscalationPolicy(
            features=["carrier"],
            rows=[
                {"drift": "psi", "over": 0.5, "severe_features_over": 0, "action": "retrain_now"},
                {"drift": "psi", "over": 0.1, "action": "retrain", "within": "2w"},
            ],
        ),
    ],
    EventPolicy: [EventPolicy(), EventPolicy(kinds=["competitor", "other"], actions={"competitor": "retrain"})],
    VolumePolicy: [VolumePolicy(new_ripe_rows=500), VolumePolicy(new_ripe_share=0.2)],
    FeatureDriftPolicy: [
        FeatureDriftPolicy(features=["carrier"], over=0.2, dwell="2w"),
        FeatureDriftPolicy(features=["*"], over=0.2, at_least=2, action="watch"),
        FeatureDriftPolicy(features=["*"], over=0.2, dwell="2w", segment="origin"),
        FeatureDriftPolicy(features=["*"], over=0.2, segments={"origin": ["EWR", "LGA"]}, false_alarms=0.01),
    ],
    NewCategoriesPolicy: [
        NewCategoriesPolicy(features=["*"], dwell="1w"),
        NewCategoriesPolicy(features=["*"], segment="origin"),
    ],
    SevereFeaturesPolicy: [
        SevereFeaturesPolicy(more_than=1),
        SevereFeaturesPolicy(
            more_than=0, limits={"low": 0.1, "moderate": 0.2, "severe": 0.5}, dwell="2w", then="retrain"
        ),
    ],
    CorrelationPolicy: [CorrelationPolicy(), CorrelationPolicy(features=["temp"], over=0.5, dwell="2w")],
    SegmentMixPolicy: [SegmentMixPolicy(), SegmentMixPolicy(segments=["origin"], method="js", over=0.1, dwell="2w")],
    PredictionDriftPolicy: [PredictionDriftPolicy(), PredictionDriftPolicy(over=0.1, dwell="2w", action="investigate")],
    PerformancePolicy: [
        PerformancePolicy(metric="auc", falls_by=0.05, dwell="2w"),
        PerformancePolicy(metric="auc", falls_by_share=0.05, against="best", action="retrain_now"),
        PerformancePolicy(metric="auc", falls_by=0.05, against="season", segments=["origin"]),
    ],
    FloorPolicy: [FloorPolicy(metric="auc", at_least=0.6), FloorPolicy(metric="rmse", at_most=30, confirmed=False)],
    CalibrationPolicy: [
        CalibrationPolicy(bias_over=0.03, dwell="2w"),
        CalibrationPolicy(bias_over=0.05, slope_over=0.2, action="investigate"),
    ],
    ConceptDriftPolicy: [ConceptDriftPolicy(), ConceptDriftPolicy(features=["carrier"], over=0.02, dwell="2w")],
    ErrorStreamPolicy: [
        ErrorStreamPolicy(),
        ErrorStreamPolicy(watches="residual", false_alarm_every="90d", shift=1.5, action="watch"),
        ErrorStreamPolicy(detector="adwin", settings={"delta": 0.002}),
    ],
    EstimatePolicy: [
        EstimatePolicy(metric="auc", falls_by=0.05, dwell="2w"),
        EstimatePolicy(metric="auc", falls_by_share=0.02, action="watch"),
    ],
    GapPolicy: [GapPolicy(), GapPolicy(over=0.01, dwell="4w", confidence=0.9, action="schedule")],
    CostPolicy: [CostPolicy(planned="13w"), CostPolicy(planned="4w", confidence=0.95, action="watch")],
    StalenessPolicy: [
        StalenessPolicy(metric="auc"),
        StalenessPolicy(metric="rmse", action="watch"),
        StalenessPolicy(metric="accuracy", windows=["2d", "all"]),
        StalenessPolicy(metric="accuracy", budget={"retrains": 3, "within": "10d"}),
    ],
    MeasurePolicy: [
        MeasurePolicy(name="latency", above=300, dwell="2w"),
        MeasurePolicy(name="sales", segment="north", falls_by_share=0.1, statistic="total", soft=False),
        MeasurePolicy(name="latency", rises_by=5, action="retrain_now"),
    ],
    VersionsPolicy: [VersionsPolicy(), VersionsPolicy(names=["encoder"], action="retrain_now")],
    SchemaPolicy: [SchemaPolicy()],
    CodeChangedPolicy: [CodeChangedPolicy(), CodeChangedPolicy(action="schedule")],
    PythonPolicy: [
        PythonPolicy(call="retrain_platform_tests.policy.own_policies:many_rows"),
        PythonPolicy(call="retrain_platform_tests.policy.own_policies:breaks"),
    ],
    RequestedPolicy: [RequestedPolicy()],
    NoChampionPolicy: [NoChampionPolicy()],
}
_PARTS = [example for examples in LEAVES.values() for example in examples]
COMPOSED: dict[type, list[Any]] = {
    AnyOf: [
        AnyOf(policies=_PARTS, cooldown="3w", automatic_releases_a_month=2),
        AnyOf(policies=_PARTS, screens=[{"measure": "latency", "above": 300}, {"measure": "sales", "below": 1}]),
        AnyOf(policies=[AnyOf(policies=_PARTS[:3], cooldown="4w")]),
        AnyOf(policies=_PARTS[:6], decide_every="4w"),
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
        "decide_every": st.sampled_from([None, timedelta(weeks=4)]),
        "cooldown": st.sampled_from([None, timedelta(weeks=3)]),
        "automatic_releases_a_month": st.sampled_from([None, 1]),
        "blackouts": st.sampled_from([(), ({"from": "04-01", "to": "04-20"},)]),
        "screens": st.sampled_from([(), (Screen(measure="latency", above=300),)]),
    }
    return st.one_of(st.builds(AnyOf, **guards), st.builds(AllOf, **guards), st.builds(AtLeast, n=st.just(1), **guards))
