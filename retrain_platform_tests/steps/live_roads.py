"""A tiny model that is served: a clock that a test turns, evidence that a test writes, and what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from retrain_platform.adapters.memory import MemoryBins, MemoryLedger
from retrain_platform.release.advance import open_release
from retrain_platform.release.base import ReleaseState, Stage
from retrain_platform.release.bins import Bin
from retrain_platform.release.live_evidence import LiveEvidence, Reading, StageClock
from retrain_platform.release.live_plan import LivePlan
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


class Seeing:
    """Evidence as a test says it is: error rates and how they speak, of whatever is under way."""

    def __init__(self) -> None:
        self.says = "not worse"

    def __call__(
        self, bins: Sequence[Bin], state: ReleaseState, clock: StageClock, plan: LivePlan, until: datetime
    ) -> LiveEvidence | None:
        opened = state.open
        if opened is None or self.says == "nothing":
            return None
        other = opened.previous if opened.stage is Stage.BAKE else state.champion
        worse, not_worse = {"not worse": (0.0, 9.0), "worse": (19.0, 0.0), "unclear": (0.0, 0.0)}[self.says]
        reading = Reading(
            measure="error_rate",
            margin=0.005,
            value=0.02 if self.says == "worse" else 0.001,
            other=0.001,
            n=900,
            n_other=900,
            since=clock.stage,
            until=until,
            worse=worse,
            not_worse=not_worse,
            beyond=self.says == "worse",
        )
        return LiveEvidence(
            version=opened.version,
            other=str(other),
            stage=opened.stage,
            share=opened.share,
            since=clock.stage,
            until=until,
            calls=900,
            calls_other=900,
            readings=(reading,),
        )


class LiveRoad:
    """One model under control; `now` is turned by the test, and every process may be a new one."""

    def __init__(self, live: dict[str, Any] | None = None, **release: Any) -> None:
        self.now = T0
        self.places = Places()
        self.places.ledger = MemoryLedger(clock=lambda: self.now)
        self.spec = tiny_spec(gateway={}, release={"live": LIVE if live is None else live, **release})
        self.published, self.seeing, self.bins = Published(), Seeing(), MemoryBins()
        for decision in ("d1", "d2", "d3"):
            self._register(decision)
        self.control = LiveRelease(self.bins, self.seeing)

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
        """What moved, a look later."""
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
