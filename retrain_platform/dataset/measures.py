"""Where operations and business measures come from: any table of (time, segment, measure, value)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.dataset.source import Delta, Files, Python, Source, function_name, tabular


class _Measures(Record):
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

    @abstractmethod
    def source(self) -> Source:
        """The same place as a source of rows, for the readers of sources."""


class MeasureFiles(_Measures):
    """Parquet or CSV files; `path` as of a source of files."""

    kind: Literal["files"] = "files"
    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _known_format(cls, value: str) -> str:
        return tabular("path", value)

    def source(self) -> Source:
        """The files."""
        return Files(event_time=self.time, entity=self.measure, path=self.path)


class MeasureDelta(_Measures):
    """A Delta table; `uri` and `options` as of a source."""

    kind: Literal["delta"] = "delta"
    uri: str = Field(min_length=1)
    options: dict[str, str] = {}

    def source(self) -> Source:
        """The Delta table."""
        return Delta(event_time=self.time, entity=self.measure, uri=self.uri, options=self.options)


class MeasurePython(_Measures):
    """A function `(start, end) -> DataFrame` of the values in [start, end); `call` as of a source."""

    kind: Literal["python"] = "python"
    call: str

    @field_validator("call")
    @classmethod
    def _module_and_function(cls, value: str) -> str:
        return function_name("call", value)

    def source(self) -> Source:
        """The function."""
        return Python(event_time=self.time, entity=self.measure, call=self.call)


MeasureTable = Annotated[MeasureFiles | MeasureDelta | MeasurePython, Field(discriminator="kind")]
"""Any of the places that measures come from."""

MEASURE_TABLES: tuple[type[MeasureFiles | MeasureDelta | MeasurePython], ...] = get_args(get_args(MeasureTable)[0])
"""Every member of `MeasureTable`, in the order of the union."""
