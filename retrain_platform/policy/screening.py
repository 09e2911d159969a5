"""Soft triggers are screened before they are believed: what may explain a fall other than the model holds them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from pydantic import model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.measures import Statistic
from retrain_platform.policy.base import Action, Finding, held_back
from retrain_platform.policy.fields import exactly_one
from retrain_platform.policy.history import History, RipePeriod
from retrain_platform.policy.wording import number

FAULTS = ("data", "gate", "source")
"""The kinds of incident that say that the data, not the model, was at fault."""


class Screen(Record):
    """A limit on an operations measure: beyond it, a fall in the same period is not believed.

    Exactly one of `above` and `below`; `segment` None is the whole.
    """

    measure: str
    above: float | None = None
    below: float | None = None
    segment: str | None = None
    statistic: Statistic = "mean"

    @model_validator(mode="after")
    def _one_limit(self) -> Screen:
        exactly_one(above=self.above, below=self.below)
        return self

    @property
    def name(self) -> str:
        """The measure, with its segment."""
        return self.measure if self.segment is None else f"{self.measure} of {self.segment}"

    def judge(self, history: History, period: str) -> str | None:
        """What is wrong in the period; None where it is within the limit or was not measured."""
        value = history.measured(period, self.measure, self.segment, self.statistic)
        if value is None or not self._beyond(value):
            return None
        side = f"over {number(self.above)}" if self.above is not None else f"under {number(self.below or 0.0)}"
        return f"{self.name} {number(value)} in {period}, {side}"

    def describe(self) -> str:
        """The limit in words."""
        return f"{self.name} {'over' if self.above is not None else 'under'} {number(self._limit)}"

    @property
    def _limit(self) -> float:
        return self.above if self.above is not None else self.below or 0.0

    def _beyond(self, value: float) -> bool:
        return value > self._limit if self.above is not None else value < self._limit


def screened(policy: Any, finding: Finding, history: History, screens: Sequence[Screen]) -> Finding:
    """`finding`, held back where its policy is `soft`, it fires, and a fault lies in the periods that it judged.

    It is held back whatever it asks for, for what is not believed must not be counted either. Urgency passes
    none of it: the quickest retrain cures no fault. Where a screen's measure is unknown for all of the
    periods, the sentence says that it did not screen.
    """
    if not getattr(policy, "soft", False) or not finding.fired:
        return finding
    mine = [screen for screen in screens if screen.measure != getattr(policy, "name", None)]
    judged = _judged(policy, finding, history)
    if why := fault(history, judged, mine):
        reason = f"a fault in the same period{'s' if len(judged) > 1 else ''} ({why})"
        return held_back(finding, (reason,), Action.WATCH)
    note = unscreened(history, judged, mine)
    return finding.model_copy(update={"sentence": finding.sentence + note}) if note else finding


def fault(history: History, judged: Sequence[RipePeriod], screens: Sequence[Screen]) -> str:
    """What else than the model may explain what was seen in these periods, oldest first; empty where nothing does.

    An incident of the data, a failed check, broken data, a period without ripe rows among them, or a
    measure beyond one of `screens`.
    """
    found = [*_of_data(history, judged), *_of_measures(history, judged, screens)]
    return "" if not found else found[0] if len(found) == 1 else f"{found[0]} and {len(found) - 1} more"


def unscreened(history: History, judged: Sequence[RipePeriod], screens: Sequence[Screen]) -> str:
    """The end of a sentence that names the screens whose measure is unknown for all of the periods."""
    blind = [screen.name for screen in screens if not _known(history, judged, screen)]
    return f"; not screened by {', '.join(blind)}: not measured then" if blind else ""


def _judged(policy: Any, finding: Finding, history: History) -> list[RipePeriod]:
    """The periods that the finding rests on, oldest first: a policy's own, else the newest ripe ones with readings."""
    if hasattr(policy, "judged"):
        found = (_as_period(key, history) for key in sorted(set(policy.judged(history))))
        return [period for period in found if period is not None]
    read = {reading.period for reading in history.performance if reading.ripe and reading.role == "champion"}
    sound = [period for period in history.ripe if period.sound and period.period in read]
    return sound[-max(1, finding.needed) :]


def _as_period(key: str, history: History) -> RipePeriod | None:
    """The period, ripe or not: as wide as it was measured, or watched; None where it was neither."""
    if (ripe := next((one for one in history.ripe if one.period == key), None)) is not None:
        return ripe
    if (known := next((one for one in history.measures if one.period == key), None)) is not None:
        return RipePeriod(period=key, start=known.start, end=known.as_of, rows=0, labelled=0)
    newest = history.period
    if key == newest.key:
        return RipePeriod(period=key, start=newest.start, end=newest.end, rows=0, labelled=0)
    watched = next((one for one in history.drift if one.period == key), None)
    if watched is None:
        return None
    return RipePeriod(period=key, start=watched.as_of - history.period_length, end=watched.as_of, rows=0, labelled=0)


def _of_data(history: History, judged: Sequence[RipePeriod]) -> Iterator[str]:
    """Incidents, broken periods and gaps among the judged periods."""
    if not judged:
        return
    start, end = judged[0].start, judged[-1].end
    yield from (
        f"{incident.kind}: {incident.why}"
        for incident in history.incidents
        if incident.kind in FAULTS and start < incident.as_of <= end
    )
    if history.problem and judged[-1].period == history.period.key:
        yield f"the data of {history.period.key} is broken: {history.problem}"
    span = [period for period in history.ripe if start <= period.start and period.end <= end]
    yield from (f"the data of {period.period} is broken: {period.problem}" for period in span if not period.sound)
    yield from (f"no ripe rows between {_day(a.end)} and {_day(b.start)}" for a, b in pairwise(span) if a.end < b.start)


def _of_measures(history: History, judged: Sequence[RipePeriod], screens: Sequence[Screen]) -> Iterator[str]:
    for screen in screens:
        for period in judged:
            if (fault := screen.judge(history, period.period)) is not None:
                yield fault


def _known(history: History, judged: Sequence[RipePeriod], screen: Screen) -> bool:
    return any(
        history.measured(period.period, screen.measure, screen.segment, screen.statistic) is not None
        for period in judged
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
