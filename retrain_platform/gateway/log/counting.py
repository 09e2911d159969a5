"""One transaction of the bins: the lines that were read, counted, joined, and written with their place in the log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from retrain_platform.adapters.bin_store import add_bins
from retrain_platform.adapters.sql_engine import parts
from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine, Line, from_bytes, to_bytes
from retrain_platform.gateway.log.evidence_tables import (
    SCORED,
    TAKEN,
    WAITING,
    YES,
    count_up,
    insert_new,
    of_ids,
    put_rows,
)
from retrain_platform.gateway.log.folding import LABEL, Feedback, Place, Sums, is_yes, number_of
from retrain_platform.gateway.log.joining import Judged, Label, join, label_text
from retrain_platform.gateway.log.meeting import Meeting
from retrain_platform.gateway.log.tailing import Read

_PATIENCE = 60_000_000
"""So many microseconds an entity's feedback waits for its answer's line, which another worker may still write."""


class Turn:
    """What one transaction adds up to. `judged` tells a model, None: it is not known here, and has no losses."""

    def __init__(self, judged: Callable[[str], Judged | None], meeting: Meeting, now: int) -> None:
        self._judged, self._meeting, self._now = judged, meeting, now
        self.passed: Counter[str] = Counter()
        self._sums: defaultdict[str, Sums] = defaultdict(Sums)
        self._scored: list[dict[str, Any]] = []
        self._fresh: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._labels: defaultdict[str, dict[str, Label]] = defaultdict(dict)
        self._feedback: list[FeedbackLine] = []
        self._yes: dict[tuple[str, str, str], tuple[int, str]] = {}
        self._taken: list[dict[str, Any]] = []

    def take(self, connection: Connection, lines: Sequence[Read], ends: Mapping[str, int]) -> None:
        """Count what lies after what was taken before; the segments are read to `ends`."""
        standing = {
            row.segment: row
            for part in parts(list(ends))
            for row in connection.execute(select(TAKEN).where(TAKEN.c.segment.in_(part)))
        }
        places = {name: Place(row.answered, row.beside, row.failed) for name, row in standing.items()}
        for read in lines:
            before = standing.get(read.segment)
            if before is not None and read.end <= before.folded:
                continue
            if read.line is None:
                self.passed["foreign"] += 1
            else:
                places[read.segment] = self._count(read.line, places.get(read.segment, Place()))
        for name, end in ends.items():
            row, place = standing.get(name), places.get(name, Place())
            folded, kept = (end, 0) if row is None else (max(end, row.folded), row.kept)
            self._taken.append({"segment": name, "folded": folded, "kept": kept, **place._asdict()})

    def write(self, connection: Connection) -> None:
        """All of it; the caller's transaction decides whether it is true."""
        insert_new(connection, SCORED, self._scored)
        self._resolve(connection)
        self._count_events(connection)
        for model in {*self._labels, *self._fresh}:
            judged = self._judged(model)
            if judged is not None:
                self.passed += join(
                    connection, model, judged, self._sums[model], self._labels[model], self._fresh[model]
                )
        for model, sums in sorted(self._sums.items()):
            add_bins(connection, model, list(sums.bins()))
        self._meeting.write(connection)
        put_rows(connection, TAKEN, "segment", self._taken)
        count_up(connection, self.passed)

    def _count(self, line: Line, place: Place) -> Place:
        if isinstance(line, FeedbackLine):
            self._feedback.append(line)
            return place
        place, call, failed = place.after(line)
        sums = self._sums[line.model]
        if isinstance(line, AnswerLine):
            judged = self._judged(line.model)
            new = self._meeting.is_new(line, None if judged is None else judged.split)
            sums.answer(line, call=call, failed=failed, new=new)
        else:
            sums.beside(line, call=call, failed=failed)
        if line.score is not None:
            self._remember(line)
        return place

    def _remember(self, line: AnswerLine | BesideLine) -> None:
        self._fresh[line.model][line.id].add(line.version)
        answered = isinstance(line, AnswerLine)
        self._scored.append(
            {
                "model": line.model,
                "id": line.id,
                "version": line.version,
                "answered": answered,
                "at": line.at,
                # PostgreSQL keeps no text with a zero in it, and a client chooses the name.
                "entity": _without_zeros(line.entity) if isinstance(line, AnswerLine) else None,
                "score": msgspec.json.encode(line.score).decode(),
            }
        )

    def _resolve(self, connection: Connection) -> None:
        """Feedback, and that which waited: by the answer that it is of."""
        waited = list(connection.execute(select(WAITING)))
        for row in waited:
            came = self._came(connection, from_bytes(row.line.encode()))
            if came or row.until < self._now:
                self.passed["unmatched"] += not came
                connection.execute(delete(WAITING).where(WAITING.c.number == row.number))
        until = self._now + _PATIENCE
        waits = [line for line in self._feedback if not self._came(connection, line)]
        rows = [{"until": until, "line": to_bytes(line).decode()} for line in waits]
        if rows:
            connection.execute(WAITING.insert(), rows)

    def _came(self, connection: Connection, line: Line) -> bool:
        """Count the feedback; False where the entity's answer is not there yet."""
        assert isinstance(line, FeedbackLine)
        if not line.known or (line.id is None and line.entity is None):
            self.passed["unknown"] += 1
            return True
        identity, version, answered_at = line.id, line.version, line.answered_at
        if identity is None:
            found = _newest(connection, line)
            if found is None:
                return False
            identity, version, answered_at = found.id, found.version, found.at
        if line.kind == LABEL:
            if line.value is not None:
                self._labels[line.model].setdefault(identity, Label(line.at, label_text(line.value)))
        elif version is not None:
            self._told(line, identity, version, answered_at)
        return True

    def _told(self, line: FeedbackLine, identity: str, version: str, answered_at: int | None) -> None:
        yes = is_yes(line)
        self._sums[line.model].feedback(Feedback(line.kind, line.at, version, number_of(line.value), yes))
        judged = self._judged(line.model)
        if yes and answered_at is not None and judged is not None and line.kind in judged.events:
            self._yes.setdefault((line.model, identity, line.kind), (answered_at, version))

    def _count_events(self, connection: Connection) -> None:
        """Each yes once an answer and kind, however often it was sent."""
        for model in {model for model, _, _ in self._yes}:
            asked = {key: told for key, told in self._yes.items() if key[0] == model}
            standing = {(row.id, row.kind) for row in of_ids(connection, YES, model, {key[1] for key in asked})}
            for (_, identity, kind), (answered_at, version) in asked.items():
                if (identity, kind) not in standing:
                    self._sums[model].event(kind, answered_at, version)
        rows = [{"model": key[0], "id": key[1], "kind": key[2], "at": told[0]} for key, told in self._yes.items()]
        insert_new(connection, YES, rows)


def _without_zeros(text: str | None) -> str | None:
    return None if text is None else text.replace("\0", "")


def _newest(connection: Connection, line: FeedbackLine) -> Any:
    """The entity's newest answer before the feedback was known."""
    columns = SCORED.c
    mine = (columns.model == line.model, columns.entity == _without_zeros(line.entity), columns.answered)
    known_at = line.at if line.known_at is None else line.known_at
    query = select(SCORED).where(*mine, columns.at <= known_at).order_by(columns.at.desc(), columns.id.desc()).limit(1)
    return connection.execute(query).first()
