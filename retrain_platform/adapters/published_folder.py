"""Makes a split come true in our own gateway's folder: packages first, then the model's file, the split last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from retrain_platform.adapters.atomic import locked, to_disk, write_atomically, write_folder_atomically
from retrain_platform.adapters.clock import now
from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.adapters.published import DIGEST, PACKAGE, SMOKE, BadPublished, NotPublished, Published
from retrain_platform.release.serving import About, GatewaySpec
from retrain_platform.release.split import Split
from retrain_platform.spec.model import ModelSpec
from retrain_platform.training.artefact import PACKAGE_DIGEST, folder_digest
from retrain_platform.training.base import Registry

AGAIN = timedelta(minutes=1)
KEPT, KEPT_FOR = 5, timedelta(days=7)
"""How many versions that no split names any more stay, the newest, and for how long all of them do."""


class CannotPublish(RuntimeError):
    """A version that must answer has no package that could be published; what stood still stands."""


def about(spec: ModelSpec) -> About:
    """What a worker must know of the spec."""
    gateway = spec.gateway or GatewaySpec()
    call = getattr(spec.training, "call", "")
    own = (call.partition(":")[0].partition(".")[0],) if call else ()
    return About(
        model=spec.name,
        description=spec.description,
        task=spec.task,
        metric=spec.primary,
        label=spec.label.column,
        event_time=spec.source.event_time,
        entity=spec.source.entity,
        query=spec.label.query,
        timezone=spec.period.timezone,
        gateway=gateway,
        trusted=tuple(dict.fromkeys((*own, *gateway.trusted))),
    )


class FolderExporter:
    """An `Exporter` to the folder of our own gateway. `smoke` finds a version's stored requests, where there are some.

    Whoever publishes takes turns; readers never see half of anything.
    """

    def __init__(
        self,
        home: GatewayHome,
        spec: ModelSpec,
        registry: Registry,
        smoke: Callable[[str], Path | None] = lambda version: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._home, self._about, self._registry, self._smoke = home, about(spec), registry, smoke
        self._clock = clock
        self._published = Published(home)
        self._tried: dict[str, datetime] = {}

    def publish(self, split: Split) -> None:
        """Make it so; see `Exporter`. Who only scores beside, or is kept warm, comes after the split, and may lack.

        So a registry that is away, or slow, keeps no version that was published before from answering. Workers tell
        what they lack.

        Raises:
            CannotPublish: a version that must answer has no package, or one whose bytes are not those registered.
            StoreFull: no space is left; what stood still stands.
            OSError: the folder is away.
        """
        folder = self._home.model(split.model)
        with locked(folder / ".publishing.lock"):
            standing = self._standing(split.model)
            if standing is not None and standing.seq > split.seq:
                return
            answering = [version for version in (split.champion, split.canary) if version is not None]
            for version in answering:
                self._must_bring(split.model, version)
            self._write(self._home.about(split.model), self._about)
            if standing != split:
                self._seen(split.model, (*split.versions, *(standing.versions if standing else ())))
                self._write(self._home.split(split.model), split)
                self._sweep(split)
        # After the lock: a registry may take long to say no, and whoever takes the traffic back waits for nobody.
        late = [version for version in split.versions if version not in answering]
        came = [version for version in late if self._may_bring(split.model, version)]
        if came:
            os.utime(self._home.split(split.model))  # workers look again

    def _standing(self, model: str) -> Split | None:
        """The split that stands; None where there is none, or it cannot be read: then it is written anew."""
        try:
            return self._published.split(model)
        except (NotPublished, BadPublished):
            return None

    def _write(self, path: Path, record: Split | About) -> None:
        data = record.model_dump_json(indent=1).encode()
        if not path.exists() or path.read_bytes() != data:
            write_atomically(path, data)

    def _must_bring(self, model: str, version: str) -> None:
        try:
            self._bring(model, version)
        except OSError:
            raise
        except Exception as error:  # a registry fails in ways of its own
            raise CannotPublish(f"version {version} of model {model} cannot be published: {error}") from error

    def _may_bring(self, model: str, version: str) -> bool:
        """Whether the version came. A try is not repeated for a minute, for a registry may take long to say no."""
        tried = self._tried.get(version)
        if tried is not None and self._clock() - tried < AGAIN:
            return False
        self._tried[version] = self._clock()  # before it, so that nobody who publishes meanwhile waits, too
        try:
            came = self._bring(model, version)
        except Exception:  # whatever it is, it keeps nobody from answering
            return False
        self._tried.pop(version, None)
        return came

    def _bring(self, model: str, version: str) -> bool:
        """Copy the version's package, whole or not at all; False where it is there already."""
        place = self._home.package(model, version)
        if place.exists():
            return False
        place.parent.mkdir(parents=True, exist_ok=True)
        registered = self._registry.package(model, version)
        tags = {made.version: made.tags for made in self._registry.versions(model)}.get(version, {})
        kept = tags.get(PACKAGE_DIGEST)
        write_folder_atomically(place, lambda draft: self._fill(draft, registered, version, kept))
        return True

    def _fill(self, draft: Path, registered: Path, version: str, digest: str | None) -> None:
        shutil.copytree(registered, draft / PACKAGE)
        found = folder_digest(draft / PACKAGE)
        if digest is not None and found != digest:
            raise BadPublished(f"its bytes are not those registered ({found[:12]}, were {digest[:12]})")
        (draft / DIGEST).write_text(found, encoding="ascii")
        smoke = self._smoke(version)
        if smoke is not None and smoke.is_file():
            shutil.copyfile(smoke, draft / SMOKE)
        _files_to_disk(draft)

    def _seen(self, model: str, versions: Iterable[str]) -> None:
        """Note when a split last named them."""
        moment = self._clock().timestamp()
        for version in versions:
            place = self._home.package(model, version)
            if place.exists():
                os.utime(place, (moment, moment))

    def _sweep(self, split: Split) -> None:
        """Take away versions that nobody named for long, but the newest few: they may be rolled back to."""
        packages = self._home.packages(split.model)
        places = [place for place in packages.glob("[!.]*") if _whole(place) and place.name not in split.versions]
        newest = sorted(places, key=lambda place: place.stat().st_mtime, reverse=True)
        oldest = (self._clock() - KEPT_FOR).timestamp()
        for place in newest[KEPT:]:
            if place.stat().st_mtime < oldest:
                leaving = place.with_name(f".{place.name}.leaving")  # at once: a reader has all of it, or nothing
                place.rename(leaving)
                shutil.rmtree(leaving, ignore_errors=True)


def _whole(place: Path) -> bool:
    """Not the draft that a killed publisher left behind."""
    return ".draft-" not in place.name and place.is_dir()


def _files_to_disk(folder: Path) -> None:
    """Let a power cut leave no empty file under a name that stands."""
    for path in folder.rglob("*"):
        if path.is_file():
            to_disk(path)
