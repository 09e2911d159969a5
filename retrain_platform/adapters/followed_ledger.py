"""A ledger that is looked at several times a second: what was read once is not read again, for lines never change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock

from retrain_platform.adapters import clock
from retrain_platform.adapters.sql_ledger import SqlLedger
from retrain_platform.release.base import Entry


class FollowedLedger(SqlLedger):
    """`Ledger` that keeps in memory what it read; safe to ask from several threads."""

    def __init__(self, url: str, clock: Callable[[], datetime] = clock.now) -> None:
        super().__init__(url, clock)
        self._known: dict[str, list[Entry]] = {}
        self._asked = Lock()

    def entries(self, model: str) -> list[Entry]:
        """All entries of the model in order of `seq`."""
        with self._asked:
            known = self._known.setdefault(model, [])
            known += self.newer(model, known[-1].seq if known else 0)
            return list(known)
