"""Where a model's rows come from: one class a kind of place, configuration only; adapters read them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator, model_validator

from retrain_platform.dataset.record import Record


class _Rows(Record):
    """What every source says of its rows.

    `event_time` is the column of when the event happened (a time without a zone is on the model's
    calendar); `entity` the column of who it happened to, which a canary's share is drawn by.
    """

    event_time: str = Field(min_length=1)
    entity: str = Field(min_length=1)

    @model_validator(mode="after")
    def _two_columns(self) -> _Rows:
        if self.event_time == self.entity:
            raise ValueError(f"entity == {self.entity!r}, must be another column than event_time")
        return self


class Files(_Rows):
    """Parquet or CSV files. `path` is a glob, relative to the project's root or absolute."""

    kind: Literal["files"] = "files"
    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _known_format(cls, value: str) -> str:
        return tabular("path", value)


class Delta(_Rows):
    """A Delta table: a folder or the address of one; `options` are those of the object store."""

    kind: Literal["delta"] = "delta"
    uri: str = Field(min_length=1)
    options: dict[str, str] = {}


def _parts(value: object) -> object:
    """Dagster writes an asset's key as ['raw', 'flights'] or 'raw/flights': both are meant."""
    return tuple(value.split("/")) if isinstance(value, str) else value


KeyPart = Annotated[str, Field(pattern=r"^[^/\s]+$")]
AssetName = Annotated[tuple[KeyPart, ...], BeforeValidator(_parts), Field(min_length=1)]


class Asset(_Rows):
    """An upstream Dagster asset, by the `key` that lineage shows and the place where it writes.

    Exactly one of `path` (as in `files`) and `uri` (as in `delta`) is given.
    """

    kind: Literal["asset"] = "asset"
    key: AssetName
    path: str | None = None
    uri: str | None = None
    options: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_place(self) -> Asset:
        if (self.path is None) == (self.uri is None):
            raise ValueError(
                f"path == {self.path!r} and uri == {self.uri!r}, must be one of them: "
                f"where the asset {'/'.join(self.key)} writes"
            )
        if self.path is not None:
            tabular("path", self.path)
        return self


class Python(_Rows):
    """A function `(start, end) -> DataFrame` of the events in [start, end); both are datetimes with a zone.

    `call` names it as 'package.module:function'. Where the function has an attribute `watermark`, a
    function without arguments, it tells the newest event time; otherwise all events are read for it.
    """

    kind: Literal["python"] = "python"
    call: str

    @field_validator("call")
    @classmethod
    def _module_and_function(cls, value: str) -> str:
        return function_name("call", value)


def function_name(field: str, value: str) -> str:
    """`value`, refused where it does not name a function of a module."""
    module, colon, function = value.partition(":")
    if not (colon and function.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError(f"{field} == {value!r}, must be 'package.module:function'")
    return value


def tabular(field: str, value: str) -> str:
    """`value`, refused where it does not name files of a known format."""
    if not value.endswith((".parquet", ".csv", ".csv.gz")):
        raise ValueError(f"{field} == {value!r}, must end in .parquet, .csv or .csv.gz")
    return value


Source = Annotated[Files | Delta | Asset | Python, Field(discriminator="kind")]
"""Any of the places that rows come from."""

SOURCES: tuple[type[Files | Delta | Asset | Python], ...] = get_args(get_args(Source)[0])
"""Every member of `Source`, in the order of the union."""
