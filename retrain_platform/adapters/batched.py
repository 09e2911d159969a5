"""A table in batches of equal count, for a spec whose rows follow no calendar: each stands in place of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from retrain_platform.dataset.period import Period

if TYPE_CHECKING:
    import pandas as pd

    from retrain_platform.spec.model import ModelSpec


class CannotBatch(ValueError):
    """The rows cannot be cut into batches as asked; the message says what to change."""


@dataclass(frozen=True)
class Batched:
    """`Reader` of batches: the rows of a period are those of its batch, their event times spread evenly over it."""

    frames: dict[str, pd.DataFrame]
    last: datetime

    def read(self, period: Period) -> pd.DataFrame:
        """The rows of the period's batch; none after the last."""
        found = self.frames.get(period.key)
        return next(iter(self.frames.values())).iloc[:0] if found is None else found

    def watermark(self) -> datetime | None:
        """The end of the last batch."""
        return self.last


def batched(rows: pd.DataFrame, spec: ModelSpec, count: int) -> Batched:
    """`count` batches in the order of the event time, as `numpy.array_split` cuts; numbers as times only order.

    Raises:
        CannotBatch: fewer than two batches, more batches than rows, no such column, or one that orders nothing.
    """
    import numpy as np
    import pandas as pd

    name = spec.source.event_time
    if name not in rows.columns:
        raise CannotBatch(f"source.event_time == {name!r}, must be a column of the source: {', '.join(rows.columns)}")
    ordered = rows.iloc[_order(rows[name], spec.period.timezone)].reset_index(drop=True)
    if not 2 <= count <= max(2, len(ordered)):
        raise CannotBatch(f"batches == {count}, must be at least 2 and at most the number of rows, {len(ordered)}")
    frames = {}
    for place, part in enumerate(np.array_split(np.arange(len(ordered)), count)):
        period, frame = spec.period.at(place), ordered.iloc[part].reset_index(drop=True)
        start, end = pd.Timestamp(period.start).tz_convert("UTC"), pd.Timestamp(period.end).tz_convert("UTC")
        times = start + (end - start) * ((np.arange(len(frame)) + 0.5) / len(frame))
        frames[period.key] = frame.assign(**{name: times})
    return Batched(frames, spec.period.at(count - 1).end)


def _order(times: pd.Series, timezone: str) -> list[int]:
    """The places of the rows that have a time, in its order; rows of one time stay as they stood."""
    import numpy as np
    import pandas as pd

    from retrain_platform.dataset.times import BadTimes, to_utc

    try:
        told = times if pd.api.types.is_numeric_dtype(times.dtype) else to_utc(times, timezone)
    except BadTimes as error:
        raise CannotBatch(str(error)) from error
    there = np.flatnonzero(told.notna().to_numpy())
    found: list[int] = there[np.argsort(told.to_numpy()[there], kind="stable")].tolist()
    return found
