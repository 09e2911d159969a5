"""The second act's own parts: its spec is sound, and its traffic sends each flight once and each label after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from retrain_platform.demo import traffic
from retrain_platform.demo.live_spec import write_live_spec
from retrain_platform.demo.traffic import Traffic
from retrain_platform.spec import read_spec


def test_the_live_spec_is_the_shipped_model_before_live_traffic(tmp_path: Path) -> None:
    spec = read_spec(write_live_spec(tmp_path))
    live = spec.release.live
    assert spec.name == "flight_delay"
    assert spec.gateway is not None
    assert live is not None
    assert live.road(urgent=False).rollout.shares == (20, 50, 100)
    assert live.road(urgent=True).rollout.shares == (100,)


class Door(BaseHTTPRequestHandler):
    """Answers as the gateway does, and keeps what it was sent; a flight of carrier 'ZZ' breaks it."""

    protocol_version = "HTTP/1.1"
    sent: ClassVar[list[tuple[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.sent.append((self.path.rpartition("/")[2], body))
        broken = body.get("carrier") == "ZZ"
        told = json.dumps({"id": f"id{body.get('flight')}", "version": "7", "prediction": 0.5}).encode()
        self.send_response(500 if broken else 200)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@contextmanager
def a_gateway() -> Iterator[str]:
    Door.sent.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def flights(count: int = 40) -> pd.DataFrame:
    """The third has no label, the last breaks the door, every weather is missing."""
    late = np.arange(count) % 2.0
    late[2] = np.nan
    return pd.DataFrame(
        {
            "scheduled_departure": pd.date_range("2013-05-01", periods=count, freq="h", tz="UTC"),
            "carrier": ["AA"] * (count - 1) + ["ZZ"],
            "flight": range(count),
            "temp": np.nan,
            "wind_gust": 3.0,
            "arr_delay": late * 30,
            "late": late,
        }
    )


def test_each_flight_is_asked_about_once_and_its_label_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "FLIGHT_LASTS", 0.2)
    with a_gateway() as url:
        sending = Traffic(url, "flight_delay", flights(), rate=400.0)
        sending.start()
        until = monotonic() + 30
        while sending.seen.answered + sending.seen.failed.total() < 40 and monotonic() < until:
            sleep(0.02)
        sending.stop()
    asked = [body for door, body in Door.sent if door == "predict"]
    told = [each for door, body in Door.sent if door == "feedback" for each in body["records"]]
    assert sorted(body["flight"] for body in asked) == list(range(40))
    assert set(asked[0]) == {"scheduled_departure", "carrier", "flight", "temp"}
    assert {body["temp"] for body in asked} == {None}
    assert {each["id"]: each["value"] for each in told} == {f"id{n}": n % 2 for n in range(39) if n != 2}
    assert (sending.seen.answered, sending.seen.labelled, sending.seen.by_version["7"]) == (39, 38, 39)
    assert [*sending.seen.failed.values()] == [1]
