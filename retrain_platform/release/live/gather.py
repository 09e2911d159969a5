"""Everything that live traffic says of the release under way, from its bins: numbers only, no limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from retrain_platform.release.base import Release, ReleaseState, Stage
from retrain_platform.release.live.arms import Sides, asked, failed, sides
from retrain_platform.release.live.bins import Bin, cell_end
from retrain_platform.release.live.evidence import LiveEvidence, Pace, StageClock, Window
from retrain_platform.release.live.measures import QUANTILES
from retrain_platform.release.live.plan import LivePlan
from retrain_platform.release.live.readings import Asking, readings
from retrain_platform.release.live.strata import FINEST
from retrain_platform.release.live.triggers import ErrorRateOver, LatencyOver, Trigger
from retrain_platform.stats.mismatch import log_e_mismatch
from retrain_platform.stats.slower import quantile_cell

JUDGED = (Stage.SHADOW, Stage.CANARY, Stage.BAKE)
"""The stages that live traffic judges."""


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
    opened = state.open
    if opened is None or opened.stage not in JUDGED:
        return None
    other = opened.previous if opened.stage is Stage.BAKE else state.champion
    if other is None:
        return None
    found = sides(bins, opened, other, clock, until)
    drawn, met = _entities(found, opened)
    asking = Asking(other, _effect(found, met, live.alike), live.level, ripe_after)
    measures = live.asked(live.road(urgent=opened.urgent).rollout) if opened.stage is Stage.CANARY else live.measures
    return LiveEvidence(
        version=opened.version,
        other=other,
        stage=opened.stage,
        share=opened.share,
        since=clock.stage,
        until=until,
        calls=sum(asked(each) for each in found.own),
        calls_other=sum(asked(each) for each in found.others),
        entities=met,
        effect=asking.effect,
        drawn=drawn,
        mismatch=log_e_mismatch(drawn, met, opened.share / 100) if met else 0.0,
        failing=_failing(found),
        readings=readings(found, measures, opened.stage, asking),
        paces=(_pace(found, found.own, opened.version), _pace(found, found.others, other)),
        windows=_windows(found, live.limits(promoted=opened.stage is Stage.BAKE), opened.stage),
    )


def reads_since(clock: StageClock, stage: Stage) -> datetime:
    """From when on bins are read: labels look back to the release's opening until it is promoted."""
    return clock.stage if stage is Stage.BAKE else clock.opened


def raw_span(live: LivePlan, ripe_after: timedelta) -> timedelta:
    """How long bins must stay as they were read, before `until`, for evidence to be the same once compacted."""
    spans = [trigger.over for promoted in (False, True) for trigger in live.limits(promoted=promoted)]
    return max([FINEST, ripe_after, *spans])


def _entities(found: Sides, opened: Release) -> tuple[int, int]:
    """The entities that came to the version, and all, since the step began; none outside of a canary."""
    if opened.stage is not Stage.CANARY or not 0 < opened.share < 100:
        return 0, 0
    drawn = sum(each.entities for each in found.own)
    return drawn, drawn + sum(each.entities for each in found.others)


def _pace(found: Sides, side: Sequence[Bin], version: str) -> Pace:
    calls, seconds = sum(asked(each) for each in side), (found.until - found.since).total_seconds()
    quantiles = {name: _quantile(side, share)[0] for name, share in QUANTILES.items()}
    return Pace(version=version, calls=calls, a_second=calls / seconds if seconds > 0 else 0.0, **quantiles)


def _effect(found: Sides, met: int, alike: float) -> float:
    """The design effect of calls of one entity that are alike (L. Kish, "Survey Sampling", 1965).

    1 where both versions are asked about the same requests, or no entity is known: there an entity is on both sides.
    """
    calls = sum(asked(each) for side in (found.own, found.others) for each in side)
    return 1 + max(calls / met - 1, 0.0) * alike if met else 1.0


def _failing(found: Sides) -> int:
    """The last hour's newest bins running in which all calls of the version failed, not all of the control's."""
    beside = {each.start: (asked(each), failed(each)) for each in found.others}
    count = 0
    for each in reversed(found.own):
        if found.until - each.start > FINEST:
            break
        if not asked(each):
            continue
        calls, errors = beside.get(each.start, (0, 0))
        if failed(each) < asked(each) or (calls and errors == calls):
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
        calls = sum(asked(each) for each in bins)
        return (sum(failed(each) for each in bins) / calls if calls else None), calls
    if isinstance(trigger, LatencyOver):
        return _quantile(bins, QUANTILES[trigger.quantile])
    labels = sum(each.labels for each in bins)
    return (1 - sum(each.loss for each in bins) / labels if labels else None), labels


def _quantile(bins: Sequence[Bin], share: float) -> tuple[float | None, int]:
    cells: Counter[int] = Counter()
    for each in bins:
        cells.update(each.latency)
    if not cells:
        return None, 0
    table = np.zeros(max(cells) + 1, dtype=np.int64)
    table[list(cells)] = list(cells.values())
    cell = quantile_cell(table, share)
    return (None if cell is None else cell_end(cell)), int(table.sum())
