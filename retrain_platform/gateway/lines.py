"""The lines of the gateway's log: a JSON object each, tagged by its kind. Times are microseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec


class AnswerLine(msgspec.Struct, tag_field="k", tag="a", omit_defaults=True):
    """One record that was answered, or that a version failed to answer.

    `id` is the record's own; `call` is True for the first record of a request, which carries the request's latency in
    `ms`. `score` is what was answered, for several classes their chances in the model's order. `error` says what broke,
    `seq` is the split that routed it, `fields` the record as it came, private fields hashed.
    """

    model: str
    id: str
    at: int
    version: str
    arm: str
    seq: int = 0
    entity: str | None = None
    call: bool = True
    ms: float = 0.0
    score: float | list[float] | None = None
    error: str | None = None
    fields: dict[str, Any] = {}


class BesideLine(msgspec.Struct, tag_field="k", tag="b", omit_defaults=True):
    """The same record as another version scored it, off the request's path; `at` is the answer's time."""

    model: str
    id: str
    at: int
    version: str
    ms: float = 0.0
    score: float | list[float] | None = None
    error: str | None = None


class FeedbackLine(msgspec.Struct, tag_field="k", tag="f", omit_defaults=True):
    """What came back: a label, a click, a rating, a complaint. By the record's id, or by the entity.

    `known_at` is when it was known, at the latest now; `version` and `answered_at` are read from an id that this
    gateway issued, `known` is False for an id that it never did: such a line is kept aside.
    """

    model: str
    kind: str
    at: int
    id: str | None = None
    entity: str | None = None
    known_at: int | None = None
    value: float | str | None = None
    text: str | None = None
    version: str | None = None
    answered_at: int | None = None
    known: bool = True
    by: str = ""


Line = AnswerLine | BesideLine | FeedbackLine

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


def to_bytes(line: Line) -> bytes:
    """The line with its end."""
    return _encoder.encode(line) + b"\n"


def to_lines(lines: Sequence[Line]) -> bytes:
    """All of the lines, each with its end."""
    return _encoder.encode_lines(lines)


def from_bytes(line: bytes) -> Line:
    """What `to_bytes` wrote.

    Raises:
        msgspec.MsgspecError: a torn line, or one of another program.
    """
    found: Line = _decoder.decode(line)
    return found
