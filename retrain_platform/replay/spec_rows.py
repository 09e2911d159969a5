"""The labelled rows of a spec's periods as they are judged: labels and lists, days, segments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from retrain_platform.monitoring.reading import MISSING_SEGMENT
from retrain_platform.replay.ground import Ground
from retrain_platform.steps.answers import columns_to_judge
from retrain_platform.steps.known import days_of, segments_of

_KEPT = 128
"""The rows of so many periods are held, at a few numbers a row."""


class Labelled(NamedTuple):
    """The labelled rows of periods: their labels and lists, their days, and their segments by column.

    `there` says of every row of the periods whether it is one of them.
    """

    told: pd.DataFrame
    days: NDArray[np.integer]
    segments: dict[str, NDArray[np.object_]]
    there: NDArray[np.bool_]
    queries: NDArray[np.integer] | None = None

    def segment(self, column: str) -> NDArray[np.object_]:
        """The segments of a column; a period that lacks it has none but the missing one."""
        missing = np.full(len(self.days), MISSING_SEGMENT, dtype=object)
        return self.segments.get(column, missing)


class LabelledRows:
    """The labelled rows of each period with the labels that had come by `when` that of the period is."""

    def __init__(self, ground: Ground, when: Callable[[int], datetime]) -> None:
        self._ground, self._when = ground, when
        self.of = lru_cache(maxsize=_KEPT)(self._read)

    def _read(self, place: int) -> Labelled:
        spec, key = self._ground.shop.spec, self._ground.periods[place].key
        shape = self._ground.taken[key].shape.columns
        columns = dict.fromkeys(["_label", "_arrived", *columns_to_judge(spec), *spec.segments])
        frame = self._ground.rows_at(place, self._when(place), [c for c in columns if c.startswith("_") or c in shape])
        there = frame["_label"].notna().to_numpy()
        rows = frame[there]
        named = [name for name in ("_label", spec.label.query) if name is not None]
        return Labelled(rows[named], days_of(rows, spec.period.timezone), segments_of(self._ground.shop, rows), there)
