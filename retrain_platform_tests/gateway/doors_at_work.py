"""A worker and its office on free ports of the loopback, in threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from retrain_platform.gateway.doors.app import GatewayApp
from retrain_platform.gateway.doors.forwarding import office_routes
from retrain_platform.gateway.processes.listening import listen
from retrain_platform_tests.gateway.fakes import Worker
from retrain_platform_tests.gateway.offices import WORD, Office


@contextmanager
def served(app: Any, **more: Any) -> Iterator[int]:
    """The port of an app that answers until the end, by a server with these settings more."""
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", **more))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def doors(office: Office, **guard: Any) -> Iterator[str]:
    """The address of a worker that passes on to the office."""
    place = office.home.office("8000")
    place.parent.mkdir(parents=True, exist_ok=True)
    worker = Worker(office.home.tokens, {}, **guard)
    app = GatewayApp(worker.doors, office_routes(worker.doors, office.home, "8000"))
    with served(office.app) as behind, served(app) as port:
        place.write_text(json.dumps({"port": behind, "word": WORD}), encoding="utf-8")
        yield f"http://127.0.0.1:{port}"


@contextmanager
def away(office: Office) -> Iterator[None]:
    """While it lasts, nobody finds the office."""
    place = office.home.office("8000")
    said = place.read_bytes()
    place.unlink()
    try:
        yield
    finally:
        place.write_bytes(said)
