"""One process under the supervisor: started, listened to, started again when it dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from retrain_platform.gateway.processes.life import Event, Orders

SILENT = 30.0
"""Seconds without a sign of life after which a worker hangs: it answers nobody, and holds connections."""
_SOON_DEAD = 10.0
_MOST_WAIT = 15.0
_MODULES: Mapping[str, str] = {
    "worker": "retrain_platform.gateway.service.worker",
    "collector": "retrain_platform.gateway.log.collecting",
    "controller": "retrain_platform.gateway.service.controlling",
    "office": "retrain_platform.gateway.office.process",
}
_ENVIRONMENT = {
    # One row is scored on one thread, and small matrices need no second one.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # glibc otherwise keeps a heap for each thread that ever allocated.
    "MALLOC_ARENA_MAX": "2",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}


class Child:
    """A process by its orders. `restarts` counts how often it was started again.

    `seconds` is a stopwatch. One that died soon after its start is started again later each time, up to 15 s.
    """

    def __init__(self, orders: Orders, seconds: Callable[[], float]) -> None:
        self.orders, self.restarts = orders, 0
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._began, self._soon, self._due = 0.0, 0, 0.0
        self._heard: float | None = None
        self._said = b""

    @property
    def name(self) -> str:
        """The process's name, the same after a restart."""
        return self.orders.name

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def hangs(self) -> bool:
        """Whether it runs and, once begun, has given no sign of life for long; only workers must."""
        if self.orders.role != "worker" or self._heard is None or not self.alive:
            return False
        return self._seconds() - self._heard > SILENT

    @property
    def pid(self) -> int | None:
        """Its number in the system."""
        return None if self._process is None else self._process.pid

    @property
    def due(self) -> bool:
        """Whether it is to be started now."""
        return self._process is None and self._seconds() >= self._due

    @property
    def output(self) -> int | None:
        """The file descriptor of what it tells."""
        out = None if self._process is None else self._process.stdout
        return None if out is None or out.closed else out.fileno()

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C in a terminal is the supervisor's to handle."""
        kept = [fd for fd in (self.orders.lifeline, self.orders.listening) if fd is not None]
        self._process = subprocess.Popen(
            [sys.executable, "-m", _MODULES[self.orders.role], self.orders.model_dump_json()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=kept,
            env={**os.environ, **_ENVIRONMENT},
            start_new_session=True,
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._began, self._heard, self._said = self._seconds(), None, b""

    def buried(self) -> int | None:
        """How it ended, when it has just been found dead, and then it is due again after a while; else None."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        lived = self._seconds() - self._began
        self._soon = self._soon + 1 if lived < _SOON_DEAD else 0
        wait = 0.0 if self._soon <= 1 else min(0.25 * 2 ** (self._soon - 2), _MOST_WAIT)
        self._due = self._seconds() + wait
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        self.restarts += 1
        return code

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.alive and self._process is not None:
            self._process.send_signal(number)

    def heard(self) -> list[Event]:
        """What it told since the last time; a line that is no event is nobody's to read."""
        out = None if self._process is None else self._process.stdout
        if out is None or out.closed:
            return []
        more = out.read()
        if more == b"":  # its end: nothing more will come, and the system would say "ready" for ever
            out.close()
        if more:
            self._heard = self._seconds()
        self._said += more or b""
        *lines, self._said = self._said.split(b"\n")
        return [event for line in lines if (event := _event(line)) is not None]


def _event(line: bytes) -> Event | None:
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None
