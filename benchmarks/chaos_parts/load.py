"""A load of requests on connections that stay open: each is sent when the one before it was answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """A request that was answered: when (seconds of the loop's clock), and the answer."""

    at: float
    status: int
    entity: str
    body: dict[str, Any]


@dataclass
class Load:
    """What `connections` clients saw until `stop`. `broken` are requests whose connection ended without an answer.

    `rate` is how many requests a second all of them send together; None: the next as soon as the last was answered.
    """

    port: int
    path: str
    record: Callable[[int], dict[str, Any]]
    connections: int = 8
    rate: float | None = None
    answers: list[Answer] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    broken: list[float] = field(default_factory=list)
    stopped: bool = False
    _next: int = 0

    async def run(self) -> None:
        """Ask until `stopped`."""
        await asyncio.gather(*(self._client() for _ in range(self.connections)))

    @property
    def failed(self) -> int:
        """Requests that were answered with anything but 200, and those that got no answer."""
        return sum(count for status, count in self.statuses.items() if status != 200) + len(self.broken)

    async def send(self, records: Sequence[dict[str, Any]]) -> int:
        """Send these on one connection; gives how many were taken."""
        streams, taken = await asyncio.open_connection("127.0.0.1", self.port), 0
        for record in records:
            status, _ = await self._ask(*streams, record)
            taken += status // 100 == 2
        streams[1].close()
        return taken

    async def _client(self) -> None:
        loop, streams = asyncio.get_running_loop(), None
        due = loop.time()
        while not self.stopped:
            self._next += 1
            record = self.record(self._next)
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", self.port)
                status, body = await self._ask(*streams, record)
            except (OSError, asyncio.IncompleteReadError):
                self.broken.append(loop.time())
                streams = None
                await asyncio.sleep(0.02)
                continue
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.answers.append(Answer(loop.time(), status, str(record.get("who", "")), body))
            if self.rate is not None:
                due += self.connections / self.rate
                await asyncio.sleep(max(0.0, due - loop.time()))
        if streams is not None:
            streams[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        body = json.dumps(record).encode()
        writer.write(
            b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            % (self.path.encode(), len(body))
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        answer = await reader.readexactly(length)
        return int(head[9:12]), json.loads(answer)
