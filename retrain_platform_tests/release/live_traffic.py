"""Traffic for tests of a live release: bins of two versions, drawn with a seed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from retrain_platform.release.base import ReleasePlan, ReleaseState, Stage, Transition
from retrain_platform.release.live.advance import advance_live
from retrain_platform.release.live.bins import WIDTH, Bin, latency_cell
from retrain_platform.release.live.clock import stage_clock
from retrain_platform.release.live.evidence import LiveEvidence, StageClock, Verdict
from retrain_platform.release.live.gather import gather_live
from retrain_platform.release.live.strata import closed_until
from retrain_platform_tests.release.roads import Road

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
"""A Tuesday."""


class Seen:
    """How a version behaves: share of failed calls, latency in ms, and how much more it loses than the other."""

    def __init__(self, errors: float = 0.005, ms: float = 20.0, loss: float = 0.0, spread: float = 0.4) -> None:
        self.errors, self.ms, self.loss, self.spread = errors, ms, loss, spread


def plan(**live: Any) -> ReleasePlan:
    """A plan with a live part without staging."""
    return ReleasePlan.model_validate({"live": {"staging": None, **live}})


class LiveRoad:
    """A model's ledger whose clock is the wall's, its traffic, and the ticks that look at it."""

    def __init__(self, plan: ReleasePlan, seed: int = 0) -> None:
        self.now = NOON
        self.road = Road(plan)
        self.road.ledger._clock = lambda: self.now
        self.rng = np.random.default_rng(seed)
        self.bins: list[Bin] = []
        self.plan = plan
        self.behaves: dict[str, Seen] = {}
        self.shares: dict[str, float] = {}
        self.staged: Verdict | None = None
        self.told: list[Transition] = []

    @property
    def state(self) -> ReleaseState:
        return self.road.state

    @property
    def clock(self) -> StageClock | None:
        return stage_clock(self.road.ledger.entries("m"), self.state)

    def evidence(self) -> LiveEvidence | None:
        live, clock = self.plan.live, self.clock
        if live is None or clock is None:
            return None
        return gather_live(self.bins, self.state, live, clock, closed_until(self.now, live.settle))

    def tick(self, evidence: LiveEvidence | None = None) -> tuple[Transition, ...]:
        seen = evidence or self.evidence()
        moves = advance_live(
            self.state,
            seen,
            self.plan,
            self.now,
            clock=self.clock,
            as_of=self.road.as_of,
            timezone="UTC",
            staged=self.staged,
        )
        self.told += self.road.record(moves)
        return moves

    def run(self, span: timedelta, calls: float = 400.0, every: timedelta = timedelta(seconds=60)) -> Transition | None:
        """Traffic for `span`, looked at `every` so often; stops at the first move, which it gives."""
        end, look = self.now + span, self.now + every
        while self.now < end:
            self.bins += self.traffic(self.now, calls)
            self.now += WIDTH
            if self.now >= look:
                look += every
                if moves := self.tick():
                    return moves[0]
        return None

    def traffic(self, start: datetime, calls: float) -> Iterable[Bin]:
        """One bin's worth of `calls`, as the split of this moment hands them out."""
        start = datetime.fromtimestamp(start.timestamp() // 10 * 10, UTC)
        state = self.state
        opened, champion = state.open, str(state.champion)
        stage = None if opened is None else opened.stage
        share = opened.share / 100 if opened is not None and stage is Stage.CANARY else 0.0
        total = int(self.rng.poisson(calls))
        version = None if opened is None else opened.version
        drawn = int(self.rng.binomial(total, self.shares.get(version or "", share)))
        yield self._bin(start, champion, total - drawn, answered=True)
        if stage is Stage.SHADOW and version is not None:
            yield self._bin(start, version, total, answered=False, against=champion)
        elif stage is Stage.CANARY and version is not None:
            yield self._bin(start, version, drawn, answered=True, against=champion)
        elif stage is Stage.BAKE and opened is not None and opened.previous is not None:
            yield self._bin(start, opened.previous, total, answered=False)

    def _bin(self, start: datetime, version: str, n: int, *, answered: bool, against: str | None = None) -> Bin:
        seen = self.behaves.get(version, Seen())
        cells: dict[int, int] = {}
        for ms in np.exp(self.rng.normal(np.log(seen.ms), seen.spread, n if answered else 0)):
            cells[latency_cell(float(ms))] = cells.get(latency_cell(float(ms)), 0) + 1
        pairs: dict[int, int] = {}
        if against is not None:
            for gap in self.rng.choice([-100, 0, 100], n // 4, p=[0.05 + seen.loss, 0.9 - seen.loss, 0.05]):
                pairs[int(gap)] = pairs.get(int(gap), 0) + 1
        return Bin(
            start=start,
            version=version,
            answered=answered,
            calls=n,
            rows=n,
            errors=int(self.rng.binomial(n, seen.errors)),
            entities=n if answered else 0,
            latency=cells,
            labels=sum(pairs.values()),
            loss=0.2 * sum(pairs.values()),
            against={} if against is None else {against: pairs},
        )


def at_stage(stage: Stage, plan: ReleasePlan, seed: int = 0) -> LiveRoad:
    """A road on which version 1 answers and version 2 stands at the beginning of `stage`, moved there by hand."""
    live = LiveRoad(plan, seed)
    live.road.open("1")
    if live.state.open is not None:
        live.staged = Verdict(version="1", outcome="passed", sentence="held")
        live.tick()
        live.staged = None
    live.road.open("2")
    share = 5 if plan.live is None else min(plan.live.rollout.shares)
    moves = {
        Stage.SHADOW: [],
        Stage.CANARY: [("advanced", Stage.CANARY, share)],
        Stage.BAKE: [("advanced", Stage.CANARY, share), ("promoted", Stage.BAKE, 100)],
    }
    for kind, to, percent in moves.get(stage, []):
        live.road.record([Transition(kind=kind, version="2", stage=to, share=percent, sentence="moved by a test")])
    return live
