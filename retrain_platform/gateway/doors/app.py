"""The doors of one worker, as an ASGI application."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Router

from retrain_platform.adapters import clock
from retrain_platform.gateway.base import BadRequest, NotServed
from retrain_platform.gateway.doors.bodies import Gone, refuse
from retrain_platform.gateway.doors.other_doors import routes
from retrain_platform.gateway.doors.predicting import Given, as_answer
from retrain_platform.gateway.doors.replies import Message, Receive, Refused, Scope, Send, as_json, reply
from retrain_platform.gateway.doors.shared import Doors

_log = logging.getLogger("retrain.gateway")
_PREFIX, _PREDICT = "/models/", "/predict"
_DOORS = frozenset({"feedback", "invocations", "metrics", "health", "ready", "models", "ping", "version", "docs"})


class GatewayApp:
    """The doors over HTTP. A prediction goes past the router; whatever a door raises is told in JSON."""

    def __init__(self, doors: Doors, more: Sequence[BaseRoute] = ()) -> None:
        self._doors = doors
        self._router = Router([*routes(doors), *more], redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the server's beginning and end."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        path = scope["path"]
        if not (path.startswith(_PREFIX) and path.endswith(_PREDICT) and scope["method"] == "POST"):
            await self._other(scope, receive, send)
            return
        model = path[len(_PREFIX) : -len(_PREDICT)]
        try:
            await self._predict(model, scope, receive, send)
        except Gone:
            return
        except Exception as error:
            await self._refuse(error, model, "predict", receive, send)

    async def _predict(self, model: str, scope: Scope, receive: Receive, send: Send) -> None:
        began, doors = clock.seconds(), self._doors
        _, serving, body = await doors.take(scope, receive, model, "predict")
        rows, listed = serving.read(body)
        given = await doors.predicting.answer(serving, rows, began)
        await reply(send, 200, _several(model, given) if listed else _one(model, given[0]))
        doors.metrics.request(model, "predict", 200)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # then the router raises what it does not find
        door = next((part for part in reversed(scope["path"].split("/")) if part in _DOORS), "other")
        statuses: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        try:
            await self._router(scope, receive, noting)
        except Gone:
            return
        except Exception as error:
            if statuses:
                raise  # half an answer is out: only closing the connection can tell that it is not whole
            await self._refuse(error, scope.get("path_params", {}).get("model", ""), door, receive, send)
        else:
            self._count(scope.get("path_params", {}).get("model", ""), door, statuses[-1] if statuses else 500)

    async def _refuse(self, error: Exception, model: str, door: str, receive: Receive, send: Send) -> None:
        """Answer with what is wrong, and count it; what nobody foresaw goes to the process's own log."""
        refused = _as_refused(error)
        if refused is None:
            _log.error("a request failed", exc_info=error)
            refused = Refused(500, "the gateway failed; its own log says how")
        self._count(model, door, refused.status)
        await refuse(refused, receive, send)

    def _count(self, model: str, door: str, status: int) -> None:
        known = model if model in self._doors.models.names() else ""  # a stranger's words make no new counters
        self._doors.metrics.request(known, door, status)


def _as_refused(error: Exception) -> Refused | None:
    """The error as one that is told; None for what nobody foresaw."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, BadRequest):
        return Refused.of(error)
    if isinstance(error, NotServed):
        return Refused(503, str(error), headers=[("retry-after", "1")])
    if isinstance(error, HTTPException):
        what = {404: "there is no such path; /docs shows what there is", 405: "this path takes another method"}
        allowed = [(name, value) for name, value in (error.headers or {}).items()]
        return Refused(error.status_code, what.get(error.status_code, error.detail), headers=allowed)
    return None


def _one(model: str, given: Given) -> bytes:
    if given.error is not None:
        raise Refused(500, f"version {given.version} of {model} could not answer this record: see the log, {given.id}")
    return as_json({"model": model, **as_answer(given)})


def _several(model: str, given: Sequence[Given]) -> bytes:
    """A record that failed says so in its place; all of them are an error."""
    if all(one.error is not None for one in given):
        raise Refused(500, f"{model} could not answer any of these records: see the log, {given[0].id}")
    name = given[0].id.partition(".")[0]
    return as_json({"model": model, "id": name, "predictions": [as_answer(one) for one in given]})
