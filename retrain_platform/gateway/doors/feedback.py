"""The door for what comes back: labels, clicks, ratings, complaints, by a record's id or an entity, late ones too."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from retrain_platform.adapters import clock
from retrain_platform.gateway.base import BadRequest, Log, Serving
from retrain_platform.gateway.doors.bodies import strict_json
from retrain_platform.gateway.doors.keeping import keep
from retrain_platform.gateway.doors.metrics import Metrics
from retrain_platform.gateway.ids import Ids
from retrain_platform.gateway.lines import FeedbackLine
from retrain_platform.release.serving import About

FIELDS = ("id", "entity", "kind", "value", "text", "known_at")
_ALWAYS = ("label", "rating", "click", "complaint")
_AHEAD = timedelta(minutes=1)
"""How far another machine's clock may be ahead."""
MOST_ID, MOST_ENTITY, MOST_TEXT = 100, 1_000, 10_000
"""The longest of each, in signs."""
_MOST_TOLD = 20


class Taken(NamedTuple):
    """How many feedbacks were taken, and how many of them are for ids that this gateway never issued."""

    taken: int
    unknown: int


def kinds_of(about: About) -> tuple[str, ...]:
    """The kinds of feedback that a model takes."""
    return tuple(dict.fromkeys((*_ALWAYS, *about.gateway.events)))


class Feeding:
    """Reads feedback, all of a request or none, and hands its lines to the log."""

    def __init__(self, log: Log, ids: Ids, metrics: Metrics) -> None:
        self._log, self._ids, self._metrics = log, ids, metrics

    async def take(self, serving: Serving, body: bytes, by: str) -> Taken:
        """Take one feedback, or {"records": [...]}; one for an id that was never issued is kept aside and counted.

        Raises:
            BadRequest: everything that is wrong with them; then none is taken.
            Refused: the log could not take what must be durable (503).
        """
        about, at = serving.about, clock.now()
        records = _records(strict_json(body), about.gateway.most_records)
        problems: list[str] = []
        lines = []
        for place, record in enumerate(records):
            where = "" if len(records) == 1 else f"records[{place}]."
            reading = _Reading(record, where, about, at)
            problems += reading.problems
            if not reading.problems:
                lines.append(self._known(reading.line(by), serving))
            elif len(problems) > _MOST_TOLD:
                break
        if problems:
            raise BadRequest(problems[:_MOST_TOLD])
        await keep(self._log, lines, about, "the feedback")
        for line in lines:
            self._metrics.feedback(about.model, line.kind, line.known)
        return Taken(len(lines), sum(not line.known for line in lines))

    def _known(self, line: FeedbackLine, serving: Serving) -> FeedbackLine:
        if line.id is not None:
            issued = self._ids.read(serving.about.model, line.id)
            line.known = issued is not None
            if issued is not None:
                line.version, line.answered_at = issued.version, issued.at
        elif line.entity is not None:
            line.entity = serving.logged_entity(line.entity)
        return line


def _records(found: Any, most: int) -> list[Any]:
    several = found.get("records") if isinstance(found, dict) and set(found) == {"records"} else [found]
    if not isinstance(several, list) or not several:
        raise BadRequest(["records == [], must be a list of at least one feedback"])
    if len(several) > most:
        raise BadRequest([f"records == [{len(several)} of them], must be <= {most}: send several requests"], 413)
    return several


class _Reading:
    """One feedback as it is read, with all that is wrong with it."""

    def __init__(self, record: Any, where: str, about: About, now: datetime) -> None:
        self._where, self._about, self._now = where, about, now
        self.problems: list[str] = []
        if not isinstance(record, dict):
            self._record: dict[str, Any] = {}
            self._wrong("", record, f"must be an object of {', '.join(FIELDS)}")
            return
        self._record = record
        for name in record.keys() - set(FIELDS):
            self._wrong(name, record[name], f"is no field: take it out; there are {', '.join(FIELDS)}")
        self._id, self._entity = self._whom()
        self._kind = self._named()
        self._value = self._told() if self._kind else None
        self._text = self._words("text", MOST_TEXT)
        self._known_at = self._when()

    def line(self, by: str) -> FeedbackLine:
        """The line of a feedback without problems."""
        at = clock.microseconds_of(self._now)
        known_at = None if self._known_at is None else min(clock.microseconds_of(self._known_at), at)
        return FeedbackLine(
            self._about.model,
            self._kind,
            at,
            id=self._id,
            entity=self._entity,
            known_at=known_at,
            value=self._value,
            text=self._text,
            by=by,
        )

    def _wrong(self, name: str, value: Any, must: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:80]}..."
        place = (self._where + name).removesuffix(".") or "feedback"
        self.problems.append(f"{place} == {shown}, {must}")

    def _whom(self) -> tuple[str | None, str | None]:
        """The id, or the entity: exactly one of both."""
        name, other = self._record.get("id"), self._record.get("entity")
        if (name is None) == (other is None):
            self._wrong("id", name, "must be the id of an answer, or give entity in its place: one of both")
            return None, None
        if name is not None:
            if not isinstance(name, str) or not 0 < len(name) <= MOST_ID or not _encodable(name):
                self._wrong("id", name, "must be the text that came as `id` with the answer")
            return str(name), None
        if not _is_name(other):
            self._wrong("entity", other, f"must be a text or a whole number, at most {MOST_ENTITY} signs")
        return None, str(other)

    def _named(self) -> str:
        kind, known = self._record.get("kind"), kinds_of(self._about)
        if kind not in known:
            self._wrong("kind", kind, f"must be one of {', '.join(known)}")
            return ""
        return str(kind)

    def _told(self) -> float | str | None:
        value = self._record.get("value")
        if self._kind == "label":
            return self._label(value)
        if self._kind == "rating":
            return self._number(value, "must be a number")
        return 1.0 if value is None else self._number(value, "must be a number, or left out, which means 1")

    def _label(self, value: Any) -> float | str | None:
        task, column = self._about.task, self._about.label
        if task == "multiclass":
            if _is_name(value):
                return str(value)
            self._wrong("value", value, f"must be the class that {column} turned out to be, as a text")
            return None
        number = self._number(value, f"must be what {column} turned out to be, a number")
        if task == "binary" and number not in (None, 0.0, 1.0):
            self._wrong("value", value, f"must be what {column} turned out to be, 0 or 1")
        if task == "ranking" and number is not None and number < 0:
            self._wrong("value", value, "must be how relevant it was, a number >= 0")
        return number

    def _number(self, value: Any, must: str) -> float | None:
        if isinstance(value, bool | int | float):
            try:
                number = float(value)
            except OverflowError:
                number = math.inf
            if math.isfinite(number):
                return number
        self._wrong("value", value, must)
        return None

    def _words(self, name: str, most: int) -> str | None:
        text = self._record.get(name)
        if text is None or (isinstance(text, str) and len(text) <= most and _encodable(text)):
            return text
        self._wrong(name, text, f"must be a text of at most {most} signs")
        return None

    def _when(self) -> datetime | None:
        told = self._record.get("known_at")
        if told is None:
            return None
        try:
            found = datetime.fromisoformat(told)
            aware = found if found.tzinfo is None else found.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            self._wrong("known_at", told, "must be a time as in '2026-01-31T08:00:00Z'")
            return None
        if aware.tzinfo is None:
            self._wrong("known_at", told, "must say its zone, as in '2026-01-31T08:00:00+01:00'")
        elif aware > self._now + _AHEAD:
            self._wrong("known_at", told, "must not lie ahead: it is when this was known")
        elif aware.year < 1970:
            self._wrong("known_at", told, "must be of 1970 or later")
        return aware


def _is_name(value: Any) -> bool:
    """Whether it is a text, or a whole number, that can name something."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not 0 < len(str(value)) <= MOST_ENTITY:
        return False
    return _encodable(str(value))


def _encodable(text: str) -> bool:
    """Whether UTF-8 can write it: half of a surrogate pair it cannot."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
