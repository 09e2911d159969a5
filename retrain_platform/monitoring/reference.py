"""Which periods a new one is compared with: a field of the spec."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from retrain_platform.dataset.period import Calendar, Period
from retrain_platform.dataset.record import Record

_AROUND: dict[str, tuple[int, int]] = {"hour": (24, 14), "day": (1, 7), "week": (1, 2), "month": (1, 1)}
"""By period: the step, in periods, and how many steps to either side are the same season (hours: of the day too)."""


class ChampionReference(Record):
    """The periods that the champion was trained on; before there is one, all earlier periods with rows."""

    kind: Literal["champion"] = "champion"


class LastReference(Record):
    """The last `periods` before the current one that were sound and did not drift themselves.

    A period in which a drift policy was over its limit enters only when a champion has learned from
    it: limits that adapt must not learn from drifted periods.
    """

    kind: Literal["last"] = "last"
    periods: int = Field(ge=2)


class SameSeasonReference(Record):
    """The periods of the same season in each of the last `years` years; until there are two, `otherwise`.

    The season is the period a year earlier and those about it: two weeks, one month, seven days to
    either side, or the same hour of fourteen days.
    """

    kind: Literal["same_season"] = "same_season"
    years: int = Field(default=1, ge=1)
    otherwise: ChampionReference | LastReference = Field(default=ChampionReference(), discriminator="kind")


ReferenceSpec = Annotated[ChampionReference | LastReference | SameSeasonReference, Field(discriminator="kind")]
"""Everything that can stand in a spec's `monitoring.reference`."""


class ReferencePeriods(Record):
    """The chosen periods, oldest first, and in words why these; `basis` as in a `DriftReport`.

    `leads_on`: whether a trend among them goes on to the period that is compared with them.
    """

    periods: tuple[str, ...]
    said: str
    basis: str = ""
    leads_on: bool = True


def last(
    spec: LastReference, before: Sequence[str], drifted: Callable[[str], bool], learned: Collection[str]
) -> ReferencePeriods:
    """The newest of the sound periods `before` (oldest first); of drifted ones those that the champion learned from."""
    kept: list[str] = []
    left_out = 0
    for key in reversed(before):
        if len(kept) == spec.periods:
            break
        if key in learned or not drifted(key):
            kept.append(key)
        else:
            left_out += 1
    without = f", without {left_out} that drifted themselves" if left_out else ""
    said = f"the last {len(kept)} sound periods{without}"
    return ReferencePeriods(periods=tuple(reversed(kept)), said=said, basis=f"last {spec.periods}")


def same_season(
    spec: SameSeasonReference, calendar: Calendar, period: Period, held: Collection[str]
) -> ReferencePeriods | None:
    """The periods of `held` that are of the period's season in earlier years; None with fewer than two."""
    kept = [key for years in range(spec.years, 0, -1) for key in season(calendar, period, years) if key in held]
    if len(kept) < 2:
        return None
    years = sorted({key[:4] for key in kept})
    said = f"the same season of {' and '.join(years)}"
    basis = f"same season of {spec.years} years"
    return ReferencePeriods(periods=tuple(kept), said=said, basis=basis, leads_on=False)


def lead(calendar: Calendar, reference: ReferencePeriods, period: Period) -> int:
    """How many periods after the last of its reference one is; 0 where the reference's trend does not lead on to it."""
    if not reference.leads_on or not reference.periods:
        return 0
    return max(0, calendar.index(period.key) - calendar.index(reference.periods[-1]))


def season(calendar: Calendar, period: Period, years: int) -> list[str]:
    """The periods about the one that began `years` earlier, oldest first, as far as the calendar reaches back."""
    found = calendar.holding(_earlier(period.start, years))
    if found is None:
        return []
    step, reach = _AROUND[calendar.every]
    middle = calendar.index(found.key)
    around = (middle + step * place for place in range(-reach, reach + 1))
    return [calendar.at(index).key for index in around if 0 <= index < calendar.index(period.key)]


def shifted(calendar: Calendar, keys: Sequence[str], years: int) -> list[str] | None:
    """The same periods so many years earlier; None where the calendar had not begun."""
    found = [calendar.holding(_earlier(calendar.period(key).start, years)) for key in keys]
    return None if any(each is None for each in found) else list(dict.fromkeys(each.key for each in found if each))


def _earlier(moment: datetime, years: int) -> datetime:
    """The same day and hour `years` before; 28 February for the 29th."""
    day = min(moment.day, 28) if moment.month == 2 else moment.day
    return moment.replace(year=moment.year - years, day=day)
