"""The policies that can be recommended, and how one of them is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from retrain_platform.replay.apart import surely_cheaper
from retrain_platform.replay.parts import Part
from retrain_platform.replay.road import Way


class Rival(NamedTuple):
    """A policy that can be recommended, its way, and its lines of a spec (None: it is never, or no spec can hold it).

    `fixed`: it is never retraining, or a fixed period. `window` is the one that it trains by, as a spec writes it,
    where several were tried.
    """

    name: str
    way: Way
    spec: Mapping[str, Any] | None
    fixed: bool = False
    window: str | None = None


def cheapest(rivals: Sequence[Rival], tuned: Part, favourite: str = "\0") -> Rival:
    """Of those that a spec can hold the one of least total, never with them.

    Ties go to the one whose name begins with `favourite`, else to the first.
    """
    held = (each for each in rivals if each.spec is not None or not each.way.retrains)
    return min(held, key=lambda each: (tuned.total(each.way), not each.name.startswith(favourite)))


TOLD = 0.8
"""The level, two-sided, at which an interval must tell a tried limit cheaper on the first half for it to be advised.

Lower than that of the intervals that a report shows, at which on half a history nothing would ever be advised; without
any the cheapest of many is luck, or what fits that half's level (`benchmarks/limits_streams.py`, docs/replay.md).
"""


def ahead(tried: Sequence[Rival], simple: Rival, tuned: Part) -> Rival | None:
    """Of those tried the cheapest on the first half, where its interval tells it from the simple one; else None."""
    best = cheapest(tried, tuned) if tried else None
    return best if best is not None and surely_cheaper(best.way, simple.way, tuned, TOLD) else None


def lead(rival: Rival, simple: Rival, tuned: Part) -> float:
    """By which share of the simple one's total it is cheaper; below 0 where it is dearer."""
    total = tuned.total(simple.way)
    return (total - tuned.total(rival.way)) / total if total > 0 else 0.0
