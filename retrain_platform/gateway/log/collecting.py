"""The collector: one process that takes over what all workers of this home logged, twice a second."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from retrain_platform.adapters.clock import microseconds, seconds
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.log_tables import LogTables
from retrain_platform.adapters.published import BadPublished, NotPublished, Published
from retrain_platform.adapters.settings import settings
from retrain_platform.gateway.log.collector import Collector
from retrain_platform.gateway.log.evidence import Evidence
from retrain_platform.gateway.log.joining import Judged
from retrain_platform.gateway.log.segments import spool_bytes
from retrain_platform.gateway.processes.lead import Lead
from retrain_platform.gateway.processes.life import Life, orders_given

EVERY = 0.5
"""Seconds between two rounds: with the writers' fifth of a second, a bin is at most a second behind."""


class Models:
    """What the bins need of each published model, read again when its files change."""

    def __init__(self, home: GatewayHome) -> None:
        self._published = Published(home)
        self._kept: dict[str, tuple[object, Judged | None]] = {}

    def judged(self, model: str) -> Judged | None:
        """The model as it is published now; None where it is not."""
        stamp = self._published.stamp(model)
        kept = self._kept.get(model)
        if kept is None or kept[0] != stamp:
            kept = self._kept[model] = (stamp, self._read(model))
        return kept[1]

    def keep(self) -> dict[str, timedelta]:
        """How long the rows of each published model stay."""
        found = {}
        for model in self._published.models():
            with suppress(NotPublished, BadPublished):
                found[model] = self._published.model(model).gateway.keep
        return found

    def _read(self, model: str) -> Judged | None:
        try:
            about = self._published.model(model)
        except (NotPublished, BadPublished):
            return None
        split = None
        with suppress(NotPublished, BadPublished):
            split = self._published.split(model)

        def classes(version: str) -> tuple[str, ...]:
            smoke = self._published.smoke(model, version)
            with suppress(OSError, ValueError):
                return () if smoke is None else _classes(smoke)
            return ()

        return Judged(about.task, about.metric, about.gateway.events, classes, split)


@lru_cache(maxsize=64)
def _classes(smoke: Path) -> tuple[str, ...]:
    """The classes of a version, in the order of its chances; a published version never changes.

    Raises:
        OSError, ValueError: they cannot be read now; it is asked again.
    """
    return tuple(json.loads(smoke.read_bytes()).get("classes", ()))


def collect(life: Life, evidence_url: str, lake: Path) -> None:
    """Take over until the process must end, then all that there is; another instance's collector goes first."""
    lead = Lead(life.home.lead("collector"))
    if not lead.wait(life.ending.wait, lambda: life.write(leads=False)):
        return
    models = Models(life.home)
    collector = Collector(life.home.spools, Evidence(evidence_url, models.judged), LogTables(lake), microseconds)
    tell = _Tells(life, collector)
    while not life.ending.wait(EVERY):
        while collector.round(models.keep) > 10_000 and not life.ending.is_set():
            tell()
        tell()
    collector.finish()
    tell()


class _Tells:
    """Tells what is away, by place, and leaves a sign of life with what was passed over."""

    def __init__(self, life: Life, collector: Collector) -> None:
        self._life, self._collector, self._told = life, collector, float("-inf")

    def __call__(self) -> None:
        for place in ("evidence", "lake"):
            self._life.trouble(place, self._collector.problems.get(place))
        if seconds() - self._told >= 1.0:
            self._told = seconds()
            waiting = spool_bytes(self._life.home.spools)
            self._life.write(waiting=waiting, passed_over=self._collector.passed_over())


def main() -> None:
    """The process: `python -m retrain_platform.gateway.log.collecting ORDERS`."""
    at = settings()
    collect(Life(orders_given()), at.evidence, at.lake)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
