"""An outbox and a carrier of messages without a database or a network: what tests hand to whatever tells people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

from retrain_platform.spec.notify import Severity
from retrain_platform.steps.notices.base import Away, Notice, Settled, Told


class MemoryOutbox:
    """`Outbox` in memory."""

    def __init__(self) -> None:
        self._reached: dict[str, int] = {}
        self._queued: dict[tuple[str, str], dict[str, Notice]] = {}
        self._settled: dict[tuple[str, str], dict[str, tuple[Settled, datetime]]] = {}
        self._claims: dict[tuple[str, str], datetime] = {}
        self._away: dict[tuple[str, str], Away] = {}
        self._turn = Lock()

    def reached(self, model: str) -> int | None:
        """The ledger's line up to which notices were queued; None where none ever was."""
        return self._reached.get(model)

    def queue(self, model: str, upto: int, wanted: Sequence[tuple[str, Notice]]) -> None:
        """Queue each notice for its target and move the mark to line `upto`; see `Outbox`."""
        with self._turn:
            for target, notice in wanted:
                self._queued.setdefault((model, target), {}).setdefault(notice.key, notice)
            self._reached[model] = max(upto, self._reached.get(model, 0))

    def waiting(self, model: str, target: str) -> list[Notice]:
        """What the target was not told yet, oldest first."""
        settled = self._settled.get((model, target), {})
        found = [notice for key, notice in self._queued.get((model, target), {}).items() if key not in settled]
        return sorted(found, key=lambda notice: (notice.seq, notice.key))

    def known(self, model: str, target: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys that were queued for the target, whatever became of them."""
        return set(keys) & set(self._queued.get((model, target), {}))

    def told(self, model: str, target: str, incident: str) -> Told | None:
        """The newest message of the incident that the target was sent."""
        queued, settled = self._queued.get((model, target), {}), self._settled.get((model, target), {})
        mine = [(queued[key], how, at) for key, (how, at) in settled.items() if queued[key].incident == incident]
        sent = [(at, notice.seq, notice.severity) for notice, how, at in mine if how == "sent"]
        if not sent:
            return None
        at, _, severity = max(sent)
        return Told(at=at, severity=severity, held=sum(how == "held" and when >= at for _, how, when in mine))

    def settle(self, model: str, target: str, keys: Sequence[str], how: Settled, at: datetime) -> None:
        """Put on record what became of queued notices."""
        self._settled.setdefault((model, target), {}).update(dict.fromkeys(keys, (how, at)))

    def claim(self, model: str, target: str, now: datetime, until: datetime) -> bool:
        """Whether this process alone may send to the target until then."""
        with self._turn:
            if self._claims.get((model, target), now) > now:
                return False
            self._claims[model, target] = until
            return True

    def free(self, model: str, target: str, away: Away | None) -> None:
        """Give the claim back, and say whether the target could be told."""
        self._claims.pop((model, target), None)
        if away is None:
            self._away.pop((model, target), None)
        else:
            self._away[model, target] = away

    def away(self, model: str) -> dict[str, Away]:
        """The model's targets that could not be told, by name."""
        return {target: away for (of, target), away in sorted(self._away.items()) if of == model}


class MemoryNotifier:
    """`Notifier` that keeps what it was given; `broken` says why nothing arrives, where nothing does."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, str]] = []
        self.broken = ""

    def send(self, url: str, title: str, text: str, severity: Severity) -> str:
        """Keep (url, title, text, severity)."""
        if not self.broken:
            self.sent.append((url, title, text, severity))
        return self.broken
