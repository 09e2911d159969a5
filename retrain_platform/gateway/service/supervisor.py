"""Starts the gateway's processes, starts again what dies, and ends them in order."""

from __future__ import annotations

import os
import selectors
import signal
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from retrain_platform.adapters.clock import now, seconds
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.dataset.record import Record
from retrain_platform.gateway.processes.children import Child
from retrain_platform.gateway.processes.life import Event, Orders, resident
from retrain_platform.gateway.processes.states import ProcessState, Role, forget_state, write_state

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ServePlan(Record):
    """What one instance serves. `home` is RETRAIN_HOME/gateway; `models` by the file of their spec.

    Of `roles` each is one process, workers are `workers`. `grace` is how many seconds a request under way, and the log
    after it, may still take at the end.
    """

    home: Path
    instance: str
    models: Mapping[str, Path]
    workers: int = 1
    roles: tuple[Role, ...] = ("collector", "controller", "office")
    grace: float = 20.0
    host: str = "127.0.0.1"
    open_to_all: bool = False
    admin_anywhere: bool = False


class Supervisor:
    """One instance of the gateway. `show` is given every event, from here and from its processes."""

    def __init__(self, plan: ServePlan, listening: socket.socket, show: Callable[[Event], None]) -> None:
        self._plan, self._listening, self._show = plan, listening, show
        self._home, self._started = GatewayHome(plan.home), now()
        self._said = 0.0
        self._asked: list[int] = []
        self._reads, self._holds = os.pipe()
        self._wakes, self._woken = os.pipe()
        self.children = [Child(orders, seconds) for orders in self._orders()]

    def run(self) -> int:
        """Serve until a signal says to end; gives the exit code: 0, or 128 and more after a second signal."""
        with self._signals():
            port = self._listening.getsockname()[1]
            self._tell("started", f"listens on port {port}", port=port, workers=self._plan.workers)
            try:
                while not self._asked:
                    self._tend()
                    self._listen(0.25)
                self._listening.close()
                self._tell("ending", "no new connections; requests under way are finished, then the log is taken over")
                first = [child for child in self.children if child.orders.role != "collector"]
                last = [child for child in self.children if child.orders.role == "collector"]
                done = self._end(first) and self._end(last)
                return 0 if done else 128 + self._asked[-1]
            finally:
                self._kill()

    def _orders(self) -> Iterator[Orders]:
        names: list[tuple[Role, str]] = [("worker", f"w{number + 1}") for number in range(self._plan.workers)]
        names += [(role, role) for role in self._plan.roles]
        for role, name in names:
            yield Orders(
                home=self._plan.home,
                instance=self._plan.instance,
                name=f"{self._plan.instance}-{name}",
                role=role,
                lifeline=self._reads,
                listening=self._listening.fileno() if role == "worker" else None,
                models=self._plan.models,
                grace=self._plan.grace,
                host=self._plan.host,
                open_to_all=self._plan.open_to_all,
                admin_anywhere=self._plan.admin_anywhere,
            )

    def _tend(self) -> None:
        """Bury the dead, start what is due, say how it all is."""
        for child in self.children:
            if not child.alive:
                self._hear(child)
            elif child.hangs:
                self._tell("hangs", f"{child.name} gives no sign of life and is ended", process=child.name)
                child.signal(signal.SIGKILL)
            code = child.buried()
            if code is not None:
                told = f"{child.name} ended ({_how(code)}) and is started again ({child.restarts} so far)"
                self._tell("restarted", told, process=child.name, code=code, restarts=child.restarts)
            if child.due:
                child.start()
        if seconds() - self._said >= 1.0:
            self._said = seconds()
            self._write()

    def _listen(self, wait: float) -> None:
        """Show what the processes tell, for up to `wait` seconds or until a signal."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wakes, selectors.EVENT_READ)
            for child in self.children:
                if child.output is not None:
                    selector.register(child.output, selectors.EVENT_READ, child)
            ready = selector.select(wait)
        for key, _ in ready:
            if isinstance(key.data, Child):
                self._hear(key.data)
            else:
                os.read(self._wakes, 64)

    def _hear(self, child: Child) -> None:
        for event in child.heard():
            self._show(event)

    def _end(self, children: Sequence[Child]) -> bool:
        """Ask these to end and wait; whoever takes longer than its grace is killed. False at a second signal."""
        for child in children:
            child.signal(signal.SIGTERM)
        until = seconds() + self._plan.grace + 2
        while any(child.alive for child in children) and seconds() < until:
            self._listen(0.1)
            if len(self._asked) > 1:
                return False
        for child in children:
            if child.alive:
                self._tell("killed", f"{child.name} took longer than {self._plan.grace:g} s to end", process=child.name)
            child.signal(signal.SIGKILL)
            self._hear(child)
        return True

    def _kill(self) -> None:
        """Whatever still runs ends now, and what each said of itself is taken away."""
        for child in self.children:
            child.signal(signal.SIGKILL)
            forget_state(self._home, child.name)
        forget_state(self._home, self._name)
        for handle in (self._reads, self._holds):
            os.close(handle)

    @property
    def _name(self) -> str:
        return f"{self._plan.instance}-supervisor"

    def _write(self) -> None:
        state = ProcessState(
            name=self._name,
            role="supervisor",
            instance=self._plan.instance,
            pid=os.getpid(),
            started=self._started,
            at=now(),
            memory=resident(),
            restarts={child.name: child.restarts for child in self.children},
        )
        try:
            write_state(self._home, state)
        except OSError as error:
            self._tell("unwritten", f"{self._home.states} takes no writes: {error.strerror}")

    def _tell(self, event: str, sentence: str, **about: object) -> None:
        self._show(Event(event=event, at=now(), process=self._name, sentence=sentence, about=about))

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Signals are noted, and wake the loop."""

        def noted(number: int, _frame: object) -> None:
            self._asked.append(number)

        for handle in (self._wakes, self._woken):
            os.set_blocking(handle, False)
        before = {number: signal.signal(number, noted) for number in _SIGNALS}
        standing = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(standing)
            for number, handler in before.items():
                signal.signal(number, handler)
            for handle in (self._wakes, self._woken):
                os.close(handle)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
