"""Clients over real sockets: slow ones, ones that stop half way, ones that send no HTTP. The worker goes on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrain_platform.gateway.doors import patience
from retrain_platform.gateway.doors.patience import PatientProtocol
from retrain_platform.release.split import Split
from retrain_platform_tests.gateway.doors_at_work import served
from retrain_platform_tests.gateway.fakes import FakeLoaded, FakeServing, Worker, about

HEAD = b"POST /models/m/predict HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A worker on a free port, whose patience is short."""
    tokens: Path = tmp_path_factory.mktemp("gateway") / "tokens.json"
    model = FakeServing(Split(model="m", champion="1"), about(), FakeLoaded("1"))
    app = Worker(tokens, {"m": model}).app
    settings = {"http": PatientProtocol, "ws": "none", "log_config": None, "timeout_graceful_shutdown": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "HEAD_SECONDS", 1.0)
        with served(app, **settings) as port:
            yield "127.0.0.1", port


def told(address: tuple[str, int], *parts: bytes, end: bool = False) -> tuple[int, dict[str, object]]:
    """The status and body of what is answered to these bytes, until the worker closes."""
    with socket.create_connection(address, timeout=10) as client:
        for part in parts:
            client.sendall(part)
        if end:
            client.shutdown(socket.SHUT_WR)
        heard = b""
        while more := client.recv(65_536):
            heard += more
    head, _, body = heard.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def goes_on(address: tuple[str, int]) -> bool:
    status, body = told(address, HEAD + b"connection: close\r\ncontent-length: 8\r\n\r\n" + b'{"x": 1}')
    return (status, body["prediction"]) == (200, 1.0)


@pytest.mark.parametrize(
    ("parts", "end", "status"),
    [
        ((), False, 408),  # connects and says nothing
        ((HEAD,), False, 408),  # half a head
        ((HEAD + b"content-length: 8\r\n\r\n", b'{"x"'), False, 408),  # half a body
        ((HEAD,), True, 400),
        ((HEAD + b"content-length: 8\r\n\r\n", b'{"x"'), True, 400),
        ((HEAD + b"content-length: 8\r\n\r\n", b'{"x": 1}'), True, 200),  # all said, and still listening
        ((HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",), False, 400),
        ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",), False, 400),  # TLS
        ((b"GET /\x00 HTTP/1.1\r\n\r\n",), False, 400),
        ((HEAD + b"a: " + b"x" * 70_000, b"x" * 70_000), False, 431),
        ((HEAD + b"content-length: 104857600\r\n\r\n", b" " * 1_000), False, 413),
        ((HEAD + b"content-length: 8\r\ncontent-length: 9\r\n\r\n",), False, 400),
    ],
)
def test_a_strange_client_is_told_and_harms_nobody(
    address: tuple[str, int], parts: tuple[bytes, ...], end: bool, status: int
) -> None:
    found, body = told(address, *parts, end=end)
    assert found == status
    assert ("error" in body) == (status != 200)
    assert goes_on(address)


def test_a_second_head_has_its_time_too(address: tuple[str, int]) -> None:
    first = HEAD + b"content-length: 8\r\n\r\n" + b'{"x": 1}'
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(first)
        assert b"200 OK" in client.recv(65_536)
        client.sendall(HEAD)
        heard = b""
        while more := client.recv(65_536):
            heard += more
    assert b"408" in heard.split(b"\r\n")[0]


def test_a_hundred_megabytes_are_not_read(address: tuple[str, int]) -> None:
    sent = 0
    with socket.create_connection(address, timeout=10) as client:
        client.sendall(HEAD + b"content-length: 104857600\r\n\r\n")
        try:
            while sent < 104_857_600:
                sent += client.send(b" " * 2**16)
        except OSError:  # it closed
            pass
    assert sent < 40 * 2**20
    assert goes_on(address)


def test_who_leaves_before_the_answer_harms_nobody(address: tuple[str, int]) -> None:
    for _ in range(20):
        with socket.create_connection(address, timeout=10) as client:
            client.sendall(HEAD + b"content-length: 8\r\n\r\n" + b'{"x": 1}')
    assert goes_on(address)
