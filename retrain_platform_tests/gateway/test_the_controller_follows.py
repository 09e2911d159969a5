"""What somebody wrote to the ledger is published although the controller is busy judging, or waits for a registry."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from retrain_platform.gateway.service import controlling
from retrain_platform.gateway.service.controlling import ModelControl
from retrain_platform.release.split import Split


class Life:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.ending = threading.Event()
        self.troubles: list[tuple[str, str]] = []

    def tell(self, *words: Any, **about: Any) -> None:
        """Nobody listens."""

    def trouble(self, place: str, sentence: str | None) -> None:
        if sentence is not None:
            self.troubles.append((place, sentence))


class Exporter:
    """Notes each split; `came` is set at every one, `last` at the third. The first at `hangs_at` hangs until `go`."""

    def __init__(self, hangs_at: int | None = None) -> None:
        self.splits: list[Split] = []
        self.came, self.last, self.hanging, self.go = (threading.Event() for _ in range(4))
        self._hangs_at = hangs_at

    def publish(self, split: Split) -> None:
        self.splits.append(split)
        self.came.set()
        if split.seq == 3:
            self.last.set()
        if split.seq == self._hangs_at and not self.hanging.is_set():
            self.hanging.set()
            assert self.go.wait(10)


class Line:
    """The ledger's last line."""

    seq = 1


@dataclass(frozen=True)
class Shop:
    """A workshop as far as the controller needs one."""

    line: Line
    exporter: Exporter
    registry: Any = None
    spec: Any = field(default_factory=lambda: None)

    def split(self) -> Split:
        return Split(model="tiny", seq=self.line.seq, champion=str(self.line.seq))


@contextmanager
def controlled(shop: Shop, tick: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelControl]:
    """A control that looks until the end, which nothing has troubled."""
    monkeypatch.setattr(controlling, "EVERY", 0.01)
    monkeypatch.setattr(controlling, "read_spec", lambda file: None)
    (folder / "defs.yaml").touch()
    life = Life()
    control = ModelControl(life, "tiny", folder / "defs.yaml", lambda spec: shop, tick)  # type: ignore[arg-type]
    monkeypatch.setattr(control._trials, "look", lambda shop: None)
    running = threading.Thread(target=control.run, daemon=True)
    running.start()
    yield control
    life.ending.set()
    shop.exporter.go.set()
    running.join(10)
    assert not running.is_alive()
    assert life.troubles == []


def test_a_rollback_is_published_while_a_look_reads_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(Line(), Exporter())
    reading = threading.Event()

    def long_look(_: Any) -> None:
        reading.set()
        assert shop.exporter.go.wait(10)

    with controlled(shop, long_look, tmp_path, monkeypatch) as control:
        assert reading.wait(10)
        assert [split.seq for split in shop.exporter.splits] == [1]
        shop.exporter.came.clear()
        shop.line.seq = 2
        assert shop.exporter.came.wait(10)
        assert not shop.exporter.go.is_set()
        assert shop.exporter.splits[-1].champion == "2"
        assert control.reaching is not None


def test_a_rollback_is_published_while_a_registry_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(Line(), Exporter(hangs_at=2))
    with controlled(shop, lambda _: None, tmp_path, monkeypatch):
        assert shop.exporter.came.wait(10)
        shop.line.seq = 2
        assert shop.exporter.hanging.wait(10)
        shop.line.seq = 3
        assert shop.exporter.last.wait(10)
        assert not shop.exporter.go.is_set()
