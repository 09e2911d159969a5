"""What the policy of a spec reads beside what every history holds, so that no more is read for it."""

from __future__ import annotations

from datetime import timedelta

from retrain_platform.policy.compose import Policy, leaves
from retrain_platform.policy.drift import FeaturesPolicy

DRIFT_KINDS = ("feature_drift", "new_categories", "severe_features", "correlation", "segment_mix")
"""The triggers on the features' distributions: a period in which one was over its limit drifted."""

COST_KINDS = ("cost", "staleness", "python")
"""The policies that read what things cost; a user's own function may."""


def reads_cost(policy: Policy) -> bool:
    """Whether what the policy says may depend on what a retrain costs."""
    return any(each.kind in COST_KINDS for each in leaves(policy))


def segments_read(policy: Policy) -> dict[str, timedelta]:
    """The segment columns whose drift the policy reads, each with the longest dwell (nothing: the newest period)."""
    found: dict[str, timedelta] = {}
    for part in [each for each in leaves(policy) if isinstance(each, FeaturesPolicy)]:
        for column in part.segment_columns:
            found[column] = max(found.get(column, timedelta(0)), part.dwell or timedelta(0))
    return found
