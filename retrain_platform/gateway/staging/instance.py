"""A staging instance: one worker of its own, with its own folder, port, token and log, that serves one version alone.

It is asked over real HTTP, measured, and ends. What it showed is judged by `release.staging`.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from retrain_platform.adapters.clock import now, seconds
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.published import Published
from retrain_platform.adapters.published_folder import CannotPublish
from retrain_platform.gateway.doors.tokens import add_token
from retrain_platform.gateway.processes.children import Child
from retrain_platform.gateway.processes.life import Orders
from retrain_platform.gateway.processes.listening import listen
from retrain_platform.gateway.processes.states import ProcessState, read_states
from retrain_platform.gateway.staging.asking import Client
from retrain_platform.gateway.staging.contracts import BadContract, Contract, keeps, read_contract
from retrain_platform.gateway.staging.requests import doors, smoke
from retrain_platform.release.split import Exporter, Split
from retrain_platform.release.staging import Staged

STARTS_WITHIN = 60.0
"""Seconds that an instance may take until it answers."""
_HOST = "127.0.0.1"


class _CannotStage(RuntimeError):
    """The instance could not be started or asked: nothing is known of the version."""


class _Refused(RuntimeError):
    """The version cannot be served: it could not be loaded, or did not answer its smoke requests while it warmed."""


class _Instance(NamedTuple):
    """A staging instance that answers."""

    home: GatewayHome
    child: Child
    port: int
    token: str
    starts_in: float

    def client(self, *, token: bool = True) -> Client:
        return Client(_HOST, self.port, self.token if token else "")


class Stage(NamedTuple):
    """What is staged: `exporter_to` publishes the model to a folder, `contracts` are files, `requests` are measured."""

    model: str
    version: str
    exporter_to: Callable[[GatewayHome], Exporter]
    contracts: tuple[Path, ...]
    requests: int


def staged(stage: Stage, place: Path) -> Staged:
    """What the version shows on an instance under the folder `place`, of which nothing is left."""
    found = Staged(version=stage.version)
    try:
        contracts = [read_contract(path) for path in stage.contracts]
        _sweep(place)
        folder = Path(tempfile.mkdtemp(prefix=f"{stage.model}-{stage.version}-", dir=place))
        try:
            with _running(stage, GatewayHome(folder)) as instance:
                return _asked(stage, instance, contracts)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except (_Refused, CannotPublish) as error:
        return found.model_copy(update={"refused": str(error)})
    except (_CannotStage, BadContract, OSError) as error:
        return found.model_copy(update={"problem": f"{type(error).__name__.strip('_')}: {error}"})


def _sweep(place: Path) -> None:
    """Make the place, and take away what a killed process left there a day ago."""
    place.mkdir(parents=True, exist_ok=True)
    for folder in place.iterdir():
        if folder.stat().st_mtime < now().timestamp() - 86_400:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(stage: Stage, home: GatewayHome) -> Iterator[_Instance]:
    """An instance that answers; ended and its port given back whatever happens."""
    split = Split(model=stage.model, seq=1, champion=stage.version, by="staging", why="before the shadow")
    stage.exporter_to(home).publish(split)
    _, token = add_token(home.tokens, "staging", [stage.model], ["predict", "feedback"], now())
    lifeline, held = os.pipe()
    began = seconds()
    with listen(_HOST, 0) as socket:
        child = Child(_orders(stage.model, home, lifeline, socket.fileno()), seconds)
        try:
            child.start()
            _wait_until_ready(child, home, stage.model, began)
            yield _Instance(home, child, socket.getsockname()[1], token, seconds() - began)
        finally:
            _end(child)
            os.close(lifeline)
            os.close(held)


def _orders(model: str, home: GatewayHome, lifeline: int, listening: int) -> Orders:
    return Orders(
        home=home.root,
        instance="staging",
        name="staging-w1",
        role="worker",
        lifeline=lifeline,
        listening=listening,
        models={model: home.about(model)},
        grace=5.0,
        host=_HOST,
    )


def _wait_until_ready(child: Child, home: GatewayHome, model: str, began: float) -> None:
    """Wait until the version is loaded and warm.

    Raises:
        _Refused: the worker says why it cannot.
        _CannotStage: it ended, or said nothing in time.
    """
    while seconds() - began < STARTS_WITHIN:
        if not child.alive:
            raise _CannotStage("the instance ended before it answered")
        child.heard()
        state = _state(home)
        applied = None if state is None else state.applied.get(model)
        if applied is not None and applied.problem:
            raise _Refused(applied.problem)
        if applied is not None:
            return
        time.sleep(0.05)
    raise _CannotStage(f"the instance did not answer within {STARTS_WITHIN:g} s")


def _state(home: GatewayHome) -> ProcessState | None:
    return next((state for state in read_states(home, now()) if state.role == "worker"), None)


def _end(child: Child) -> None:
    child.signal(signal.SIGTERM)
    until = seconds() + 7
    while child.alive and seconds() < until:
        time.sleep(0.05)
    child.signal(signal.SIGKILL)
    while child.alive:
        time.sleep(0.01)
    child.buried()


def _asked(stage: Stage, instance: _Instance, contracts: list[Contract]) -> Staged:
    """Smoke, doors and contracts, then the measured requests.

    Raises:
        _CannotStage: the instance ended meanwhile.
    """
    published = Published(instance.home)
    stored, most = published.smoke(stage.model, stage.version), published.model(stage.model).gateway.most_records
    client = instance.client()
    try:
        answered, rows = smoke(stage.model, stored, client, most)
        asked = [answered, doors(stage.model, stage.version, rows[:most], client, instance.client(token=False))]
        asked += [keeps(contract, stage.model, client) for contract in contracts]
        measured = _measured(stage, instance, rows, client)
    except (OSError, HTTPException) as error:
        raise _CannotStage(f"no answer: {type(error).__name__}: {error}") from error
    finally:
        client.close()
    return Staged(version=stage.version, asked=tuple(asked), starts_in=instance.starts_in, **measured)


def _measured(stage: Stage, instance: _Instance, rows: list[dict[str, Any]], client: Client) -> dict[str, Any]:
    """Latency as the client saw it, processor time and memory of the worker; nothing without a stored request."""
    if not rows:
        return {"memory": _peak(instance.child.pid)}
    path = f"/models/{stage.model}/predict"
    before, times = _processor(instance.child.pid), []
    for number in range(stage.requests):
        began = seconds()
        client.post(path, rows[number % len(rows)])
        times.append((seconds() - began) * 1000)
    after = _processor(instance.child.pid)
    p50, p95, p99 = map(float, np.quantile(times, (0.5, 0.95, 0.99)))
    cpu = None if before is None or after is None else (after - before) * 1000 / len(times)
    peak = _peak(instance.child.pid)
    return {"requests": len(times), "p50": p50, "p95": p95, "p99": p99, "cpu": cpu, "memory": peak}


def _processor(pid: int | None) -> float | None:
    """Seconds of processor time of the whole process; None where the system does not tell of another's."""
    if pid is None:
        return None
    try:
        return time.clock_gettime((~pid << 3) | 2)  # Linux: what clock_getcpuclockid(3) gives for a process
    except OSError:
        return None


def _peak(pid: int | None) -> int | None:
    """The most resident bytes that the process held; None where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)
