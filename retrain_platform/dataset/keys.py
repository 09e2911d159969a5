"""Rows that belong together: one number for each combination of keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from retrain_platform.dataset.times import as_text

if TYPE_CHECKING:
    from numpy.typing import NDArray


def key_codes(keys: Iterable[Sequence[pd.Series[Any]]], rows: int) -> NDArray[np.int64]:
    """The number of each row's combination of `keys`, shape (rows,); -1 where a key is missing.

    Each key is a column in pieces that lie one after the other, as of two tables; all have as many rows. Keys are
    compared as texts (12 and 12.0 are one).
    """
    codes = np.zeros(rows, dtype=np.int64)
    for pieces in keys:
        found, names = pd.factorize(np.concatenate([as_text(piece).to_numpy() for piece in pieces]))
        both = np.where((found < 0) | (codes < 0), -1, codes * max(1, len(names)) + found)
        codes = pd.factorize(both)[0].astype(np.int64)
        codes[both < 0] = -1
    return codes
