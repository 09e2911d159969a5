"""Who answered when a period was decided, as the ledger tells it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from retrain_platform.dataset.period import Period
from retrain_platform.policy.history import Champion
from retrain_platform.release.base import Entry, ReleaseState
from retrain_platform.release.fold import fold
from retrain_platform.steps.lines import ADOPTED, DECIDED, RETRAINED, WATCHED, asked, frontier_of, is_next
from retrain_platform.steps.workshop import Workshop


def as_then(shop: Workshop, period: Period) -> list[Entry]:
    """The ledger as the period's newest decision saw it, so that deciding again gives the same answer.

    All of it where the decision is still to come: on the road's next period, or after a new request.
    """
    entries = shop.entries()
    if is_next(shop.spec.period, entries, period) or (asked(entries) and frontier_of(entries) == period.key):
        return [entry for entry in entries if entry.as_of <= period.end]
    recorded = [e for e in entries if e.kind in (DECIDED, WATCHED) and e.body["period"] == period.key]
    decided = [entry for entry in recorded if entry.kind == DECIDED]
    last = (decided or recorded)[-1].seq if recorded else len(entries) + 1
    return [entry for entry in entries if entry.seq < last and entry.as_of <= period.end]


def champion_at(shop: Workshop, period: Period) -> Champion | None:
    """Who answers as the period's newest decision saw it."""
    return champion_of(as_then(shop, period), period.end)


def champion_of(entries: Sequence[Entry], as_of: datetime) -> Champion | None:
    """Who answers after these entries, and what it had learned from at `as_of`."""
    state = fold(entries)
    if state.champion is None or state.released_as_of is None:
        return None
    trained = next((e for e in reversed(entries) if e.kind == RETRAINED and e.body["version"] == state.champion), None)
    if trained is None:
        return _adopted(state.champion, state.released_as_of, min(_told(entries, state), as_of))
    return Champion(
        version=state.champion,
        decision_id=trained.body["decision_id"],
        trained_as_of=trained.as_of,
        training_rows=trained.body["training_rows"],
        seen_until=trained.body["seen_until"],
        released_as_of=state.released_as_of,
        versions=trained.body.get("versions", {}),
        code=trained.body.get("code", ""),
    )


def _told(entries: Sequence[Entry], state: ReleaseState) -> datetime:
    """Until when the adopted version learned, as its makers say; unsaid, until its release."""
    told = [e.body["seen_until"] for e in entries if e.kind == ADOPTED and e.body["version"] == state.champion]
    if told and told[-1]:
        return datetime.fromisoformat(told[-1])
    return state.released_as_of or datetime.max.replace(tzinfo=UTC)


def _adopted(version: str, released_as_of: datetime, seen_until: datetime) -> Champion:
    """A version that was made elsewhere: what it learned from is not on record, so it may have seen all before it."""
    return Champion(
        version=version,
        decision_id="",
        trained_as_of=released_as_of,
        training_rows=0,
        seen_until=seen_until,
        released_as_of=released_as_of,
    )
