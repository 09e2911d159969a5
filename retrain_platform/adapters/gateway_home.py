"""Where the gateway's processes keep what they share: one folder under RETRAIN_HOME, its names in one place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class GatewayHome(NamedTuple):
    """The folder `RETRAIN_HOME/gateway`. Workers know nothing else: no ledger, no registry, no lake."""

    root: Path

    def model(self, model: str) -> Path:
        """All of one model."""
        return self.root / _plain(model)

    def split(self, model: str) -> Path:
        """The newest `Split`, replaced atomically."""
        return self.model(model) / "split.json"

    def about(self, model: str) -> Path:
        """What a worker must know of the model's spec."""
        return self.model(model) / "model.json"

    def packages(self, model: str) -> Path:
        """The packages of all its versions that were published."""
        return self.model(model) / "packages"

    def package(self, model: str, version: str) -> Path:
        """A copy of the registered package; never changed once it is there."""
        return self.packages(model) / _plain(version)

    @property
    def spools(self) -> Path:
        """The lines of all instances that the collector has not taken over yet."""
        return self.root / "spool"

    def spool(self, instance: str) -> Path:
        """Those of one instance's workers."""
        return self.spools / _plain(instance)

    @property
    def staging(self) -> Path:
        """Where versions are tried, each in a folder of its own while it is."""
        return self.root / "staging"

    @property
    def states(self) -> Path:
        """How each process is: a file each, see `states`."""
        return self.root / "status"

    def office(self, instance: str) -> Path:
        """Where the office of an instance says its port and its word."""
        return self.root / "office" / f"{_plain(instance)}.json"

    @property
    def tokens(self) -> Path:
        """Who may do what; only hashes."""
        return self.root / "tokens.json"

    @property
    def key(self) -> Path:
        """What signs ids and links; with a dot, as no model's name has one."""
        return self.root / "ids.key"

    def lead(self, role: str) -> Path:
        """The lock that the one acting `controller` or `collector` of this home holds."""
        return self.root / f"{_plain(role)}.lock"


def _plain(name: str) -> str:
    """A name that is one folder's: a model called `../x` must not be.

    Raises:
        ValueError: it is none.
    """
    if not _NAME.fullmatch(name) or name.strip(".") == "":
        raise ValueError(f"name == {name!r}, must be letters, digits, '_', '-' and '.'")
    return name
