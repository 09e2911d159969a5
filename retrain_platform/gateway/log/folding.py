"""Lines to bins: counts of one model, made up from nothing but the lines themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from retrain_platform.gateway.lines import AnswerLine, BesideLine, FeedbackLine
from retrain_platform.release.live.bins import WIDTH, Bin, Tally, latency_cell

LABEL = "label"
"""The kind of feedback that is the truth itself."""
_MICROSECONDS = 1_000_000
_WIDTH = int(WIDTH.total_seconds()) * _MICROSECONDS


class Feedback(NamedTuple):
    """What came back of an answer that is known."""

    kind: str
    at: int
    version: str
    value: float | None
    yes: bool


@dataclass(slots=True)
class _Cell:
    """A bin while it is counted."""

    calls: int = 0
    rows: int = 0
    errors: int = 0
    entities: int = 0
    labels: int = 0
    loss: float = 0.0
    latency: Counter[int] = field(default_factory=Counter)
    feedback: dict[str, list[float]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    against: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


class Sums:
    """The bins of one model, counted up line by line."""

    def __init__(self) -> None:
        self._cells: defaultdict[tuple[int, str, bool], _Cell] = defaultdict(_Cell)

    def answer(self, line: AnswerLine, *, call: bool, failed: bool, new: bool) -> None:
        """A record that was answered; `call`: the version's first of its request, `failed`: the first that it failed.

        `new`: its entity is. The latency is the request's, and stands on one line of it.
        """
        cell = self._cells[(line.at // _WIDTH, line.version, True)]
        cell.rows += 1
        cell.errors += failed
        cell.entities += new
        cell.calls += call
        if line.call:
            cell.latency[latency_cell(line.ms)] += 1

    def beside(self, line: BesideLine, *, call: bool, failed: bool) -> None:
        """A record that a version scored beside; `call`: the first of its request; `failed`: the first that was not."""
        cell = self._cells[(line.at // _WIDTH, line.version, False)]
        cell.rows += 1
        cell.errors += failed
        if call:
            cell.calls += 1
            cell.latency[latency_cell(line.ms)] += 1

    def feedback(self, came: Feedback) -> None:
        """What came back, in the bin in which it came."""
        tally = self._cells[(came.at // _WIDTH, came.version, True)].feedback.setdefault(came.kind, [0, 0, 0.0])
        tally[0] += 1
        tally[1] += came.yes
        tally[2] += (1.0 if came.yes else 0.0) if came.value is None else came.value

    def event(self, kind: str, answered_at: int, version: str) -> None:
        """A yes, in the bin of its answer."""
        self._cells[(answered_at // _WIDTH, version, True)].events[kind] += 1

    def label(self, at: int, version: str, answered: bool, lost: float) -> None:
        """A row's loss, in the bin in which its label came."""
        cell = self._cells[(at // _WIDTH, version, answered)]
        cell.labels += 1
        cell.loss += lost

    def pair(self, at: int, version: str, answered: bool, other: str, less: float) -> None:
        """By how much less a row's loss was than the other version's."""
        self._cells[(at // _WIDTH, version, answered)].against[other][round(100 * less)] += 1

    def bins(self) -> Iterator[Bin]:
        """All of them, by start and version."""
        for (place, version, answered), cell in sorted(self._cells.items()):
            yield Bin(
                start=datetime.fromtimestamp(place * _WIDTH // _MICROSECONDS, UTC),
                version=version,
                answered=answered,
                calls=cell.calls,
                rows=cell.rows,
                errors=cell.errors,
                entities=cell.entities,
                latency=dict(cell.latency),
                feedback={
                    kind: Tally(count=int(tally[0]), hits=int(tally[1]), total=tally[2])
                    for kind, tally in cell.feedback.items()
                },
                events=dict(cell.events),
                labels=cell.labels,
                loss=cell.loss,
                against={other: dict(cells) for other, cells in cell.against.items()},
            )


class Place(NamedTuple):
    """Where a segment's reader is among requests: the records of one that a version got stand one after another.

    `answered` and `beside` are the request and version of the last line of each kind, `failed` those of the last
    failure.
    """

    answered: str = ""
    beside: str = ""
    failed: str = ""

    def after(self, line: AnswerLine | BesideLine) -> tuple[Place, bool, bool]:
        """The place after the line; whether it is its request's first, and whether the first that failed."""
        answered = isinstance(line, AnswerLine)
        request = f"{'a' if answered else 'b'} {request_of(line.id)} {line.version}"
        call = request != (self.answered if answered else self.beside)
        failed = line.error is not None and request != self.failed
        place = Place(
            request if answered else self.answered,
            self.beside if answered else request,
            request if failed else self.failed,
        )
        return place, call, failed


def request_of(identity: str) -> str:
    """The id of the request that a record's id is of."""
    return identity.partition(".")[0]


def number_of(value: float | str | None) -> float | None:
    """The feedback's value as a number, None where it is none."""
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def is_yes(line: FeedbackLine) -> bool:
    """Whether the feedback says that it happened: a number above 0, or no value at all, as in a click."""
    value = number_of(line.value)
    return line.value is None if value is None else value > 0
