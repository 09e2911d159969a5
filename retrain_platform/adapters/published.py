"""What stands in the gateway's folder, for whoever reads it: models, who answers, and the versions' packages.

<model>/model.json                     a `About`
<model>/split.json                     a `Split`, written last: who it says must answer is there
<model>/packages/<version>/package/    the registered package, byte by byte
<model>/packages/<version>/digest      the SHA-256 of its files
<model>/packages/<version>/smoke.json  its stored requests and answers, where there are some
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from retrain_platform.adapters.gateway_home import GatewayHome
from retrain_platform.dataset.record import Record
from retrain_platform.release.serving import About
from retrain_platform.release.split import Split
from retrain_platform.training.artefact import folder_digest

PACKAGE, DIGEST, SMOKE = "package", "digest", "smoke.json"
R = TypeVar("R", bound=Record)
Stamp = tuple[tuple[int, int, int], ...]


class NotPublished(LookupError):
    """The gateway's folder does not have it."""


class BadPublished(ValueError):
    """A file of the gateway's folder that cannot be read as what it is."""


class Published:
    """Reads the gateway's folder; every file there is whole or absent."""

    def __init__(self, home: GatewayHome) -> None:
        self.home = home

    def models(self) -> list[str]:
        """Every model that was ever published, sorted."""
        return sorted(path.parent.name for path in self.home.root.glob("*/model.json"))

    def model(self, name: str) -> About:
        """What a worker must know of the model.

        Raises:
            NotPublished: there is none of this name.
            BadPublished: its file cannot be read.
        """
        return _read(self.home.about(name), About)

    def split(self, name: str) -> Split:
        """Who answers.

        Raises:
            NotPublished: nobody was ever said to.
            BadPublished: the file cannot be read.
        """
        return _read(self.home.split(name), Split)

    def package(self, name: str, version: str) -> Path:
        """The folder of the version's package, whose bytes are those that were published.

        LightGBM ends the whole process at a text that was cut short, so bytes are looked at before they are loaded.

        Raises:
            NotPublished: it is not there.
            BadPublished: its bytes changed.
        """
        place = self.home.package(name, version)
        found = place / PACKAGE
        if not found.is_dir():
            raise NotPublished(f"version {version} of model {name} was not published: {found} is missing")
        try:
            kept, digest = (place / DIGEST).read_text(encoding="ascii").strip(), folder_digest(found)
        except (OSError, ValueError) as error:
            raise BadPublished(f"version {version} of model {name} cannot be read: {error}") from error
        if kept != digest:
            said = f"{found} holds other bytes than were published ({digest[:12]}, were {kept[:12]})"
            raise BadPublished(
                f"version {version} of model {name}: {said}; take its folder away and it is copied again"
            )
        return found

    def smoke(self, name: str, version: str) -> Path | None:
        """The version's stored requests and answers (`features`, `rows`, `answers`, and `classes` of several)."""
        found = self.home.package(name, version) / SMOKE
        return found if found.is_file() else None

    def stamp(self, name: str) -> Stamp:
        """Another one whenever `split` or `model` may be: cheap enough to be asked for several times a second."""
        return tuple(_stamp(path) for path in (self.home.split(name), self.home.about(name)))


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _read(path: Path, kind: type[R]) -> R:
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise NotPublished(f"{path} is missing: nothing was published for {path.parent.name}") from error
    except (OSError, ValidationError) as error:
        said = " ".join(str(error).split())
        raise BadPublished(f"{path} cannot be read: {said}") from error
