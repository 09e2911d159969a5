"""The bins' writer: every line of the log counts exactly once: its place and its counts are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from retrain_platform.adapters.bin_store import TABLES, forget_bins, say_complete
from retrain_platform.adapters.sql_engine import LazyTables, parts
from retrain_platform.gateway.log.counting import Turn
from retrain_platform.gateway.log.evidence_tables import COUNTED, LABELLED, SCORED, TAKEN, YES
from retrain_platform.gateway.log.joining import Judged
from retrain_platform.gateway.log.meeting import Meeting, phases
from retrain_platform.gateway.log.tailing import Read

REMEMBERED = 1_000_000
"""The newest scores that a label can find; an older label counts in the period's reports alone."""


class Marks(NamedTuple):
    """The bytes of a segment that are in the bins, and those in the lake."""

    folded: int = 0
    kept: int = 0


class Evidence:
    """The database of bins as the collector writes it. `judged` tells a model, None: it is not known here.

    Only one collector writes for a home. Entities first met, scores that wait for labels and labels that wait for
    scores are kept in the same database, so that a killed collector goes on as if it had never ended.
    """

    def __init__(self, url: str, judged: Callable[[str], Judged | None], remembered: int = REMEMBERED) -> None:
        self._tables, self._judged, self._remembered = LazyTables(url, TABLES), judged, remembered
        self._tables.make()
        with self._tables.reading() as connection:
            self._phases = phases(connection)

    def marks(self) -> dict[str, Marks]:
        """How far each segment is taken."""
        with self._tables.reading() as connection:
            return {row.segment: Marks(row.folded, row.kept) for row in connection.execute(select(TAKEN))}

    def counts(self) -> dict[str, int]:
        """What was passed over since the beginning, by why.

        `torn` lines of killed writers, `foreign` ones, feedback of `unknown` and `unmatched` answers, labels that are
        none of the task's (`unfit`), and a record's later labels (`relabelled`).
        """
        with self._tables.reading() as connection:
            return {row.name: row.times for row in connection.execute(select(COUNTED))}

    def fold(
        self,
        lines: Sequence[Read],
        ends: Mapping[str, int],
        now: int,
        *,
        torn: int = 0,
        until: datetime | None = None,
    ) -> None:
        """Count the lines and note that the segments are read to `ends`: both, or neither.

        `now` is microseconds since 1970; `until`: with these, all that was logged before is counted. Lines that were
        counted before are passed over.
        """
        meeting = Meeting(self._phases)
        turn = Turn(self._judged, meeting, now)
        turn.passed["torn"] += torn
        with self._tables.writing() as connection:
            turn.take(connection, lines, ends)
            turn.write(connection)
            if until is not None:
                say_complete(connection, until)
        self._phases |= meeting.done()  # only what is on record was met

    def keep(self, marks: Mapping[str, int]) -> None:
        """Note that the lake has the segments to these ends."""
        with self._tables.writing() as connection:
            for segment, kept in marks.items():
                connection.execute(TAKEN.update().where(TAKEN.c.segment == segment).values(kept=kept))

    def forget(self, gone: Iterable[str], keep: Mapping[str, timedelta], now: datetime) -> None:
        """Drop what is not needed: segments that were taken away, bins past their model's `keep`, old scores."""
        with self._tables.writing() as connection:
            for part in parts(list(gone)):
                connection.execute(delete(TAKEN).where(TAKEN.c.segment.in_(part)))
            for model, span in keep.items():
                forget_bins(connection, model, now - span)
            oldest = self._oldest(connection)
            for table in (SCORED, LABELLED, YES) if oldest is not None else ():
                connection.execute(delete(table).where(table.c.at < oldest))

    def _oldest(self, connection: Connection) -> int | None:
        """The time before which more than the newest scores stand."""
        if connection.execute(select(func.count()).select_from(SCORED)).scalar_one() <= self._remembered:
            return None
        newest = select(SCORED.c.at).order_by(SCORED.c.at.desc()).limit(1).offset(self._remembered - 1)
        return int(connection.execute(newest).scalar_one())
