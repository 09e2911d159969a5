"""Draws that a row keeps: of its entity, its time and a seed, whatever other rows there are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def draws(frame: pd.DataFrame, seed: int, purpose: str) -> NDArray[np.float64]:
    """One number a row, even in [0, 1): equal for equal `_entity` and `_event_time`, another for another `purpose`.

    A generator would give a row another draw as soon as a row is added before it.
    """
    import pandas as pd

    moments = frame["_event_time"].dt.as_unit("ns").to_numpy(dtype="datetime64[ns]").view(np.uint64)
    entities = pd.util.hash_pandas_object(frame["_entity"], index=False).to_numpy()
    return _even(_mixed(entities ^ _mixed(moments ^ _salt(seed, purpose))))


def draws_by(values: pd.Series[Any], seed: int, purpose: str) -> NDArray[np.float64]:
    """As `draws`, one number for all rows with the same value."""
    import pandas as pd

    return _even(_mixed(pd.util.hash_pandas_object(values, index=False).to_numpy() ^ _salt(seed, purpose)))


def _salt(seed: int, purpose: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.sha256(f"{seed}:{purpose}".encode()).digest()[:8], "big"))


def _even(mixed: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The upper 53 bits, as a number in [0, 1)."""
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(values: NDArray[Any]) -> NDArray[np.uint64]:
    """The last steps of SplitMix64 (Steele, Lea and Flood 2014): each bit of the answer hangs on every bit."""
    found = values + np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = found ^ (found >> np.uint64(31))
    return mixed
