"""What somebody wrote to the ledger is published although the controller is busy judging."""

from __future__ import annotations

import threading
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
    """Notes each split; `came` is set at every one."""

    def __init__(self) -> None:
        self.splits: list[Split] = []
        self.came = threading.Event()

    def publish(self, split: Split) -> None:
        self.splits.append(split)
        self.came.set()


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


def test_a_rollback_is_published_while_a_look_reads_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controlling, "EVERY", 0.01)
    monkeypatch.setattr(controlling, "read_spec", lambda file: None)
    (tmp_path / "defs.yaml").touch()
    life, shop = Life(), Shop(Line(), Exporter())
    reading, read = threading.Event(), threading.Event()

    def long_look(_: Any) -> None:
        reading.set()
        assert read.wait(10)

    control = ModelControl(life, "tiny", tmp_path / "defs.yaml", lambda spec: shop, long_look)
    monkeypatch.setattr(control._trials, "look", lambda shop: None)
    running = threading.Thread(target=control.run, daemon=True)
    running.start()
    assert reading.wait(10)
    assert [split.seq for split in shop.exporter.splits] == [1]
    shop.exporter.came.clear()
    shop.line.seq = 2
    assert shop.exporter.came.wait(10)
    assert not read.is_set()
    assert shop.exporter.splits[-1].champion == "2"
    assert control.reaching is not None
    life.ending.set()
    read.set()
    running.join(10)
    assert not running.is_alive()
    assert life.troubles == []
