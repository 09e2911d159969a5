"""Everything that live traffic says of the release under way, from its bins: numbers only, no limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from retrain_platform.release.base import Release, ReleaseState, Stage
from retrain_platform.release.live.arms import Sides, failed, latency_quantile, sides
from retrain_platform.release.live.bins import Bin
from retrain_platform.release.live.evidence import LiveEvidence, Pace, StageClock, Window
from retrain_platform.release.live.measures import QUANTILES
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.release.live.readings import Asking, readings
from retrain_platform.release.live.strata import FINEST
from retrain_platform.release.live.triggers import ErrorRateOver, LatencyOver, Trigger
from retrain_platform.stats.mismatch import log_e_mismatch


def gather_live(
    bins: Sequence[Bin],
    state: ReleaseState,
    live: LivePlan,
    clock: StageClock,
    until: datetime,
    ripe_after: timedelta = timedelta(hours=1),
) -> LiveEvidence | None:
    """The evidence at `until`, from bins of both versions since `reads_since`; None where no stage is judged by it.

    Bins in any order, compacted or not (`strata.compact`): the answer is the same. What starts before the stage or has
    not ended by `until` is left out; `until` must lie so far back that no log line of an earlier bin is still to come
    (`strata.closed_until`, and what the collector has taken over). `ripe_after`: events count so long after the answer.
    """
    opened, other = state.open, state.control
    if opened is None or other is None:
        return None
    found = sides(bins, opened, other, clock, until)
    counted = _counted(found, opened, other)
    asking = Asking(other, _effect(counted, live.alike), live.level, ripe_after)
    measures = live.asked(live.road(urgent=opened.urgent).rollout) if opened.stage is Stage.CANARY else live.measures
    limits = live.limits(promoted=opened.stage is Stage.BAKE)
    told = {
        "effect": asking.effect,
        "readings": readings(found, measures, opened.stage, asking),
        "windows": _windows(found, limits, opened.stage),
    }
    return counted.model_copy(update=told)


def raw_span(live: LivePlan, ripe_after: timedelta) -> timedelta:
    """How long bins must stay as they were read, before `until`, for evidence to be the same once compacted."""
    spans = [trigger.over for promoted in (False, True) for trigger in live.limits(promoted=promoted)]
    return max([FINEST, ripe_after, *spans])


def _counted(found: Sides, opened: Release, other: str) -> LiveEvidence:
    """What there is to count whatever the plan asks; entities only in a canary, where they are shared out."""
    drawn, met = 0, 0
    if opened.stage is Stage.CANARY and 0 < opened.share < 100:
        drawn = sum(each.entities for each in found.own)
        met = drawn + sum(each.entities for each in found.others)
    return LiveEvidence(
        version=opened.version,
        other=other,
        stage=opened.stage,
        share=opened.share,
        since=found.since,
        until=found.until,
        calls=_calls(found.own),
        calls_other=_calls(found.others),
        entities=met,
        drawn=drawn,
        mismatch=log_e_mismatch(drawn, met, opened.share / 100) if met else 0.0,
        failing=_failing(found),
        paces=(_pace(found, found.own, opened.version), _pace(found, found.others, other)),
    )


def _calls(side: Sequence[Bin]) -> int:
    return sum(each.calls for each in side)


def _pace(found: Sides, side: Sequence[Bin], version: str) -> Pace:
    calls, seconds = _calls(side), (found.until - found.since).total_seconds()
    quantiles = {name: latency_quantile(side, share) for name, share in QUANTILES.items()}
    return Pace(version=version, calls=calls, a_second=calls / seconds if seconds > 0 else 0.0, **quantiles)


def _effect(counted: LiveEvidence, alike: float) -> float:
    """The design effect of calls of one entity that are alike (L. Kish, "Survey Sampling", 1965).

    1 where both versions are asked about the same requests, or no entity is known: there an entity is on both sides.
    """
    calls, met = counted.calls + counted.calls_other, counted.entities
    return 1 + max(calls / met - 1, 0.0) * alike if met else 1.0


def _failing(found: Sides) -> int:
    """The last hour's newest bins running in which all calls of the version failed, not all of the control's."""
    beside = {each.start: (each.calls, failed(each)) for each in found.others}
    count = 0
    for each in reversed(found.own):
        if found.until - each.start > FINEST:
            break
        if not each.calls:
            continue
        calls, errors = beside.get(each.start, (0, 0))
        if failed(each) < each.calls or (calls and errors == calls):
            break
        count += 1
    return count


def _windows(found: Sides, limits: Sequence[Trigger], stage: Stage) -> tuple[Window, ...]:
    """The value of each limit's window; a shadow answers nobody, so its latencies pass no limit."""
    return tuple(
        _window(found, place, trigger)
        for place, trigger in enumerate(limits)
        if not (stage is Stage.SHADOW and isinstance(trigger, LatencyOver))
    )


def _window(found: Sides, place: int, trigger: Trigger) -> Window:
    begin = found.until - trigger.over
    window = Window(trigger=place, seconds=trigger.over.total_seconds())
    if begin < found.since:
        return window
    labels = not isinstance(trigger, ErrorRateOver | LatencyOver)
    both = (found.labelled, found.others_labelled) if labels else (found.own, found.others)
    values = [_value([each for each in side if each.start >= begin], trigger) for side in both]
    return window.model_copy(update={"value": values[0][0], "n": values[0][1], "other": values[1][0]})


def _value(bins: Sequence[Bin], trigger: Trigger) -> tuple[float | None, int]:
    """What the trigger watches, on how many calls or labels; None on none."""
    if isinstance(trigger, ErrorRateOver):
        calls = _calls(bins)
        return (sum(failed(each) for each in bins) / calls if calls else None), calls
    if isinstance(trigger, LatencyOver):
        timed = sum(sum(each.latency.values()) for each in bins)
        return latency_quantile(bins, QUANTILES[trigger.quantile]), timed
    labels = sum(each.labels for each in bins)
    return (1 - sum(each.loss for each in bins) / labels if labels else None), labels
