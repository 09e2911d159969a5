"""Who acts and why, and how it is said that something may not be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.release.base import Entry, LedgerMoved

Moved = Literal["approve", "reject", "rollback"]
"""What a person does to a release."""
Asked = Literal["retrain", "event", "pause", "resume"]
"""What a person puts on record."""


class Act(Record):
    """Who does something, and why. `expect` is the ledger's last `seq` as the person saw it; None takes what stands.

    `link` names the approval link that was used, '' where none was.
    """

    actor: str
    why: str
    expect: int | None = None
    link: str = ""


class WrongUse(ValueError):
    """What was asked for cannot be meant: `field == value, must ...`. Each door names its fields in its own way."""

    def __init__(self, field: str, value: object, must: str) -> None:
        super().__init__(f"{field} == {value!r}, {must}")
        self.field, self.value, self.must = field, value, must


class NotNow(RuntimeError):
    """The answer is no: as things stand, it may not be done; the sentence says what stands."""


def reason(why: str) -> str:
    """The reason given.

    Raises:
        WrongUse: there is none.
    """
    if not why.strip():
        raise WrongUse("why", why, "must give a reason: it goes on record")
    return why.strip()


def last_line(entries: Sequence[Entry], act: Act) -> int:
    """The `seq` that the ledger must still end with when the act is written: as the person saw it, else as it is."""
    if act.expect is not None:
        return act.expect
    return entries[-1].seq if entries else 0


@contextmanager
def must_follow(model: str) -> Iterator[None]:
    """What is written within expects the line that was read to be the last.

    Raises:
        NotNow: somebody else wrote first.
    """
    try:
        yield
    except LedgerMoved:
        raise _moved_meanwhile(model) from None


def must_be_mine(entries: Sequence[Entry], key: str, act: Act) -> None:
    """Refuse to call somebody else's line one's own: of two who write under one key, the first stands.

    Raises:
        NotNow: the line is another's.
    """
    for entry in entries:
        if entry.key == key and (entry.actor, entry.why) != (act.actor or "unattributed", act.why.strip()):
            raise _moved_meanwhile(entry.model)


def _moved_meanwhile(model: str) -> NotNow:
    return NotNow(f"somebody wrote to the record of {model} meanwhile, nothing was done: look again, then repeat it")
