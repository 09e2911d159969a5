"""Feature tables that are joined to events as of the event's time: configuration only; `joining` does it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.keyed import Keyed
from retrain_platform.dataset.places import AtAsset, AtDelta, AtFiles, AtFunction, AtSql


class _Joined(Keyed):
    """How a feature table is joined: for each event its newest row that was available by the event's time.

    `available` is the table's column of when a row's values were known. `columns` are taken (empty: all but the
    keys and `available`), `prefix` is put before their names. A row that is older than `within` counts as none.
    An event without a row misses the values.
    """

    available: str | None = None
    columns: tuple[str, ...] = ()
    within: Duration | None = None
    prefix: str = ""

    @field_validator("within")
    @classmethod
    def _some_time(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value <= timedelta():
            raise ValueError("within == 0h, must be longer than nothing")
        return value

    @model_validator(mode="after")
    def _nothing_of_the_future(self) -> _Joined:
        if not self.available:
            raise ValueError(
                "available must be given: the table's column of when a row's values were known. "
                "Without it values from after the event would be learned from, which no later event has"
            )
        if self.available in self.on.values():
            raise ValueError(f"available == {self.available!r}, must be another column than those of on")
        if self.available in self.columns:
            raise ValueError(f"columns == {list(self.columns)}, must not name available == {self.available!r}")
        return self

    @property
    def available_at(self) -> str:
        """The column of availability, which no sound join lacks."""
        return self.available or ""


class JoinFiles(_Joined, AtFiles):
    """Parquet or CSV files; `path` as of a source."""

    kind: Literal["files"] = "files"


class JoinDelta(_Joined, AtDelta):
    """A Delta table; `uri` and `options` as of a source."""

    kind: Literal["delta"] = "delta"


class JoinSql(_Joined, AtSql):
    """A database; `url` and `query` or `table` as of a source."""

    kind: Literal["sql"] = "sql"


class JoinAsset(_Joined, AtAsset):
    """An upstream Dagster asset; `key` and `path` or `uri` as of a source."""

    kind: Literal["asset"] = "asset"


class JoinPython(_Joined, AtFunction):
    """A function `(start, end) -> DataFrame` of the rows that became available in [start, end)."""

    kind: Literal["python"] = "python"


Join = Annotated[JoinFiles | JoinDelta | JoinSql | JoinAsset | JoinPython, Field(discriminator="kind")]
"""Any feature table."""

JOINS: tuple[type[JoinFiles | JoinDelta | JoinSql | JoinAsset | JoinPython], ...] = get_args(get_args(Join)[0])
"""Every member of `Join`, in the order of the union."""
