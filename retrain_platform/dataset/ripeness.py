"""Which periods' labels are in: old enough, and about as complete as usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.record import Record


class PeriodCount(Record):
    """A period's rows, and how many of them had a label by the moment of asking; `sound` False where it is broken."""

    period: str
    start: datetime
    end: datetime
    rows: int
    labelled: int
    sound: bool = True


class Ripeness(Record):
    """Whether the period that was counted is ripe, and why.

    `coverage` is its share of rows with a label, `usual` the median of the earlier ripe, sound periods'
    that have any (None before there is one: then all rows are waited for). `forced` means ripe by age alone.
    """

    count: PeriodCount
    ripe: bool
    forced: bool = False
    coverage: float | None
    usual: float | None
    why: str


def ripe(periods: Sequence[PeriodCount], as_of: datetime, label: LabelSpec) -> list[Ripeness]:
    """One answer a period, in the order of `periods` (oldest first).

    Labels that come early are not like those that come late, so a period counts whole or not at
    all. It is judged against the coverage of the ripe periods before it, never of later ones.
    """
    answers: list[Ripeness] = []
    usual: list[float] = []
    for count in periods:
        answer = _judge(count, as_of, label, median(usual) if usual else None)
        answers.append(answer)
        # A broken period, or one given up without a label, says nothing of how complete labels get.
        if answer.ripe and answer.coverage and count.sound:
            usual.append(answer.coverage)
    return answers


def _judge(count: PeriodCount, as_of: datetime, label: LabelSpec, usual: float | None) -> Ripeness:
    coverage = count.labelled / count.rows if count.rows else None
    age = as_of - count.end
    needed = label.ripe_at * (1.0 if usual is None else usual)
    full = coverage is not None and coverage >= needed
    forced = coverage is not None and not full and age >= max(label.patience, label.delay)
    if coverage is None:
        ready, why = False, "has no rows"
    elif age < label.delay:
        ready, why = False, f"is {_text(age)} old, its labels take {duration_text(label.delay)}"
    elif full:
        ready, why = True, f"{coverage:.1%} of its rows have a label, at least {needed:.1%} were asked for"
    elif forced:
        ready, why = True, f"{coverage:.1%} of its rows have a label, and at {_text(age)} no more is waited for"
    else:
        ready, why = False, f"{coverage:.1%} of its rows have a label, {needed:.1%} are waited for"
    return Ripeness(count=count, ripe=ready, forced=ready and forced, coverage=coverage, usual=usual, why=why)


def _text(age: timedelta) -> str:
    """An age in whole hours or days, for people.

    >>> _text(timedelta(days=3, hours=5)), _text(timedelta(hours=-2))
    ('3d', '-2h')
    """
    hours = int(age / timedelta(hours=1))
    return f"{hours // 24}d" if hours >= 48 else f"{hours}h"
