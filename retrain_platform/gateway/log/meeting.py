"""Which entities a split meets for the first time: each counts once, as long as nobody's share changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from retrain_platform.gateway.lines import AnswerLine
from retrain_platform.gateway.log.evidence_tables import MET, PHASE, insert_new, put_rows
from retrain_platform.release.split import Split

MOST_MET = 200_000
"""More entities than these are not counted: enough for any test of shares, little enough for memory."""


class Phase(NamedTuple):
    """Shares as they are since split `seq`, and the entities met under them, as hashes."""

    shares: str
    seq: int
    met: set[int]


class Meeting:
    """One transaction's first meetings; `known` is what is on record, by model, and is not changed."""

    def __init__(self, known: Mapping[str, Phase]) -> None:
        self._known = known
        self._now: dict[str, Phase] = {}

    def is_new(self, line: AnswerLine, split: Split | None) -> bool:
        """Whether the split meets the line's entity for the first time.

        A line of another split than those with today's shares tells nothing of them, also one of a newer split that
        is not known yet.
        """
        if split is None or line.entity is None:
            return False
        phase = self._phase(line.model, split)
        if not phase.seq <= line.seq <= split.seq:
            return False
        standing = self._standing(line.model, phase)
        entity = int.from_bytes(hashlib.blake2b(line.entity.encode(), digest_size=8).digest(), "big", signed=True)
        if entity in phase.met or entity in standing or len(phase.met) + len(standing) >= MOST_MET:
            return False
        phase.met.add(entity)
        return True

    def write(self, connection: Connection) -> None:
        """What was met, within the caller's transaction."""
        for model, phase in self._now.items():
            if phase is not self._known.get(model) and not self._goes_on(model, phase):
                connection.execute(delete(MET).where(MET.c.model == model))
                put_rows(connection, PHASE, "model", [{"model": model, "phase": phase.shares, "seq": phase.seq}])
            insert_new(connection, MET, [{"model": model, "entity": entity} for entity in phase.met])

    def done(self) -> dict[str, Phase]:
        """What is known once the transaction stands."""
        return {
            model: phase._replace(met=self._standing(model, phase) | phase.met) for model, phase in self._now.items()
        }

    def _phase(self, model: str, split: Split) -> Phase:
        found = self._now.get(model)
        if found is None:
            known = self._known.get(model)
            shares = f"{split.champion} {split.canary} {split.share}"
            since = known.seq if known is not None and known.shares == shares else split.seq
            found = self._now[model] = Phase(shares, since, set())
        return found

    def _standing(self, model: str, phase: Phase) -> set[int]:
        known = self._known.get(model)
        return known.met if known is not None and self._goes_on(model, phase) else set()

    def _goes_on(self, model: str, phase: Phase) -> bool:
        known = self._known.get(model)
        return known is not None and known[:2] == phase[:2]


def phases(connection: Connection) -> dict[str, Phase]:
    """What is on record."""
    found = {row.model: Phase(row.phase, row.seq, set()) for row in connection.execute(select(PHASE))}
    for row in connection.execute(select(MET)):
        if row.model in found:
            found[row.model].met.add(row.entity)
    return found
