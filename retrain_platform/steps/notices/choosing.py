"""Of what a target was not told yet: what goes out now, what is held back, what waits for the digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from retrain_platform.dataset.duration import span_of_clock_text
from retrain_platform.spec.notify import Digest, rank
from retrain_platform.steps.notices.base import Notice, Outbox, Told, Waits
from retrain_platform.steps.notices.wording import Frame, Message, one, several

MOST_AT_ONCE = 5
"""More messages than this at once become one that lists them: after a night away, or a year that was played."""


class Unsaved:
    """An outbox as it would be after queueing: nothing of it is kept."""

    def __init__(self, standing: Outbox) -> None:
        self._standing = standing
        self._more: list[tuple[str, Notice]] = []

    def queue(self, model: str, upto: int, wanted: Sequence[tuple[str, Notice]]) -> None:
        """Queue these for as long as this lives."""
        self._more += wanted

    def waiting(self, model: str, target: str) -> list[Notice]:
        """What the target was not told yet, oldest first."""
        mine = {notice.key: notice for name, notice in self._more if name == target}
        known = self._standing.known(model, target, list(mine))
        return [*self._standing.waiting(model, target), *(mine[key] for key in mine if key not in known)]

    def told(self, model: str, target: str, incident: str) -> Told | None:
        """The newest message of the incident that the target was sent."""
        return self._standing.told(model, target, incident)


class Choice(NamedTuple):
    """What to send now, in order, and the keys that are held back as more of what was told already."""

    messages: list[Message]
    held: list[str]


def chosen(frame: Frame, outbox: Waits, now: datetime) -> Choice:
    """What to do with all that waits for the frame's target."""
    waiting = outbox.waiting(frame.spec.name, frame.target.name)
    digest = frame.spec.notify.digest
    later = [notice for notice in waiting if _can_wait(notice, digest)]
    at_once = [notice for notice in waiting if not _can_wait(notice, digest)]
    found = [_of_incident(frame, outbox, group, now) for group in _incidents(at_once)]
    messages = [each for each in found if isinstance(each, Message)]
    held = [key for each in found if not isinstance(each, Message) for key in each]
    if len(messages) > MOST_AT_ONCE:
        keys = {key for message in messages for key in message.keys}
        many = [notice for notice in waiting if notice.key in keys]
        messages = [several(frame, many, f"{len(many)} things happened; together, for they are many:")]
    return Choice([*messages, *_digest(frame, later, digest, now)], held)


def _can_wait(notice: Notice, digest: Digest | None) -> bool:
    return digest is not None and notice.kind in digest.kinds and notice.severity != "critical"


def _incidents(notices: Sequence[Notice]) -> list[list[Notice]]:
    """The notices by incident, in the order of their first."""
    found: dict[str, list[Notice]] = {}
    for notice in notices:
        found.setdefault(notice.incident, []).append(notice)
    return list(found.values())


def _of_incident(frame: Frame, outbox: Waits, group: Sequence[Notice], now: datetime) -> Message | list[str]:
    """The message of an incident's newest notice; or, within the cooldown and no worse than told, the keys to hold."""
    told = outbox.told(frame.spec.name, frame.target.name, group[0].incident)
    keys = [notice.key for notice in group]
    worst = max(rank(notice.severity) for notice in group)
    if told is not None and now - told.at < frame.spec.notify.cooldown and worst <= rank(told.severity):
        return keys
    held = 0 if told is None else told.held
    return one(frame, group[-1], keys, len(group) - 1 + held)


def _digest(frame: Frame, later: Sequence[Notice], digest: Digest | None, now: datetime) -> list[Message]:
    """The digest, once its oldest notice has waited long enough."""
    if digest is None or not later or now - min(notice.at for notice in later) < digest.every:
        return []
    return [several(frame, later, f"What happened lately (told every {span_of_clock_text(digest.every)}):")]
