"""Streams of weeks that do not change: simulated ones, and the flights of 2013 with their days shuffled."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REFERENCE_WEEKS = 8
ROWS_A_DAY = 143
"""About 1000 rows a week."""

DAY_EFFECT = 0.3
"""The standard deviation of a day's mean, where a row's own is 1."""

SEASON = 0.5
"""How far the yearly season lifts the mean at its height, in standard deviations of a row."""

FEATURES = ("n0", "n1", "n2", "n3", "c0", "c1")
SEGMENT = "segment"
_LATENT = 7  # six features and the segment


def daily(days: int, streams: int, correlation: float, rng: np.random.Generator) -> Floats:
    """Standard normal values of neighbouring days, shape (days, streams), an autoregression of first order."""
    values = rng.normal(size=(days, streams))
    for day in range(1, days):
        values[day] = correlation * values[day - 1] + np.sqrt(1 - correlation**2) * values[day]
    return values


def simulated(weeks: int, rng: np.random.Generator, correlation: float, season: float, shift: float = 0.0) -> Weeks:
    """Weeks of rows; `shift` is added to `n0` (whose rows have a standard deviation of 1.04) from week 8 on."""
    days = 7 * weeks
    effect = DAY_EFFECT * daily(days, _LATENT, correlation, rng)
    phase = rng.uniform(0, 2 * np.pi, size=_LATENT)
    effect += season * np.sin(2 * np.pi * np.arange(days)[:, None] / 365 + phase)
    effect[7 * REFERENCE_WEEKS :, 0] += shift * np.hypot(1, DAY_EFFECT)
    rows = rng.normal(size=(days, ROWS_A_DAY, _LATENT))
    rows[..., 1] = 0.6 * rows[..., 0] + 0.8 * rows[..., 1]  # so that there is a correlation to keep
    latent = (rows + effect[:, None, :]).reshape(weeks, 7 * ROWS_A_DAY, _LATENT)
    return [_frame(each) for each in latent]


Weeks = list[pd.DataFrame]


def _frame(latent: Floats) -> pd.DataFrame:
    """Columns of several kinds: a normal, a skewed, a counted and a heavy-tailed one, two of categories."""
    tail = np.floor(np.exp(np.abs(latent[:, 5]) * 1.6)).astype(int)  # some hundred categories, most of them rare
    return pd.DataFrame(
        {
            "n0": latent[:, 0],
            "n1": np.exp(latent[:, 1]),
            "n2": np.floor(5 * np.exp(0.3 * latent[:, 2])).astype(np.int64),
            "n3": np.sinh(latent[:, 3]),
            "c0": np.array(list("abcdef"), object)[np.digitize(latent[:, 4], [-1, -0.5, 0, 0.5, 1.5])],
            "c1": np.char.add("k", tail.astype(str)).astype(object),
            SEGMENT: np.array(list("xyz"), object)[np.digitize(latent[:, 6], [-0.5, 0.8])],
            "score": 1 / (1 + np.exp(-0.8 * latent[:, 0] - 0.4 * latent[:, 2])),
        }
    )


def flights(weeks: int, rng: np.random.Generator) -> Weeks:
    """Weeks of seven whole days of 2013, drawn without return; each day keeps a sixth of its flights."""
    days = flight_days()
    drawn = rng.permutation(len(days))[: 7 * weeks]
    kept = [days[day].take(rng.permutation(len(days[day]))[: len(days[day]) // 6]) for day in drawn]
    return [pd.concat(kept[7 * week : 7 * week + 7], ignore_index=True) for week in range(weeks)]


@lru_cache(maxsize=1)
def flight_days() -> list[pd.DataFrame]:
    """The year by local day, in the columns of the simulated streams: what is known before departure."""
    from retrain_platform.defs.models.flight_delay.flights import join, tables

    year = join(*tables())
    lean = year["departure_minute"] / 600 - 1.6 + 0.02 * year["wind_speed"].fillna(10)
    frame = pd.DataFrame(
        {
            "n0": year["departure_minute"] // 60,
            "n1": year["temp"],
            "n2": year["wind_speed"],
            "n3": year["distance"],
            "c0": year["carrier"],
            "c1": year["dest"],
            SEGMENT: year["origin"],
            "score": 1 / (1 + np.exp(-lean)),
        }
    )
    local = year["scheduled_departure"].dt.tz_convert("America/New_York").dt.date
    return [day for _, day in frame.groupby(local)]


ROADS: dict[str, Callable[[int, np.random.Generator], Weeks]] = {
    "independent days": lambda weeks, rng: simulated(weeks, rng, 0.0, 0.0),
    "AR(1) days, .6": lambda weeks, rng: simulated(weeks, rng, 0.6, 0.0),
    "AR(1) days, .6, and a season": lambda weeks, rng: simulated(weeks, rng, 0.6, SEASON),
    "flights, days shuffled": flights,
}
