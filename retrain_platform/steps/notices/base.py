"""A message as a value, and what is asked of the places that remember and send it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from retrain_platform.dataset.record import Record
from retrain_platform.spec.notify import NoticeKind, Severity


class Notice(Record):
    """One thing that people should know. `key` is unique within the model: the same again is queued once.

    Messages of one `incident` come one at a time. `why` is the cause in a sentence, `numbers` what was measured,
    `todo` what to do and `commands` what to type for it. `asset` is the model's asset that shows it. `version` is one
    that waits for a person. `at` is the wall clock's time of the ledger's line `seq`.
    """

    key: str
    incident: str
    kind: NoticeKind
    severity: Severity
    model: str
    title: str
    why: str
    numbers: tuple[str, ...] = ()
    todo: str = ""
    commands: tuple[str, ...] = ()
    asset: str = ""
    version: str | None = None
    seq: int
    at: datetime


class Told(Record):
    """The newest message of an incident that a target was sent, and how many were held back since."""

    at: datetime
    severity: Severity
    held: int = 0


class Away(Record):
    """A target that could not be told: since when, how often it was tried, when it is tried again, and why."""

    since: datetime
    tries: int
    again: datetime
    why: str


Settled = Literal["sent", "held"]
"""What became of a queued notice: it was sent, or held back as one more of what was told already."""


class Waits(Protocol):
    """What is asked of an outbox before anything is sent."""

    def waiting(self, model: str, target: str) -> list[Notice]:
        """What the target was not told yet, oldest first."""

    def told(self, model: str, target: str, incident: str) -> Told | None:
        """The newest message of the incident that the target was sent."""


class Outbox(Waits, Protocol):
    """What is to be sent and what was: it outlives every process, so that a crash repeats nothing and loses nothing."""

    def reached(self, model: str) -> int | None:
        """The ledger's line up to which notices were queued; None where none ever was."""

    def queue(self, model: str, upto: int, wanted: Sequence[tuple[str, Notice]]) -> None:
        """Queue each notice for its target and move the mark to line `upto`, all or nothing.

        What a target was queued once is not queued again, and the mark never moves back.
        """

    def known(self, model: str, target: str, keys: Sequence[str]) -> set[str]:
        """Those of the keys that were queued for the target, whatever became of them."""

    def settle(self, model: str, target: str, keys: Sequence[str], how: Settled, at: datetime) -> None:
        """Put on record what became of queued notices."""

    def claim(self, model: str, target: str, now: datetime, until: datetime) -> bool:
        """Whether this process alone may send to the target until then; one that died gives it back by that time."""

    def free(self, model: str, target: str, away: Away | None) -> None:
        """Give the claim back, and say whether the target could be told."""

    def away(self, model: str) -> dict[str, Away]:
        """The model's targets that could not be told, by name."""


class Notifier(Protocol):
    """What carries a message to an address."""

    def send(self, url: str, title: str, text: str, severity: Severity) -> str:
        """Send it; '' when it arrived, else why not, without what is secret in the address. Never raises."""
