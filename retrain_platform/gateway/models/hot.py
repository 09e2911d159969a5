"""The models of a worker, followed as they are published: loaded and tried off the requests' path, then switched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread

from retrain_platform.adapters.clock import seconds
from retrain_platform.adapters.published import BadPublished, NotPublished, Published, Stamp
from retrain_platform.gateway.base import NotServed
from retrain_platform.gateway.models.serving import Served
from retrain_platform.gateway.models.versions import CannotServe, Version, loaded_version
from retrain_platform.release.serving import About
from retrain_platform.release.split import Applied, Split

LOOK_SECONDS, AGAIN_SECONDS, RARELY_SECONDS = 0.2, 5.0, 300.0
"""How often the folder is looked at; how long after a failure it is tried again, at first, and at the most."""


@dataclass
class _Held:
    """What is known of one model: what serves, the stamp it was read at, and what stands in the way of the newest."""

    serving: Served | None = None
    stamp: Stamp = ()
    problem: str = "it was not looked for yet"
    again: float | None = None
    wait: float = AGAIN_SECONDS


class HotModels:
    """`Models` over the published folder. A request takes `serving(model)` once: what it sees is of one moment.

    `look` is one pass over the folder; `start` makes a thread of its own repeat it. Whatever is broken or missing
    there, the last state that could be served stays in force, and `problem` says why.
    """

    def __init__(
        self,
        published: Published,
        models: Iterable[str],
        key: bytes,
        *,
        clock: Callable[[], float] = seconds,
    ) -> None:
        self._published, self._key, self._clock = published, key, clock
        self._held = {model: _Held() for model in sorted(models)}
        self._ending = Event()
        self._thread: Thread | None = None

    def names(self) -> tuple[str, ...]:
        """See `Models`."""
        return tuple(self._held)

    def serving(self, model: str) -> Served:
        """See `Models`."""
        held = self._held[model]
        if held.serving is None:
            raise NotServed(f"{model} cannot answer yet: {held.problem}")
        return held.serving

    def loaded(self, model: str) -> tuple[str, ...]:
        """See `Models`."""
        serving = self._held[model].serving
        return () if serving is None else tuple(serving.versions)

    def applied(self, at: datetime, dropped: Mapping[str, int]) -> dict[str, Applied]:
        """How each model is served; `dropped` counts by model what was not scored beside."""
        return {
            model: Applied(
                seq=0 if held.serving is None else held.serving.split.seq,
                at=at,
                dropped=dropped.get(model, 0),
                problem=held.problem,
            )
            for model, held in self._held.items()
        }

    def look(self) -> None:
        """Take over what was published since the last look; never raises."""
        for model, held in self._held.items():
            stamp = self._published.stamp(model)
            if stamp != held.stamp:
                held.wait = AGAIN_SECONDS
            elif held.again is None or self._clock() < held.again:
                continue
            self._take(model, held)
            held.stamp = stamp

    def start(self) -> None:
        """Look now, and from now on by a thread, until `stop`."""
        self.look()
        self._thread = Thread(target=self._follow, name="models", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is served stays served."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            self.look()

    def _take(self, model: str, held: _Held) -> None:
        try:
            held.serving, failures = self._newest(model, held.serving)
            lacking = held.serving.unreadable
            held.problem = "; ".join([*failures, *([lacking] if lacking else [])])
        except Exception as error:  # whatever is wrong with what is new, the old goes on answering
            held.problem = " ".join(str(error).split()) or type(error).__name__
            failures = [held.problem]
        held.again = self._clock() + held.wait if failures else None
        held.wait = min(2 * held.wait, RARELY_SECONDS)

    def _newest(self, model: str, standing: Served | None) -> tuple[Served, list[str]]:
        """The state that is published, and which of its versions could not be loaded, and why.

        Raises:
            NotPublished, BadPublished: it cannot be read.
            CannotServe: a version that must answer cannot be loaded.
        """
        about, split = self._published.model(model), self._published.split(model)
        versions, failed = self._versions(about, split, standing)
        must = [version for version in (split.champion, split.canary) if version in failed]
        if must:
            raise CannotServe("; ".join(failed[version] for version in must if version is not None))
        return Served(about, split, versions, self._key), list(failed.values())

    def _versions(
        self, about: About, split: Split, standing: Served | None
    ) -> tuple[dict[str, Version], dict[str, str]]:
        """Those that the split names, as they stand in memory or newly loaded, and why the others could not be."""
        held = {} if standing is None else standing.versions
        found: dict[str, Version] = {}
        failed: dict[str, str] = {}
        for version in split.versions:
            try:
                found[version] = held.get(version) or self._loaded(about, version)
            except (CannotServe, NotPublished, BadPublished) as error:
                failed[version] = str(error)
        return found, failed

    def _loaded(self, about: About, version: str) -> Version:
        package = self._published.package(about.model, version)
        return loaded_version(version, package, self._published.smoke(about.model, version), about.trusted)
