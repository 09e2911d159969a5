"""2013's departures from New York as days of carriers: one row a carrier, airport and day, scored by its punctuality.

A row's event time is local midnight, when its day begins. What it says of the day is the timetable, and the weather
observed at the airport in the last full hour before; the day's outcome (`OUTCOME`) is known only after it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from retrain_platform.defs.models.flight_delay import flights

if TYPE_CHECKING:
    import pandas as pd

ZONE = "America/New_York"
OUTCOME = ("on_time_score", "bad_share", "cancelled_share")
"""The columns that the day itself decides."""

_FEWEST = 3
"""A day of fewer scheduled flights is no score: one flight would decide it."""
_WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")


def events(start: datetime, end: datetime) -> pd.DataFrame:
    """The days that begin in [`start`, `end`), by time, carrier and airport; both ends carry a zone.

    Raises:
        ModuleNotFoundError: without the data package, naming the extra that installs it.
    """
    return flights.between(year(), "day_begins", start, end)


def days_of(flown: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """One row a carrier, airport and local day, from the package's flights and weather (their own columns).

    `on_time_score` is 0 to 100: the share of the day's scheduled flights that arrived no more than 15 minutes late.
    `bad_share` is that of those that did not: late, cancelled or diverted. `cancelled_share` are those that never
    arrived.
    """
    import pandas as pd

    late = flown["arr_delay"] > flights.LATE_MINUTES
    lost = flown["arr_delay"].isna()
    minutes = flights.minutes_of(flown["sched_dep_time"])
    rows = pd.DataFrame(
        {
            "day_begins": flights.hours_of(flown).dt.tz_convert(ZONE).dt.normalize(),
            "carrier": flown["carrier"],
            "origin": flown["origin"],
            "dest": flown["dest"],
            "distance": flown["distance"],
            "morning": minutes < 10 * 60,
            "evening": minutes >= 17 * 60,
            "bad": late | lost,
            "lost": lost,
        }
    )
    days = rows.groupby(["day_begins", "carrier", "origin"], as_index=False).agg(
        flights=("bad", "size"),
        destinations=("dest", "nunique"),
        mean_distance=("distance", "mean"),
        morning_share=("morning", "mean"),
        evening_share=("evening", "mean"),
        bad_share=("bad", "mean"),
        cancelled_share=("lost", "mean"),
    )
    return _dressed(days[days["flights"] >= _FEWEST], weather)


def _dressed(days: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The days with who they are of, the weather of the hour before, and their score; by time, carrier and airport."""
    import pandas as pd

    observed = weather[["origin", *_WEATHER]].assign(
        day_begins=(flights.hours_of(weather) + pd.Timedelta(hours=1)).dt.tz_convert(ZONE)
    )
    days = days.merge(observed, on=["origin", "day_begins"], how="left", validate="m:1")
    days = days.assign(
        account=days["carrier"] + "@" + days["origin"],
        weekday=days["day_begins"].dt.weekday,
        on_time_score=100 * (1 - days["bad_share"]),
        day_begins=days["day_begins"].dt.tz_convert("UTC").dt.as_unit("us"),
    )
    return days.sort_values(["day_begins", "carrier", "origin"], kind="stable", ignore_index=True)


@lru_cache(maxsize=1)
def year() -> pd.DataFrame:
    """All days, kept for the process: not to be changed."""
    flown, weather, _ = flights.tables()
    return days_of(flown, weather)


events.watermark = flights.watermark  # type: ignore[attr-defined]
