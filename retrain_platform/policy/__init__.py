"""When to retrain: policies as frozen values, and one decision of what they saw."""

from retrain_platform.policy.adaptive import AdaptivePolicy
from retrain_platform.policy.compose import AllOf, AnyOf, AtLeast, Composition, Policy
from retrain_platform.policy.concept import CalibrationPolicy, ConceptDriftPolicy
from retrain_platform.policy.correlation import CorrelationPolicy
from retrain_platform.policy.cost import CostPolicy
from retrain_platform.policy.decide import decide
from retrain_platform.policy.drift import FeatureDriftPolicy, NewCategoriesPolicy
from retrain_platform.policy.error_stream import ErrorStreamPolicy
from retrain_platform.policy.escalation import EscalationPolicy
from retrain_platform.policy.estimate import EstimatePolicy
from retrain_platform.policy.event import EventPolicy, NoChampionPolicy, RequestedPolicy
from retrain_platform.policy.floor import FloorPolicy
from retrain_platform.policy.gap import GapPolicy
from retrain_platform.policy.measure import MeasurePolicy
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.policy.problems import problems
from retrain_platform.policy.python import PythonPolicy
from retrain_platform.policy.schedule import SchedulePolicy
from retrain_platform.policy.severe import SevereFeaturesPolicy
from retrain_platform.policy.shift import PredictionDriftPolicy, SegmentMixPolicy
from retrain_platform.policy.staleness import StalenessPolicy
from retrain_platform.policy.versions import CodeChangedPolicy, SchemaPolicy, VersionsPolicy
from retrain_platform.policy.volume import VolumePolicy

POLICIES = (
    SchedulePolicy,
    VolumePolicy,
    FeatureDriftPolicy,
    NewCategoriesPolicy,
    SevereFeaturesPolicy,
    CorrelationPolicy,
    SegmentMixPolicy,
    PredictionDriftPolicy,
    PerformancePolicy,
    FloorPolicy,
    CalibrationPolicy,
    ConceptDriftPolicy,
    ErrorStreamPolicy,
    EstimatePolicy,
    GapPolicy,
    CostPolicy,
    StalenessPolicy,
    MeasurePolicy,
    VersionsPolicy,
    SchemaPolicy,
    CodeChangedPolicy,
    PythonPolicy,
    AdaptivePolicy,
    EscalationPolicy,
    EventPolicy,
    RequestedPolicy,
    NoChampionPolicy,
    AnyOf,
    AllOf,
    AtLeast,
)
"""Every policy class: the members of `Policy`."""

__all__ = [
    "POLICIES",
    "AdaptivePolicy",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "CalibrationPolicy",
    "CodeChangedPolicy",
    "Composition",
    "ConceptDriftPolicy",
    "CorrelationPolicy",
    "CostPolicy",
    "ErrorStreamPolicy",
    "EscalationPolicy",
    "EstimatePolicy",
    "EventPolicy",
    "FeatureDriftPolicy",
    "FloorPolicy",
    "GapPolicy",
    "MeasurePolicy",
    "NewCategoriesPolicy",
    "NoChampionPolicy",
    "PerformancePolicy",
    "Policy",
    "PredictionDriftPolicy",
    "PythonPolicy",
    "RequestedPolicy",
    "SchedulePolicy",
    "SchemaPolicy",
    "SegmentMixPolicy",
    "SevereFeaturesPolicy",
    "StalenessPolicy",
    "VersionsPolicy",
    "VolumePolicy",
    "decide",
    "problems",
]
