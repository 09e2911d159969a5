"""What was worked out once and is kept between replays, by what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from retrain_platform.replay.matrix import Kept

V = TypeVar("V")


class Remembered(Generic[V]):
    """Values by name under one `key`: equal keys and names must stand for equal values.

    They are one text, a line each, `name<tab>JSON`; a line is read when somebody asks for it.
    """

    def __init__(self, kept: Kept, key: str, kind: TypeAdapter[V]) -> None:
        self._kept, self._key, self._kind = kept, key, kind
        self._lines = self._standing()
        self._known: dict[str, V] = {}
        self._new: set[str] = set()

    def of(self, name: str, make: Callable[[], V]) -> V:
        """What is known by that name, or is made now."""
        if name not in self._known:
            self._known[name] = self._read_or_made(name, make)
        return self._known[name]

    def save(self) -> None:
        """Keep what is new, beside what others kept meanwhile."""
        if self._new:
            made = {name: self._kind.dump_json(self._known[name]).decode() for name in self._new}
            with self._kept.claimed(self._key, wait=True):  # of two that end at once neither loses what the other made
                lines = {**self._standing(), **made}
                self._kept.put(self._key, "\n".join(f"{name}\t{text}" for name, text in lines.items()))
            self._new = set()

    def _read_or_made(self, name: str, make: Callable[[], V]) -> V:
        if (text := self._lines.pop(name, None)) is not None:
            try:
                return self._kind.validate_json(text)
            except ValidationError:  # of another version of ours, or damaged: it is only a memory
                pass
        self._new.add(name)
        return make()

    def _standing(self) -> dict[str, str]:
        parts = (line.partition("\t") for line in (self._kept.get(self._key) or "").split("\n"))
        return {name: text for name, _, text in parts if text}
