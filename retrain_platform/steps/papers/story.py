"""The ledger told to people: the retraining log, and what one decision led to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.backoff import triggers_of
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.worth import RetrainValue
from retrain_platform.release.base import Entry
from retrain_platform.release.fold import fold
from retrain_platform.steps.lines import DECIDED, RETRAINED
from retrain_platform.steps.policy.deadlines import missed_deadlines
from retrain_platform.steps.policy.deciding import decision_of
from retrain_platform.steps.policy.valuing import hours, kept_values, values_so_far
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.base import ValidationReport

MOVES = ("opened", "advanced", "promoted", "proven", "aborted", "rolled_back", "rejected", "superseded")


class LogLine(Record):
    """One retrain: `status` is where its version stands now, or the verdict that ended it.

    `late` is the deadline that had passed when it began. `cost`, where the spec prices things, is its computing as it
    was measured (as it was stated, where an hour has no price) and its review. `value` is what it was worth, told
    once its version was replaced or had answered for long; None before, and where no version took over.
    """

    decision_id: str
    period: str
    trigger: str
    reason: str
    started: datetime
    ended: datetime
    snapshot: str
    rows: int
    version: str | None
    semantic_version: str | None = None
    verdict: str
    metric: str
    candidate: float | None
    champion: float | None
    status: str
    notes: str
    late: str = ""
    cost: float | None = None
    currency: str = ""
    value: RetrainValue | None = None

    def shown(self) -> dict[str, Any]:
        """The line as people read it."""
        return {
            "period": self.period,
            "trigger": self.trigger,
            "version": f"{self.version} ({self.semantic_version})" if self.semantic_version else self.version,
            "rows": self.rows,
            self.metric: self.candidate,
            "champion's": self.champion,
            "verdict": self.verdict,
            "status": self.status,
            "took": f"{(self.ended - self.started).total_seconds():.0f} s",
            **({} if self.cost is None else {"cost": f"{self.cost:,.2f} {self.currency}"}),
            "snapshot": self.snapshot,
            "decision": self.decision_id,
            "why": self.reason,
            "late": self.late,
            "worth it": "" if self.value is None else self.value.sentence,
            "notes": self.notes,
        }


def log_lines(shop: Workshop, until: datetime, *, so_far: bool = False) -> list[LogLine]:
    """Every retrain that ended by `until`, oldest first; with `so_far` the worth of those that still answer, too."""
    values = (values_so_far if so_far else kept_values)(shop, until)
    entries = [entry for entry in shop.entries() if entry.as_of <= until]
    begun = {entry.body["decision_id"]: entry for entry in entries if entry.kind == DECIDED}
    return [
        _line(shop, entry, begun.get(entry.body["decision_id"]), entries).model_copy(
            update={"value": values.get(entry.body["decision_id"])}
        )
        for entry in entries
        if entry.kind == RETRAINED
    ]


def _line(shop: Workshop, ended: Entry, begun: Entry | None, entries: list[Entry]) -> LogLine:
    key, period = ended.body["decision_id"], ended.body["period"]
    decision = decision_of(shop, period, key)
    snapshot = shop.values.get(shop.model, "training_dataset", period, key, DatasetSnapshot)
    report = shop.values.get(shop.model, "validation_report", period, key, ValidationReport)
    primary = shop.spec.primary
    comparison = report.measurements.comparisons.get(primary) if report else None
    return LogLine(
        decision_id=key,
        period=period,
        trigger=trigger_of(decision),
        reason=decision.reason if decision else "",
        started=begun.at if begun else ended.at,
        ended=ended.at,
        snapshot=snapshot.id if snapshot else "",
        rows=ended.body["training_rows"],
        version=ended.body["version"],
        semantic_version=ended.body.get("semantic_version"),
        verdict=ended.body["verdict"],
        metric=primary,
        candidate=report.measurements.candidate.get(primary) if report else None,
        champion=comparison.champion if comparison else None,
        status=_status(ended.body["version"], entries),
        notes=ended.why,
        late=_late(entries, begun),
        cost=None if (prices := shop.spec.cost) is None else prices.of_measured(hours(begun, ended)),
        currency=prices.currency if prices else "",
    )


def _late(entries: list[Entry], begun: Entry | None) -> str:
    """The newest deadline that was told as missed between the retrain before and this one."""
    before = [e.seq for e in entries if e.kind == RETRAINED and begun is not None and e.seq < begun.seq]
    until = next((e.seq for e in entries if begun is not None and e.kind == RETRAINED and e.seq > begun.seq), 0)
    missed = [each.why for each in missed_deadlines(entries, max(before, default=0)) if each.seq < until]
    return missed[-1] if missed else ""


def missed_since(entries: list[Entry]) -> list[str]:
    """The deadlines that were missed since a retrain last ended, in words: no line of the log tells of them."""
    ended = max((entry.seq for entry in entries if entry.kind == RETRAINED), default=0)
    return [each.why for each in missed_deadlines(entries, ended)]


def trigger_of(decision: RetrainDecision | None) -> str:
    """The leaf findings that asked for what was decided; what only asks to be watched stays out."""
    if decision is None:
        return "unknown"
    return ", ".join(triggers_of(decision.finding)) or decision.finding.trigger


def _status(version: str | None, entries: list[Entry]) -> str:
    if version is None:
        return "turned away"
    state = fold(entries)
    if state.champion == version:
        return "champion"
    for release in (state.open, state.waiting, *reversed(state.ended)):
        if release is not None and release.version == version:
            return "former champion" if release.stage.value == "done" else release.stage.value
    return "registered"


def moves_of(entries: list[Entry], decision_id: str) -> list[Entry]:
    """What became of a decision's version, in order."""
    versions = {e.body["version"] for e in entries if e.kind == RETRAINED and e.body["decision_id"] == decision_id}
    return [e for e in entries if e.kind in MOVES and e.body.get("version") in versions - {None}]
