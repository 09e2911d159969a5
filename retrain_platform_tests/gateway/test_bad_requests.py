"""What a stranger sends: refused with a named cause in one shape, and the worker goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.base import Row
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.fakes import JSON, FakeLoaded, FakeServing, Worker, about, ask


@pytest.fixture
def doors(tmp_path: Path) -> Worker:
    return Worker(tmp_path / "tokens.json", {"m": _served()})


def _served(**gateway: Any) -> FakeServing:
    return FakeServing(Split(model="m", champion="1"), about(**gateway), FakeLoaded("1"))


BODIES = {
    "empty": b"",
    "cut": b'{"x": 1',
    "no json": b"x=1",
    "invalid utf-8": b'{"who": "\xff", "x": 1}',
    "utf-16": '{"x": 1}'.encode("utf-16"),
    "nan": b'{"x": NaN}',
    "infinity": b'{"x": -Infinity}',
    "a number beyond floats": b'{"x": 1e999}',
    "a number of ten thousand digits": b'{"x": ' + b"9" * 10_000 + b"}",
    "a name twice": b'{"x": 1, "x": 2}',
    "nested deeply": b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "two documents": b'{"x": 1}{"x": 2}',
}


@pytest.mark.parametrize("door", ["predict", "feedback", "invocations"])
@pytest.mark.parametrize("name", BODIES)
def test_what_is_no_json_is_told_so(doors: Worker, door: str, name: str) -> None:
    answer = ask(doors, "POST", f"/models/m/{door}", content=BODIES[name], headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed"), answer.text
    assert answer.json()["error"]["problems"]
    assert len(answer.content) < 1_000
    assert doors.log.lines == []


@pytest.mark.parametrize("body", [b"null", b"3", b'"x"', b"[]", b"{}", b'{"records": {}}', b'{"records": []}'])
@pytest.mark.parametrize("door", ["predict", "feedback", "invocations"])
def test_json_that_says_nothing(doors: Worker, door: str, body: bytes) -> None:
    answer = ask(doors, "POST", f"/models/m/{door}", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "wrong_fields"), answer.text


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "multipart/form-data",
        "application/jsonp",
        "application/octet-stream",
    ],
)
def test_another_content_type(doors: Worker, kind: str) -> None:
    answer = ask(doors, "POST", "/models/m/predict", content=b'{"x": 1}', headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "wrong_content_type")


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "Application/JSON", "application/vnd.x+json"])
def test_json_by_other_names(doors: Worker, kind: str) -> None:
    answer = ask(doors, "POST", "/models/m/predict", content=b'{"x": 1}', headers={"content-type": kind})
    assert answer.status_code == 200


def test_packed_bodies_are_not_unpacked(doors: Worker) -> None:
    packed = {**JSON, "content-encoding": "gzip"}
    assert ask(doors, "POST", "/models/m/predict", content=b"{}", headers=packed).status_code == 415


def test_too_many_records(tmp_path: Path) -> None:
    doors = Worker(tmp_path / "tokens.json", {"m": _served(most_records=2)})
    many = {"records": [{"x": 1}] * 3}
    for door, body in (("predict", many), ("invocations", {"dataframe_records": many["records"]})):
        answer = ask(doors, "POST", f"/models/m/{door}", json=body)
        assert answer.status_code == 413
        assert "2" in answer.json()["error"]["message"]
    assert doors.log.lines == []


def test_a_large_body_is_refused_by_its_head(doors: Worker) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1_600):
            read += 2**16
            yield b" " * 2**16

    for head in ({"content-length": str(100 * 2**20)}, {}):  # without a length it is read up to the limit
        read = 0
        answer = ask(doors, "POST", "/models/m/predict", content=body(), headers={**JSON, **head})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        assert read < 20 * 2**20  # the limit, and what is thrown away so that the client can read why


@pytest.mark.parametrize("length", ["-1", "+5", "0x10", "5, 5", "9" * 30, ""])
def test_a_length_that_is_none(doors: Worker, length: str) -> None:
    scope = _posted("predict", (b"content-length", length.encode()))
    assert asyncio.run(_raw(doors, scope, [{"type": "http.request", "body": b"{}"}])) == 400


def test_a_client_that_leaves_is_answered_nothing(doors: Worker) -> None:
    heard = [{"type": "http.request", "body": b'{"x"', "more_body": True}, {"type": "http.disconnect"}]
    assert asyncio.run(_raw(doors, _posted("predict"), heard)) is None
    assert doors.log.lines == []


def test_a_body_that_does_not_come_is_given_up(doors: Worker) -> None:
    assert asyncio.run(_raw(doors, _posted("feedback"), [])) == 408


def _posted(door: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    """A request's scope as a server gives it."""
    told = [(b"content-type", b"application/json"), *headers]
    return {"type": "http", "method": "POST", "path": f"/models/m/{door}", "headers": told}


async def _raw(doors: Worker, scope: dict[str, Any], heard: list[dict[str, Any]]) -> int | None:
    sent: list[Any] = []

    async def receive() -> Any:
        if not heard:
            await asyncio.Event().wait()
        return heard.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await doors.app(scope, receive, send)
    return sent[0]["status"] if sent else None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nothing", 404),
        ("POST", "/models/m/predict/", 404),
        ("POST", "/models//predict", 404),
        ("POST", "/models/m/n/predict", 404),
        ("POST", "/models/%2e%2e/predict", 404),
        ("GET", "/models/m/predict", 405),
        ("DELETE", "/models/m/feedback", 405),
        ("POST", "/models/m", 405),
        ("PUT", "/health", 405),
        ("POST", "/docs", 405),
        ("GET", "/docs/files/nothing.js", 404),
        ("GET", "/docs/files/../page.py", 404),
        ("GET", "/models/other", 404),
        ("POST", "/models/other/feedback", 404),
    ],
)
def test_paths_and_methods_that_are_not_there(doors: Worker, method: str, path: str, status: int) -> None:
    answer = ask(doors, method, path, content=b'{"x": 1}', headers=JSON)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == {404: "not_found", 405: "wrong_method"}[status]
    assert ("allow" in answer.headers) == (status == 405)


def test_what_nobody_foresaw_is_told_without_its_insides(doors: Worker, caplog: pytest.LogCaptureFixture) -> None:
    def torn(_: bytes) -> list[Row]:
        raise RuntimeError("secret of the house")

    served: Any = doors.models.served["m"]
    served.read = torn
    answer = ask(doors, "POST", "/models/m/predict", content=b'{"x": 1}', headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "failed")
    assert "secret" not in answer.text
    assert "secret of the house" in caplog.text


def test_every_error_has_one_shape(doors: Worker) -> None:
    for path, body in (("/nothing", b""), ("/models/m/predict", b"{"), ("/models/m/feedback", b"{}")):
        answer = ask(doors, "POST", path, content=body, headers=JSON)
        assert answer.headers["content-type"] == "application/json"
        error = json.loads(answer.content)
        assert set(error) == {"error"}
        assert set(error["error"]) == {"code", "message", "problems"}
