"""Predictions as clients get them, and what is written of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeServing, Worker, about


def worker(path: Path, split: Split, *loaded: FakeLoaded, **gateway: Any) -> Worker:
    return Worker(path / "tokens.json", {"m": FakeServing(split, about(**gateway), *loaded)})


def ask(worker: Worker, method: str, path: str, **more: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(worker.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


ONE = Split(model="m", seq=7, champion="1")


def test_one_record_is_answered_and_logged(tmp_path: Path) -> None:
    doors = worker(tmp_path, ONE, FakeLoaded("1"))
    answer = ask(doors, "POST", "/models/m/predict", json={"x": 0.25, "who": "ana"})
    assert answer.status_code == 200
    (line,) = doors.log.answers
    assert answer.json() == {"model": "m", "id": line.id, "version": "1", "prediction": 0.25}
    assert (line.model, line.version, line.arm, line.seq, line.entity) == ("m", "1", "champion", 7, "ana")
    assert line.call
    assert line.ms > 0
    assert (line.score, line.error, line.fields) == (0.25, None, {"x": 0.25, "who": "ana"})
    issued = doors.ids.read("m", line.id)
    assert issued is not None
    assert (issued.version, issued.at) == ("1", line.at)
    assert doors.beside.offered == []
