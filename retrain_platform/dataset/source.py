"""Where a model's rows come from: one class a kind of place, configuration only; adapters read them."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from retrain_platform.dataset.joins import Join
from retrain_platform.dataset.places import (
    ANSWERED_AT,
    AtAsset,
    AtDelta,
    AtFiles,
    AtFunction,
    AtGateway,
    AtSql,
    PlaceBase,
)
from retrain_platform.dataset.record import Record


class _Rows(Record):
    """What every source says of its rows.

    `event_time` is the column of when the event happened (a time without a zone is on the model's
    calendar); `entity` the column of who it happened to, which a canary's share is drawn by. `joins` are feature
    tables, joined in this order.
    """

    event_time: str = Field(min_length=1)
    entity: str = Field(min_length=1)
    joins: tuple[Join, ...] = ()

    @model_validator(mode="after")
    def _two_columns(self) -> _Rows:
        if self.event_time == self.entity:
            raise ValueError(f"entity == {self.entity!r}, must be another column than event_time")
        return self


class Files(_Rows, AtFiles):
    """Parquet or CSV files. `path` is a glob, relative to the project's root or absolute."""

    kind: Literal["files"] = "files"


class Delta(_Rows, AtDelta):
    """A Delta table: a folder or the address of one; `options` are those of the object store."""

    kind: Literal["delta"] = "delta"


class Sql(_Rows, AtSql):
    """A query of a database, or one of its tables; the `url` comes from the environment."""

    kind: Literal["sql"] = "sql"


class Asset(_Rows, AtAsset):
    """An upstream Dagster asset, by the `key` that lineage shows and the place where it writes.

    Exactly one of `path` (as in `files`) and `uri` (as in `delta`) is given.
    """

    kind: Literal["asset"] = "asset"


class Python(_Rows, AtFunction):
    """A function `(start, end) -> DataFrame` of the events in [start, end); both are datetimes with a zone.

    `call` names it as 'package.module:function'. Where the function has an attribute `watermark`, a
    function without arguments, it tells the newest event time; otherwise all events are read for it.
    """

    kind: Literal["python"] = "python"


class Gateway(_Rows, AtGateway):
    """The log of our own gateway: the records that it answered, with the labels that came back as feedback.

    `event_time` is a field of the records, or `answered_at`, when they were answered; `entity` is a field. Beside the
    fields there are `request_id`, `answer`, `answered_by` (a version), `labelled_at`, and the label, under the name
    that the spec's `label.column` gives it.
    """

    kind: Literal["gateway"] = "gateway"
    event_time: str = Field(default=ANSWERED_AT, min_length=1)
    label: str | None = None


Source = Annotated[Files | Delta | Sql | Asset | Python | Gateway, Field(discriminator="kind")]
"""Any of the places that rows come from."""

SOURCES: tuple[type[Files | Delta | Sql | Asset | Python | Gateway], ...] = get_args(get_args(Source)[0])
"""Every member of `Source`, in the order of the union."""


def lineage(source: Source) -> str:
    """The place and its feature tables in one line, a query with its text, without secrets."""
    return "; joined with ".join([source.told(), *(join.told() for join in source.joins)])


def source_of(join: Join) -> Source:
    """The feature table as a source of rows by their availability, for the readers of sources."""
    return source_at(join, event_time=join.available_at, entity=next(iter(join.on.values())))


def source_at(place: PlaceBase, *, event_time: str, entity: str) -> Source:
    """The same place as a source of rows with these columns, for the readers of sources."""
    member, at = next(
        (member, at)
        for member in SOURCES
        for at in member.__bases__
        if issubclass(at, PlaceBase) and isinstance(place, at)
    )
    return member(event_time=event_time, entity=entity, **{name: getattr(place, name) for name in at.model_fields})
