"""Incidents on record: faults of data and infrastructure, a champion in trouble, a gate, a deadline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from retrain_platform.release.base import Entry
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.notify import SEVERITY, NoticeKind
from retrain_platform.steps.notices.base import Notice


class _Told(NamedTuple):
    kind: NoticeKind
    title: str
    todo: str
    asset: str = ""


_RUN = "run"
"""The line of the failed run tells of it, with its attempt."""
_BY_KIND: Mapping[str, _Told] = MappingProxyType(
    {
        "data": _Told("infrastructure", "data of a period is broken", "Put the data right at its source.", "events"),
        "source": _Told("infrastructure", "the source cannot be read", "Let the source be read again.", "events"),
        "gateway": _Told("infrastructure", "fault of the gateway", "Look at /ready and the gateway's log."),
        "scoring": _Told("champion", "a version cannot score", "Roll back, or put the data right.", "predictions"),
        "control": _Told("champion", "the champion answers otherwise", "Find what changed under it.", "predictions"),
        "going_back": _Told("champion", "there is no way back", "Put right what the version before lacks.", "release"),
        "alias": _Told("outside", "an alias is somebody else's", "Name another under release.aliases.", "release"),
        "gate": _Told(
            "gate", "training data refused", "Put the data right: the next trigger retrains.", "training_dataset"
        ),
        "search": _Told("run", "a search came to nothing", "Look at what its trials said.", "candidate_model"),
        "deadline": _Told("deadline", "deadline missed", "Begin the retrain, or say why not.", "retrain_decision"),
    }
)
_ELSE = _Told("infrastructure", "incident", "Look into it.")


def incident(spec: ModelSpec, entries: Sequence[Entry], entry: Entry) -> Iterator[Notice]:
    """One incident; an unknown kind is one of the infrastructure's, named."""
    kind = str(entry.body.get("kind", ""))
    if kind == _RUN:
        return
    told = _BY_KIND.get(kind, _ELSE._replace(title=f"incident of kind {kind or 'unknown'}"))
    period = entry.body.get("period")
    yield Notice(
        key=entry.key,
        incident=f"incident:{kind}",
        kind=told.kind,
        severity=SEVERITY[told.kind],
        model=spec.name,
        title=told.title,
        why=entry.why,
        numbers=(f"period {period}",) if period else (),
        todo=told.todo,
        commands=(f"retrain status {spec.name}",)
        if told.kind != "champion"
        else (f"retrain release show {spec.name}",),
        asset=told.asset,
        seq=entry.seq,
        at=entry.at,
    )
