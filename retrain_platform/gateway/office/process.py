"""The office: the process behind the doors that knows ledger and registry. It acts for people, and tells them.

The workers know neither: they say who asks, and pass the request on to here. It listens on the loopback, at a port and
with a word that only who reads this home's files knows.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from retrain_platform.adapters.atomic import write_atomically
from retrain_platform.adapters.clock import now
from retrain_platform.adapters.exporters import EXPORTED, exported
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.gateway_key import signing_key
from retrain_platform.gateway.base import BadRequest
from retrain_platform.gateway.doors.replies import Receive, Refused, Scope, Send
from retrain_platform.gateway.office.admin import admin_routes
from retrain_platform.gateway.office.approvals import Door, approval_routes
from retrain_platform.gateway.office.desk import Desk
from retrain_platform.gateway.office.faults import Fault, put_on_record, standing_faults, stuck_exports
from retrain_platform.gateway.processes.life import Life, orders_given, said
from retrain_platform.gateway.processes.listening import listen
from retrain_platform.gateway.processes.states import read_states
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand.acting import NotNow, WrongUse

WORD = "x-retrain-word"
EVERY = 5.0
"""Seconds between two rounds of telling people."""


class OfficeApp:
    """The office's doors; whoever does not know the word is told nothing."""

    def __init__(self, routes: Sequence[BaseRoute], word: str) -> None:
        handlers: dict[Any, Any] = {Refused: _refused, BadRequest: _bad, NotNow: _not_now, WrongUse: _wrong}
        handlers[Exception] = _broke
        self._app = Starlette(routes=list(routes), exception_handlers=handlers)
        self._word = word.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        given = dict(scope.get("headers", ())).get(WORD.encode(), b"")
        if scope["type"] == "http" and not secrets.compare_digest(given, self._word):
            await Response(status_code=403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _refused(_: Request, error: Any) -> Response:
    return Response(error.body(), error.status, media_type="application/json")


def _bad(request: Request, error: Any) -> Response:
    return _refused(request, Refused.of(error))


def _not_now(request: Request, error: Exception) -> Response:
    return _refused(request, Refused(409, str(error)))


def _wrong(request: Request, error: Any) -> Response:
    named = {"field": error.field, "value": error.value, "must": error.must}
    return _refused(request, Refused(422, str(error), [str(error)], named=named))


def _broke(request: Request, error: Exception) -> Response:
    return _refused(request, Refused(500, said(error)))


def office_app(home: GatewayHome, desk: Desk, word: str) -> OfficeApp:
    """The office over a home.

    Raises:
        ValueError, OSError: the key of the links cannot be read.
    """
    door = Door(signing_key(home.key), home.tokens, now)
    return OfficeApp([*admin_routes(desk), *approval_routes(desk, door)], word)


class Telling:
    """Puts standing faults on record and tells people; `post_of` makes what telling of a model needs."""

    def __init__(self, life: Life, desk: Desk, post_of: Callable[[ModelSpec], Any]) -> None:
        self._life, self._desk, self._post_of = life, desk, post_of
        self._faults: dict[str, dict[str, Fault]] = {}

    def run(self) -> None:
        """Tell until the process must end."""
        while not self._life.ending.wait(EVERY):
            self.round()

    def round(self) -> None:
        """A round of all models; what is away is told, and tried again at the next."""
        standing = standing_faults(read_states(self._life.home, now()), now())
        problems = [self._told(model, standing) for model in self._desk.names()]
        self._life.trouble("notices", "; ".join(dict.fromkeys(filter(None, problems))) or None)

    def _told(self, model: str, standing: Sequence[Fault]) -> str:
        """Why people cannot be told of the model; '' where they were."""
        from retrain_platform.steps.notices.delivering import deliver

        # Kept until they are written: a ledger that was away cannot take the news of it before it is back.
        mine = self._faults.setdefault(model, {})
        stuck = stuck_exports(model, exported(self._life.home.model(model) / EXPORTED), now())
        for fault in standing:
            mine.setdefault(fault.key, fault)
        try:
            spec = self._desk.spec(model)
            post = self._post_of(spec)
            put_on_record(spec, post.ledger, (*mine.values(), *stuck), now())
            mine.clear()
            deliver(post)
        except Refused as error:
            return error.message
        except Exception as error:
            return said(error)
        return ""


def run(life: Life, desk: Desk, telling: Telling) -> None:
    """Serve and tell until the process must end, or one of both has ended."""
    import uvicorn

    word, listening = secrets.token_urlsafe(24), listen("127.0.0.1", 0)
    config = uvicorn.Config(office_app(life.home, desk, word), log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True),
        threading.Thread(target=telling.run, daemon=True),
    ]
    for thread in threads:
        thread.start()
    place = life.home.office(life.orders.instance)
    write_atomically(place, json.dumps({"port": listening.getsockname()[1], "word": word}).encode())
    # A thread that broke ends the process, which is then started again.
    while all(thread.is_alive() for thread in threads) and not life.ending.wait(1.0):
        life.write()
    place.unlink(missing_ok=True)
    server.should_exit = True
    threads[0].join(life.orders.grace)


def _shop(spec: ModelSpec) -> Any:
    from retrain_platform.resources import settings, workshop

    return workshop(spec, settings())


def _post_of() -> Callable[[ModelSpec], Any]:
    """What telling needs, over a ledger whose lines are read once: it is looked at every few seconds."""
    from retrain_platform.adapters.followed_ledger import FollowedLedger
    from retrain_platform.resources import post, settings

    at = settings()
    followed = FollowedLedger(at.ledger_url)
    return lambda spec: replace(post(spec, at), ledger=followed)


def main() -> None:
    """The process: `python -m retrain_platform.gateway.office.process ORDERS`."""
    life = Life(orders_given())
    desk = Desk(life.orders.models, _shop)
    run(life, desk, Telling(life, desk, _post_of()))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
