"""Every door but that of predictions, which is in `app`: feedback, MLflow's, what the gateway says of itself."""

from __future__ import annotations

from importlib import metadata

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from retrain_platform.adapters import clock
from retrain_platform.gateway.doors import invocations, page
from retrain_platform.gateway.doors.bodies import head_of
from retrain_platform.gateway.doors.openapi import document
from retrain_platform.gateway.doors.predicting import unknown_model
from retrain_platform.gateway.doors.replies import Refused, json_response
from retrain_platform.gateway.doors.shared import Doors
from retrain_platform.gateway.doors.standing import all_models, readiness, who_serves

_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_POLICY = {"content-security-policy": page.POLICY, "x-content-type-options": "nosniff"}


def routes(doors: Doors) -> list[BaseRoute]:
    """The doors by path. That of predictions stands here for its other methods alone, which are refused."""
    asked = _Asking(doors)
    return [
        Route("/models/{model}/predict", asked.feedback, methods=["POST"]),
        Route("/models/{model}/feedback", asked.feedback, methods=["POST"]),
        Route("/models/{model}/invocations", asked.invocations, methods=["POST"]),
        Route("/invocations", asked.invocations, methods=["POST"]),
        Route("/models/{model}", asked.model),
        Route("/models", asked.models),
        Route("/health", asked.health),
        Route("/ready", asked.ready),
        Route("/metrics", asked.metrics),
        Route("/ping", asked.ping),
        Route("/version", asked.version),
        Route("/openapi.json", asked.openapi),
        Route("/docs", asked.docs),
        Route("/docs/start.js", asked.start),
        Mount("/docs/files", page.files()),
    ]


class _Asking:
    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def feedback(self, request: Request) -> Response:
        """What came of an answer; 202, for it is joined to its answer later."""
        name = request.path_params["model"]
        guest, serving, body = await self._doors.take(request.scope, request.receive, name, "feedback")
        taken = await self._doors.feeding.take(serving, body, guest.name)
        return json_response(taken._asdict(), 202)

    async def invocations(self, request: Request) -> Response:
        """MLflow's door, of the one model that is served where none is named."""
        began, doors = clock.seconds(), self._doors
        name = request.path_params.get("model") or self._only()
        _, serving, body = await doors.take(request.scope, request.receive, name, "predict")
        rows = invocations.rows_of(serving, body)
        given = await doors.predicting.answer(serving, rows, began)
        return Response(invocations.answer_of(given), media_type="application/json")

    def _only(self) -> str:
        names = self._doors.models.names()
        if len(names) != 1:
            ways = ", ".join(f"/models/{name}/invocations" for name in names) or "none"
            raise Refused(404, f"{len(names)} models are served here, /invocations is for one alone: ask {ways}")
        return names[0]

    async def model(self, request: Request) -> Response:
        """Who serves what share of a model, since when, why and by whom."""
        name, models = request.path_params["model"], self._doors.models
        self._admit(request, name)
        if name not in models.names():
            raise unknown_model(name, models.names())
        return json_response(who_serves(self._doors.predicting.serving(name), models.loaded(name)))

    async def models(self, request: Request) -> Response:
        """The models that are served here."""
        self._admit(request, None)
        return json_response(all_models(self._doors.models))

    def _admit(self, request: Request, model: str | None) -> None:
        self._doors.guard.admit(request.scope, head_of(request.scope["headers"]), model, "predict")

    async def health(self, _: Request) -> Response:
        """Whether this process lives: it answered."""
        return json_response({"status": "alive", "worker": self._doors.worker})

    async def ready(self, _: Request) -> Response:
        """Whether every model answers; what is degraded meanwhile stops no answer and is told."""
        found = readiness(self._doors.models, self._doors.states(), self._doors.worker)
        return json_response(found, 200 if found["ready"] else 503)

    async def metrics(self, _: Request) -> Response:
        """Prometheus' page, of all workers."""
        found = self._doors.metrics.page(self._doors.models, self._doors.states)
        return Response(found, headers={"content-type": _METRICS})

    async def ping(self, _: Request) -> Response:
        """As MLflow's: an empty line once the models answer."""
        found = readiness(self._doors.models, (), self._doors.worker)
        return PlainTextResponse("\n", status_code=200 if found["ready"] else 503)

    async def version(self, _: Request) -> Response:
        """The platform's own version, in the place of MLflow's."""
        return PlainTextResponse(metadata.version("retrain_platform"))

    async def openapi(self, _: Request) -> Response:
        """The OpenAPI document of what is served now."""
        return json_response(document(self._doors.models))

    async def docs(self, _: Request) -> Response:
        """The page that shows it."""
        return HTMLResponse(page.PAGE, headers=_POLICY)

    async def start(self, _: Request) -> Response:
        """The page's own script."""
        return Response(page.START, media_type="text/javascript", headers=_POLICY)
