"""What is always listened to: a request, an outside event, and the lack of a champion."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.depth import deepest
from retrain_platform.policy.history import History, Requested

MANUAL = "manual"
"""The kind of a person's own request for a retrain."""

EventKind = Literal[
    "platform_change",
    "new_format",
    "regulation",
    "seasonal",
    "competitor",
    "new_domain",
    "feature_release",
    "incident_recovery",
    "other",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
EVENT_ACTIONS: dict[EventKind, Action] = {
    "platform_change": Action.RETRAIN,
    "new_format": Action.RETRAIN,
    "regulation": Action.RETRAIN,
    "seasonal": Action.RETRAIN,
    "competitor": Action.INVESTIGATE,
    "new_domain": Action.RETRAIN,
    "feature_release": Action.RETRAIN,
    "incident_recovery": Action.INVESTIGATE,
    "other": Action.INVESTIGATE,
}
"""What each kind of event asks for unless the spec says otherwise: a changed world is learned from; whether a
competitor changed it, or an incident left its traces in the data, someone must look at first."""


class RequestedPolicy(Record):
    """Fires while a person's request is unanswered; an urgent one asks for retrain now."""

    kind: Literal["requested"] = "requested"
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Read the open requests. `value` is how many there are."""
        asked = [request for request in history.requested if request.kind == MANUAL]
        if not asked:
            return Finding(trigger=self.kind, verdict="quiet", value=0, limit=1, sentence="nobody asked for a retrain")
        return Finding(
            trigger=self.kind,
            verdict="fired",
            action=max((self.asks(request) for request in asked), key=lambda action: action.rank),
            value=len(asked),
            limit=1,
            sentence="; ".join(_said(request) for request in asked),
            depth=deepest([request.depth for request in asked]),
        )

    def asks(self, request: Requested) -> Action:
        """What one request asks for."""
        return Action.RETRAIN_NOW if request.urgent else self.action

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} when a person asks; {Action.RETRAIN_NOW} when it is urgent"


class EventPolicy(Record):
    """Fires while an outside event of one of its `kinds` (all) is unanswered, and asks for what its kind asks for.

    `actions` says otherwise than `EVENT_ACTIONS`; an urgent event asks for retrain now. What a ledger holds of
    another kind counts as 'other'. The highest action of several events counts.
    """

    kind: Literal["event"] = "event"
    kinds: tuple[EventKind, ...] = Field(default=EVENT_KINDS, min_length=1)
    actions: dict[EventKind, Action] = {}

    def decide(self, history: History) -> Finding:
        """Read the open events. `value` is how many there are."""
        filed = [request for request in history.requested if self.hears(request)]
        if not filed:
            sentence = "no event was filed" if self.kinds == EVENT_KINDS else f"no {' or '.join(self.kinds)} was filed"
            return Finding(trigger=self.kind, verdict="quiet", value=0, limit=1, sentence=sentence)
        asked = max((self.asks(request) for request in filed), key=lambda action: action.rank)
        return Finding(
            trigger=self.kind,
            verdict="fired" if asked is not Action.NONE else "quiet",
            action=asked,
            value=len(filed),
            limit=1,
            sentence="; ".join(f"{_said(request)} (asks for: {_words(self.asks(request))})" for request in filed),
        )

    def hears(self, request: Requested) -> bool:
        """Whether it is an event of one of the kinds."""
        return request.kind != MANUAL and _kind(request) in self.kinds

    def asks(self, request: Requested) -> Action:
        """What one event asks for."""
        kind = _kind(request)
        return Action.RETRAIN_NOW if request.urgent else self.actions.get(kind, EVENT_ACTIONS[kind])

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        told = ", ".join(f"{kind}: {self.actions.get(kind, EVENT_ACTIONS[kind])}" for kind in self.kinds)
        return f"what an outside event asks for ({told}); {Action.RETRAIN_NOW} when it is urgent"


class NoChampionPolicy(Record):
    """Fires while no version answers."""

    kind: Literal["no_champion"] = "no_champion"
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Look whether there is a champion."""
        if history.champion is not None:
            sentence = f"version {history.champion.version} is the champion"
            return Finding(trigger=self.kind, verdict="quiet", sentence=sentence)
        return Finding(trigger=self.kind, verdict="fired", action=self.action, sentence="there is no champion yet")

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} while there is no champion"


def _said(request: Requested) -> str:
    verb = "asks" if request.kind == MANUAL else "filed an event"
    how = f"{', urgent' if request.urgent else ''}{f', depth {request.depth}' if request.depth else ''}"
    return f"{request.actor} {verb} ({request.kind}{how}): {request.why}"


def _kind(request: Requested) -> EventKind:
    return next((kind for kind in EVENT_KINDS if kind == request.kind), "other")


def _words(action: Action) -> str:
    return action.value.replace("_", " ")
