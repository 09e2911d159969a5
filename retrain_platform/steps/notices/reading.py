"""What of the ledger is worth a message: a pure reading of its lines, the same however often it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from retrain_platform.dataset.stores import Values
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.release.base import Entry
from retrain_platform.release.fold import OUTSIDE_PROMOTION, TRANSITION_KINDS
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.lines import DECIDED, DRILLED, FAILED, INCIDENT, RETRAINED, STAGED, WATCHED
from retrain_platform.steps.notices.base import Notice
from retrain_platform.steps.notices.incidents import incident
from retrain_platform.steps.notices.releases import drilled, moved, outside, staged
from retrain_platform.steps.notices.retrains import decided, ended, failed
from retrain_platform.steps.notices.triggers import seen

Reading = Callable[[ModelSpec, Sequence[Entry], Entry], Iterator[Notice]]
"""The notices of one line; the sequence is the ledger up to it, the line last."""

_READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        DECIDED: decided,
        RETRAINED: ended,
        FAILED: failed,
        INCIDENT: incident,
        OUTSIDE_PROMOTION: outside,
        STAGED: staged,
        DRILLED: drilled,
        **dict.fromkeys(sorted(TRANSITION_KINDS), moved),
    }
)


def notices_of(spec: ModelSpec, entries: Sequence[Entry], values: Values, after: int) -> list[Notice]:
    """The notices of the ledger's lines behind number `after`, in their order; `entries` are all, by `seq`."""
    found: list[Notice] = []
    for place, entry in enumerate(entries):
        if entry.seq <= after:
            continue
        try:
            found += _of(spec, entries[: place + 1], values, entry)
        except (KeyError, TypeError, ValueError) as error:
            found.append(_untold(spec, entry, error))
    return found


def _of(spec: ModelSpec, entries: Sequence[Entry], values: Values, entry: Entry) -> list[Notice]:
    if entry.kind == WATCHED:
        return list(_triggers(spec, values, entry))
    return list(_READINGS[entry.kind](spec, entries, entry)) if entry.kind in _READINGS else []


def _untold(spec: ModelSpec, entry: Entry, error: Exception) -> Notice:
    """A line that another release of the platform wrote must not keep those behind it from being told."""
    return Notice(
        key=entry.key,
        incident="untold",
        kind="infrastructure",
        severity="warning",
        model=spec.name,
        title="a line of the ledger cannot be told",
        why=f"line {entry.seq}, of kind {entry.kind}: {type(error).__name__}: {error}",
        todo="Run the same release of the platform everywhere.",
        commands=(f"retrain log {spec.name}",),
        seq=entry.seq,
        at=entry.at,
    )


def _triggers(spec: ModelSpec, values: Values, entry: Entry) -> Iterator[Notice]:
    """What the decision of a watched period saw, where it can still be read."""
    period, id = entry.body["period"], entry.body["decision_id"]
    decision = values.get(spec.name, "retrain_decision", period, id, RetrainDecision)
    if decision is not None:
        yield from seen(spec, entry, decision)
