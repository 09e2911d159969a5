"""Where a table is: files, a Delta table, a query, an upstream asset, a function, our gateway's own log.

What reads them is an adapter.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from retrain_platform.dataset.duration import Duration
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.secrets import Options, Place, SecretUrl, without_secrets

_URL = re.compile(r"[A-Za-z][\w]*(\+\w+)?://.*", re.DOTALL)


def _function(value: str) -> str:
    module, colon, function = value.partition(":")
    if not (colon and function.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError(f"call == {value!r}, must be 'package.module:function'")
    return value


Call = Annotated[str, AfterValidator(_function)]
"""A function of the user's own, named as 'package.module:function'."""


def tabular(field: str, value: str) -> str:
    """`value`, refused where it does not name files of a known format."""
    if not value.endswith((".parquet", ".csv", ".csv.gz")):
        raise ValueError(f"{field} == {value!r}, must end in .parquet, .csv or .csv.gz")
    return value


class PlaceBase(Record):
    """Any place; `told` names it for people and records, without what is secret."""

    @abstractmethod
    def told(self) -> str:
        """The place in one line."""


class AtFiles(PlaceBase):
    """Parquet or CSV files. `path` is a glob, relative to the project's root or absolute."""

    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _known_format(cls, value: str) -> str:
        return tabular("path", value)

    def told(self) -> str:
        """The pattern of the files."""
        return f"files {self.path}"


class AtDelta(PlaceBase):
    """A Delta table: a folder or the address of one; `options` are those of the object store."""

    uri: Place = Field(min_length=1)
    options: Options = {}

    def told(self) -> str:
        """The table's address."""
        return f"Delta table {without_secrets(self.uri)}"


class AtSql(PlaceBase):
    """A database by its `url`, as SQLAlchemy writes it, and one `query` or a `table` ('schema.table').

    A query is one SELECT, or WITH ... SELECT. The platform reads it as a part of its own, which asks for a
    period's rows: its columns have names, each another.
    """

    url: SecretUrl
    query: str | None = None
    table: str | None = Field(default=None, pattern=r"^[^\s.]+(\.[^\s.]+)?$")

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: SecretUrl) -> SecretUrl:
        if not _URL.fullmatch(value.get_secret_value()):
            raise ValueError(
                "must be the address of a database, as in sqlite:///shop.db or postgresql+psycopg://user@host/name"
            )
        return value

    @field_validator("query")
    @classmethod
    def _one_select(cls, value: str | None) -> str | None:
        if value is None:
            return None
        bare = re.sub(r"\s*(--[^\n]*\n|/\*.*?\*/)\s*", " ", f"{value}\n", flags=re.DOTALL).strip()
        if not re.match(r"(select|with)\b", bare, re.IGNORECASE):
            raise ValueError(f"query == {value[:40]!r}, must be one SELECT, or WITH ... SELECT")
        return value.strip().rstrip(";").rstrip()

    @model_validator(mode="after")
    def _one_of_two(self) -> AtSql:
        if (self.query is None) == (self.table is None):
            given = "both are" if self.query is not None else "neither is"
            raise ValueError(f"query or table must be given, and only one of them: {given}")
        return self

    def told(self) -> str:
        """The query or the table, and the database without its password."""
        asked = f"table {self.table}" if self.query is None else f"query {self.query}"
        return f"{asked} at {self.url}"


def _parts(value: object) -> object:
    """Dagster writes an asset's key as ['raw', 'flights'] or 'raw/flights': both are meant."""
    return tuple(value.split("/")) if isinstance(value, str) else value


KeyPart = Annotated[str, Field(pattern=r"^[^/\s]+$")]
AssetName = Annotated[tuple[KeyPart, ...], BeforeValidator(_parts), Field(min_length=1)]


class AtAsset(PlaceBase):
    """An upstream Dagster asset, by the `key` that lineage shows and the place where it writes.

    Exactly one of `path` (as in `files`) and `uri` (as in `delta`) is given.
    """

    key: AssetName
    path: str | None = None
    uri: Place | None = None
    options: Options = {}

    @model_validator(mode="after")
    def _one_place(self) -> AtAsset:
        if (self.path is None) == (self.uri is None):
            raise ValueError(
                f"path == {self.path!r} and uri == {self.uri!r}, must be one of them: "
                f"where the asset {'/'.join(self.key)} writes"
            )
        if self.path is not None:
            tabular("path", self.path)
        return self

    def told(self) -> str:
        """The asset's key and where it writes."""
        return f"asset {'/'.join(self.key)} at {without_secrets(self.path or self.uri or '')}"


class AtFunction(PlaceBase):
    """A function `(start, end) -> DataFrame` of the rows in [start, end); both are datetimes with a zone.

    `call` names it as 'package.module:function'.
    """

    call: Call

    def told(self) -> str:
        """The function's name."""
        return f"function {self.call}"


ANSWERED_AT, LABELLED_AT = "answered_at", "labelled_at"
REQUEST, ANSWER, ANSWERED_BY = "request_id", "answer", "answered_by"
GATEWAY_COLUMNS = (REQUEST, ANSWERED_AT, ANSWER, ANSWERED_BY, LABELLED_AT)
"""What the gateway tells of each record beside the record's own fields and its label; none of it is a feature."""


class AtGateway(PlaceBase):
    """The log of our own gateway, as the collector brings it into the lake: a row for each record that was answered.

    `of` names the model whose log it is, None: the model itself. `lake` is the folder of the lake, None: the platform's
    own. An event's own time is at most `within` before or after its answer's.
    """

    of: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$", max_length=60)
    lake: str | None = Field(default=None, min_length=1)
    within: Duration = timedelta(days=1)

    def told(self) -> str:
        """Whose log it is."""
        return f"gateway's log of {self.of or 'the model'}"
