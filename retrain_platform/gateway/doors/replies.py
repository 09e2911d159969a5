"""What every door answers with: JSON, and one shape for whatever is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.responses import Response

from retrain_platform.gateway.base import BadRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_CODES = {
    400: "malformed",
    401: "token_missing",
    403: "not_allowed",
    404: "not_found",
    405: "wrong_method",
    408: "too_slow",
    409: "not_now",
    413: "too_large",
    415: "wrong_content_type",
    422: "wrong_fields",
    429: "too_many_requests",
    431: "too_large",
    500: "failed",
    503: "not_ready",
}

_JSON = (b"content-type", b"application/json")
_encode = msgspec.json.Encoder().encode


class Refused(Exception):
    """A request that is answered with an error; `problems` name field, value and cure, all of them at once.

    `close`: the connection ends with the answer, for its body was not read; `more`: the client still sends it. `named`
    is what a program may tell in words of its own.
    """

    def __init__(
        self,
        status: int,
        message: str,
        problems: Sequence[str] = (),
        *,
        headers: Sequence[tuple[str, str]] = (),
        close: bool = False,
        more: bool = False,
        named: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.problems = status, message, tuple(problems)
        self.headers, self.close, self.more = tuple(headers), close or more, more
        self.named = named

    @classmethod
    def of(cls, error: BadRequest) -> Refused:
        """What is told of a request that its sender must change."""
        first, more = error.problems[0], len(error.problems) - 1
        return cls(error.status, f"{more + 1} problems: {first}, ..." if more else first, error.problems)

    @property
    def code(self) -> str:
        """A short stable word for programs."""
        return _CODES.get(self.status, "failed")

    def body(self) -> bytes:
        """The one shape of an error."""
        told = {"code": self.code, "message": self.message, "problems": self.problems}
        return as_json({"error": {**told, **self.named}})


def as_json(value: Any) -> bytes:
    """The value as JSON's bytes; times of a `datetime` as ISO 8601."""
    return _encode(value)


def json_response(value: Any, status: int = 200) -> Response:
    """A whole answer of JSON, for a route."""
    return Response(as_json(value), status_code=status, media_type="application/json")


def begun(status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> Message:
    """The beginning of an answer of JSON."""
    told = [_JSON, (b"content-length", b"%d" % len(body))]
    if headers:
        told += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {"type": "http.response.start", "status": status, "headers": told}


async def reply(send: Send, status: int, body: bytes) -> None:
    """Send a whole answer of JSON."""
    await send(begun(status, body))
    await send({"type": "http.response.body", "body": body})


def error_schema() -> dict[str, Any]:
    """JSON schema (OpenAPI 3.0) of `Refused.body`."""
    inside = {
        "type": "object",
        "required": ["code", "message", "problems"],
        "properties": {
            "code": {"type": "string", "enum": sorted(set(_CODES.values()))},
            "message": {"type": "string"},
            "problems": {"type": "array", "items": {"type": "string"}},
        },
    }
    return {"type": "object", "required": ["error"], "properties": {"error": inside}}
