"""What the policy of a spec reads beside what every history holds, so that no more is read for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from retrain_platform.policy.base import ChosenWindow
from retrain_platform.policy.compose import Policy, leaves
from retrain_platform.policy.drift import FeaturesPolicy
from retrain_platform.policy.staleness import StalenessPolicy

DRIFT_KINDS = ("feature_drift", "new_categories", "severe_features", "correlation", "segment_mix")
"""The triggers on the features' distributions: a period in which one was over its limit drifted."""

_ROWS, _OWN = ("adaptive", "escalation"), ("python",)
"""Policies that ask in rows of a table for whatever they need, and a user's own function, which may read all."""
_READ = {
    "drift": (*DRIFT_KINDS, "prediction_drift", *_ROWS, *_OWN),
    "scores": ("prediction_drift", *_OWN),
    "concept": ("calibration", "concept_drift", "error_stream", *_OWN),
    "estimated": ("estimate", *_OWN),
    "gaps": ("gap", "cost", *_OWN),
}
"""Which policies read what of a history is dear to make."""


def reads(policy: Policy, what: Literal["drift", "scores", "concept", "estimated", "gaps"]) -> bool:
    """Whether what the policy says may depend on this field of a history; `scores` is the drift of scores in it."""
    return any(each.kind in _READ[what] for each in leaves(policy))


COST_KINDS = ("cost", "staleness", "python")
"""The policies that read what things cost; a user's own function may."""


def reads_cost(policy: Policy) -> bool:
    """Whether what the policy says may depend on what a retrain costs."""
    return any(each.kind in COST_KINDS for each in leaves(policy))


def windows_read(policy: Policy) -> tuple[ChosenWindow, ...]:
    """The windows among which the policy chooses, each once; none where it leaves that to the recipe."""
    found = (window for each in leaves(policy) if isinstance(each, StalenessPolicy) for window in each.windows)
    return tuple(dict.fromkeys(found))


def chooses_window(policy: Policy) -> bool:
    """Whether the policy says how far back a retrain learns from."""
    return bool(windows_read(policy))


def segments_read(policy: Policy) -> dict[str, timedelta]:
    """The segment columns whose drift the policy reads, each with the longest dwell (nothing: the newest period)."""
    found: dict[str, timedelta] = {}
    for part in [each for each in leaves(policy) if isinstance(each, FeaturesPolicy)]:
        for column in part.segment_columns:
            found[column] = max(found.get(column, timedelta(0)), part.dwell or timedelta(0))
    return found
