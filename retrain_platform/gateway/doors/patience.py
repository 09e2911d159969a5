"""How long the server waits for a client, and what it says to one that gives up half way: uvicorn has no such limits.

Give it to uvicorn as `http=PatientProtocol`, with `ws="none"`.
"""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from retrain_platform.gateway.doors.bodies import CUT_SHORT
from retrain_platform.gateway.doors.replies import Refused

HEAD_SECONDS, HEAD_BYTES = 10.0, 64 * 2**10
"""The longest that a request's head may take to come, and the most bytes of it."""
_LAST_WORDS_SECONDS, _DEAF_SECONDS = 30.0, 0.3


class PatientProtocol(HttpToolsProtocol):
    """A connection whose heads are bounded in time and size, and that may be closed on the client's side first.

    A client that has closed its side after a whole request gets its answer; one that did so before the body's end is
    told (400). One that does not read its answer is cut off when the next request's time is over.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: TimerHandle | None = None
        self._deaf = False

    def connection_made(self, transport: Any) -> None:
        """Wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a head that is not whole by now has its time."""
        if self._deaf:
            return
        if self._in_head or self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                # What follows may be a body that came with the head's end: that is for the door to bound.
                self._check_head(data)
                return
        super().data_received(data)
        if self._in_head and self._head_timer is None:
            self._head_bytes = len(data)
            self._await_head()

    def _check_head(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._say(431, f"the request's head is larger than {HEAD_BYTES} bytes")

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._head_came()
        super().on_headers_complete()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """The client will send no more; True keeps the other way open."""
        cycle = self.cycle
        if self._in_head:
            self._say(400, "the connection was closed before the request's head was whole")
            return None
        if cycle is None or cycle.response_complete:
            return None
        cycle.keep_alive = False
        if cycle.more_body:
            cycle.scope[CUT_SHORT] = True  # type: ignore[literal-required]
            cycle.message_event.set()
        return True

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as HTTP is told as all else is."""
        self._say(400, msg)

    def timeout_keep_alive_handler(self) -> None:
        """The time for the next request is over: who has not even read the last answer is cut off."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def on_response_complete(self) -> None:
        """An answer is out; a connection that closes with it is cut off if it is not read in time."""
        super().on_response_complete()
        if self.transport.is_closing():
            self.loop.call_later(_LAST_WORDS_SECONDS, self.transport.abort)

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _head_came(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._say(408, f"no whole head of a request came within {HEAD_SECONDS:g} s")

    def _say(self, status: int, message: str) -> None:
        """Answer outside of any request, and close."""
        self._head_came()
        body = Refused(status, message).body()
        head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        # What is closed while its client still sends is reset, and the answer may be lost with it.
        self._deaf = True
        self.loop.call_later(_DEAF_SECONDS, self.transport.close)
