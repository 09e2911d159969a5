"""The client, a process of its own: keep-alive connections that each wait for an answer and then ask again.

    python client.py PORT PATH BODIES CONNECTIONS SECONDS

It reads no more of an answer than its length, so that it costs a fraction of what any server does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

_HEAD = "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"


class Asking(asyncio.Protocol):
    """One connection. `took` are the seconds of each answer, `bad` the answers that were not 200."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self._requests, self._until = requests, until
        self.took: list[float] = []
        self.bad = 0
        self.done = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._sent = 0.0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        now = time.perf_counter()
        self.took.append(now - self._sent)
        self.bad += not head.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))


def _length(head: bytes) -> int:
    at = head.lower().index(b"content-length:") + 15
    return int(head[at : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else None])


async def asked(port: int, path: str, bodies: list[bytes], connections: int, seconds: float) -> dict[str, float]:
    """Requests a second, and the 50th and 99th percentile of their time in milliseconds."""
    made = [_HEAD.format(path=path, length=len(body)).encode() + body for body in bodies]
    requests, loop = cycle(made), asyncio.get_running_loop()
    began = time.perf_counter()
    all_of = [
        (await loop.create_connection(lambda: Asking(requests, began + seconds), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(each.done for each in all_of))
    lasted = time.perf_counter() - began
    took = sorted(one * 1000 for each in all_of for one in each.took)
    return {
        "rps": len(took) / lasted,
        "p50": took[len(took) // 2],
        "p99": took[int(len(took) * 0.99)],
        "bad": sum(each.bad for each in all_of),
        "requests": len(took),
        "client": time.process_time() / lasted,
    }


def main() -> None:
    """Ask as the command line says, and print what came of it as JSON."""
    import uvloop

    port, path, file, connections, seconds = sys.argv[1:]
    bodies = [line.encode() for line in Path(file).read_text(encoding="utf-8").splitlines()]
    found = uvloop.run(asked(int(port), path, bodies, int(connections), float(seconds)))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
