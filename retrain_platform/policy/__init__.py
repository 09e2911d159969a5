"""When to retrain: policies as frozen values, and one decision of what they saw."""

from retrain_platform.policy.compose import AllOf, AnyOf, AtLeast, Composition, Policy
from retrain_platform.policy.decide import decide
from retrain_platform.policy.drift import FeatureDriftPolicy, NewCategoriesPolicy
from retrain_platform.policy.event import NoChampionPolicy, RequestedPolicy
from retrain_platform.policy.floor import FloorPolicy
from retrain_platform.policy.performance import PerformancePolicy
from retrain_platform.policy.problems import problems
from retrain_platform.policy.schedule import SchedulePolicy
from retrain_platform.policy.volume import VolumePolicy

POLICIES = (
    SchedulePolicy,
    VolumePolicy,
    FeatureDriftPolicy,
    NewCategoriesPolicy,
    PerformancePolicy,
    FloorPolicy,
    RequestedPolicy,
    NoChampionPolicy,
    AnyOf,
    AllOf,
    AtLeast,
)
"""Every policy class: the members of `Policy`."""

__all__ = [
    "POLICIES",
    "AllOf",
    "AnyOf",
    "AtLeast",
    "Composition",
    "FeatureDriftPolicy",
    "FloorPolicy",
    "NewCategoriesPolicy",
    "NoChampionPolicy",
    "PerformancePolicy",
    "Policy",
    "RequestedPolicy",
    "SchedulePolicy",
    "VolumePolicy",
    "decide",
    "problems",
]
