"""The page behind a link in a notice: what to look at, and two buttons. Looking changes nothing, a button does once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from retrain_platform.gateway.doors.replies import Refused
from retrain_platform.gateway.doors.tokens import BadTokens, bearer, find_token, read_tokens
from retrain_platform.gateway.office.desk import Desk
from retrain_platform.steps.by_hand import moving
from retrain_platform.steps.by_hand.acting import Act, NotNow, WrongUse
from retrain_platform.steps.notices.links import BadLink, LinkTo, read_link
from retrain_platform.steps.papers.reviewing import review_of
from retrain_platform.steps.release.approving import not_waiting, waiting_for
from retrain_platform.validation.card_page import card_page

_HEADERS: Mapping[str, str] = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}
_FORM = """<h2>Answer here</h2>
<form method="post" autocomplete="off">
<p><label>Why (goes on record): <input name="why" required maxlength="1000" size="60"></label></p>
<p><label>Your token (who you are; without it the answer is unattributed): <input name="token" type="password"
 size="60"></label></p>
<p><button name="answer" value="approve">Approve version {version}</button>
<button name="answer" value="reject">Reject version {version}</button></p>
</form>
"""


class Door(NamedTuple):
    """What the page needs beside the models: the key of the links, the tokens that say who answers, the clock."""

    key: bytes
    tokens: Path
    now: Callable[[], datetime]


def approval_routes(desk: Desk, door: Door) -> list[BaseRoute]:
    """The page, and its buttons."""
    return [
        Route("/approvals/{link}", partial(_page, desk, door)),
        Route("/approvals/{link}", partial(_answered, desk, door), methods=["POST"]),
    ]


async def _page(desk: Desk, door: Door, request: Request) -> Response:
    return await run_in_threadpool(_told, lambda: _review(desk, _link(door, request)))


async def _answered(desk: Desk, door: Door, request: Request) -> Response:
    raw, named = await request.body(), bearer(request.headers.get("authorization", ""))

    def answered() -> Response:
        link, given = _link(door, request), _fields(raw)
        actor = _who(door, link.model, given.get("token") or named)
        return _moved(desk, link, given, actor)

    return await run_in_threadpool(_told, answered)


def _told(do: Callable[[], Response]) -> Response:
    """What `do` answers, or why it did not, as a page."""
    try:
        return do()
    except BadLink as error:
        return _said("This link is good for nothing", str(error), 410)
    except NotNow as error:
        return _said("Nothing was done", str(error), 409)
    except WrongUse as error:
        return _said("Nothing was done", str(error), 422)
    except Refused as error:
        return _said("Nothing was done", error.message, error.status)


def _link(door: Door, request: Request) -> LinkTo:
    return read_link(door.key, request.path_params["link"], door.now())


def _fields(raw: bytes) -> dict[str, str]:
    """The form's fields; of one that stands twice, the first."""
    try:
        given = parse_qs(raw.decode("utf-8"), max_num_fields=10)
    except ValueError:
        raise Refused(422, "the form cannot be read: open the link again") from None
    return {name: values[0].strip() for name, values in given.items()}


def _who(door: Door, model: str, plain: str) -> str:
    """Who the token says it is; a wrong one is refused rather than taken for nobody."""
    if not plain:
        return "unattributed"
    try:
        token = find_token(read_tokens(door.tokens) or (), plain)
    except BadTokens:
        raise Refused(503, "the gateway cannot read its tokens: answer by the command instead") from None
    if token is None or token.over(door.now()):
        raise Refused(401, "this token is not known here, or its time is over: nothing was done")
    if not token.allows(model, "admin"):
        raise Refused(403, f"the token of {token.name} is not good for admin of {model}: nothing was done")
    return token.name


def _review(desk: Desk, link: LinkTo) -> Response:
    """The review of the link's version, with the buttons while it still waits and the link was not used."""
    shop = desk.shop(link.model)
    entries = shop.entries()
    if used := moving.used_by(entries, link.id):
        raise moving.used_already(used)
    title = f"{link.model}: version {link.version}"
    try:
        text = review_of(shop, link.version)
    except LookupError as error:
        text = f"# {title}\n\n{error}"
    page = card_page(text, title=title)
    waits = waiting_for(shop.spec, entries)
    if waits is None or waits.version != link.version:
        form = f"<h2>Answer here</h2><p>{escape(not_waiting(entries, link.version, waits))}</p>"
    else:
        form = f"<p>{escape(waits.sentence)}</p>" + _FORM.format(version=escape(link.version))
    return HTMLResponse(page.replace("</body>", f"{form}</body>"), headers=dict(_HEADERS))


def _moved(desk: Desk, link: LinkTo, given: Mapping[str, str], actor: str) -> Response:
    answer = given.get("answer", "")
    if answer not in ("approve", "reject"):
        raise Refused(422, f"answer == {answer!r}, must be approve or reject")
    act = Act(actor=actor, why=given.get("why", ""), link=link.id)
    with desk.acting:
        done = moving.MOVES[answer](desk.shop(link.model), act, link.version)
    said = " ".join([*(move.sentence for move in done.moves), done.late]).strip()
    return _said("On record", f"{said} (by {actor}: {act.why})", 200)


def _said(title: str, text: str, status: int) -> Response:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    body = f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    page = f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'
    return HTMLResponse(page, status_code=status, headers=dict(_HEADERS))
