"""Which fields a request may have, what each must be, and every problem of a record said at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Literal, NamedTuple

from retrain_platform.gateway.models.signature import Kind, Signature
from retrain_platform.release.serving import About

What = Literal["number", "category", "any", "name", "time"]
_MUST: dict[What, str] = {
    "number": "must be a number, true, false, or null where it is not known",
    "category": "must be a text, a number, true, false, or null where it is not known",
    "any": "must be a text, a number, true, false, or null where it is not known",
    "name": "must be a text or a number, or null where nobody is known",
    "time": "must be a time as in '2013-01-31T05:15:00+00:00' (ISO 8601), or null",
}
_MOST_SHOWN = 60
_MOST_DIGITS = 300


class Field(NamedTuple):
    """One field of a record; `required` is that of a feature which the champion was fitted on."""

    name: str
    what: What
    required: bool
    private: bool = False


def fields_of(about: About, asked: Signature, others: Sequence[Signature]) -> tuple[Field, ...]:
    """The champion's features first, then what a request may bring beside them.

    A feature that only another version was fitted on may be sent already: without it, that version could never answer.
    A list that is ranked must be named, for one version answers the whole of it.
    """
    private = set(about.gateway.private)
    found: dict[str, tuple[What, bool]] = {name: (kind, True) for name, kind in asked.kinds.items()}
    if about.query is not None:
        found.setdefault(about.query, ("name", True))
    for signature in others:
        for name, kind in signature.kinds.items():
            found[name] = found.get(name) or (_same(name, kind, others), False)
    if about.entity is not None:
        found.setdefault(about.entity, ("name", False))
    if about.event_time is not None:
        found.setdefault(about.event_time, ("time", False))
    made = (Field(name, what, required, name in private) for name, (what, required) in found.items())
    return tuple(sorted(made, key=lambda field: not field.required))


def _same(name: str, kind: Kind, others: Sequence[Signature]) -> Kind:
    return kind if all(each.kinds.get(name, kind) == kind for each in others) else "any"


def problems_of(
    record: object, fields: Mapping[str, Field], extra: Literal["refuse", "ignore"], place: str = ""
) -> list[str]:
    """What is wrong with a record as JSON has it, a sentence for each field; `place` says which record it is."""
    if not isinstance(record, Mapping):
        return [f"{place or 'the record'} == {_shown(record)}, must be an object of fields"]
    before = f"{place}." if place else ""
    found = [
        f"{before}{field.name} is missing, {_MUST[field.what]}"
        for field in fields.values()
        if field.required and field.name not in record
    ]
    for name, value in record.items():
        field = fields.get(name)
        if field is None:
            found += (
                [] if extra == "ignore" else [f"{before}{_cut(str(name))} must be left out: {_unknown(name, fields)}"]
            )
        elif said := wrong(field, value):
            found.append(f"{before}{field.name} == {'(private)' if field.private else _shown(value)}, {said}")
    return found


def wrong(field: Field, value: object) -> str:
    """What the value must be instead; nothing where it is right."""
    if value is None:
        return ""
    if field.what == "time":
        return "" if is_time(value) else _MUST["time"]
    if isinstance(value, str):
        return _MUST["number"] if field.what == "number" else _wrong_text(value)
    return _wrong_number(value) if isinstance(value, bool | int | float) else _MUST[field.what]


def _wrong_text(value: str) -> str:
    return "" if _is_unicode(value) else "must be text of whole Unicode signs: half of a pair stands alone"


def _wrong_number(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "must be finite, or null where it is not known"
    return "" if abs(value) < 10**_MOST_DIGITS else f"must have at most {_MOST_DIGITS} digits"


def is_time(value: object) -> bool:
    """Whether it is a time as ISO 8601 writes it, with a zone or without."""
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unknown(name: object, fields: Mapping[str, Field]) -> str:
    close = get_close_matches(str(name)[:_MOST_SHOWN], list(fields), 1)
    return f"the model has no such field{f'; did you mean {close[0]}?' if close else ''}"


def _shown(value: object) -> str:
    return repr(_cut(value)) if isinstance(value, str) else _json_like(value)


def _cut(text: str) -> str:
    """Short enough for a sentence, and of signs that can be sent back."""
    whole = text[:_MOST_SHOWN].encode(errors="replace").decode()
    return whole if len(text) <= _MOST_SHOWN else f"{whole}..."


def _json_like(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**_MOST_SHOWN:
        return "a number of very many digits"
    return "null" if value is None else str(value)
