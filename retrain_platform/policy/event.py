"""What is always listened to: a request, and the lack of a champion."""

from __future__ import annotations

from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, History


class RequestedPolicy(Record):
    """Fires while a person's request or an outside event is unanswered; an urgent one asks for retrain now."""

    kind: Literal["requested"] = "requested"
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Read the open requests. `value` is how many there are."""
        if not history.requested:
            return Finding(trigger=self.kind, verdict="quiet", value=0, limit=1, sentence="nobody asked for a retrain")
        urgent = any(request.urgent for request in history.requested)
        return Finding(
            trigger=self.kind,
            verdict="fired",
            action=Action.RETRAIN_NOW if urgent else self.action,
            value=len(history.requested),
            limit=1,
            sentence="; ".join(
                f"{request.actor} asks ({request.kind}{', urgent' if request.urgent else ''}): {request.why}"
                for request in history.requested
            ),
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} when a person or an outside event asks; {Action.RETRAIN_NOW} when it is urgent"


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
