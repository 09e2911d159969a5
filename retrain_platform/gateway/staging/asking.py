"""A small client of the gateway, of the standard library alone: what it measures is the gateway, not itself."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple


class Reply(NamedTuple):
    """An answer: its JSON, or its text where it is none."""

    status: int
    body: Any

    @property
    def said(self) -> str:
        """The beginning of the answer, for a message."""
        return (self.body if isinstance(self.body, str) else json.dumps(self.body))[:200]


class Client:
    """One connection, kept open; requests follow each other. `token` '' sends none."""

    def __init__(self, host: str, port: int, token: str = "", seconds: float = 10.0) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=seconds)
        self._headers = {"content-type": "application/json"}
        if token:
            self._headers["authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Reply:
        """Ask.

        Raises:
            OSError, http.client.HTTPException: no answer.
        """
        return self._ask("GET", path, None)

    def post(self, path: str, value: Any) -> Reply:
        """Send a value as JSON; bytes as they are. Raises as `get`."""
        return self._ask("POST", path, value if isinstance(value, bytes) else json.dumps(value).encode())

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> Reply:
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next request opens it anew
            raise
        try:
            return Reply(answer.status, json.loads(content))
        except ValueError:
            return Reply(answer.status, content.decode("utf-8", "replace"))
