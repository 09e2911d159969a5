"""A worker: the models in memory, the log and the doors joined, on the socket that all workers share."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
import uvloop

from retrain_platform.adapters.clock import now
from retrain_platform.adapters.gateway_key import signing_key
from retrain_platform.adapters.published import BadPublished, NotPublished, Published
from retrain_platform.gateway.doors.app import GatewayApp
from retrain_platform.gateway.doors.forwarding import office_routes
from retrain_platform.gateway.doors.patience import PatientProtocol
from retrain_platform.gateway.doors.shared import open_doors
from retrain_platform.gateway.log.spool import Spool
from retrain_platform.gateway.models.beside import BesideScorer
from retrain_platform.gateway.models.hot import HotModels
from retrain_platform.gateway.processes.life import Life, orders_given
from retrain_platform.release.serving import GatewaySpec

LOOK = 0.1
"""Seconds between two looks at what this worker serves: a switch is told so much later at most."""


class Worker:
    """One process that answers, until its life ends; then it finishes what is under way and its log is on the disk."""

    def __init__(self, life: Life) -> None:
        orders, home = life.orders, life.home
        self._life, self._published = life, Published(home)
        self._log = Spool(home.spool(orders.instance), orders.name, disk=self._disk())
        self._beside = BesideScorer(self._log)
        self._models = HotModels(self._published, orders.models, signing_key(home.key))
        self._doors = open_doors(
            home,
            self._models,
            self._log,
            self._beside,
            worker=orders.name,
            instance=orders.instance,
            host=orders.host,
            open_to_all=orders.open_to_all,
            admin_anywhere=orders.admin_anywhere,
        )
        self._models.start()

    async def serve(self) -> None:
        """Answer on the inherited socket until the end."""
        config = uvicorn.Config(
            GatewayApp(self._doors, office_routes(self._doors, self._life.home, self._life.orders.instance)),
            loop="uvloop",
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=max(1, int(self._life.orders.grace)),
        )
        server = _Server(config)
        listening = socket.socket(fileno=self._life.orders.listening)
        answering = asyncio.create_task(server.serve(sockets=[listening]))
        reporting = asyncio.create_task(self._report(server))
        await asyncio.wait([answering, reporting], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await answering
        reporting.cancel()

    async def _report(self, server: uvicorn.Server) -> None:
        """Say what is served about every second, and at once when it changes, until this worker must end."""
        listening, before = False, None
        while not self._life.ending.is_set():
            if server.started and not listening:
                listening = True
                self._life.tell("listening", f"{self._life.orders.name} answers")
            self._life.trouble("log", self._log.problem or None)
            applied = self._models.applied(now(), self._beside.dropped)
            seen = {model: (each.seq, each.problem) for model, each in applied.items()}
            # Off the loop: a slow disk must keep no request waiting.
            wait, unlogged = 1.0 if seen == before else 0.0, self._log.unlogged
            await asyncio.to_thread(self._life.write_every, wait, applied=applied, unlogged=unlogged)
            before = seen
            await asyncio.sleep(LOOK)

    def close(self) -> None:
        """What waits to be scored beside is, and the last lines are on the disk."""
        self._models.stop()
        self._beside.close()
        self._log.close()

    def _disk(self) -> int:
        """The most bytes that the log may wait in: the most that any of the models allows."""
        found = []
        for model in self._life.orders.models:
            with suppress(NotPublished, BadPublished):
                found.append(self._published.model(model).gateway.disk)
        return max(found, default=GatewaySpec().disk)


class _Server(uvicorn.Server):
    """Signals are the life's to take."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None here."""
        yield


def main() -> None:
    """The process: `python -m retrain_platform.gateway.service.worker ORDERS`."""
    life = Life(orders_given())
    worker = Worker(life)
    # What was imported and loaded stays for ever: the collector need not look through it while requests wait.
    gc.collect()
    gc.freeze()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(worker.serve())
    finally:
        worker.close()


if __name__ == "__main__":
    main()
