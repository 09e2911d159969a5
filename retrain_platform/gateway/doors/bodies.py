"""A request's head and body as they come from a stranger: bounded in size, time and form."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from retrain_platform.gateway.doors.replies import Receive, Refused, Scope, Send, begun
from retrain_platform.gateway.plain_json import read_json

BODY_SECONDS = 10.0
"""The longest that a body may take to come."""
_LINGER_SECONDS, _LINGER_BYTES = 1.0, 8 * 2**20
_PLAIN_TYPE = (b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8")
_FORM = b"application/x-www-form-urlencoded"
CUT_SHORT = "retrain.cut_short"
"""Set in a request's scope by the server when its client has closed its side before the body's end."""


class Gone(Exception):
    """The client went away in the middle of its request: nobody is left to answer."""


class Head(NamedTuple):
    """What the doors read of a request's headers; of several alike the last."""

    kind: bytes = b""
    length: bytes | None = None
    token: bytes | None = None
    encoding: bytes = b""
    forwarded: bool = False


def head_of(headers: Iterable[tuple[bytes, bytes]]) -> Head:
    """One pass over the headers, whose names are in small letters."""
    kind, length, token, encoding, forwarded = b"", None, None, b"", False
    for name, value in headers:
        if name == b"content-type":
            kind = value
        elif name == b"content-length":
            length = value
        elif name == b"authorization":
            token = value
        elif name == b"content-encoding":
            encoding = value
        elif name in (b"x-forwarded-for", b"forwarded"):
            forwarded = True
    return Head(kind, length, token, encoding, forwarded)


async def read_body(
    scope: Scope, receive: Receive, head: Head, most: int, seconds: float, *, form: bool = False
) -> bytes:
    """The whole body: JSON by its type, or a `form`, of at most `most` bytes, come within `seconds`.

    Raises:
        Refused: another type (415), too large (413, as soon as that is known), too slow (408) or cut short (400).
        Gone: the client has left.
    """
    if form:
        _must_be_form(head.kind)
    elif head.kind not in _PLAIN_TYPE:
        _must_be_json(head.kind)
    if head.encoding not in (b"", b"identity"):
        raise Refused(415, f"content-encoding == {_shown(head.encoding)}, must be left out: bodies are not unpacked")
    if head.length is not None and _length(head.length) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            return await _whole(scope, receive, most)
    except TimeoutError:
        raise Refused(408, f"the body took longer than {seconds:g} s to come: send it at once", close=True) from None


async def _whole(scope: Scope, receive: Receive, most: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body") and len(message.get("body", b"")) <= most:
        return bytes(message.get("body", b""))
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        if not message.get("more_body"):
            return b"".join(parts)
        if scope.get(CUT_SHORT):
            raise Refused(400, f"the body ended after {size} bytes, before what its head had said", close=True)
        message = await receive()


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body is larger than {most} bytes: send it in several requests", more=True)


def _length(text: bytes) -> int:
    if not text.isdigit() or len(text) > 18:
        raise Refused(400, f"content-length == {_shown(text)}, must be a whole number", more=True)
    return int(text)


def _must_be_json(kind: bytes) -> None:
    base, *params = [part.strip().lower() for part in kind.split(b";")]
    charsets = [value.strip(b'"') for name, _, value in (part.partition(b"=") for part in params) if name == b"charset"]
    plain = base == b"application/json" or (base.startswith(b"application/") and base.endswith(b"+json"))
    if not plain or any(charset not in (b"utf-8", b"utf8") for charset in charsets):
        raise Refused(415, f"content-type == {_shown(kind)}, must be 'application/json' in UTF-8", more=True)


def _must_be_form(kind: bytes) -> None:
    if kind.partition(b";")[0].strip().lower() != _FORM:
        raise Refused(415, f"content-type == {_shown(kind)}, must be {_FORM.decode()!r}", more=True)


def _shown(value: bytes) -> str:
    return repr(value[:100].decode("latin-1"))


async def refuse(error: Refused, receive: Receive, send: Send) -> None:
    """Answer with what is wrong; where the connection must close, let the client read that first.

    What is closed while its client still sends is reset, and the answer may be lost with it: so what still comes is
    thrown away for a moment, up to a second and 8 MiB.
    """
    body, closing = error.body(), [("connection", "close")] if error.close else []
    await send(begun(error.status, body, [*error.headers, *closing]))
    await send({"type": "http.response.body", "body": body, "more_body": error.more})
    if not error.more:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(_LINGER_SECONDS):
            await _thrown_away(receive)
    await send({"type": "http.response.body", "body": b""})


async def _thrown_away(receive: Receive) -> None:
    size = 0
    while size < _LINGER_BYTES:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def strict_json(body: bytes) -> Any:
    """What the body says, read as RFC 8259 has it: no NaN, no number beyond a float's, no name twice in an object.

    Raises:
        BadRequest: naming what it breaks; status 400.
    """
    return read_json(body, parse_constant=_constant, parse_float=_finite)


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number: send null for a missing value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is beyond what a float holds")
    return number
