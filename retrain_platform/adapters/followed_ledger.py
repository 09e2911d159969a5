"""A ledger that is looked at several times a second: what was read once is not read again, for lines never change."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Any

from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.release.base import Entry


class FollowedLedger:
    """`Ledger` over a `SqlLedger`; safe to ask from several threads."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger
        self._known: dict[str, list[Entry]] = {}
        self._reading = Lock()

    def append(
        self,
        model: str,
        kind: str,
        key: str,
        as_of: datetime,
        *,
        body: dict[str, Any] | None = None,
        actor: str = "platform",
        why: str = "",
        expect: int | None = None,
    ) -> Entry:
        """See `Ledger`."""
        return self._ledger.append(model, kind, key, as_of, body=body, actor=actor, why=why, expect=expect)

    def entries(self, model: str) -> list[Entry]:
        """See `Ledger`."""
        with self._reading:
            known = self._known.setdefault(model, [])
            known += self._ledger.newer(model, known[-1].seq if known else 0)
            return list(known)

    def models(self) -> list[str]:
        """See `Ledger`."""
        return self._ledger.models()
