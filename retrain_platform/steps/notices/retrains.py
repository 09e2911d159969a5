"""Decisions to retrain, how the retrains ended, and how retrains do on the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from retrain_platform.dataset.duration import span_of_clock_text
from retrain_platform.policy.history import DATA_REFUSED
from retrain_platform.release.base import Entry
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.notify import SEVERITY
from retrain_platform.steps.lines import DECIDED, FAILED, NOT_EXAMINED, RETRAINED
from retrain_platform.steps.notices.base import Notice

_FEWEST = 3
"""So many tries must have ended before a share of them says something."""


def decided(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """A decision to retrain; one not to is no news."""
    if not entry.body["retrains"]:
        return
    body = entry.body
    left = [f"within {body['within_hours']:g} h"] if "within_hours" in body else []
    observes = spec.mode == "observe"
    yield Notice(
        key=entry.key,
        incident=entry.key,
        kind="decision",
        severity="warning" if body["urgent"] else SEVERITY["decision"],
        model=spec.name,
        title=f"retrain decided{', urgent' if body['urgent'] else ''}",
        why=entry.why,
        numbers=(f"period {body['period']}", f"depth {body.get('depth', 'full')}", *left),
        todo="The model's mode is observe, nothing follows by itself." if observes else "Nothing: its run follows.",
        commands=(f"retrain why {spec.name} --at {body['period']}",),
        asset="retrain_decision",
        seq=entry.seq,
        at=entry.at,
    )


def ended(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """A candidate that was turned away, a retrain that took long, and retrains that keep failing."""
    body = entry.body
    # Refused data and a search that failed are incidents of their own, which tell more.
    if body["version"] is None and body["verdict"] not in NOT_EXAMINED:
        yield _turned_away(spec, entry)
    begun = next(
        (e for e in reversed(entries) if e.kind == DECIDED and e.body["decision_id"] == body["decision_id"]), None
    )
    if begun is not None and entry.at - begun.at > spec.notify.retrains.longer_than:
        yield _slow(spec, entry, entry.at - begun.at)
    if body["verdict"] in NOT_EXAMINED:
        yield from _failing(spec, entries, entry)


def _turned_away(spec: ModelSpec, entry: Entry) -> Notice:
    body = entry.body
    return Notice(
        key=entry.key,
        incident="turned_away",
        kind="turned_away",
        severity=SEVERITY["turned_away"],
        model=spec.name,
        title="candidate turned away",
        why=entry.why,
        numbers=(f"period {body['period']}", f"{body['training_rows']:,} rows"),
        todo="The champion stays. Look at which gate said no, and at the diagnosis.",
        commands=(f"retrain why {spec.name} --at {body['period']}",),
        asset="validation_report",
        seq=entry.seq,
        at=entry.at,
    )


def _slow(spec: ModelSpec, entry: Entry, took: timedelta) -> Notice:
    whole = timedelta(seconds=round(took.total_seconds()))
    return Notice(
        key=f"slow:{entry.key}",
        incident="retrains:slow",
        kind="retrains",
        severity=SEVERITY["retrains"],
        model=spec.name,
        title="a retrain took long",
        why=f"from the decision of {entry.body['period']} to its end {whole} went by",
        numbers=(f"took {whole}", f"limit {span_of_clock_text(spec.notify.retrains.longer_than)}"),
        todo="Look at the run's steps: waiting for a machine, attempts that failed, or the fit itself.",
        commands=(f"retrain log {spec.name}",),
        asset="candidate_model",
        seq=entry.seq,
        at=entry.at,
    )


def failed(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """A failed run, and whether retrains keep failing."""
    work, limit = entry.body["work"], spec.operation.attempts
    tries = sum(e.kind == FAILED and e.body["work"] == work for e in entries)
    again = "It is given up: put it right, then run it by hand."
    if tries < limit:
        again = f"It is asked for again in {span_of_clock_text(spec.operation.retry_wait)} by itself; by hand at once."
    yield Notice(
        key=entry.key,
        incident=f"run:{work}",
        kind="run",
        severity="critical" if tries >= limit else "warning",
        model=spec.name,
        title=f"run failed{', given up' if tries >= limit else ''}: {work}",
        why=entry.why,
        numbers=(f"attempt {tries} of {limit}",),
        todo=again,
        commands=(f"retrain status {spec.name}", f"retrain run {spec.name}"),
        seq=entry.seq,
        at=entry.at,
    )
    if any(e.kind == DECIDED and e.body["decision_id"] == work for e in entries):
        yield from _failing(spec, entries, entry)


def _failing(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """Of the newest tries to retrain too many failed: a run that broke, refused data, or a search without a fit."""
    limits = spec.notify.retrains
    decisions = {e.body["decision_id"] for e in entries if e.kind == DECIDED}
    tries = [
        e.kind == FAILED or e.body["verdict"] in NOT_EXAMINED
        for e in entries
        if e.kind == RETRAINED or (e.kind == FAILED and e.body["work"] in decisions)
    ][-limits.of :]
    wrong = sum(tries)
    if len(tries) < _FEWEST or wrong / len(tries) < limits.failed_share:
        return
    yield Notice(
        key=f"failing:{entry.key}",
        incident="retrains:failing",
        kind="retrains",
        severity=SEVERITY["retrains"],
        model=spec.name,
        title=f"{wrong} of the newest {len(tries)} tries to retrain failed",
        why=f"the newest: {entry.why}",
        numbers=(f"{wrong / len(tries):.0%} failed", f"limit {limits.failed_share:.0%}"),
        todo="Look at what they have in common; refused data is put right at its source."
        if entry.body.get("verdict") == DATA_REFUSED
        else "Look at what they have in common.",
        commands=(f"retrain log {spec.name}", f"retrain status {spec.name}"),
        asset="candidate_model",
        seq=entry.seq,
        at=entry.at,
    )
