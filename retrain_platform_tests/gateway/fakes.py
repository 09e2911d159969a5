"""A model, a log and whoever scores beside, as small as the doors need them."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from retrain_platform.gateway.base import Answered, Asked, BadRequest, Loaded, NotServed, Row, Serving
from retrain_platform.gateway.doors.app import GatewayApp
from retrain_platform.gateway.doors.bodies import strict_json
from retrain_platform.gateway.doors.feedback import Feeding
from retrain_platform.gateway.doors.guard import Guard
from retrain_platform.gateway.doors.metrics import Metrics
from retrain_platform.gateway.doors.predicting import Predicting
from retrain_platform.gateway.doors.rates import Rates
from retrain_platform.gateway.doors.shared import Doors
from retrain_platform.gateway.ids import Ids
from retrain_platform.gateway.lines import AnswerLine, FeedbackLine, Line
from retrain_platform.gateway.processes.states import ProcessState
from retrain_platform.release.serving import About, GatewaySpec
from retrain_platform.release.split import Arm, Split

JSON = {"content-type": "application/json"}


class FakeLoaded:
    """Answers `x` times its version number, or what `made` says."""

    def __init__(
        self, version: str, made: Callable[[Row], Answered] | None = None, classes: tuple[str, ...] = ()
    ) -> None:
        self.version, self.classes = version, classes
        self._made = made or (lambda row: Answered(float(row.fields["x"] or 0.0) * int(version)))
        self.asked: list[Row] = []

    def answer(self, rows: Sequence[Row]) -> list[Answered]:
        self.asked += rows
        return [self._made(row) for row in rows]


class FakeServing:
    """A number `x`, needed but null where missing, and a text `who`, by which it is routed."""

    def __init__(self, split: Split, about: About, *loaded: Loaded) -> None:
        self.split, self.about = split, about
        self._loaded = {each.version: each for each in loaded}

    def read(self, body: bytes) -> Asked:
        found = strict_json(body)
        listed = isinstance(found, dict) and set(found) == {"records"}
        records = found["records"] if listed else [found]
        if not isinstance(records, list) or not records:
            raise BadRequest(["records == [], must be a list of at least one record"])
        return Asked(self.rows_of(records), listed)

    def rows_of(self, records: Sequence[object]) -> list[Row]:
        self.loaded("champion")
        problems: list[str] = []
        for record in records:
            if not isinstance(record, dict) or "x" not in record or record.keys() - {"x", "who"}:
                problems.append(f"record == {str(record)[:50]!r}, must have x")
            elif not isinstance(record["x"], float | int | None) or isinstance(record["x"], bool):
                problems.append("x, must be a number")
            elif not isinstance(record.get("who"), str | None):
                problems.append("who, must be a text")
        if len(records) > (most := self.about.gateway.most_records):
            raise BadRequest([f"records == {len(records)} of them, must be <= {most}"], 413)
        if problems:
            raise BadRequest(problems)
        return [Row(record, record.get("who")) for record in records if isinstance(record, dict)]

    def loaded(self, arm: Arm) -> Loaded:
        version = self.split.version(arm)
        if version not in self._loaded:
            raise NotServed(f"version {version} is not loaded")
        return self._loaded[version]

    def beside(self) -> tuple[Loaded, ...]:
        return tuple(self._loaded[version] for version in self.split.beside if version in self._loaded)

    def logged(self, row: Row) -> tuple[dict[str, Any], str | None]:
        if "who" in self.about.gateway.private:
            return {**row.fields, "who": "hidden"}, row.entity and "hidden"
        return row.fields, row.entity

    def logged_entity(self, entity: str) -> str:
        return "hidden" if "who" in self.about.gateway.private else entity

    def schema(self) -> dict[str, Any]:
        self.loaded("champion")
        return {
            "type": "object",
            "required": ["x"],
            "additionalProperties": False,
            "properties": {"x": {"type": "number", "nullable": True}, "who": {"type": "string", "nullable": True}},
        }


class FakeModels:
    def __init__(self, served: dict[str, Serving | None]) -> None:
        self.served = served

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.served))

    def serving(self, model: str) -> Serving:
        found = self.served[model]
        if found is None:
            raise NotServed("it was never published")
        return found

    def loaded(self, model: str) -> tuple[str, ...]:
        found = self.served[model]
        return () if found is None else found.split.versions


class FakeLog:
    """Keeps lines; `full`: the disk takes none."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.waited: list[Line] = []
        self.full = False

    def write(self, lines: Sequence[Line]) -> None:
        self.lines += lines

    async def written(self, lines: Sequence[Line]) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.lines += lines
        self.waited += lines

    @property
    def answers(self) -> list[AnswerLine]:
        return [line for line in self.lines if isinstance(line, AnswerLine)]

    @property
    def feedback(self) -> list[FeedbackLine]:
        return [line for line in self.lines if isinstance(line, FeedbackLine)]


class FakeBeside:
    def __init__(self) -> None:
        self.offered: list[tuple[Sequence[Row], Sequence[str], Sequence[str], int]] = []

    def offer(
        self, serving: Serving, rows: Sequence[Row], ids: Sequence[str], versions: Sequence[str], at: int
    ) -> None:
        self.offered.append((rows, ids, versions, at))


class Worker:
    """An app over fakes, and the fakes."""

    def __init__(self, tokens: Path, served: dict[str, Serving | None], **more: Any) -> None:
        self.log, self.beside, self.ids = FakeLog(), FakeBeside(), Ids(b"k" * 32)
        self.models, self.metrics, self.states = FakeModels(served), Metrics(), list[ProcessState]()
        self.guard = Guard(tokens, **more)
        self.doors = Doors(
            models=self.models,
            predicting=Predicting(self.models, self.log, self.beside, self.ids, self.metrics),
            feeding=Feeding(self.log, self.ids, self.metrics),
            guard=self.guard,
            rates=Rates(),
            metrics=self.metrics,
            worker="8000-w1",
            states=lambda: self.states,
            body_seconds=1.0,
        )
        self.app = GatewayApp(self.doors)


def ask(worker: Worker, method: str, path: str, client: str = "127.0.0.1", **more: Any) -> httpx.Response:
    """One request to the app in this process, as one from `client`."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(worker.app, client=(client, 4000))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as session:
            return await session.request(method, path, **more)

    return asyncio.run(asked())


def about(**gateway: Any) -> About:
    """A binary model `m`."""
    return About(model="m", task="binary", label="late", entity="who", gateway=GatewaySpec(**gateway))
