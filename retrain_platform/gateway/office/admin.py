"""The admin API: what the command line does to a model, over HTTP, with the same refusals and the same record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from retrain_platform.dataset.record import Record
from retrain_platform.gateway.doors.bodies import strict_json
from retrain_platform.gateway.doors.replies import Refused, json_response
from retrain_platform.gateway.office.desk import Desk
from retrain_platform.release.history import changes
from retrain_platform.steps.by_hand.acting import Act, Asked, Moved
from retrain_platform.steps.by_hand.clearing import clear
from retrain_platform.steps.by_hand.moving import MOVES
from retrain_platform.steps.by_hand.shown import ask, show
from retrain_platform.steps.lines import paused
from retrain_platform.steps.notices.delivering import standing

ACTOR = "x-retrain-actor"
"""Who acts, as the worker at the door knows from the token; '' where nobody said."""


class _Body(Record):
    """What every act says. `expect` is the ledger's last line as the person saw it."""

    why: str = ""
    expect: int | None = None


_OF_ALL = set(_Body.model_fields)


class _Version(_Body):
    version: str | None = None


class _RollBack(_Body):
    to: str | None = None
    force: bool = False


class _Retrain(_Body):
    now: bool = False
    depth: str | None = None


class _Event(_Body):
    kind: str
    now: bool = False


Do = Callable[[Any, Act, dict[str, Any]], Record]


def _moved(what: Moved, shop: Any, act: Act, fields: dict[str, Any]) -> Record:
    return MOVES[what](shop, act, **fields)


def _cleared(shop: Any, act: Act, fields: dict[str, Any]) -> Record:
    return clear(shop.spec, shop.ledger, act, **fields)


def _asked(what: Asked, shop: Any, act: Act, fields: dict[str, Any]) -> Record:
    return ask(what, shop.spec, shop.ledger, act, shop.model, **fields)


_ACTS: Mapping[str, tuple[type[_Body], Do]] = MappingProxyType(
    {
        "release/approve": (_Version, partial(_moved, "approve")),
        "release/reject": (_Version, partial(_moved, "reject")),
        "release/rollback": (_RollBack, partial(_moved, "rollback")),
        "release/clear": (_Version, _cleared),
        "retrains": (_Retrain, partial(_asked, "retrain")),
        "events": (_Event, partial(_asked, "event")),
        "pause": (_Body, partial(_asked, "pause")),
        "resume": (_Body, partial(_asked, "resume")),
    }
)
"""What can be done to a model by its path: the body's form, and who does it."""


def admin_routes(desk: Desk) -> list[BaseRoute]:
    """The doors of the office for programs, behind the worker that knows who asks."""
    at = "/admin/models/{model}"
    looks = {"": _status, "/release": _release, "/release/history": _history}
    return [
        Route("/admin/models", partial(_models, desk)),
        *(Route(f"{at}{path}", partial(_looked, desk, look)) for path, look in looks.items()),
        *(Route(f"{at}/{path}", partial(_done, desk, path), methods=["POST"]) for path in _ACTS),
    ]


async def _models(desk: Desk, _: Request) -> Response:
    return json_response({"models": desk.names()})


async def _looked(desk: Desk, look: Callable[[Any], Any], request: Request) -> Response:
    def looked() -> Any:
        return look(desk.shop(request.path_params["model"]))

    return json_response(await run_in_threadpool(looked))


async def _done(desk: Desk, path: str, request: Request) -> Response:
    form, do = _ACTS[path]
    raw = await request.body()
    actor = request.headers.get(ACTOR, "") or "unattributed"

    def done() -> Any:
        shop = desk.shop(request.path_params["model"])
        body = _read(form, raw)
        with desk.acting:
            act = Act(actor=actor, why=body.why, expect=body.expect)
            return do(shop, act, body.model_dump(exclude=_OF_ALL)).model_dump(mode="json")

    return json_response(await run_in_threadpool(done))


def _read(form: type[_Body], raw: bytes) -> Any:
    """The body in its form.

    Raises:
        BadRequest, Refused: no JSON, or other fields than the form has; all of them at once.
    """
    given = strict_json(raw)
    if not isinstance(given, dict):
        raise Refused(422, "body == no object, must be an object of fields")
    try:
        return form.model_validate(given)
    except ValidationError as error:
        found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        names = ", ".join(form.model_fields)
        raise Refused(422, f"{found[0]}; the fields here are {names}", found) from None


def _status(shop: Any) -> dict[str, Any]:
    """How the model stands, whether it is paused, and who cannot be told."""
    shown = show(shop)
    from retrain_platform.resources import post, settings

    told = standing(post(shop.spec, settings())) if shop.spec.notify.targets else None
    return {
        **shown.model_dump(mode="json"),
        "split": shop.split().model_dump(mode="json"),
        "paused": paused(shop.entries()),
        "not_told": {} if told is None else {name: away.why for name, away in told.away.items()},
    }


def _release(shop: Any) -> dict[str, Any]:
    return show(shop).model_dump(mode="json")


def _history(shop: Any) -> list[dict[str, Any]]:
    return [change.model_dump(mode="json") for change in changes(shop.entries(), shop.spec.release.aliases)]
