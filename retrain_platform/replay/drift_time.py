"""How long until a model has fallen measurably behind a fresh one, and the cadence that this asks for."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retrain_platform.dataset.record import Record
from retrain_platform.replay.apart import CONFIDENCE
from retrain_platform.replay.road import Road
from retrain_platform.stats.blocks import FEWEST, summed

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

MEASURABLE = 0.02
"""The share of a fresh model's loss that an older one must lose more before it is called measurable.

Without such a size any drift would be measurable after one period, if only there are enough of them."""
LONGER = 0.1
"""By this share of itself, and a period at least, the cadence is longer than the drift time."""


class Behind(Record):
    """How much more a model loses that is `age` periods older than a fresh one: the mean over so many `cuts`, and its
    interval by blocks of neighbouring cuts.
    """

    age: int
    gap: float
    low: float
    high: float
    cuts: int


class DriftTime(Record):
    """`periods` is the age from which on a model is measurably behind, None where no age is; `low` and `high` bound it.

    Behind by at least `measurable` in the mean, the interval above 0, at that age and the next. The bounds are the
    first ages at which the upper, and the lower end of the interval reach `measurable`; None where none does. Simulated
    with models that all stay as good as on their first day (25 to 100 periods), one replay in twenty at most finds an
    age; with a gap that opens evenly the bounds hold the true age in 97 of 100.
    """

    measurable: float
    periods: int | None
    low: int | None
    high: int | None
    behind: tuple[Behind, ...]


class Pairs(NamedTuple):
    """Models of one age beside fresh ones, in the same periods: by how much they lost more, shape (cuts,)."""

    age: int
    more: Floats


def drift_time(road: Road, until: int | None = None) -> DriftTime:
    """Measured over all models of the road's strategy, in the periods before `until`, else in all.

    A model is fresh in the period after its decision, whatever a release takes: that costs as much at any cadence.
    """
    stop = road.last + 1 if until is None else until
    places = np.array([place for place in road.scored if place < stop and road.matrix.judged[place]], dtype=int)
    fresh = _losses(road, places, 0)
    measurable = 0.0 if np.isnan(fresh).all() else MEASURABLE * float(np.nanmean(fresh))
    behind = tuple(_behind(each) for each in _pairs(road, places, fresh))
    return DriftTime(
        measurable=measurable,
        periods=_since(behind, measurable),
        low=next((each.age for each in behind if each.high >= measurable), None),
        high=next((each.age for each in behind if each.low >= measurable), None),
        behind=behind,
    )


def _losses(road: Road, places: Places, age: int) -> Floats:
    """What models that are so much older than fresh ones lost in the periods; nan where there is none."""
    cuts = places - 1 - age - road.delay
    losses = road.matrix.loss[road.strategy, cuts, places]
    return np.where(cuts >= road.start - 1, losses, np.nan)


def _pairs(road: Road, places: Places, fresh: Floats) -> list[Pairs]:
    """By age, as long as there are enough for an interval."""
    found = []
    for age in range(1, len(places)):
        more = _losses(road, places, age) - fresh
        known = more[~np.isnan(more)]
        if len(known) < FEWEST:
            break
        found.append(Pairs(age, known))
    return found


def _behind(pairs: Pairs) -> Behind:
    count, found = len(pairs.more), summed(pairs.more, CONFIDENCE)
    gap, low, high = (each / count for each in (found.value, found.low, found.high))
    return Behind(age=pairs.age, gap=gap, low=low, high=high, cuts=count)


def _since(behind: Sequence[Behind], measurable: float) -> int | None:
    there = [each.gap >= measurable and each.low > 0 for each in behind]
    ages = [each.age for each, now, then in zip(behind, there, there[1:], strict=False) if now and then]
    return min(ages, default=None)


def cadence_of(road: Road, found: DriftTime) -> int | None:
    """A little longer than the drift time, in periods; None where none was measured.

    Sooner nothing is to be seen yet. Never under the label delay, for before that nothing new can be learned, nor under
    what a release takes, for until it is closed no other begins.
    """
    if found.periods is None:
        return None
    return max(found.periods + max(1, ceil(LONGER * found.periods)), floor_of(road))


def floor_of(road: Road) -> int:
    """The shortest cadence that labels and releases leave, in periods."""
    return max(1, road.delay, road.lasting.before + road.lasting.bake)
