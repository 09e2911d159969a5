"""Where operations and business measures come from: any table of (time, segment, measure, value)."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from retrain_platform.dataset.places import AtDelta, AtFiles, AtFunction, AtGateway, AtSql, PlaceBase
from retrain_platform.dataset.source import Source, source_at


class _Measures(PlaceBase):
    """The columns of the table: `time` of a value, the name of its `measure`, the `value`, its `segment` if any."""

    time: str = Field(default="time", min_length=1)
    measure: str = Field(default="measure", min_length=1)
    value: str = Field(default="value", min_length=1)
    segment: str | None = None

    @model_validator(mode="after")
    def _different_columns(self) -> _Measures:
        names = [name for name in (self.time, self.measure, self.value, self.segment) if name is not None]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"columns == {twice} are named twice, must be different for time, measure, value, segment")
        return self

    def source(self) -> Source:
        """The same place as a source of rows, for the readers of sources."""
        return source_at(self, event_time=self.time, entity=self.measure)


class MeasureFiles(_Measures, AtFiles):
    """Parquet or CSV files; `path` as of a source of files."""

    kind: Literal["files"] = "files"


class MeasureDelta(_Measures, AtDelta):
    """A Delta table; `uri` and `options` as of a source."""

    kind: Literal["delta"] = "delta"


class MeasureSql(_Measures, AtSql):
    """A database; `url` and `query` or `table` as of a source."""

    kind: Literal["sql"] = "sql"


class MeasurePython(_Measures, AtFunction):
    """A function `(start, end) -> DataFrame` of the values in [start, end); `call` as of a source."""

    kind: Literal["python"] = "python"


class MeasureGateway(_Measures, AtGateway):
    """What our own gateway did in the period, of its own log; the segments are versions.

    `requests`, `requests_a_second`, `records`, `error_rate`, `latency_p50_ms`, `latency_p95_ms`, `latency_p99_ms`, the
    worst hour's `worst_hour_error_rate` and `worst_hour_p95_ms`, and of each kind of feedback but labels the share of
    answers that it came to (`click_rate`, `complaint_rate`) and, where it has numbers, their mean (`rating_mean`).
    """

    kind: Literal["gateway"] = "gateway"
    segment: str | None = "segment"


_Table = MeasureFiles | MeasureDelta | MeasureSql | MeasurePython | MeasureGateway
MeasureTable = Annotated[_Table, Field(discriminator="kind")]
"""Any of the places that measures come from."""

MEASURE_TABLES: tuple[type[_Table], ...] = get_args(_Table)
"""Every member of `MeasureTable`, in the order of the union."""
