"""The lines of the ledger that the road is walked by, and what they say of what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from retrain_platform.dataset.period import Calendar, Period
from retrain_platform.policy.history import DATA_REFUSED, SEARCH_FAILED
from retrain_platform.release.base import Entry

WATCHED, DECIDED, RETRAINED = "watched", "decided", "retrained"
REQUESTED, INCIDENT, FAILED = "requested", "incident", "failed"
PAUSED, RESUMED = "paused", "resumed"
STAGED, CHECKED = "staged", "checked"
"""What a staging instance showed of a version; a look at one after it took over."""
ARCHIVED = "archived"
"""A version whose way ended long ago; it is kept, with a tag that says so."""
DRILLED = "drilled"
"""Somebody tried the way back of a model."""
ADOPTED = "adopted"
"""A model that others registered became a version of ours."""
CLEARED = "cleared"
"""A person lets the rows of a version that was rolled back be learned from again."""
NOT_EXAMINED = (DATA_REFUSED, SEARCH_FAILED)
"""The verdicts of retrains that came to no exam."""


def on_calendar(calendar: Calendar, entries: Sequence[Entry]) -> list[Entry]:
    """The same entries, their data times as the model's calendar shows them: a ledger keeps UTC."""
    return [entry.model_copy(update={"as_of": calendar.local(entry.as_of)}) for entry in entries]


def frontier_of(entries: Sequence[Entry]) -> str | None:
    """The newest period whose watch run ended."""
    return max((entry.body["period"] for entry in entries if entry.kind == WATCHED), default=None)


def is_next(calendar: Calendar, entries: Sequence[Entry], period: Period) -> bool:
    """Whether `period` is one that the road has reached: none as late has been watched."""
    newest = frontier_of(entries)
    return newest is None or calendar.index(period.key) > calendar.index(newest)


def asked(entries: Sequence[Entry]) -> int:
    """The newest request that no decision has considered yet, by its `seq`; 0 when there is none."""
    considered = max((e.seq for e in entries if e.kind in (WATCHED, DECIDED)), default=0)
    return max((e.seq for e in entries if e.kind == REQUESTED and e.seq > considered), default=0)


def paused(entries: Sequence[Entry]) -> str:
    """Why the model is paused; empty when it is not."""
    for entry in reversed(entries):
        if entry.kind == RESUMED:
            return ""
        if entry.kind == PAUSED:
            return f"{entry.why} ({entry.actor})"
    return ""
