"""Rows by time: what is fitted on, what stops the fit, what examines it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd


@dataclass(frozen=True)
class Split:
    """Three frames, each wholly later than the one before; `embargoed` rows fell between them."""

    train: pd.DataFrame
    valid: pd.DataFrame
    holdout: pd.DataFrame
    embargoed: int


def time_split(
    frame: pd.DataFrame, cut_valid: datetime, cut_holdout: datetime, *, embargo: timedelta = timedelta(0)
) -> Split:
    """Split by `_event_time`: before `cut_valid`, before `cut_holdout`, and the rest; row order is kept.

    A row at a cut belongs to the later part. `embargo` leaves out the rows of that long before each
    cut, where what they tell overlaps the part that follows. Equal cuts give an empty `valid`.

    Raises:
        ValueError: cuts out of order, or a negative embargo.
    """
    if cut_valid > cut_holdout:
        raise ValueError(f"cut_valid == {cut_valid}, must not be later than cut_holdout == {cut_holdout}")
    if embargo < timedelta(0):
        raise ValueError(f"embargo == {embargo}, must not be negative")
    times = frame["_event_time"]
    first, second, gap = pd.Timestamp(cut_valid), pd.Timestamp(cut_holdout), pd.Timedelta(embargo)
    train = frame[times < first - gap]
    valid = frame[(times >= first) & (times < second - gap)]
    holdout = frame[times >= second]
    return Split(train, valid, holdout, embargoed=len(frame) - len(train) - len(valid) - len(holdout))
