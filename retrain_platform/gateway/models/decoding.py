"""From a request's JSON to rows: fast where it is right, and where it is not, every problem at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import astuple

from retrain_platform.dataset.texts import value_text
from retrain_platform.gateway.base import Asked, BadRequest, Row
from retrain_platform.gateway.models.fields import Field, What, fields_of, is_time, problems_of
from retrain_platform.gateway.models.signature import Signature
from retrain_platform.gateway.plain_json import read_json
from retrain_platform.release.serving import About

RECORDS = "records"
_MOST_PROBLEMS = 20
_PEEK = 64
_NUMBER = float | bool | None
_SCALAR = str | int | float | bool | None
_TYPES: dict[What, Any] = {
    "number": _NUMBER,
    "category": _SCALAR,
    "any": _SCALAR,
    "name": _SCALAR,
    "time": str | None,
}


class RowDecoder:
    """Reads records by the champion's signature; `others` are those of the versions that may answer instead.

    msgspec reads the body straight into a type made of the fields, and stops at the first problem. Then the body is
    read once more, slowly, and all problems are told: what JSON has no word for (NaN, a number beyond float64, half a
    surrogate pair) by its field, too.
    """

    def __init__(self, about: About, asked: Signature, others: Sequence[Signature] = ()) -> None:
        self.fields = fields_of(about, asked, others)
        self._about = about
        self._by_name = {field.name: field for field in self.fields}
        self._required = tuple(field.name for field in self.fields if field.required)
        self._optional = tuple(field.name for field in self.fields if not field.required)
        self._times = tuple(field.name for field in self.fields if field.what == "time")
        record: Any = _struct(self.fields, refuse=about.gateway.extra == "refuse")
        batch = msgspec.defstruct("Batch", [(RECORDS, list[record])], forbid_unknown_fields=True, gc=False)
        self._one = msgspec.json.Decoder(record)
        self._many: msgspec.json.Decoder[Any] = msgspec.json.Decoder(batch)
        self._names_records = RECORDS in self._by_name

    def read(self, body: bytes) -> Asked:
        """The rows of one object, or of {"records": [...]}; see `Serving.read`."""
        many = not self._names_records and b'"records"' in body[:_PEEK]
        try:
            found = self._many.decode(body).records if many else [self._one.decode(body)]
            rows = [self._row(record) for record in found]
        except (msgspec.MsgspecError, ValueError, RecursionError):
            records, many = self._records(body)
            return Asked(self.rows_of(records), many)
        self._must_be_few(len(rows))
        if not _each_name_once(body, rows, many):
            _parsed(body)
        return Asked(rows, many)

    def rows_of(self, records: Sequence[object]) -> list[Row]:
        """The rows of records as Python has them; see `Serving.rows_of`."""
        self._must_be_few(len(records))
        alone = len(records) == 1
        problems: list[str] = []
        for place, record in enumerate(records):
            at = "" if alone else f"{RECORDS}[{place}]"
            problems += problems_of(record, self._by_name, self._about.gateway.extra, at)
            if len(problems) > _MOST_PROBLEMS:
                break
        if problems:
            more = ["there are more problems than these"] if len(problems) > _MOST_PROBLEMS else []
            raise BadRequest([*problems[:_MOST_PROBLEMS], *more])
        return [self._slow_row(record) for record in records if isinstance(record, Mapping)]

    def _row(self, record: Any) -> Row:
        values = astuple(record)
        fields: dict[str, Any] = dict(zip(self._required, values, strict=False))
        for name, value in zip(self._optional, values[len(self._required) :], strict=True):
            if value is not UNSET:
                fields[name] = value
        for name in self._times:
            if (value := fields.get(name)) is not None and not is_time(value):
                raise ValueError(name)  # told by the slow road
        return Row(fields, self._entity(fields))

    def _slow_row(self, record: Mapping[Any, Any]) -> Row:
        fields = {
            field.name: _as_number(record[field.name]) if field.what == "number" else record[field.name]
            for field in self.fields
            if field.name in record
        }
        return Row(fields, self._entity(fields))

    def _entity(self, fields: Mapping[str, Any]) -> str | None:
        """The text by which the row is routed, as batch scoring names it."""
        value = fields.get(self._about.routed_by or "")
        return value if value is None or isinstance(value, str) else value_text(value)

    def _must_be_few(self, count: int) -> None:
        most = self._about.gateway.most_records
        if count > most:
            raise BadRequest([f"{RECORDS} == {count} of them, must be <= {most}: send them in several requests"], 413)
        if not count:
            raise BadRequest([f"{RECORDS} == none, must be at least one"])

    def _records(self, body: bytes) -> tuple[list[object], bool]:
        """The body's records, read without any type, and whether it listed them."""
        found = _parsed(body)
        if not isinstance(found, dict):
            kind = "a list" if isinstance(found, list) else "no object"
            raise BadRequest([f'the body is {kind}, must be one object of fields, or {{"records": [...]}}'])
        if self._names_records or RECORDS not in found:
            return [found], False
        beside = sorted(str(name)[:_PEEK] for name in found if name != RECORDS)
        if beside:
            raise BadRequest([f"{', '.join(beside[:_MOST_PROBLEMS])} must be left out beside {RECORDS}"])
        if not isinstance(found[RECORDS], list):
            raise BadRequest([f"{RECORDS} must be a list of objects"])
        return list(found[RECORDS]), True


def _struct(fields: Sequence[Field], *, refuse: bool) -> type[msgspec.Struct]:
    """A type with a place for each field; the names within are our own, for a column's may be no name in Python."""
    members: list[Any] = [
        (f"f{place}", _TYPES[field.what]) if field.required else (f"f{place}", _TYPES[field.what] | UnsetType, UNSET)
        for place, field in enumerate(fields)
    ]
    names = {f"f{place}": field.name for place, field in enumerate(fields)}
    return msgspec.defstruct("Record", members, rename=names, forbid_unknown_fields=refuse, frozen=True, gc=False)


def _each_name_once(body: bytes, rows: Sequence[Row], many: bool) -> bool:
    """Whether no name can stand twice in an object, of which msgspec silently keeps the last.

    A name and its value are parted by one colon: where the body has no more of them than the names that were read and
    the colons within texts, no name was lost. Otherwise it may still be sound, and only reading it slowly can tell.
    """
    colons = body.count(b":") - many - sum(len(row.fields) for row in rows)
    if not colons:
        return True
    texts = (text for row in rows for pair in row.fields.items() for text in pair if isinstance(text, str))
    return colons == sum(text.count(":") for text in texts)


def _as_number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _parsed(body: bytes) -> object:
    """The body as plain JSON, in which a number that is none is a value like others: its field is then named.

    Raises:
        BadRequest: see `read_json`.
    """
    return read_json(body, parse_int=_whole)


def _whole(digits: str) -> float:
    """A whole number; one of more digits than any float has is infinite, as msgspec counts it out of range."""
    return int(digits) if len(digits) < 310 else math.copysign(math.inf, -1 if digits[0] == "-" else 1)
