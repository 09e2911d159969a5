"""A spec's history as a replay stands on it: every closed period read from its source, and when each was ripe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd

from retrain_platform.dataset.events import BadEvents, known
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.ripeness import PeriodCount, ripe
from retrain_platform.dataset.snapshot import content_fingerprint
from retrain_platform.policy.history import History
from retrain_platform.replay.road import TooShort
from retrain_platform.steps.dataset.ingesting import ingest
from retrain_platform.steps.known import ripened
from retrain_platform.steps.monitoring.measuring import measure_period
from retrain_platform.steps.monitoring.ripening import ripen
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.values import Ingested, Ripened
from retrain_platform.steps.workshop import Workshop

Said = Callable[[str], None]
"""Is told what is being done."""


class CannotReplay(ValueError):
    """The spec's history cannot be replayed; the message says what to change."""


@dataclass(frozen=True)
class Ground:
    """A spec's closed periods, oldest first, in a workshop of their own.

    `shop` holds their rows; nothing else writes to its stores. `beside` gives another one that reads what stands in it
    and keeps what it is told to itself. `until` is when the last label that counts had come.
    """

    shop: Workshop
    beside: Callable[[], Workshop]
    periods: tuple[Period, ...]
    until: datetime

    @cached_property
    def place(self) -> dict[str, int]:
        """The number of each period, by its key."""
        return {each.key: number for number, each in enumerate(self.periods)}

    @cached_property
    def taken(self) -> dict[str, Ingested]:
        """What is on record of each period's rows."""
        return self.shop.values.all(self.shop.model, "events", Ingested)

    @cached_property
    def ripe(self) -> dict[str, Ripened]:
        """When each period became ripe, and what it was then; those whose labels never came lack."""
        return ripened(self.shop, self.until)

    @cached_property
    def judged(self) -> dict[str, int]:
        """The labelled rows of each period whose labels are in, sooner or later."""
        counts = [self._count(period) for period in self.periods if self._held(period)]
        told = ripe(counts, self.until, self.shop.spec.label)
        return {each.count.period: each.count.labelled for each in told if each.ripe and each.count.labelled}

    @cached_property
    def delay(self) -> int:
        """In how many whole periods after its end a period's labels are in."""
        return round(self.shop.spec.label_wait() / self.shop.spec.period.length())

    @cached_property
    def needed(self) -> History:
        """What any decision knows of the spec: its limits of a first training, its calendar's zone and the like."""
        return history(self.shop, self.periods[-1])

    def rows(self, place: int, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """All rows of a period in their order, labelled or not, with the labels that came in the end."""
        return self.rows_at(place, self.until, columns)

    def rows_at(self, place: int, as_of: datetime, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """The same with the labels that had come by `as_of`."""
        key, shop = self.periods[place].key, self.shop
        return known(shop.lake.read(shop.events, [key], columns=columns, categories=True), as_of)

    def digest(self, place: int) -> str:
        """Equal for equal rows of a period that were ripe and sound alike; '' without rows."""
        key = self.periods[place].key
        if not self._held(self.periods[place]):
            return ""
        told = self.ripe.get(key)
        found = f"{told.as_of.isoformat()} {told.period.sound}" if told else "never ripe"
        return f"{content_fingerprint(self.rows(place))} {found}"

    def _held(self, period: Period) -> bool:
        found = self.taken.get(period.key)
        return found is not None and found.rows > 0

    def _count(self, period: Period) -> PeriodCount:
        labels = self.rows(self.place[period.key], ["_label", "_arrived"])["_label"]
        return PeriodCount(
            period=period.key,
            start=period.start,
            end=period.end,
            rows=len(labels),
            labelled=int(labels.notna().sum()),
            sound=not self.taken[period.key].problems,
        )


def lay(shop: Workshop, beside: Callable[[], Workshop], said: Said) -> Ground:
    """Read every closed period of the spec's source into the stores of `shop`, and say when each was ripe.

    Raises:
        CannotReplay: the source has no row, or its rows are no events of the spec.
        TooShort: no period of the calendar has ended by the newest row.
    """
    watermark = shop.reader.watermark()
    if watermark is None:
        raise CannotReplay(f"{shop.model}: its source has no row")
    closed = shop.spec.period.closed(watermark)
    if not closed:
        calendar = shop.spec.period
        raise TooShort(f"periods == 0, must be at least 2: no {calendar.every} from {calendar.start} on has ended")
    for period in closed:
        said(f"reading {period.key}")
        _read(shop, period)
    ground = Ground(shop, beside, tuple(closed), _until(shop, closed[-1]))
    for number in range(len(closed), len(closed) + ground.delay):  # what the newest periods' labels still show
        ripen(shop, shop.spec.period.at(number))
    return ground


def _until(shop: Workshop, last: Period) -> datetime:
    """When all labels of the periods that are there now, if they ever come, have come."""
    return max(shop.now(), last.end + max(shop.spec.label.delay, shop.spec.label.patience))


def _read(shop: Workshop, period: Period) -> Any:
    try:
        ingest(shop, period)
    except BadEvents as error:
        raise CannotReplay(f"{period.key}: {error}") from error
    ripen(shop, period)
    measure_period(shop, period)
