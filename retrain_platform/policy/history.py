"""What a policy sees: `History`, and the records that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.versions import World
from retrain_platform.monitoring.error_reports import PeriodConcept, PeriodEstimate
from retrain_platform.monitoring.gap import GapReading
from retrain_platform.monitoring.measures import PeriodMeasures, Statistic
from retrain_platform.monitoring.reports import DriftReport, PeriodPerformance
from retrain_platform.policy.base import Depth
from retrain_platform.policy.gain import CostSpec

DATA_REFUSED = "data refused"
"""The verdict of a retrain whose dataset did not pass its checks: nothing was fitted or examined."""
SEARCH_FAILED = "search failed"
"""The verdict of a retrain whose search came to no parameters: nothing was fitted or examined."""


class Champion(Record):
    """The version that answers now. `seen_until`: no row at or after it entered its training.

    `versions` were declared, and `code` was the fingerprint of what prepares and fits, when it was trained.
    `until_proven` is the version before, whose baseline stands until this one is proven; None once it is.
    """

    version: str
    decision_id: str
    trained_as_of: datetime
    training_rows: int
    seen_until: datetime
    released_as_of: datetime
    versions: dict[str, str] = {}
    code: str = ""
    until_proven: str | None = None


class Retrained(Record):
    """A finished retrain: `version` is None where the candidate was turned away or failed.

    `depth` is how deep it went, which may be deeper than was decided. `triggers` are those that asked for it,
    `ripe_until` the end of the newest period that it was made of (None: not on record).
    """

    decision_id: str
    as_of: datetime
    version: str | None
    verdict: str
    training_rows: int
    depth: Depth = "full"
    triggers: tuple[str, ...] = ()
    ripe_until: datetime | None = None


class Released(Record):
    """A version that took over the traffic. `how`: first, release, rollback or outside."""

    version: str
    as_of: datetime
    how: Literal["first", "release", "rollback", "outside"]
    by_hand: bool = False


class Quarantine(Record):
    """What a version that was rolled back at `as_of` had learned last: the events in [since, until).

    They are left out of training until a person clears them; `cleared` then says who did it and why. `training_rows`
    are those that the version was made of.
    """

    version: str
    as_of: datetime
    since: datetime
    until: datetime
    training_rows: int
    cleared: str = ""

    def holds(self, start: datetime) -> bool:
        """Whether a period that starts then is left out."""
        return not self.cleared and self.since <= start < self.until


class Requested(Record):
    """A person's request or an outside event that no decision has answered yet."""

    key: str
    kind: str
    as_of: datetime
    why: str
    actor: str
    urgent: bool = False
    depth: Depth | None = None


class Incident(Record):
    """Something that went wrong: a failed run, a failed data check, a rollback."""

    kind: str
    as_of: datetime
    why: str


class RipePeriod(Record):
    """A period whose labels are in: its rows, how many have a label, and whether its checks passed."""

    period: str
    start: datetime
    end: datetime
    rows: int
    labelled: int
    sound: bool = True
    problem: str = ""


class Detected(Record):
    """The days on which a detector from outside alarmed, asked for as `asked` says; `why` it could not be run."""

    asked: str
    as_of: datetime
    alarms: tuple[str, ...] = ()
    why: str = ""


class History(Record):
    """What was known at `as_of`, nothing later, oldest first; all that a policy sees.

    `drift` has one report a watched period up to and including `period`, `segment_drift` the newest ones of
    the segments that the spec's policy reads, as many as its longest dwell. `performance` has the
    ripe readings of whichever version was champion in each event period, and of versions that were scored beside it
    (shadow, previous), `concept` whether its scores
    still meant the same, `estimated` what was estimated of periods before they were ripe, `detected` what
    detectors from outside said of the champion's daily errors. `ripe` lists every ripe
    period; `new_ripe_rows` counts the labelled rows at or after the champion's `seen_until`.
    A first training takes at least `rows_needed` ripe labelled rows of `periods_needed` ripe periods.
    `period_length` is nominal, `number` counts the periods of the calendar before this one. `problem` is non-empty
    when the newest period's data is broken (a failed check): an alert, and no retrain. `reading_confidence` is the
    two-sided level of the intervals in `performance`. `timezone` is that of the model's calendar: its weekdays and
    days of the year are meant by seasons, windows and blackouts. `gaps` are the readings of the gap to a fresh
    challenger, of this champion and of those before; `cost` what things cost. `versions` and `code` are those that
    the period was watched with, `world` the rows made as its own are (None: all are). `measures` has one entry a
    watched period. `unexplored` says why labels may only repeat the model: then nothing is promoted by itself. After
    a no, or a failed search, the same triggers wait for new ripe rows of `retry_after` times those of the attempt
    (0: they do not wait). `quarantined` are the windows of versions that were rolled back, whose rows are not among
    `new_ripe_rows`.
    Anything dated after `as_of` is refused.
    """

    model: str
    as_of: datetime
    period: Period
    number: int = Field(default=0, ge=0)
    period_length: Duration
    timezone: str = "UTC"
    label_delay: Duration
    champion: Champion | None = None
    drift: tuple[DriftReport, ...] = ()
    segment_drift: tuple[DriftReport, ...] = ()
    performance: tuple[PeriodPerformance, ...] = ()
    concept: tuple[PeriodConcept, ...] = ()
    estimated: tuple[PeriodEstimate, ...] = ()
    detected: tuple[Detected, ...] = ()
    gaps: tuple[GapReading, ...] = ()
    ripe: tuple[RipePeriod, ...] = ()
    new_ripe_rows: int = 0
    rows_needed: int = 0
    periods_needed: int = 0
    retrained: tuple[Retrained, ...] = ()
    retry_after: float = Field(default=0.0, ge=0)
    released: tuple[Released, ...] = ()
    quarantined: tuple[Quarantine, ...] = ()
    requested: tuple[Requested, ...] = ()
    incidents: tuple[Incident, ...] = ()
    release_open: str | None = None
    versions: dict[str, str] = {}
    code: str = ""
    world: World | None = None
    measures: tuple[PeriodMeasures, ...] = ()
    unexplored: str = ""
    cost: CostSpec | None = None
    problem: str = ""
    reading_confidence: float = Field(default=0.95, gt=0, lt=1)

    @model_validator(mode="after")
    def _nothing_later(self) -> History:
        for field, moment in self._moments():
            if moment > self.as_of:
                raise ValueError(f"{field} == {moment}, must not be later than as_of == {self.as_of}")
        return self

    def _moments(self) -> Iterator[tuple[str, datetime]]:
        """Every moment at which something in here became known."""
        if self.champion is not None:
            for field in ("trained_as_of", "seen_until", "released_as_of"):
                yield f"champion.{field}", getattr(self.champion, field)
        known = (
            "drift",
            "segment_drift",
            "performance",
            "concept",
            "estimated",
            "detected",
            "retrained",
            "released",
            "quarantined",
            "requested",
            "incidents",
            "measures",
            "gaps",
        )
        for name in known:
            for position, item in enumerate(getattr(self, name)):
                yield f"{name}[{position}].as_of", item.as_of
        for position, period in enumerate(self.ripe):
            yield f"ripe[{position}].end", period.end
        if self.world is not None:
            yield "world.since", self.world.since

    def measured(self, period: str, measure: str, segment: str | None, statistic: Statistic) -> float | None:
        """A measure's statistic in a period; None where it was not measured."""
        found = next((one for one in self.measures if one.period == period), None)
        return None if found is None else found.value(measure, segment, statistic)

    def periods_in(self, span: timedelta | None) -> int:
        """How many periods make up `span`, at least 1; None, as of a policy without a dwell, is one."""
        return 1 if span is None else max(1, round(span / self.period_length))
