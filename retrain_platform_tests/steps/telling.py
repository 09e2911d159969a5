"""A model whose ledger is written by hand, on a clock that a test moves, and people who are told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from retrain_platform.adapters.memory import MemoryLedger, MemoryValues
from retrain_platform.adapters.memory_notices import MemoryNotifier, MemoryOutbox
from retrain_platform.policy.base import Finding, RetrainDecision
from retrain_platform.release.base import Stage, Transition
from retrain_platform.steps.notices.delivering import Delivered, Post, deliver
from retrain_platform_tests.steps.tiny import tiny_spec

BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)
TEAM = {"name": "team", "url": "json://team"}


class People:
    """`targets` are told; `say` writes a line, `round` sends what is due and gives the titles that went out."""

    def __init__(self, *targets: dict[str, Any], environment: str = "", **notify: Any) -> None:
        self.now = BEGAN
        self.spec = tiny_spec(owners=["team:growth"], notify={"targets": list(targets or (TEAM,)), **notify})
        self.ledger, self.values = MemoryLedger(lambda: self.now), MemoryValues()
        self.outbox, self.notifier = MemoryOutbox(), MemoryNotifier()
        self.environment = environment
        self.link = lambda notice: ""

    def post(self) -> Post:
        """What a process that tells people has; another one has the same stores."""
        stores = (self.spec, self.ledger, self.values, self.outbox, self.notifier)
        return Post(*stores, lambda: self.now, self.environment, self.link)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def say(self, line: str, key: str, reason: str = "because", /, by: str = "platform", **body: Any) -> None:
        self.ledger.append("tiny", line, key, self.spec.period.at(3).end, why=reason, actor=by, body=body)

    def incident(self, kind: str, key: str, why: str = "because") -> None:
        self.say("incident", key, why, kind=kind)

    def move(self, kind: Any, stage: Stage, version: str = "2", actor: str = "platform", **more: Any) -> None:
        made = Transition(kind=kind, version=version, stage=stage, sentence=f"{kind} it is", **more)
        key = f"{kind}:{len(self.ledger.entries('tiny'))}"
        self.say(kind, key, made.sentence, by=actor, **made.model_dump(mode="json"), decision_id="d1")

    def decided(self, id: str, *, urgent: bool = False) -> None:
        action = "retrain_now" if urgent else "retrain"
        body = {"decision_id": id, "period": "2024-01-04", "action": action, "retrains": True}
        self.say("decided", f"decided:{id}", "schedule", **body, urgent=urgent, depth="full", answers=[], overrides=[])

    def retrained(self, id: str, verdict: str, version: str | None = None) -> None:
        body = {"decision_id": id, "period": "2024-01-04", "version": version, "verdict": verdict}
        self.say("retrained", f"retrained:{id}", f"{verdict}: floor", **body, training_rows=1200)

    def watched(self, day: int, *findings: Finding) -> None:
        """A period whose decision saw these."""
        key = self.spec.period.at(day).key
        whole = Finding(trigger="any_of", verdict="quiet", sentence="nothing", parts=findings)
        decision = RetrainDecision(
            id=f"w{day}",
            model="tiny",
            period=key,
            as_of=self.spec.period.at(day).end,
            policy="p",
            action="none",
            automatic=True,
            reason="r",
            finding=whole,
        )
        self.values.put("tiny", "retrain_decision", key, decision.id, decision)
        self.say("watched", f"watched:{key}", period=key, decision_id=decision.id, action="none")

    def deliver(self) -> Delivered:
        return deliver(self.post())

    def round(self) -> list[str]:
        before = len(self.notifier.sent)
        self.deliver()
        return [title for _, title, _, _ in self.notifier.sent[before:]]

    @property
    def newest(self) -> str:
        """The newest message's text."""
        return self.notifier.sent[-1][2]
