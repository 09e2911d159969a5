"""How far back is learned from, and how much of what lies before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from retrain_platform.dataset.duration import Duration, duration_text
from retrain_platform.dataset.period import Period

Window = Literal["all", "since_last_training"] | Duration
"""All ripe periods, those that the champion has not seen, or those of the last days."""


class Reach(NamedTuple):
    """The ripe periods of a window and those before it, oldest first. `said` tells the window in words."""

    periods: list[Period]
    older: list[Period]
    said: str = ""


def reach(ripe: Sequence[Period], window: Window, as_of: datetime, seen_until: datetime | None) -> Reach:
    """Part the ripe periods (oldest first) at the window's beginning.

    A period belongs to the window if all of it does. `seen_until` is the champion's: no row at or after it entered
    its training. None, where there is no champion: then 'since_last_training' is all.
    """
    if window == "all":
        return Reach(list(ripe), [])
    if window == "since_last_training":
        if seen_until is None:
            said = "window since_last_training: no model was trained before, so all ripe periods"
            return Reach(list(ripe), [], said)
        start, said = seen_until, f"window since_last_training: the champion saw rows until {seen_until:%Y-%m-%d %H:%M}"
    else:
        start, said = as_of - window, f"window of {duration_text(window)} before {as_of:%Y-%m-%d %H:%M}"
    inside = [period for period in ripe if period.start >= start]
    return Reach(inside, [period for period in ripe if period.start < start], said)
