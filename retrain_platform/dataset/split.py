"""Rows by time: what is fitted on, what stops the fit, what examines it. Where it can, without a second copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """Three frames, each wholly later than the one before; `embargoed` rows fell between them."""

    train: pd.DataFrame
    valid: pd.DataFrame
    holdout: pd.DataFrame
    embargoed: int

    @classmethod
    def undivided(cls, frame: pd.DataFrame) -> Split:
        """All rows to fit on, none to stop it or to examine it."""
        return cls(frame, frame.iloc[:0], frame.iloc[:0], embargoed=0)


def time_split(
    frame: pd.DataFrame, cut_valid: datetime, cut_holdout: datetime, *, embargo: timedelta = timedelta(0)
) -> Split:
    """Split by `_event_time`: before `cut_valid`, before `cut_holdout`, and the rest; row order is kept.

    A row at a cut belongs to the later part. `embargo` leaves out the rows of that long before each
    cut, where what they tell overlaps the part that follows. Equal cuts give an empty `valid`.
    Where the rows are in the order of time, the parts share their memory with `frame`.

    Raises:
        ValueError: cuts out of order, or a negative embargo.
    """
    if cut_valid > cut_holdout:
        raise ValueError(f"cut_valid == {cut_valid}, must not be later than cut_holdout == {cut_holdout}")
    if embargo < timedelta(0):
        raise ValueError(f"embargo == {embargo}, must not be negative")
    times = frame["_event_time"]
    first, second, gap = pd.Timestamp(cut_valid), pd.Timestamp(cut_holdout), pd.Timedelta(embargo)
    if times.is_monotonic_increasing:
        ends = [int(times.searchsorted(moment)) for moment in (first - gap, first, second - gap, second)]
        train, valid, holdout = (
            frame.iloc[: ends[0]],
            frame.iloc[ends[1] : max(ends[1], ends[2])],
            frame.iloc[ends[3] :],
        )
    else:
        train, holdout = frame[times < first - gap], frame[times >= second]
        valid = frame[(times >= first) & (times < second - gap)]
    return Split(train, valid, holdout, embargoed=len(frame) - len(train) - len(valid) - len(holdout))


def with_columns(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Those columns, in that order, sharing their memory with `frame`: `frame[names]` copies them.

    Raises:
        KeyError: `frame` lacks one.
    """
    return pd.DataFrame({name: frame[name] for name in names}, index=frame.index, copy=False)


def with_rows(frame: pd.DataFrame, kept: NDArray[np.bool_]) -> pd.DataFrame:
    """The rows that are `kept`, numbered anew. `frame` is used up: each column is let go when its rows are taken."""
    if kept.all():
        return frame if frame.index.equals(pd.RangeIndex(len(frame))) else frame.reset_index(drop=True)
    columns: dict[Any, Any] = {name: frame.pop(name).array[kept] for name in list(frame.columns)}
    return pd.DataFrame(columns, index=pd.RangeIndex(int(kept.sum())), copy=False)
