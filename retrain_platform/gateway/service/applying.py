"""Whether a published split has reached every worker, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.processes.states import ProcessState, read_states
from retrain_platform.gateway.service.shares import told
from retrain_platform.release.split import Split

LATE = timedelta(seconds=5)
"""A split that some worker has not taken for so long is told of."""


class Arrival(NamedTuple):
    """What to tell: `event` is 'applied' or 'late'."""

    event: str
    sentence: str
    about: dict[str, Any]


class Reaching:
    """A split on its way to the workers since `published`; `first`: the one found at the controller's start."""

    def __init__(self, split: Split, published: datetime, *, first: bool) -> None:
        self.split, self._published, self._first = split, published, first
        self._done = self._late = False

    def arrived(self, home: GatewayHome, now: datetime) -> Arrival | None:
        """Once, that all workers that live serve it; before, once, who is late."""
        if self._done:
            return None
        workers = [state for state in read_states(home, now) if self.split.model in state.applied]
        missing = [state for state in workers if state.applied[self.split.model].seq < self.split.seq]
        if workers and not missing:
            self._done = True
            return self._applied(len(workers), now)
        if missing and not self._late and now - self._published >= LATE:
            self._late = True
            return self._lagging(missing)
        return None

    def _applied(self, workers: int, now: datetime) -> Arrival:
        since = self.split.since
        took = None if since is None or self._first else (now - since).total_seconds()
        said = f"{self.split.model}: {told(self.split)}, in all {workers} workers"
        said += "" if took is None else f" {took:.1f} s after the ledger's line {self.split.seq}"
        return Arrival("applied", said, self._about(workers=workers, seconds=took))

    def _lagging(self, missing: Sequence[ProcessState]) -> Arrival:
        why = "; ".join(
            f"{state.name}: {state.applied[self.split.model].problem or 'no word yet'}" for state in missing
        )
        said = f"{self.split.model}: the ledger's line {self.split.seq} is not served everywhere yet. {why}"
        return Arrival("late", said, self._about(workers=[state.name for state in missing]))

    def _about(self, **more: Any) -> dict[str, Any]:
        return {"model": self.split.model, "seq": self.split.seq, "first": self._first, **more}
