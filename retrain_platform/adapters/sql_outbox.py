"""What is to be told and what was, beside the ledger in its database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from retrain_platform.adapters.sql_engine import LazyTables
from retrain_platform.steps.notices.base import Away, Notice, Settled, Told

_META = MetaData()
_MARKS = Table("notice_marks", _META, Column("model", Text, primary_key=True), Column("seq", Integer, nullable=False))
_NOTICES = Table(
    "notices",
    _META,
    Column("model", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("incident", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("severity", Text, nullable=False),
    Column("settled", Text),
    Column("at", Text),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("model", "target", "key"),
)
_TARGETS = Table(
    "notice_targets",
    _META,
    Column("model", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("claimed_until", Text),
    Column("away", Text),
    PrimaryKeyConstraint("model", "target"),
)
_ATTEMPTS = 20


class SqlOutbox:
    """`Outbox` over SQLAlchemy, in the ledger's database, so that every sender sees one.

    Times are ISO 8601 in UTC with microseconds, which sort as they are.
    """

    def __init__(self, url: str) -> None:
        self._tables = LazyTables(url, _META)

    def reached(self, model: str) -> int | None:
        """The ledger's line up to which notices were queued; None where none ever was."""
        if not self._tables.exist():
            return None
        with self._tables.reading() as connection:
            return connection.execute(select(_MARKS.c.seq).where(_MARKS.c.model == model)).scalar_one_or_none()

    def queue(self, model: str, upto: int, wanted: Sequence[tuple[str, Notice]]) -> None:
        """Queue each notice for its target and move the mark to line `upto`, all or nothing; see `Outbox`."""
        if not wanted and self.reached(model) == upto:
            return None
        self._tables.make()
        for _ in range(_ATTEMPTS):
            try:
                with self._tables.writing() as connection:
                    return self._queue(connection, model, upto, wanted)
            except IntegrityError:
                continue  # another process queued the same: look again
        raise RuntimeError(f"model == {model!r}: other processes queued notices {_ATTEMPTS} times, run again")

    def waiting(self, model: str, target: str) -> list[Notice]:
        """What the target was not told yet, oldest first."""
        if not self._tables.exist():
            return []
        mine = (_NOTICES.c.model == model, _NOTICES.c.target == target, _NOTICES.c.settled.is_(None))
        with self._tables.reading() as connection:
            found = connection.execute(select(_NOTICES.c.body).where(*mine).order_by(_NOTICES.c.seq, _NOTICES.c.key))
            return [Notice.model_validate_json(body) for body in found.scalars()]

    def known(self, model: str, target: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys that were queued for the target, whatever became of them."""
        if not keys or not self._tables.exist():
            return set()
        mine = (_NOTICES.c.model == model, _NOTICES.c.target == target, _NOTICES.c.key.in_(list(keys)))
        with self._tables.reading() as connection:
            return set(connection.execute(select(_NOTICES.c.key).where(*mine)).scalars())

    def told(self, model: str, target: str, incident: str) -> Told | None:
        """The newest message of the incident that the target was sent."""
        if not self._tables.exist():
            return None
        mine = (_NOTICES.c.model == model, _NOTICES.c.target == target, _NOTICES.c.incident == incident)
        newest = select(_NOTICES).where(*mine, _NOTICES.c.settled == "sent")
        with self._tables.reading() as connection:
            row = connection.execute(newest.order_by(_NOTICES.c.at.desc(), _NOTICES.c.seq.desc()).limit(1)).first()
            if row is None:
                return None
            held = select(func.count()).where(*mine, _NOTICES.c.settled == "held", _NOTICES.c.at >= row.at)
            count = connection.execute(held).scalar_one()
        return Told(at=datetime.fromisoformat(row.at), severity=row.severity, held=count)

    def settle(self, model: str, target: str, keys: Sequence[str], how: Settled, at: datetime) -> None:
        """Put on record what became of queued notices."""
        if not keys:
            return
        mine = (_NOTICES.c.model == model, _NOTICES.c.target == target, _NOTICES.c.key.in_(list(keys)))
        with self._tables.writing() as connection:
            connection.execute(update(_NOTICES).where(*mine).values(settled=how, at=_text(at)))

    def claim(self, model: str, target: str, now: datetime, until: datetime) -> bool:
        """Whether this process alone may send to the target until then."""
        self._tables.make()
        mine = (_TARGETS.c.model == model, _TARGETS.c.target == target)
        free = or_(_TARGETS.c.claimed_until.is_(None), _TARGETS.c.claimed_until <= _text(now))
        try:
            with self._tables.writing() as connection:
                taken = connection.execute(update(_TARGETS).where(*mine, free).values(claimed_until=_text(until)))
                if taken.rowcount:
                    return True
                if connection.execute(select(_TARGETS.c.target).where(*mine)).first() is not None:
                    return False
                row = {"model": model, "target": target, "claimed_until": _text(until)}
                connection.execute(insert(_TARGETS), row)
        except IntegrityError:
            return False  # of two that claim first of all, the other
        return True

    def free(self, model: str, target: str, away: Away | None) -> None:
        """Give the claim back, and say whether the target could be told."""
        mine = (_TARGETS.c.model == model, _TARGETS.c.target == target)
        text = None if away is None else away.model_dump_json()
        with self._tables.writing() as connection:
            connection.execute(update(_TARGETS).where(*mine).values(claimed_until=None, away=text))

    def away(self, model: str) -> dict[str, Away]:
        """The model's targets that could not be told, by name."""
        if not self._tables.exist():
            return {}
        query = select(_TARGETS.c.target, _TARGETS.c.away).where(
            _TARGETS.c.model == model, _TARGETS.c.away.is_not(None)
        )
        with self._tables.reading() as connection:
            found = connection.execute(query.order_by(_TARGETS.c.target)).all()
        return {target: Away.model_validate_json(body) for target, body in found}

    def _queue(self, connection: Connection, model: str, upto: int, wanted: Sequence[tuple[str, Notice]]) -> None:
        known = select(_NOTICES.c.target, _NOTICES.c.key).where(_NOTICES.c.model == model)
        keys = [notice.key for _, notice in wanted]
        standing = {tuple(row) for row in connection.execute(known.where(_NOTICES.c.key.in_(keys)))} if keys else set()
        rows = {(target, n.key): _row(model, target, n) for target, n in wanted if (target, n.key) not in standing}
        if rows:
            connection.execute(insert(_NOTICES), list(rows.values()))
        mark = connection.execute(select(_MARKS.c.seq).where(_MARKS.c.model == model)).scalar_one_or_none()
        if mark is None:
            connection.execute(insert(_MARKS), {"model": model, "seq": upto})
        elif upto > mark:
            connection.execute(update(_MARKS).where(_MARKS.c.model == model).values(seq=upto))


def _row(model: str, target: str, notice: Notice) -> dict[str, object]:
    named = {"key": notice.key, "incident": notice.incident, "seq": notice.seq, "severity": notice.severity}
    return {"model": model, "target": target, **named, "body": notice.model_dump_json()}


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
