"""What live traffic says of the version under way: numbers only; the plan's limits judge them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.record import Record


class Reading(Record):
    """One measure of the version against its control, over the closed bins of [since, until).

    `value` and `other` are the two sides' own numbers (a rate, milliseconds, a mean loss), `n` and `n_other` on how
    many calls, rows or labels; paired labels have the same of both. `worse`, `not_worse` and `better` are natural
    logarithms of e-values: evidence against 'it is not worse', against 'it is worse by the margin or more', and
    against 'it is not better'. 0 says nothing; each exceeds log(1 / level) with a chance of at most `level` where its
    hypothesis is true, however often it is looked at. `low` and `high` bound version less other at every look at once,
    for display.
    `beyond`: the difference as seen is worse than the margin. `why` says what is missing where there is no number.
    """

    measure: str
    margin: float
    value: float | None = None
    other: float | None = None
    n: int = 0
    n_other: int = 0
    since: datetime
    until: datetime
    worse: float = 0.0
    not_worse: float = 0.0
    better: float = 0.0
    low: float | None = None
    high: float | None = None
    beyond: bool = False
    why: str = ""


class Window(Record):
    """What a fixed limit is held against: the value of the last `seconds`, on `n` calls or labels.

    `other` is the control's (or, after the promotion, the previous champion's) in the same window. `value` is None
    while the window is not wholly within the stage, or nothing came in it.
    """

    trigger: int
    seconds: float
    value: float | None = None
    other: float | None = None
    n: int = 0


class Pace(Record):
    """How a side was asked and answered since the stage began: calls a second, latency in milliseconds.

    A version that scores beside tells how long its scoring took, off the requests' path. None: no call.
    """

    version: str
    calls: int
    a_second: float
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class LiveEvidence(Record):
    """All that is known of `version` against `other` at `until`, the end of the last closed bin.

    `calls` of each side since the stage began, as far as both served; a shadow's are the requests that it was asked
    about. `mismatch` is the log e-value of shares that are not `share` percent, of `entities` new ones of which `drawn`
    were the version's; `effect` is the design effect of their calls' likeness. `failing` counts the newest bins running
    in which every call of the version failed and not all of the control's. `windows` are in the order of the plan's
    limits of the stage. `paces` are the version's and its control's.
    """

    version: str
    other: str
    stage: str
    share: int
    since: datetime
    until: datetime
    calls: int = 0
    calls_other: int = 0
    entities: int = 0
    drawn: int = 0
    mismatch: float = 0.0
    effect: float = 1.0
    failing: int = 0
    readings: tuple[Reading, ...] = ()
    windows: tuple[Window, ...] = ()
    paces: tuple[Pace, ...] = ()

    def reading(self, measure: str) -> Reading | None:
        """What is known of a measure; None where it was not asked."""
        return next((reading for reading in self.readings if reading.measure == measure), None)


class Verdict(Record):
    """What the staging instance showed of a version, in a sentence that names what did not hold."""

    version: str
    outcome: Literal["passed", "failed", "cannot_tell"]
    sentence: str


class StageClock(Record):
    """The wall clock's moments of the release under way: when it was opened, and when its stage or step began.

    Data time stands in the release itself; bins and holds are of the wall clock.
    """

    opened: datetime
    stage: datetime
