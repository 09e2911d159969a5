"""What every process under the supervisor shares: its orders, when it must end, what it tells."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from retrain_platform.adapters.clock import now, seconds
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.dataset.record import Record
from retrain_platform.gateway.processes.states import ProcessState, Role, Trouble, write_state

ALIVE = "."
"""A line that only says that the process lives; it needs no disk, as the state does."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Orders(Record):
    """What a supervisor gives a process on its command line; nothing secret.

    `lifeline` is a pipe that ends with the supervisor, `listening` the socket that all workers share. `models` are
    served, by the file of their spec. `grace` is how many seconds a request under way may still take at the end.
    `host` is where the socket listens; `open_to_all`: requests need no token; `admin_anywhere`: nor the loopback.
    """

    home: Path
    instance: str
    name: str
    role: Role
    lifeline: int
    listening: int | None = None
    models: Mapping[str, Path] = {}
    grace: float = 20.0
    host: str = "127.0.0.1"
    open_to_all: bool = False
    admin_anywhere: bool = False


class Event(Record):
    """What a person or a program is told: `event` is a stable name, `about` what a program reads."""

    event: str
    at: datetime
    process: str
    sentence: str
    about: Mapping[str, Any] = {}


class Life:
    """This process: `ending` is set when it must finish its work, by the supervisor's word or by its death."""

    def __init__(self, orders: Orders) -> None:
        self.orders, self.home, self.started = orders, GatewayHome(orders.home), now()
        self.ending = threading.Event()
        self._troubles: dict[str, Trouble] = {}
        self._telling, self._noting = threading.Lock(), threading.Lock()
        self._written = 0.0
        signal.signal(signal.SIGTERM, lambda *_: self.ending.set())
        threading.Thread(target=self._hold, name="lifeline", daemon=True).start()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is away or broken now, by place."""
        with self._noting:
            return tuple(found for _, found in sorted(self._troubles.items()))

    def trouble(self, place: str, sentence: str | None) -> None:
        """Note that a place is away or broken, or, with None, that it is well; told when that changes."""
        with self._noting:
            standing = self._troubles.pop(place, None)
            if sentence is not None:
                since = now() if standing is None else standing.since
                self._troubles[place] = Trouble(place=place, since=since, sentence=sentence)
        if sentence is None and standing is not None:
            self.tell("back", f"{place} is back", place=place)
        elif sentence is not None and standing is None:
            self.tell("away", f"{place} is away or broken: {sentence}", place=place)

    def tell(self, event: str, sentence: str, **about: Any) -> None:
        """A line for the supervisor, which shows it; said to nobody when it is gone."""
        told = Event(event=event, at=now(), process=self.orders.name, sentence=sentence, about=about)
        self._print(told.model_dump_json())

    def write_every(self, wait: float, **more: Any) -> None:
        """`write`, but not sooner than `wait` seconds after the last time."""
        if seconds() - self._written >= wait:
            self.write(**more)

    def write(self, **more: Any) -> None:
        """Leave this process's state in `status/`; a disk that takes none stops nothing. A sign of life, too."""
        self._print(ALIVE)
        kept = self.orders
        self._written = seconds()
        state = ProcessState(
            name=kept.name,
            role=kept.role,
            instance=kept.instance,
            pid=os.getpid(),
            started=self.started,
            at=now(),
            memory=resident(),
            troubles=self.troubles,
            **more,
        )
        with suppress(OSError):
            write_state(self.home, state)

    def _print(self, line: str) -> None:
        with self._telling, suppress(OSError):
            print(line, flush=True)

    def _hold(self) -> None:
        """Wait for the other end of the lifeline to close; then end, at the latest after the grace."""
        while os.read(self.orders.lifeline, 1):
            pass
        self.ending.set()
        threading.Event().wait(self.orders.grace + 5)
        os._exit(1)


def resident() -> int:
    """The bytes of memory that this process holds; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


def said(error: BaseException) -> str:
    """The error in a line; a database's statement is left out."""
    orig = getattr(error, "orig", None)
    found = orig if isinstance(orig, Exception) else error
    return f"{type(found).__name__}: {' '.join(str(found).split())}"


def orders_given() -> Orders:
    """The orders on this process's command line."""
    return Orders.model_validate_json(sys.argv[1])
