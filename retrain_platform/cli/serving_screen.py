"""What `retrain serve` shows: who is served when all is up, and then only what happens."""

from __future__ import annotations

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.published import BadPublished, NotPublished, Published
from retrain_platform.cli.screen import say
from retrain_platform.gateway.processes.life import Event
from retrain_platform.gateway.service.shares import told
from retrain_platform.gateway.service.supervisor import ServePlan
from retrain_platform.release.split import Split

_QUIET = {"started", "listening", "looked"}
"""What is no news to a person."""


class ServingScreen:
    """Shows events as they come: to a program each as a line of JSON, to a person a sentence.

    What is served is shown once every worker listens and the ledger was looked at, or could not be.
    """

    def __init__(self, plan: ServePlan, url: str, *, as_json: bool) -> None:
        self._plan, self._url, self._as_json = plan, url, as_json
        self._up: set[str] = set()
        self._known = self._begun = False

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if self._as_json:
            print(event.model_dump_json(), flush=True)
            return
        if event.event == "listening":
            self._up.add(event.process)
        self._known = self._known or event.event in ("looked", "waits") or event.about.get("place") == "ledger"
        if event.event not in _QUIET and not event.about.get("first"):
            say(f"{event.at.astimezone():%H:%M:%S} {event.sentence}")
        if not self._begun and self._known and len(self._up) == self._plan.workers:
            self._begun = True
            self._begin()

    def _begin(self) -> None:
        published = Published(GatewayHome(self._plan.home))
        for model in self._plan.models:
            say(f"{model}: {told(_split(published, model))}")
        workers = f"{self._plan.workers} worker{'s' if self._plan.workers > 1 else ''}"
        say(f"{self._url}, {workers}; what can be asked: {self._url}/docs; Ctrl-C ends it")


def _split(published: Published, model: str) -> Split:
    try:
        return published.split(model)
    except (NotPublished, BadPublished):
        return Split(model=model)
