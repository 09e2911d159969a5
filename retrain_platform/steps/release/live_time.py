"""The data's time that a person's or live traffic's moves are dated with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retrain_platform.release.base import Entry
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import frontier_of

_BEHIND = 2
"""So many periods behind `now`, beside the label delay, a road keeps up: one is open, one may be being watched."""


def data_time(spec: ModelSpec, entries: Sequence[Entry]) -> datetime:
    """How far the road has come: the end of the newest watched period, else the calendar's start."""
    newest = frontier_of(entries)
    return spec.period.at(0).start if newest is None else spec.period.period(newest).end


def keeps_up(spec: ModelSpec, entries: Sequence[Entry], now: datetime) -> bool:
    """Whether the road follows the wall clock: its data is of today, not of years ago."""
    return data_time(spec, entries) >= now - spec.label.delay - _BEHIND * spec.period.length()


def live_time(spec: ModelSpec, entries: Sequence[Entry], now: datetime) -> datetime:
    """The data's time of what happens at `now`: that moment itself where the road keeps up with the clock.

    Where old data is played, what happens belongs to where the road stands: the end of the newest watched period.
    """
    if not keeps_up(spec, entries, now):
        return data_time(spec, entries)
    return max(spec.period.local(now), data_time(spec, entries))


def moved_at(spec: ModelSpec, entries: Sequence[Entry], now: datetime) -> datetime:
    """The data's time of a move of the release: `live_time` where requests are served, else where the road stands."""
    return data_time(spec, entries) if spec.gateway is None else live_time(spec, entries, now)
