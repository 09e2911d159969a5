"""From the ledger to people: queue what is new, hold back what was told, send the rest. Never fails what called it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import Values
from retrain_platform.release.base import Entry, Ledger
from retrain_platform.spec.model import ModelSpec
from retrain_platform.spec.notify import Target
from retrain_platform.steps.lines import on_calendar
from retrain_platform.steps.notices.base import Away, Notice, Notifier, Outbox
from retrain_platform.steps.notices.choosing import Unsaved, chosen
from retrain_platform.steps.notices.reading import notices_of
from retrain_platform.steps.notices.wording import Frame, Link, Message

LEASE = timedelta(minutes=2)
"""So long one process may send to a target; one that died meanwhile is followed by another after it."""
_FIRST_LOOK = timedelta(days=1)
"""Of a ledger that was never looked at, what is older is history and not told."""
_SOONEST, _LATEST = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True)
class Post:
    """What telling people of one model needs. `now` is the wall clock, `link` makes the address to answer by."""

    spec: ModelSpec
    ledger: Ledger
    values: Values
    outbox: Outbox
    notifier: Notifier
    now: Callable[[], datetime]
    environment: str = ""
    link: Link = lambda notice: ""

    @property
    def targets(self) -> tuple[Target, ...]:
        """The targets of this environment."""
        return self.spec.notify.here(self.environment)

    def entries(self) -> list[Entry]:
        """The ledger, on the model's calendar."""
        return on_calendar(self.spec.period, self.ledger.entries(self.spec.name))

    def frame(self, target: Target) -> Frame:
        """What stands around a message to the target."""
        return Frame(self.spec, target, self.environment, self.link)


class Delivered(Record):
    """What a round of sending did: messages that arrived, notices that still wait, and who could not be told."""

    sent: int = 0
    waiting: int = 0
    away: dict[str, Away] = {}


def deliver(post: Post) -> Delivered:
    """Queue what the ledger newly says and send what is due; one message to a target that is away, as a probe."""
    if not post.targets:
        return Delivered()
    queue(post)
    sent = sum(_told(post, target) for target in post.targets)
    return standing(post).model_copy(update={"sent": sent})


def standing(post: Post) -> Delivered:
    """What waits, and for whom; sends nothing."""
    waiting = sum(len(post.outbox.waiting(post.spec.name, target.name)) for target in post.targets)
    names = {target.name for target in post.targets}
    away = {name: each for name, each in post.outbox.away(post.spec.name).items() if name in names}
    return Delivered(waiting=waiting, away=away)


def new_notices(post: Post) -> tuple[list[Notice], int]:
    """What the ledger says that was not queued yet, and the line up to which it was read."""
    entries = post.entries()
    upto = entries[-1].seq if entries else 0
    after = post.outbox.reached(post.spec.name)
    if after is None:
        old = [entry.seq for entry in entries if entry.at < post.now() - _FIRST_LOOK]
        after = max(old, default=0)
    return notices_of(post.spec, entries, post.values, after), upto


def preview(post: Post) -> list[tuple[str, Message]]:
    """What a round of sending would send, by target; nothing is sent or put on record."""
    found, upto = new_notices(post)
    tried = Unsaved(post.outbox)
    tried.queue(post.spec.name, upto, _wanted(post, found))
    now = post.now()
    return [
        (target.name, message) for target in post.targets for message in chosen(post.frame(target), tried, now).messages
    ]


def queue(post: Post) -> None:
    """Queue what is new for each target that wants it; the mark moves with it, all or nothing."""
    found, upto = new_notices(post)
    post.outbox.queue(post.spec.name, upto, _wanted(post, found))


def _wanted(post: Post, found: Sequence[Notice]) -> list[tuple[str, Notice]]:
    return [
        (target.name, notice)
        for notice in found
        for target in post.targets
        if target.wants(notice.kind, notice.severity)
    ]


def _told(post: Post, target: Target) -> int:
    """Send the target what is due; how many messages arrived."""
    name, now = post.spec.name, post.now()
    away = post.outbox.away(name).get(target.name)
    if away is not None and now < away.again:
        return 0
    if not post.outbox.waiting(name, target.name) or not post.outbox.claim(name, target.name, now, now + LEASE):
        return 0
    sent = 0
    try:
        choice = chosen(post.frame(target), post.outbox, now)  # read anew: another process may just have sent it
        post.outbox.settle(name, target.name, choice.held, "held", now)
        for message in choice.messages:
            why = _carried(post, target, message)
            away = None if not why else _away(away, now, why)
            if why or post.now() > now + LEASE / 2:
                break
            sent += 1
    finally:
        post.outbox.free(name, target.name, away)
    return sent


def _carried(post: Post, target: Target, message: Message) -> str:
    """Why the message did not arrive; '' when it did, which is then on record."""
    why = post.notifier.send(target.url.get_secret_value(), message.title, message.text, message.severity)
    if not why:
        post.outbox.settle(post.spec.name, target.name, message.keys, "sent", post.now())
    return why


def _away(before: Away | None, now: datetime, why: str) -> Away:
    tries = 1 if before is None else before.tries + 1
    wait = min(_LATEST, _SOONEST * 2 ** min(tries - 1, 12))
    return Away(since=now if before is None else before.since, tries=tries, again=now + wait, why=why)
