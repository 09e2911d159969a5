"""Flights as live traffic: one request a flight over HTTP, its label once the flight has come in."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx
    import pandas as pd

_CONNECTIONS = 8
_LABELS_AT_ONCE = 100
FLIGHT_LASTS = 3.0
"""Seconds from a prediction to its label: two days of real time."""


@dataclass
class Seen:
    """What the senders of the requests saw."""

    answered: int = 0
    labelled: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    by_version: Counter[str] = field(default_factory=Counter)


class Traffic:
    """Sends `flights`, in their order, at `rate` requests a second until it is stopped or there are no more.

    `flights` have the model's fields, `late` is the label: 1, 0 or missing, where the flight never came in.
    """

    def __init__(self, url: str, model: str, flights: pd.DataFrame, rate: float) -> None:
        self.seen = Seen()
        self._predict, self._feedback = f"{url}/models/{model}/predict", f"{url}/models/{model}/feedback"
        self._flights, self._rate = flights, rate
        self._stopped = Event()
        self._waiting: deque[tuple[float, str, float]] = deque()
        self._thread = Thread(target=lambda: asyncio.run(self._send()), daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more, but for the labels of what was answered."""
        self._stopped.set()
        self._thread.join()

    async def _send(self) -> None:
        import httpx

        limits = httpx.Limits(max_connections=_CONNECTIONS + 1)
        async with httpx.AsyncClient(timeout=10.0, limits=limits) as client:
            requests, begun = enumerate(_records(self._flights)), monotonic()
            labels = asyncio.create_task(self._send_labels(client))
            await asyncio.gather(*(self._ask(client, requests, begun) for _ in range(_CONNECTIONS)))
            self._stopped.set()
            await labels

    async def _ask(
        self, client: httpx.AsyncClient, requests: Iterator[tuple[int, tuple[dict[str, Any], float]]], begun: float
    ) -> None:
        """One of the senders: takes the next flight when it is due."""
        for number, (record, late) in requests:
            await asyncio.sleep(max(0.0, begun + number / self._rate - monotonic()))
            if self._stopped.is_set():
                return
            answer = await self._post(client, self._predict, record)
            if answer is not None:
                self.seen.answered += 1
                self.seen.by_version[answer["version"]] += 1
                if late == late:  # noqa: PLR0124 - nan: a cancelled flight has no label
                    self._waiting.append((monotonic() + FLIGHT_LASTS, answer["id"], late))

    async def _send_labels(self, client: httpx.AsyncClient) -> None:
        while self._waiting or not self._stopped.is_set():
            due = []
            while self._waiting and self._waiting[0][0] <= monotonic() and len(due) < _LABELS_AT_ONCE:
                _, name, late = self._waiting.popleft()
                due.append({"id": name, "kind": "label", "value": late})
            if due and await self._post(client, self._feedback, {"records": due}) is not None:
                self.seen.labelled += len(due)
            await asyncio.sleep(0.1)

    async def _post(self, client: httpx.AsyncClient, url: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The answer; None, and counted by its reason, where there is none."""
        import httpx

        try:
            answer = await client.post(url, json=body)
        except httpx.HTTPError as error:
            self.seen.failed[type(error).__name__] += 1
            return None
        if answer.is_error:
            self.seen.failed[f"{answer.status_code} {answer.text[:200]}"] += 1
            return None
        found: dict[str, Any] = answer.json()
        return found


def _records(flights: pd.DataFrame) -> Iterator[tuple[dict[str, Any], float]]:
    """Each flight as the fields of a request, a missing value as null, with its label."""
    late = flights["late"].to_numpy(dtype="float64")
    asked = flights.drop(columns=["late", "arr_delay", "wind_gust"])  # as the spec has it: no features
    asked = asked.assign(scheduled_departure=asked["scheduled_departure"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    asked = asked.astype(object).where(asked.notna(), None)
    names = list(asked.columns)
    for row, label in zip(asked.itertuples(index=False, name=None), late, strict=True):
        yield dict(zip(names, row, strict=True)), float(label)
