"""What a version that was rolled back had learned last, read from the ledger: nothing learns it again by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from retrain_platform.policy.history import Quarantine
from retrain_platform.release.base import Entry, ReleaseState, Stage
from retrain_platform.release.fold import course, release_of
from retrain_platform.release.table import Event
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import CLEARED, RETRAINED
from retrain_platform.steps.workshop import Workshop

_INSTANT = timedelta(microseconds=1)


def quarantines(spec: ModelSpec, entries: Sequence[Entry]) -> tuple[Quarantine, ...]:
    """The window of each version that was rolled back, oldest first: what it learned that the one before had not seen.

    So is one that live evidence sent back while it answered a share. Of a version that was made elsewhere nothing is on
    record, so nothing of it can be held back.
    """
    if not spec.release.quarantine:
        return ()
    found, before = [], ReleaseState()
    for entry, after in course(entries):
        if _went_back(entry, before) and (window := _window(spec, entries, entry, before)) is not None:
            found.append(window)
        before = after
    return tuple(found)


def _went_back(entry: Entry, before: ReleaseState) -> bool:
    """Whether traffic was taken from a version: all of it, or a live canary's share by what the evidence showed."""
    if entry.kind == "rolled_back":
        return True
    canary = before.open is not None and before.open.stage is Stage.CANARY
    return canary and entry.body.get("event") == Event.WORSE and entry.body.get("live") is not None


def held_out(shop: Workshop, as_of: datetime) -> tuple[Quarantine, ...]:
    """The quarantines that stood at `as_of`."""
    entries = [entry for entry in shop.entries() if entry.as_of <= as_of]
    return tuple(each for each in quarantines(shop.spec, entries) if not each.cleared)


def told(spec: ModelSpec, of: Quarantine) -> str:
    """What is left out, why, and how it is let in again."""
    span = f"{spec.period.local(of.since):%Y-%m-%d} to {spec.period.local(of.until):%Y-%m-%d}"
    return (
        f"quarantine: rows from {span} are left out since version {of.version}, which learned them last, was rolled "
        f"back on {of.as_of:%Y-%m-%d}; let them in with: retrain release clear {spec.name} --version {of.version} "
        "--why '...'"
    )


def _window(spec: ModelSpec, entries: Sequence[Entry], rolled: Entry, before: ReleaseState) -> Quarantine | None:
    version = str(rolled.body["version"])
    made, release = _trained(entries, version), release_of(before, version)
    if made is None or not made.body.get("ripe_until"):
        return None
    until = spec.period.local(datetime.fromisoformat(made.body["ripe_until"]))
    newest = spec.period.holding(until - _INSTANT)
    other = _trained(entries, (release.previous if release else None) or rolled.body.get("to") or before.champion or "")
    since = _seen_until(other)
    if newest is None:
        return None
    return Quarantine(
        version=version,
        as_of=rolled.as_of,
        since=newest.start if since is None else min(since, newest.start),
        until=until,
        training_rows=made.body["training_rows"],
        cleared=_cleared(entries, version, rolled.seq),
    )


def _trained(entries: Sequence[Entry], version: str) -> Entry | None:
    return next((e for e in reversed(entries) if e.kind == RETRAINED and e.body["version"] == version), None)


def _seen_until(made: Entry | None) -> datetime | None:
    text = None if made is None else made.body.get("seen_until")
    return None if text is None else datetime.fromisoformat(text)


def _cleared(entries: Sequence[Entry], version: str, since: int) -> str:
    """Who let the rows in again after the rollback, and why; empty where nobody did."""
    found = [e for e in entries if e.kind == CLEARED and e.seq > since and e.body["version"] == version]
    return f"{found[0].why} ({found[0].actor})" if found else ""
