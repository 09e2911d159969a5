"""Decisions that left a time for their retrain, and what becomes of one that has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.stores import Values
from retrain_platform.policy.base import Action, RetrainDecision
from retrain_platform.release.base import Entry, Ledger
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import DECIDED, INCIDENT, RETRAINED, WATCHED

DEADLINE = "deadline"
"""The kind of incident that a deadline leaves which passed without a retrain having begun."""
_HOUR = timedelta(hours=1)


class Deadline(Record):
    """A time that a decision left for a retrain which has not begun: until `by`, on the data's clock.

    `missed`: it has passed, and that is on record.
    """

    period: str
    by: datetime
    missed: bool

    @property
    def shown(self) -> str:
        """As people read it."""
        word = "missed: a retrain was due by" if self.missed else "a retrain is due by"
        return f"{word} {self.by:%Y-%m-%d %H:%M}"


class _Open(NamedTuple):
    """The line that recorded such a decision, and the time that it left."""

    entry: Entry
    within: timedelta

    @property
    def by(self) -> datetime:
        return self.entry.as_of + self.within

    @property
    def id(self) -> str:
        return str(self.entry.body["decision_id"])

    def passed(self, reached: datetime, now: datetime | None) -> bool:
        """On the data's clock, or since it was recorded on the wall's."""
        return self.by <= reached or (now is not None and self.entry.at + self.within <= now)


def time_left(decision: RetrainDecision) -> dict[str, Any]:
    """What the ledger's lines of a decision say of the time that it leaves for a retrain; nothing where it does not."""
    asked = decision.action.rank >= Action.SCHEDULE.rank and decision.within is not None
    return {"within_hours": decision.within / _HOUR} if asked and decision.within is not None else {}


def tell_missed(
    spec: ModelSpec, ledger: Ledger, values: Values, *, reached: datetime, now: datetime | None = None
) -> str:
    """Put a deadline that passed without a retrain having begun on record as an incident, once; gives its words.

    `reached` is how far the data's time has come. With `now`, the wall clock's, a decision is late too that waits in
    front of a road that stands still. Until a retrain begins, only a tighter deadline is told after the first.
    """
    entries = ledger.entries(spec.name)
    begun = _begun(spec, entries, values)
    told = [timedelta(hours=each.body["within_hours"]) for each in missed_deadlines(entries, begun)]
    late = [
        each for each in _open(entries, begun) if each.passed(reached, now) and (not told or each.within < min(told))
    ]
    if not late:
        return ""
    return _tell(spec, ledger, min(late, key=lambda each: (each.within, each.entry.seq)), reached)


def _tell(spec: ModelSpec, ledger: Ledger, first: _Open, reached: datetime) -> str:
    why = (
        f"no retrain has begun within {duration_text(first.within)} of the decision of {first.entry.body['period']}, "
        f"by {spec.period.local(first.by):%Y-%m-%d %H:%M}: {first.entry.why}"
    )
    body = {"kind": DEADLINE, **{name: first.entry.body[name] for name in ("period", "decision_id", "within_hours")}}
    ledger.append(spec.name, INCIDENT, f"{DEADLINE}:{first.id}", max(reached, first.entry.as_of), why=why, body=body)
    return why


def standing_deadline(spec: ModelSpec, entries: Sequence[Entry], values: Values) -> Deadline | None:
    """The deadline that was missed, else the one that ends first; None where none is open."""
    begun = _begun(spec, entries, values)
    if not (found := _open(entries, begun)):
        return None
    missed = {each.body["decision_id"] for each in missed_deadlines(entries, begun)}
    first = min(found, key=lambda each: (each.id not in missed, each.by))
    return Deadline(period=first.entry.body["period"], by=spec.period.local(first.by), missed=first.id in missed)


def missed_deadlines(entries: Sequence[Entry], after: int = 0) -> list[Entry]:
    """The missed deadlines on record behind the line number `after`, oldest first."""
    return [each for each in entries if each.kind == INCIDENT and each.body["kind"] == DEADLINE and each.seq > after]


def _open(entries: Sequence[Entry], begun: int) -> list[_Open]:
    """Every decision that left a time since a retrain last began, as it was first recorded."""
    found: dict[str, _Open] = {}
    for entry in entries:
        if entry.kind in (DECIDED, WATCHED) and entry.seq > begun and "within_hours" in entry.body:
            within = timedelta(hours=entry.body["within_hours"])
            found.setdefault(entry.body["decision_id"], _Open(entry, within))
    return list(found.values())


def _begun(spec: ModelSpec, entries: Sequence[Entry], values: Values) -> int:
    """The last line of the newest decision whose retrain has begun: its dataset was made, or it ended; 0 for none."""
    ended = {entry.body["decision_id"] for entry in entries if entry.kind == RETRAINED}
    for entry in reversed(entries):
        if entry.kind != DECIDED or not entry.body["retrains"]:
            continue
        period, id = entry.body["period"], entry.body["decision_id"]
        made = spec.mode != "observe" and values.get(spec.name, "training_dataset", period, id, DatasetSnapshot)
        if id in ended or made:
            kinds = (DECIDED, WATCHED, RETRAINED)
            return max(each.seq for each in entries if each.kind in kinds and each.body["decision_id"] == id)
    return 0
