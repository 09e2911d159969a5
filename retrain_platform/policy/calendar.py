"""Days, hours and seasons on a model's own calendar: when a retrain is wanted, and when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator

from retrain_platform.dataset.days import DayRange, NamedDays
from retrain_platform.dataset.duration import duration_text
from retrain_platform.policy.fields import Span
from retrain_platform.policy.history import History

_LEAP = 2000
"""A year that has every day that a cron expression can name."""
_CRON_FIELDS = 5


def local(history: History) -> datetime:
    """The history's `as_of` as the model's own clock shows it."""
    return history.as_of.astimezone(ZoneInfo(history.timezone))


class Season(DayRange):
    """Days with another cadence."""

    every: Span


class Blackout(NamedDays):
    """Days without automatic retrains, and why."""


def _readable(value: str) -> str:
    """`value`, if it is a cron expression that some moment matches."""
    said = "must be minute, hour, day, month and weekday, as in '0 6 * * 1' (Mondays at 6)"
    if len(value.split()) != _CRON_FIELDS:
        raise ValueError(f"cron == {value!r}, {said}")
    try:
        next(CronSim(value, datetime(_LEAP, 1, 1)))  # noqa: DTZ001 - any clock will do
    except CronSimError as error:
        raise ValueError(f"cron == {value!r}, {said}: {error}") from None
    except StopIteration:
        raise ValueError(f"cron == {value!r}, must come round: no day matches it") from None
    return value


Cron = Annotated[str, AfterValidator(_readable)]
"""Five fields as crontab(5) reads them; a clock change is met as Debian's cron meets it."""


def cron_moments(cron: str, after: datetime) -> Iterator[datetime]:
    """The moments of `cron` strictly after `after`, on the clock of its zone."""
    yield from CronSim(cron, after)


def shortest_gap(cron: str, looks: int = 500) -> timedelta:
    """The least time between two moments of `cron`, by the first `looks` of them since 2000."""
    moments = islice(cron_moments(cron, datetime(_LEAP, 1, 1)), looks)  # noqa: DTZ001 - a clock without changes
    return min((later - earlier for earlier, later in pairwise(moments)), default=timedelta.max)


def cadence_text(every: timedelta | None, cron: str | None) -> str:
    """'every 8w', or 'by cron 0 6 * * 1'."""
    return f"by cron {cron}" if every is None else f"every {duration_text(every)}"
