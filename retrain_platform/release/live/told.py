"""A live plan in words: what a person reads before the first release takes it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from retrain_platform.dataset.duration import span_of_clock_text
from retrain_platform.release.live.measures import ErrorRate, Latency, LiveMeasure
from retrain_platform.release.live.plan import ABTest, Expedited, LivePlan
from retrain_platform.release.live.triggers import AccuracyUnder, ErrorRateOver, LatencyOver, Trigger


def told(live: LivePlan) -> list[str]:
    """The plan, a sentence a line: the road, what moves up, what goes back, when nothing moves."""
    lines = [] if live.staging is None else [f"staging first, within {span_of_clock_text(live.staging.longest)}"]
    lines.append(f"then {_road(live, live.road(urgent=False))}, bake for {span_of_clock_text(live.bake)}")
    if live.expedited is not None:
        through = "; freezes do not hold it" if live.expedited.through_freeze else ""
        lines.append(f"an urgent one: {_road(live, live.expedited)}{through}")
    lines += [*_upward(live), *_backward(live)]
    lines += [f"no step up: {freeze}" for freeze in live.freeze]
    return lines


def _road(live: LivePlan, road: Expedited) -> str:
    rollout = road.rollout
    shadow = f"shadow for {span_of_clock_text(road.shadow.time)}"
    if road.shadow.requests:
        shadow += f" and {road.shadow.requests:,} requests"
    if isinstance(rollout, ABTest):
        return f"{shadow}, A/B test at {rollout.share}% for {span_of_clock_text(rollout.time)}"
    shares = ", ".join(f"{share}%" for share in rollout.shares[:-1])
    if not shares:
        return f"{shadow}, all traffic at once"
    held = span_of_clock_text(rollout.hold)
    longest = span_of_clock_text(live.undecided(rollout.hold, rollout.longest))
    return f"{shadow}, canary at {shares}, each {held} to {longest} (undecided then: {rollout.then.replace('_', ' ')})"


def _upward(live: LivePlan) -> Iterator[str]:
    asked = live.asked(live.rollout)
    shown = [_asks(each) for each in asked if each.must != "guard"]
    guards = [each.name for each in asked if each.must == "guard"]
    if shown:
        yield f"up when {', '.join(shown)}, each at confidence {live.confidence:g}"
    if guards:
        yield f"{', '.join(guards)} can only send it back"
    errors = next((each for each in asked if isinstance(each, ErrorRate) and each.must == "not_worse"), None)
    if errors is not None:
        yield f"a step needs {least_calls(errors, live):,} calls of the version at the least, even where none fails"


def least_calls(errors: ErrorRate, live: LivePlan) -> int:
    """The calls without an error after which an error rate is shown: the evidence of each is at most the margin's.

    The control is supposed to have many more calls; with as few it takes up to twice as many.
    """
    needed = -math.log(1 - live.confidence)
    return max(live.traffic.calls, math.ceil(needed / -math.log1p(-errors.not_worse_by)))


def _asks(measure: LiveMeasure) -> str:
    if measure.must == "superior":
        return f"{measure.name} is better"
    if isinstance(measure, Latency):
        return f"{measure.name} is not slower by {measure.not_slower_by:.0%}"
    return f"{measure.name} is not worse by {measure.not_worse_by:g}"


def _backward(live: LivePlan) -> Iterator[str]:
    stages, measures = live.road(urgent=False).parts, len(live.asked(live.rollout))
    yield (
        f"back when a measure is worse beyond its margin, at level {live.level:g} shared by {stages} stages and "
        f"{measures} measures over all looks; when {live.failures} bins running fail wholly; when shares are not as set"
    )
    for promoted, when in ((False, "during the rollout"), (True, "after it")):
        limits = [_limit(each) for each in live.limits(promoted=promoted)]
        if limits:
            yield f"back at once {when}: {', '.join(limits)}"


def _limit(trigger: Trigger) -> str:
    over = span_of_clock_text(trigger.over)
    if isinstance(trigger, ErrorRateOver):
        return f"error rate over {trigger.limit:.2%} over {over}"
    if isinstance(trigger, LatencyOver):
        return f"{trigger.quantile} over {trigger.milliseconds:g} ms over {over}"
    if isinstance(trigger, AccuracyUnder):
        return f"accuracy under {trigger.limit:.2%} over {over}"
    return f"quality fallen by {trigger.by:.2%} over {over}"
