"""One model as it is served at a moment: the split, the versions that it names, and how a request is read for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from retrain_platform.gateway.base import Asked, NotServed, Row
from retrain_platform.gateway.models.decoding import RowDecoder
from retrain_platform.gateway.models.describing import schema_of
from retrain_platform.gateway.models.private import Hiding
from retrain_platform.gateway.models.versions import Version
from retrain_platform.release.serving import About
from retrain_platform.release.split import Arm, Split


class Served:
    """A `Serving`; immutable. `versions` are in memory and warm, those that the split names first."""

    def __init__(self, about: About, split: Split, versions: Mapping[str, Version], key: bytes) -> None:
        self.about, self.split, self.versions = about, split, dict(versions)
        self._hiding = Hiding(about, key)
        self.logged, self.logged_entity = self._hiding.logged, self._hiding.entity
        self._arms = {
            arm: self.versions.get(version) for arm in ("champion", "canary") if (version := split.version(arm))
        }
        self._beside = tuple(self.versions[version] for version in split.beside if version in self.versions)
        self._decoder = self._read_by()

    def read(self, body: bytes) -> Asked:
        """See `Serving`."""
        return self._reading().read(body)

    def rows_of(self, records: Sequence[object]) -> list[Row]:
        """See `Serving`."""
        return self._reading().rows_of(records)

    def loaded(self, arm: Arm) -> Version:
        """See `Serving`."""
        found = self._arms.get(arm)
        if found is None:
            raise self._nobody()
        return found

    def beside(self) -> tuple[Version, ...]:
        """See `Serving`."""
        return self._beside

    def schema(self) -> dict[str, Any]:
        """See `Serving`."""
        return schema_of(self._reading().fields, self.about)

    @property
    def unreadable(self) -> str:
        """Which versions were fitted on features that a request need not have; nothing where none was."""
        champion = self._arms.get("champion")
        if champion is None:
            return ""
        known = set(champion.signature.features)
        found = []
        for version in self.split.versions:
            beside = self.versions.get(version)
            if beside is not None and (lacking := [name for name in beside.signature.features if name not in known]):
                found.append(f"version {version} answers only requests that also have {', '.join(lacking)}")
        return "; ".join(found)

    def _read_by(self) -> RowDecoder | None:
        champion = self._arms.get("champion")
        if champion is None:
            return None
        others = [each.signature for version, each in self.versions.items() if version != champion.version]
        return RowDecoder(self.about, champion.signature, others)

    def _reading(self) -> RowDecoder:
        if self._decoder is None:
            raise self._nobody()
        return self._decoder

    def _nobody(self) -> NotServed:
        model = self.about.model
        return NotServed(f"no version of {model} answers yet; a first one comes with: retrain run {model}")
