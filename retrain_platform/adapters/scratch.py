"""Stores for what is only tried: they read what stands, and keep in memory whatever is written."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from retrain_platform.adapters import clock
from retrain_platform.adapters.memory import MemoryLake, MemoryLedger, MemoryRegistry, MemoryValues
from retrain_platform.dataset.record import Record
from retrain_platform.dataset.stores import Values
from retrain_platform.release.base import Entry, Ledger
from retrain_platform.steps.workshop import NoBins, Unpublished, Workshop

V = TypeVar("V", bound=Record)

LAKE_READS = ("read", "version", "periods")
"""What of a `Lake` only reads."""
REGISTRY_READS = ("find", "versions", "package", "aliases")
"""What of a `Registry` only reads."""


class WriteRefused(RuntimeError):
    """Something that only reads was asked to write."""


class OnlyReads:
    """A store behind which nothing can be written: of its methods those that are named are there."""

    def __init__(self, store: Any, reads: Collection[str]) -> None:
        self._store, self._reads = store, frozenset(reads)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._reads:
            raise WriteRefused(f"{name} == asked of a store that only reads, must be one of {', '.join(self._reads)}")
        return getattr(self._store, name)


class ScratchValues:
    """`Values` over others: what was put here is newer than all that stands there. Folders are its own alone."""

    def __init__(self, standing: Values) -> None:
        self._standing, self._own = standing, MemoryValues()

    def put(self, model: str, asset: str, period: str, id: str, value: Record) -> None:
        """Keep `value` while this lives; see `Values`."""
        self._own.put(model, asset, period, id, value)

    def get(self, model: str, asset: str, period: str, id: str, as_type: type[V]) -> V | None:
        """The value with this id."""
        own = self._own.get(model, asset, period, id, as_type)
        return self._standing.get(model, asset, period, id, as_type) if own is None else own

    def newest(self, model: str, asset: str, period: str, as_type: type[V]) -> V | None:
        """The value put last for the period."""
        own = self._own.newest(model, asset, period, as_type)
        return self._standing.newest(model, asset, period, as_type) if own is None else own

    def all(self, model: str, asset: str, as_type: type[V]) -> dict[str, V]:
        """The newest of every period, by period, sorted."""
        found = {**self._standing.all(model, asset, as_type), **self._own.all(model, asset, as_type)}
        return dict(sorted(found.items()))

    def put_bytes(self, model: str, asset: str, period: str, id: str, data: bytes) -> None:
        """As `put`, for a value with a compact form of its own."""
        self._own.put_bytes(model, asset, period, id, data)

    def newest_bytes(self, model: str, asset: str, period: str) -> bytes | None:
        """The bytes put last for the period."""
        own = self._own.newest_bytes(model, asset, period)
        return self._standing.newest_bytes(model, asset, period) if own is None else own

    def folder(self, model: str, asset: str, id: str) -> Path:
        """A temporary folder for files that belong to `id`; what stands elsewhere is not in it."""
        return self._own.folder(model, asset, id)


class ScratchLedger(MemoryLedger):
    """`Ledger` that goes on from another one, as it was when a model was first asked for; that one never moves."""

    def __init__(self, standing: Ledger, clock: Callable[[], datetime] = clock.now) -> None:
        super().__init__(clock)
        self._standing = standing

    def models(self) -> list[str]:
        """Every model with an entry, sorted."""
        return sorted({*self._standing.models(), *super().models()})

    def _of(self, model: str) -> list[Entry]:
        if model not in self._entries:
            self._entries[model] = self._standing.entries(model)
        return self._entries[model]


def anew(standing: Workshop) -> Workshop:
    """The workshop as on a model's first day: the same readers and learner, empty stores in memory, nobody served."""
    return replace(
        standing,
        lake=MemoryLake(),
        values=MemoryValues(),
        ledger=MemoryLedger(),
        registry=MemoryRegistry(),
        exporter=Unpublished(),
        bins=NoBins(),
        frames={},
        loaded={},
        references={},
        folds={},
    )


def beside(shop: Workshop) -> Workshop:
    """A workshop that reads what stands in the stores of `shop`, and keeps to itself whatever it is told."""
    return replace(
        shop,
        lake=OnlyReads(shop.lake, LAKE_READS),
        values=ScratchValues(shop.values),
        ledger=ScratchLedger(shop.ledger),
        frames={},
        loaded={},
        references={},
        folds={},
    )
