"""What every door of a worker needs, joined once at its start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrain_platform.adapters import clock
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.gateway_key import signing_key
from retrain_platform.gateway.base import Beside, Log, Models, Serving
from retrain_platform.gateway.doors.bodies import BODY_SECONDS, head_of, read_body
from retrain_platform.gateway.doors.feedback import Feeding
from retrain_platform.gateway.doors.guard import Guard, Guest
from retrain_platform.gateway.doors.metrics import Metrics
from retrain_platform.gateway.doors.predicting import Predicting
from retrain_platform.gateway.doors.rates import Rates
from retrain_platform.gateway.doors.replies import Receive, Refused
from retrain_platform.gateway.doors.replies import Scope as Request
from retrain_platform.gateway.doors.tokens import Scope
from retrain_platform.gateway.ids import Ids
from retrain_platform.gateway.processes.states import ProcessState, read_states
from retrain_platform.release.serving import About


@dataclass(frozen=True)
class Doors:
    """`worker` is this process's name, `states` what all processes of the home say of themselves."""

    models: Models
    predicting: Predicting
    feeding: Feeding
    guard: Guard
    rates: Rates
    metrics: Metrics
    worker: str
    states: Callable[[], Sequence[ProcessState]]
    body_seconds: float = BODY_SECONDS

    async def take(self, request: Request, receive: Receive, model: str, scope: Scope) -> tuple[Guest, Serving, bytes]:
        """Who asks, of what, and what he sent; refused before a body is read that need not be.

        Raises:
            Refused, NotServed, Gone: see `Guard.admit`, `Predicting.serving`, `must_wait` and `read_body`.
        """
        head = head_of(request["headers"])
        guest = self.guard.admit(request, head, model, scope)
        serving = self.predicting.serving(model)
        self.must_wait(guest, serving.about)
        most = serving.about.gateway.most_bytes
        return guest, serving, await read_body(request, receive, head, most, self.body_seconds)

    def must_wait(self, guest: Guest, about: About) -> None:
        """Take one request of a guest's, where the spec limits them.

        Raises:
            Refused: he asks too often (429), with the seconds after which he may again.
        """
        rate = about.gateway.requests_a_second
        if rate is None:
            return
        wait = self.rates.wait(guest.id, about.model, rate)
        if wait > 0.0:
            raise Refused(
                429,
                f"{about.model} takes {rate:g} requests a second of one token: wait {wait:.2f} s",
                headers=[("retry-after", str(int(wait) + 1))],
            )


def open_doors(
    home: GatewayHome,
    models: Models,
    log: Log,
    beside: Beside,
    *,
    worker: str,
    instance: str,
    host: str = "127.0.0.1",
    open_to_all: bool = False,
    admin_anywhere: bool = False,
) -> Doors:
    """The doors of the worker with this name over the folder `home`; a limit on requests holds for the instance's sum.

    Raises:
        ValueError, OSError: the key that signs ids cannot be read (see `signing_key`).
    """
    ids = Ids(signing_key(home.key))
    metrics = Metrics(home.states / "metrics" / instance, worker)
    return Doors(
        models=models,
        predicting=Predicting(models, log, beside, ids, metrics),
        feeding=Feeding(log, ids, metrics),
        guard=Guard(home.tokens, host=host, open_to_all=open_to_all, admin_anywhere=admin_anywhere),
        rates=Rates(home.states / f"rates-{instance}"),
        metrics=metrics,
        worker=worker,
        states=lambda: read_states(home, clock.now()),
    )
