"""An office over a tiny model whose version 2 waits for a person, in memory."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from retrain_platform.adapters import clock
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.gateway_key import signing_key
from retrain_platform.gateway.doors.tokens import add_token
from retrain_platform.gateway.office.desk import Desk
from retrain_platform.gateway.office.process import office_app
from retrain_platform.replay.walk import walk
from retrain_platform.spec.model import ModelSpec
from retrain_platform.steps.by_hand.acting import Act
from retrain_platform.steps.by_hand.moving import approve
from retrain_platform.steps.notices.links import LinkTo, link_text, new_link
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, attributes, tiny_spec

WORD = "w" * 32


def waiting(places: Places, requester: str) -> None:
    """A road on which version 1 answers, and version 2, which `requester` asked for, waits for approval."""
    shop = places.shop(_spec(), Rows(9))
    list(walk(shop, "2024-01-04"))
    approve(shop, Act(actor="carl", why="the first"))
    body = {"kind": "manual", "urgent": True}
    shop.ledger.append(
        "tiny", "requested", "requested:9", shop.entries()[-1].as_of, body=body, actor=requester, why="shops"
    )
    list(walk(shop, "2024-01-06"))


def _spec(**release: Any) -> ModelSpec:
    asked = {**attributes()["release"], "approval": True, **release}
    return tiny_spec(release=asked, policy={"kind": "schedule", "every": "30d"})


class Office:
    """The office's app over `places`, asked in this process; `release` is the spec's."""

    def __init__(self, folder: Path, places: Places, **release: Any) -> None:
        self.spec = _spec(**release)
        self.places, self.home = places, GatewayHome(folder)
        self.desk = _Desk(self.spec, self.shop)
        self.app = office_app(self.home, self.desk, WORD)
        _, self.token = add_token(self.home.tokens, "ana", ["*"], ["admin"], clock.now())
        _, self.other = add_token(self.home.tokens, "dashboard", ["tiny"], ["predict"], clock.now())

    def shop(self, spec: ModelSpec) -> Workshop:
        return self.places.shop(spec, Rows(9))

    @property
    def kinds(self) -> list[str]:
        """The ledger's lines, each with who wrote it."""
        return [f"{entry.kind} by {entry.actor}" for entry in self.places.ledger.entries("tiny")]

    def ask(self, method: str, path: str, actor: str = "ana", word: str = WORD, **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            headers = {"x-retrain-word": word, "x-retrain-actor": actor, **more.pop("headers", {})}
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://office") as session:
                return await session.request(method, path, headers=headers, **more)

        return asyncio.run(asked())

    def act(self, path: str, actor: str = "ana", **body: Any) -> tuple[int, Any]:
        answer = self.ask("POST", f"/admin/models/tiny/{path}", actor, content=json.dumps(body))
        return answer.status_code, answer.json()

    def link(self, version: str = "2", **left: float) -> LinkTo:
        return new_link("tiny", version, clock.now() + timedelta(**(left or {"hours": 1})))

    def at(self, link: LinkTo) -> str:
        return f"/approvals/{link_text(signing_key(self.home.key), link)}"


class _Desk(Desk):
    """A desk whose spec is no file."""

    def __init__(self, spec: ModelSpec, shop_of: Any) -> None:
        super().__init__({"tiny": Path("nowhere")}, shop_of)
        self._spec = spec

    def spec(self, model: str) -> ModelSpec:
        return self._spec if model == "tiny" else super().spec(model)
