"""The days of carriers at airports, labelled by how healthy their coming week turned out."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from retrain_platform.defs.models.flight_delay import flights
from retrain_platform.defs.models.score_predictor import carrier_days

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 0.35
"""A carrier is unhealthy at an airport where over this share of a week's flights is late, cancelled or diverted."""
AHEAD = 7
"""The days that the label looks ahead, the row's own the first of them."""


def events(start: datetime, end: datetime) -> pd.DataFrame:
    """The days that begin in [`start`, `end`), by time, carrier and airport; both ends carry a zone.

    Raises:
        ModuleNotFoundError: without the data package, naming the extra that installs it.
    """
    return flights.between(_year(), "day_begins", start, end)


def labelled(days: pd.DataFrame) -> pd.DataFrame:
    """The days of carriers with `unhealthy` beside them: 1 or 0, missing where the data end within the week ahead."""
    import numpy as np
    import pandas as pd

    local = days["day_begins"].dt.tz_convert(carrier_days.ZONE).dt.tz_localize(None).dt.normalize()
    calendar = pd.date_range(local.min(), local.max(), freq="D")
    told = days.assign(local=local, bad=days["bad_share"] * days["flights"])
    sums = {
        name: told.pivot(index="local", columns="account", values=name)
        .reindex(calendar)
        .fillna(0.0)[::-1]
        .rolling(AHEAD, min_periods=AHEAD)
        .sum()[::-1]
        for name in ("bad", "flights")
    }
    rows, columns = calendar.get_indexer(local), sums["bad"].columns.get_indexer(days["account"])
    bad, flown = (sums[name].to_numpy()[rows, columns] for name in ("bad", "flights"))
    # The sums run backwards over shares times counts: rounded, they are the whole numbers that they stand for.
    share = np.round(bad) / np.round(flown)
    return days.assign(unhealthy=np.where(np.isnan(bad), np.nan, (share > LIMIT).astype(np.float64)))


@lru_cache(maxsize=1)
def _year() -> pd.DataFrame:
    return labelled(carrier_days.year())


events.watermark = flights.watermark  # type: ignore[attr-defined]
