"""A tiny model that is served: a clock that a test turns, evidence that a test writes, and what is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from retrain_platform.adapters.memory import MemoryBins, MemoryLedger
from retrain_platform.release.advance import open_release
from retrain_platform.release.base import ReleaseState, Stage
from retrain_platform.release.live.bins import Bin, bin_start, latency_cell
from retrain_platform.release.split import Split
from retrain_platform.release.staging import Asked, Staged
from retrain_platform.steps.release.live import LiveRelease
from retrain_platform.steps.release.releasing import record
from retrain_platform.steps.release.staging import judge
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import Places, Rows, tiny_spec

T0 = datetime(2024, 1, 3, 12, tzinfo=UTC)
LIVE: dict[str, Any] = {
    "staging": {"longest": "10m"},
    "shadow": {"time": "5m", "longest": "1h"},
    "rollout": {"kind": "canary", "steps": [10, 100], "hold": "5m", "longest": "1h"},
    "bake": "2d",
    "measures": [{"kind": "error_rate"}],
    "triggers": {"preset": "none"},
}


class Published:
    """An exporter that keeps what it was given."""

    def __init__(self) -> None:
        self.splits: list[Split] = []

    def publish(self, split: Split) -> None:
        if not self.splits or self.splits[-1] != split:
            self.splits.append(split)


CALLS = {"not worse": 20_000, "worse": 2_000, "unclear": 4}
"""Calls of each side in a bin, by what they will show."""


def traffic(state: ReleaseState, says: str, since: datetime, until: datetime) -> list[Bin]:
    """Some bins of all that is served in [since, until): of the version under way a tenth fails where it is worse."""
    opened = state.open
    if opened is None or says == "nothing":
        return []
    other = opened.previous if opened.stage is Stage.BAKE else state.champion
    step = max(timedelta(seconds=10), (until - since) / 40)
    starts = {bin_start(since + number * step) for number in range(int((until - since) / step))}
    sides = {opened.version: opened.stage is not Stage.SHADOW, str(other): opened.stage is not Stage.BAKE}
    return [
        Bin(
            start=start,
            version=version,
            answered=answered,
            calls=CALLS[says],
            rows=CALLS[says],
            errors=CALLS[says] // (10 if says == "worse" and version == opened.version else 1_000),
            latency={latency_cell(4.0): CALLS[says]},
        )
        for start in sorted(starts)
        for version, answered in sides.items()
    ]


class LiveRoad:
    """One model under control; `now` is turned by the test, and every process may be a new one."""

    def __init__(self, live: dict[str, Any] | None = None, **release: Any) -> None:
        self.now = T0
        self.places = Places()
        self.places.ledger = MemoryLedger(clock=lambda: self.now)
        self.spec = tiny_spec(gateway={}, release={"live": LIVE if live is None else live, **release})
        self.published, self.bins, self.says = Published(), MemoryBins(), "not worse"
        for decision in ("d1", "d2", "d3"):
            self._register(decision)
        self.control = LiveRelease(self.bins)

    def _register(self, decision: str) -> None:
        folder = self.places.values.folder("tiny", "made", decision)
        (folder / "model.txt").write_text(decision)
        self.places.registry.register("tiny", decision, folder, {})

    @property
    def shop(self) -> Workshop:
        return replace(self.places.shop(self.spec, Rows(3)), now=lambda: self.now, exporter=self.published)

    def open(self, version: str, *, urgent: bool = False) -> None:
        shop = self.shop
        moves = open_release(shop.state(), version, f"d{version}", self.now, shop.spec.plan, mode="act", urgent=urgent)
        record(shop, moves, key=f"open:d{version}", as_of=self.now, decision_id=f"d{version}")

    def staged(self, version: str, **run: Any) -> None:
        asked = (Asked(name="smoke", requests=20),)
        judge(self.shop, Staged(version=version, asked=asked, **run))

    def tick(self, after: timedelta = timedelta(seconds=30)) -> list[str]:
        """What moved, a look later, of what was served until then."""
        self.bins.add("tiny", traffic(self.shop.state(), self.says, self.now, self.now + after))
        self.now += after
        return [move.kind for move in self.control.tick(self.shop, self.now)]

    def stage(self) -> str:
        opened = self.shop.state().open
        return "none" if opened is None else f"{opened.version} {opened.stage.value} {opened.share}%"

    def to(self, stage: Stage) -> LiveRoad:
        """Version 1 answers and version 2 stands in `stage`."""
        self.open("1")
        self.staged("1")
        self.tick()
        self.open("2")
        self.tick()
        if stage is not Stage.STAGING:
            self.staged("2")
            self.tick()
        for at in (Stage.CANARY, Stage.BAKE):
            if stage in (Stage.STAGING, Stage.SHADOW):
                break
            self.tick(timedelta(minutes=6))
            if stage is at:
                break
        opened = self.shop.state().open
        assert opened is not None
        assert opened.stage is stage, self.stage()
        return self
