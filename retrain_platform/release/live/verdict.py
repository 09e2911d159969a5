"""Live evidence held against the plan's limits: what sends a version back, and what it still lacks to go on."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from retrain_platform.release.base import Stage
from retrain_platform.release.live.evidence import LiveEvidence, Reading, Window
from retrain_platform.release.live.measures import Must
from retrain_platform.release.live.plan import ABTest, Expedited, LivePlan, Traffic
from retrain_platform.release.live.triggers import FEWEST, AccuracyUnder, ErrorRateOver, LatencyOver, Trigger
from retrain_platform.release.live.words import compared, crossed, e_value
from retrain_platform.stats.evidence import mixture


def sent_back(evidence: LiveEvidence, live: LivePlan, road: Expedited) -> str | None:
    """Why the version must go back now, in a sentence; None while nothing says so.

    First what needs no statistics: every call fails; a fixed limit is passed. Then shares that are not as they should
    be, which make every comparison worthless. Then the evidence.
    """
    promoted = evidence.stage == Stage.BAKE
    return (
        _failing(evidence, live)
        or _passed_limit(evidence, live.limits(promoted=promoted))
        or _mismatched(evidence, live)
        or _found_worse(evidence, live, road.parts)
    )


def _failing(evidence: LiveEvidence, live: LivePlan) -> str | None:
    if evidence.failing < live.failures:
        return None
    return f"every call failed in {evidence.failing} bins running, and not with version {evidence.other}"


def _passed_limit(evidence: LiveEvidence, limits: Sequence[Trigger]) -> str | None:
    for window in evidence.windows:
        trigger = limits[window.trigger]
        if window.n >= trigger.least and is_passed(trigger, window):
            return crossed(trigger, window, evidence.other)
    return None


def is_passed(trigger: Trigger, window: Window) -> bool:
    """Whether the window's value lies on the wrong side of the limit; no value passes none."""
    if window.value is None:
        return False
    if isinstance(trigger, ErrorRateOver):
        return window.value > trigger.limit and round(window.value * window.n) >= FEWEST
    if isinstance(trigger, LatencyOver):
        return window.value > trigger.milliseconds
    if isinstance(trigger, AccuracyUnder):
        return window.value < trigger.limit
    return window.other is not None and window.other - window.value > trigger.by


def _mismatched(evidence: LiveEvidence, live: LivePlan) -> str | None:
    if evidence.mismatch < -math.log(live.mismatch):
        return None
    got = evidence.drawn / evidence.entities
    return (
        f"the shares are not as set: {got:.2%} of {evidence.entities:,} new entities came to it, not {evidence.share}% "
        f" (e-value {e_value(evidence.mismatch)}, limit {1 / live.mismatch:.3g}): no comparison can be trusted"
    )


def _found_worse(evidence: LiveEvidence, live: LivePlan, shared_by: int) -> str | None:
    """The mean of e-values of several measures is one, however they depend on each other: all share the level so."""
    readings = evidence.readings
    if not readings:
        return None
    top = max(readings, key=lambda reading: reading.worse)
    mean = mixture(np.array([each.worse for each in readings]))
    limit = math.log(shared_by / live.level)
    if mean < limit or not top.beyond or not enough(top, live.traffic):
        return None
    share = f"level {live.level:g} shared by {shared_by} stages and {len(readings)} measures"
    return f"worse: {compared(top, evidence.other)}; e-value {e_value(mean)}, limit {e_value(limit)} ({share})"


def enough(reading: Reading, traffic: Traffic) -> bool:
    """Whether both sides saw the least traffic that any verdict needs."""
    least = traffic.labels if reading.measure == "labels" else traffic.calls
    return min(reading.n, reading.n_other) >= least


def lacking(evidence: LiveEvidence, live: LivePlan, road: Expedited) -> list[str]:
    """What is still to be shown before a step up, one phrase for each measure; empty when all is."""
    needed = -math.log(1 - live.confidence)
    found = []
    for name, must in demands(evidence.stage, live, road).items():
        reading = evidence.reading(name)
        shown = None if reading is None else reading.better if must == "superior" else reading.not_worse
        word = "better" if must == "superior" else f"not worse by {0 if reading is None else reading.margin:g}"
        if reading is None or reading.value is None:
            found.append(f"{name} must be {word}: {reading.why if reading and reading.why else 'nothing seen yet'}")
        elif not enough(reading, live.traffic):
            found.append(f"{name} waits for traffic: {compared(reading, evidence.other)}")
        elif shown is None or shown < needed:
            said = f"e-value {e_value(shown or 0.0)}, needs {e_value(needed)}"
            found.append(f"{name} must be {word}: {compared(reading, evidence.other)}; {said}")
    return found


def demands(stage: str, live: LivePlan, road: Expedited) -> dict[str, Must]:
    """What each measure must show in the stage before a step up; guards are left out.

    A shadow's answers reach nobody: only errors and labels can be asked of it, and not to be better.
    """
    if stage == Stage.SHADOW:
        asked = [each for each in live.measures if each.kind in ("error_rate", "labels")]
        return {each.name: "not_worse" for each in asked if each.must != "guard"}
    return {each.name: each.must for each in live.asked(road.rollout) if each.must != "guard"}


def inconclusive_ends(road: Expedited, stage: Stage) -> bool:
    """Whether the stage's own time is all it gets: an A/B test that shows nothing is over."""
    return stage is Stage.CANARY and isinstance(road.rollout, ABTest)
