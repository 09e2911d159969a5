"""Loss against retrains: what every policy came to at every cost, and what is possible at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from retrain_platform.dataset.record import finite
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.results import FrontierLine, FrontierPoint
from retrain_platform.replay.road import Way
from retrain_platform.replay.walked import Walked

FIXED = "every k periods"
BEST = "oracle"


def frontier(setting: Setting, ways: Sequence[Sequence[Walked]], within: Sequence[Way]) -> tuple[FrontierLine, ...]:
    """The fixed periods, never with them, then each policy, then the least loss with exactly so many retrains.

    `ways` holds for each cost every way in one order, `within` the best with exactly 0, 1, ... retrains. A policy that
    went one way at several costs is there once for each.
    """
    first = ways[0]
    fixed = [_point(setting, each, None) for each in first if each.kind in ("never", "fixed")]
    lines = [FrontierLine(name=FIXED, kind="fixed", points=_in_order(fixed))]
    for place in (place for place, each in enumerate(first) if each.kind in ("detector", "policy")):
        mine = [at[place] for at in ways]
        points = [_point(setting, each, each.way.cost) for each in mine]
        lines.append(FrontierLine(name=first[place].name, kind=first[place].kind, points=_in_order(points)))
    best = [_point(setting, Walked(BEST, "oracle", way, {}, None), None) for way in within]
    return (*lines, FrontierLine(name=BEST, kind="oracle", points=_in_order(best)))


def _point(setting: Setting, walk: Walked, cost: float | None) -> FrontierPoint:
    way = walk.way
    return FrontierPoint(
        retrains=len(way.retrains), loss=way.loss, metric=metric_of(setting, way), name=walk.name, cost=cost
    )


def _in_order(points: Sequence[FrontierPoint]) -> tuple[FrontierPoint, ...]:
    return tuple(sorted(points, key=lambda each: (each.retrains, each.loss)))


def metric_of(setting: Setting, way: Way) -> float | None:
    """The metric of the mean period; None where nothing is judged."""
    return finite(setting.loss.value(float(np.nanmean(way.losses))))
