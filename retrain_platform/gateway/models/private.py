"""Private fields as they may be written: hashed by a key, so that equal values stay equal and nobody reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from retrain_platform.dataset.texts import value_text
from retrain_platform.gateway.base import Row
from retrain_platform.release.serving import About

_LENGTH = 12
_PERSON = b"retrain.private"
"""Sets these hashes apart from whatever else the key is used for."""


class Hiding:
    """Hashes what `about` calls private. The key is the home's: the same value has one hash in all its models' logs."""

    def __init__(self, about: About, key: bytes) -> None:
        self._names = tuple(about.gateway.private)
        self._entity = about.routed_by is not None and about.routed_by in self._names
        self._key = key

    def logged(self, row: Row) -> tuple[dict[str, Any], str | None]:
        """The row's fields and entity without anything private; the fields themselves where nothing is."""
        if not self._names:
            return row.fields, row.entity
        entity = row.entity if row.entity is None else self.entity(row.entity)
        return self.fields(row.fields), entity

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A copy whose private values are hashed; a missing one stays missing."""
        found = dict(fields)
        for name in self._names:
            if (value := found.get(name)) is not None:
                found[name] = self._hashed(value_text(value))
        return found

    def entity(self, entity: str) -> str:
        """The entity as a line tells it."""
        return self._hashed(entity) if self._entity else entity

    def _hashed(self, text: str) -> str:
        return hashlib.blake2b(text.encode(), digest_size=_LENGTH, key=self._key, person=_PERSON).hexdigest()
