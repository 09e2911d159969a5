"""Reads the table of predictions that another system made, as sources of rows are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retrain_platform.adapters.sources import SourceReader, SourceUnreadable
from retrain_platform.dataset.period import Period
from retrain_platform.dataset.recorded import Recorded

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RecordedTable:
    """The predictions that `of` names; paths begin at `root`, times without a zone are on the clock of `timezone`."""

    of: Recorded
    root: Path
    timezone: str

    def __call__(self, period: Period) -> pd.DataFrame:
        """Those that were answered in the period, or at most `within` before or after it; perhaps more.

        Raises:
            SourceUnreadable: the table is not there or cannot be read.
            BadTimes: its times cannot.
        """
        wide = Period(key=period.key, start=period.start - self.of.within, end=period.end + self.of.within)
        try:
            return SourceReader(self.of.source(), self.root, self.timezone).read(wide)
        except SourceUnreadable as error:
            raise SourceUnreadable(in_predictions(str(error))) from error


def in_predictions(said: str) -> str:
    """A sentence about a source, as one about the table of predictions."""
    return said.replace("source.event_time", "predictions.time").replace("source.", "predictions.")
