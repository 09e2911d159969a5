"""Four events around the 2nd of January on New York's clock, and what a source of them gives."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd

from retrain_platform.adapters.sources import SourceReader
from retrain_platform.dataset.events import arrange
from retrain_platform.dataset.label import LabelSpec
from retrain_platform.dataset.period import Calendar
from retrain_platform.dataset.source import Source

CALENDAR = Calendar(every="day", start=date(2013, 1, 1), timezone="America/New_York")
ROWS = {"event_time": "at", "entity": "who"}
EVENTS = pd.DataFrame(
    {
        "at": pd.to_datetime(["2013-01-01 23:59", "2013-01-02 00:00", "2013-01-02 23:59", "2013-01-03 00:00"]),
        "who": ["a", "b", "c", "d"],
        "late": [0.0, 1.0, None, 0.0],
    }
)
ZONED = EVENTS.assign(at=EVENTS["at"].dt.tz_localize("America/New_York"))


def entities(source: Source, root: Path, key: str = "2013-01-02") -> list[str]:
    period = CALENDAR.period(key)
    frame = SourceReader(source, root, CALENDAR.timezone).read(period)
    label = LabelSpec(column="late")
    arranged = arrange(frame, source=source, label=label, calendar=CALENDAR, period=period)
    return sorted(arranged.frame["_entity"])


def watermark(source: Source, root: Path) -> datetime | None:
    return SourceReader(source, root, CALENDAR.timezone).watermark()
