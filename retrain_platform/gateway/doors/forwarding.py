"""The worker's doors to the office: it says who asks, and passes the request on. It reads no ledger itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.gateway.doors.bodies import Head, head_of, read_body
from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.gateway.doors.shared import Doors

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 64 * 1024
SECONDS = 60.0
_PASSED = ("content-type", "cache-control", "referrer-policy", "x-content-type-options", "content-security-policy")


def office_routes(doors: Doors, home: GatewayHome, instance: str) -> list[BaseRoute]:
    """The admin API, and the pages behind links in notices."""
    to = _Passing(doors, home, instance)
    return [
        Route("/admin/models", to.admin),
        Route("/admin/models/{model}", to.admin),
        Route("/admin/models/{model}/{rest:path}", to.admin, methods=["GET", "POST"]),
        Route("/approvals/{link}", to.approval, methods=["GET", "POST"]),
    ]


class _Passing:
    """One client for all requests; httpx is loaded by the first."""

    def __init__(self, doors: Doors, home: GatewayHome, instance: str) -> None:
        self._doors = doors
        self._place = home.office(instance)
        self._client: httpx.AsyncClient | None = None

    async def admin(self, request: Request) -> Response:
        """The models that the office knows; how one stands, or an act."""
        head = head_of(request.scope["headers"])
        guest = self._doors.guard.admit(request.scope, head, request.path_params.get("model"), "admin")
        return await self._passed(request, await self._body(request, head), {"x-retrain-actor": guest.name})

    async def approval(self, request: Request) -> Response:
        """The page behind a link: the link itself is the right to see it, the token in its form says who answers."""
        head = head_of(request.scope["headers"])
        body = await self._body(request, head, form=True)
        token = {} if head.token is None else {"authorization": head.token.decode("latin-1")}
        return await self._passed(request, body, token)

    async def _body(self, request: Request, head: Head, *, form: bool = False) -> bytes:
        if request.method != "POST":
            return b""
        seconds = self._doors.body_seconds
        return await read_body(request.scope, request.receive, head, MOST_BYTES, seconds, form=form)

    async def _passed(self, request: Request, body: bytes, about: dict[str, str]) -> Response:
        """The office's answer.

        Raises:
            Refused: the office is away (503).
        """
        import httpx

        client = self._client = self._client or httpx.AsyncClient(timeout=SECONDS, trust_env=False)
        office = self._address()
        url = f"http://127.0.0.1:{office['port']}{quote(request.scope['path'], safe='/')}"
        headers = {"x-retrain-word": office["word"], **about}
        try:
            answer = await client.request(request.method, url, content=body, headers=headers)
        except httpx.HTTPError:
            raise _away() from None
        passed = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
        return Response(answer.content, status_code=answer.status_code, headers=passed)

    def _address(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._place.read_bytes())
        except (OSError, ValueError):
            raise _away() from None
        return found


def _away() -> Refused:
    what = "the gateway's office, which acts for people, is away: it is started again; answers go on meanwhile"
    return Refused(503, what, headers=[("retry-after", "5")])
