"""A small Prometheus: counters by hand, asked over `/api/v1/query_range` as the real one answers."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

from retrain_platform_tests.contracts.receiver import answering

_LOOKBACK = 300.0


class FakePrometheus(HTTPServer):
    """`scraped(name, labels, samples)` keeps a counter's samples by time; a query is a counter's name with labels."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.series: list[tuple[str, dict[str, str], list[tuple[float, float]]]] = []
        self.asked: list[dict[str, str]] = []
        self.tokens: list[str | None] = []
        self.answer: tuple[int, bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def scraped(self, name: str, labels: dict[str, str], samples: list[tuple[float, float]]) -> None:
        self.series.append((name, labels, samples))

    def ranged(self, given: dict[str, str]) -> dict[str, Any]:
        """What the real one answers: at each step the newest sample of the last five minutes, where there is one."""
        name, wanted = _selector(given["query"])
        start, end, step = (float(given[part]) for part in ("start", "end", "step"))
        found = []
        for each, labels, samples in self.series:
            if each != name or not wanted.items() <= labels.items():
                continue
            moments = [start + number * step for number in range(int((end - start) // step) + 1)]
            values = [[at, value] for at in moments if (value := _at(samples, at)) is not None]
            if values:
                found.append({"metric": {"__name__": name, **labels}, "values": values})
        return {"status": "success", "data": {"resultType": "matrix", "result": found}}


def _selector(query: str) -> tuple[str, dict[str, str]]:
    name, _, rest = query.partition("{")
    return name, dict(re.findall(r'(\w+)="([^"]*)"', rest))


def _at(samples: list[tuple[float, float]], moment: float) -> str | None:
    before = [value for at, value in samples if moment - _LOOKBACK < at <= moment]
    return str(before[-1]) if before else None


class _Handler(BaseHTTPRequestHandler):
    server: FakePrometheus

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        given = {name: values[0] for name, values in form.items()}
        self.server.asked.append(given)
        self.server.tokens.append(self.headers["Authorization"])
        status, body = self.server.answer or (200, json.dumps(self.server.ranged(given)).encode())
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


def prometheus() -> AbstractContextManager[FakePrometheus]:
    """One on a free port of the loopback."""
    return answering(FakePrometheus())
