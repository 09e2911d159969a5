"""Predictions that another system made and kept, instead of the platform's own scoring: configuration only."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.keyed import Keyed, Pairs
from retrain_platform.dataset.places import (
    ANSWER,
    ANSWERED_AT,
    ANSWERED_BY,
    REQUEST,
    AtAsset,
    AtDelta,
    AtFiles,
    AtFunction,
    AtGateway,
    AtSql,
    PlaceBase,
)
from retrain_platform.dataset.source import Source, source_at


class _Recorded(Keyed, PlaceBase):
    """What each column of the table is, and which of its rows can be of a period.

    `on` are the columns by which an event finds its prediction; `time` is when it was answered, at most `within` before
    or after the period; of several predictions of an event the last counts. `score` is the answer, on the scale of the
    platform's own. `version` is the column of who answered, as the registry numbers its versions; without it all is
    the champion's. `model` names whoever answers before the platform's first version does.
    """

    time: str = Field(min_length=1)
    score: str = Field(min_length=1)
    version: str | None = None
    model: str = Field(default="existing", min_length=1, max_length=60)
    within: Duration = timedelta(days=1)

    @field_validator("model")
    @classmethod
    def _no_version(cls, value: str) -> str:
        if value.isdecimal():
            raise ValueError(f"model == {value!r}, must be a name: numbers are the registry's versions")
        return value

    @model_validator(mode="after")
    def _different_columns(self) -> _Recorded:
        keys = {self.time, *self.on.values()}
        if self.score in keys:
            raise ValueError(f"score == {self.score!r}, must be another column than time and those of on")
        if self.version in {self.score, *keys}:
            raise ValueError(f"version == {self.version!r}, must be another column than score, time and those of on")
        return self

    def source(self) -> Source:
        """The same place as a source of rows, for the readers of sources."""
        return source_at(self, event_time=self.time, entity=self.score)


class RecordedFiles(_Recorded, AtFiles):
    """Parquet or CSV files; `path` as of a source."""

    kind: Literal["files"] = "files"


class RecordedDelta(_Recorded, AtDelta):
    """A Delta table; `uri` and `options` as of a source."""

    kind: Literal["delta"] = "delta"


class RecordedSql(_Recorded, AtSql):
    """A database; `url` and `query` or `table` as of a source."""

    kind: Literal["sql"] = "sql"


class RecordedAsset(_Recorded, AtAsset):
    """An upstream Dagster asset; `key` and `path` or `uri` as of a source."""

    kind: Literal["asset"] = "asset"


class RecordedPython(_Recorded, AtFunction):
    """A function `(start, end) -> DataFrame` of the predictions answered in [start, end)."""

    kind: Literal["python"] = "python"


class RecordedGateway(_Recorded, AtGateway):
    """The answers of our own gateway, by the version that gave them; events of its own log find theirs by the request.

    Events from elsewhere name in `on` the fields by which theirs are found.
    """

    kind: Literal["gateway"] = "gateway"
    on: Pairs = {REQUEST: REQUEST}
    time: str = Field(default=ANSWERED_AT, min_length=1)
    score: str = Field(default=ANSWER, min_length=1)
    version: str | None = ANSWERED_BY


_Table = RecordedFiles | RecordedDelta | RecordedSql | RecordedAsset | RecordedPython | RecordedGateway
Recorded = Annotated[_Table, Field(discriminator="kind")]
"""Any table of recorded predictions."""

RECORDED: tuple[type[_Table], ...] = get_args(_Table)
"""Every member of `Recorded`, in the order of the union."""
