"""Each server as a process on a port of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from serving_parts.model import MODEL

from retrain_platform.gateway.processes.life import Orders
from retrain_platform.gateway.processes.listening import listen

_HERE = Path(__file__).parent
_ONE_THREAD = {
    **os.environ,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # MLflow looks for uvicorn on the path, not beside its interpreter.
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
}


class Server(NamedTuple):
    """What to ask: `path` takes the requests in the file `bodies`, one a line. `group` is of its processes."""

    name: str
    group: int
    port: int
    path: str
    bodies: Path


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def gateway(name: str, home: Path, bodies: Path) -> Iterator[Server]:
    """One worker of ours over a gateway's folder, started as the supervisor starts it; it logs."""
    listening = listen("127.0.0.1", 0)
    reads, holds = os.pipe()
    port = int(listening.getsockname()[1])
    orders = Orders(
        home=home,
        instance=str(port),
        name=f"{port}-w1",
        role="worker",
        lifeline=reads,
        listening=listening.fileno(),
        models={MODEL: home},
        grace=2,
    )
    command = [sys.executable, "-m", "retrain_platform.gateway.service.worker", orders.model_dump_json()]
    with _process(command, pass_fds=(reads, listening.fileno())) as group:
        listening.close()
        _wait(f"http://127.0.0.1:{port}/ready")
        yield Server(name, group, port, f"/models/{MODEL}/predict", bodies)
        os.close(holds)
    os.close(reads)


@contextmanager
def bare(name: str, kind: str, package: Path, bodies: Path) -> Iterator[Server]:
    """A peer of `bare`."""
    port = free_port()
    with _process([sys.executable, str(_HERE / "bare.py"), kind, str(package), str(port)]) as group:
        _wait(f"http://127.0.0.1:{port}/none")
        yield Server(name, group, port, "/predict", bodies)


@contextmanager
def mlflow(name: str, model: Path, bodies: Path) -> Iterator[Server]:
    """MLflow's own scoring server over the model in its LightGBM flavour."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model), "--port", str(port)]
    with _process([*command, "--env-manager", "local", "--workers", "1"]) as group:
        _wait(f"http://127.0.0.1:{port}/ping", seconds=120)
        yield Server(name, group, port, "/invocations", bodies)


def asked(server: Server, connections: int, seconds: float) -> dict[str, Any]:
    """What the client found, see `client.asked`, and `cpu`, the server's microseconds of CPU a request."""
    where = [str(server.port), server.path, str(server.bodies), str(connections), str(seconds)]
    command = [sys.executable, str(_HERE / "client.py"), *where]
    before = _cpu(server.group)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    found["cpu"] = (_cpu(server.group) - before) / found["requests"] * 1e6
    if found["bad"]:
        raise SystemExit(f"{server.name}: {found['bad']} of {found['requests']} answers were errors")
    return found


@contextmanager
def _process(command: list[str], **more: Any) -> Iterator[int]:
    """Runs meanwhile, with all that it starts; gives the number of their group."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(command, env=_ONE_THREAD, start_new_session=True, **quiet, **more)
    try:
        yield running.pid
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            running.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def _cpu(group: int) -> float:
    """Seconds of CPU that the processes of a group have used."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = place.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait(url: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within {seconds:g} s")
