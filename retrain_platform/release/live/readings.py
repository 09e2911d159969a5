"""What each measure says of a version against its control: one reading a measure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from retrain_platform.dataset.record import finite
from retrain_platform.release.base import Stage
from retrain_platform.release.live.arms import Sides, arms, failed, latencies
from retrain_platform.release.live.bins import Bin, Tally, cell_end, cells_apart
from retrain_platform.release.live.evidence import Reading
from retrain_platform.release.live.measures import (
    QUANTILES,
    ErrorRate,
    EventRate,
    FeedbackRate,
    Labels,
    Latency,
    LiveMeasure,
)
from retrain_platform.stats.betting import log_e_above, log_e_below, mean_and_error
from retrain_platform.stats.evidence import reach
from retrain_platform.stats.slower import quantile_cell, slow_calls
from retrain_platform.stats.two_arms import (
    Arms,
    difference,
    log_e_higher,
    log_e_more_often,
    log_e_not_higher_by,
)


class Asking(NamedTuple):
    """What readings are taken under: the control, the plan's design effect and level, and when events are ripe."""

    other: str
    effect: float
    level: float
    ripe_after: timedelta


def readings(found: Sides, measures: Sequence[LiveMeasure], stage: Stage, asking: Asking) -> tuple[Reading, ...]:
    """A reading of each measure that the stage can tell; the others are left out.

    A shadow's latencies and the previous champion's are off the requests' path and nobody reacts to their answers:
    only errors and labels are compared there.
    """
    told = (ErrorRate, Labels) if stage is not Stage.CANARY else (ErrorRate, Labels, Latency, FeedbackRate, EventRate)
    return tuple(_reading(found, each, asking) for each in measures if isinstance(each, told))


def _reading(found: Sides, measure: LiveMeasure, asking: Asking) -> Reading:
    if isinstance(measure, Latency):
        return _latency(found, measure, asking)
    if isinstance(measure, Labels):
        return _labels(found, measure, asking)
    if isinstance(measure, ErrorRate):
        calls = arms(found, failed, lambda each: each.calls)
        return _rate(found, measure.name, measure.not_worse_by, calls, asking, lower=True)
    lower = measure.better == "lower"
    if isinstance(measure, FeedbackRate):
        seen = arms(found, lambda each: _tally(each, measure.of).hits, lambda each: _tally(each, measure.of).count)
    else:
        events = measure.of
        seen = arms(found, lambda each: each.events.get(events, 0), lambda each: each.rows, delay=asking.ripe_after)
    return _rate(found, measure.name, measure.not_worse_by, seen, asking, lower=lower)


def _tally(each: Bin, kind: str) -> Tally:
    return each.feedback.get(kind, Tally())


def _rate(found: Sides, name: str, margin: float, seen: Arms, asking: Asking, *, lower: bool) -> Reading:
    """A share of hits, of which fewer are better where `lower`."""
    bad = seen if lower else seen.missed()
    return Reading(
        measure=name,
        margin=margin,
        worse=log_e_more_often(bad, asking.effect),
        not_worse=log_e_not_higher_by(bad, margin, asking.effect),
        better=log_e_more_often(bad.mirrored(), asking.effect),
        **_shown(found, seen, asking),
        beyond=_beyond(bad, margin),
    )


def _beyond(bad: Arms, margin: float) -> bool:
    """Whether the difference as seen is worse than the margin."""
    gap, _, _ = difference(bad)
    return bool(gap > margin)


def _shown(found: Sides, seen: Arms, asking: Asking) -> dict[str, object]:
    """Both values, on how much, and the interval of their difference."""
    n, other_n = int(seen.n.sum()), int(seen.other_n.sum())
    shown: dict[str, object] = {"n": n, "n_other": other_n, "since": found.since, "until": found.until}
    if not n or not other_n:
        return shown | {"why": f"n == {n} against {other_n}, must be above 0 on both sides"}
    shown |= {"value": float(seen.hits.sum() / n), "other": float(seen.other_hits.sum() / other_n)}
    gap, error, worth = difference(seen)
    if worth > 0 and math.isfinite(error):
        half = reach(error * math.sqrt(asking.effect), worth, asking.level)
        shown |= {"low": finite(gap - half), "high": finite(gap + half)}
    return shown


def _latency(found: Sides, measure: Latency, asking: Asking) -> Reading:
    share, shift = QUANTILES[measure.quantile], cells_apart(1 + measure.not_slower_by)
    frame = {"measure": measure.name, "margin": measure.not_slower_by, "since": found.since, "until": found.until}
    seen = latencies(found)
    cells = [] if seen is None else [quantile_cell(side.sum(axis=0), share) for side in (seen.own, seen.others)]
    if seen is None or cells[0] is None or cells[1] is None:
        return Reading(**frame, why="no latencies on both sides")
    plain = slow_calls(seen.own, seen.others, share)
    divided = slow_calls(seen.own, seen.others, share, shift)
    return Reading(
        **frame,
        value=cell_end(seen.first + cells[0]),
        other=cell_end(seen.first + cells[1]),
        n=int(seen.own.sum()),
        n_other=int(seen.others.sum()),
        worse=log_e_more_often(plain, asking.effect),
        not_worse=log_e_more_often(divided.mirrored(), asking.effect),
        better=log_e_more_often(plain.mirrored(), asking.effect),
        beyond=cells[0] - cells[1] > shift,
    )


def _labels(found: Sides, measure: Labels, asking: Asking) -> Reading:
    """Paired where both scored the same rows, which tells most; else the mean losses of what each answered."""
    pairs: Counter[int] = Counter()
    for each in found.labelled:
        pairs.update(each.against.get(asking.other, {}))
    return _paired(found, measure, pairs, asking) if pairs else _unpaired(found, measure, asking)


def _paired(found: Sides, measure: Labels, pairs: Counter[int], asking: Asking) -> Reading:
    """`pairs` counts by how much less the version lost: above 0 is better. Shown are losses, so the sign turns."""
    gain, error, count = mean_and_error(pairs)
    labels = sum(each.labels for each in found.labelled)
    own = sum(each.loss for each in found.labelled) / labels if labels else float("nan")
    half = reach(error * math.sqrt(asking.effect), count, asking.level) if count > 1 else float("nan")
    return Reading(
        measure=measure.name,
        margin=measure.not_worse_by,
        value=finite(own),
        other=finite(own + gain),
        n=count,
        n_other=count,
        since=found.labels_since,
        until=found.until,
        worse=log_e_below(pairs, 0.0, asking.effect),
        not_worse=log_e_above(pairs, -measure.not_worse_by, asking.effect),
        better=log_e_above(pairs, 0.0, asking.effect),
        low=finite(-gain - half),
        high=finite(-gain + half),
        beyond=gain < -measure.not_worse_by,
    )


def _unpaired(found: Sides, measure: Labels, asking: Asking) -> Reading:
    seen = arms(found, lambda each: each.loss, lambda each: each.labels)
    return Reading(
        measure=measure.name,
        margin=measure.not_worse_by,
        worse=log_e_higher(seen, asking.effect),
        not_worse=log_e_not_higher_by(seen, measure.not_worse_by, asking.effect),
        better=log_e_higher(seen.mirrored(), asking.effect),
        **_shown(found, seen, asking),
        beyond=_beyond(seen, measure.not_worse_by),
    )
