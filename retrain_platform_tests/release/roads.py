"""States of a release, made the way the platform makes them: by moves on a ledger."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from retrain_platform.adapters.memory import MemoryLedger
from retrain_platform.release.advance import advance, open_release
from retrain_platform.release.base import Evidence, ReleasePlan, ReleaseState, Stage, Transition
from retrain_platform.release.fold import OUTSIDE_PROMOTION, fold, transition_body

WEEK = timedelta(weeks=1)
START = datetime(2013, 3, 4, tzinfo=UTC)
PLAN = ReleasePlan()
SEEN = {
    "better": (0.004, -0.002, 0.010),
    "worse": (-0.030, -0.050, -0.010),
    "undecided": (-0.008, -0.030, 0.014),
    "nothing": (None, None, None),
}


def evidence(state: ReleaseState, seen: str, ripe: int = 1) -> Evidence:
    """What `ripe` periods say of the version under way."""
    release = state.open
    assert release is not None
    other = release.previous if release.stage is Stage.BAKE else state.champion
    difference, low, high = SEEN[seen]
    return Evidence(
        version=release.version,
        other=str(other),
        periods=tuple(f"week {number}" for number in range(ripe)),
        rows=6000 * ripe,
        difference=difference,
        low=low,
        high=high,
        why="" if difference is not None else "days == 1, too few for an interval of auc",
    )


class Road:
    """A model's ledger, and the clock of the data."""

    def __init__(self, plan: ReleasePlan = PLAN) -> None:
        self.plan = plan
        self.ledger = MemoryLedger(clock=lambda: START)
        self.as_of = START
        self.count = 0

    @property
    def state(self) -> ReleaseState:
        return fold(self.ledger.entries("m"))

    def record(self, moves: Iterable[Transition], decision_id: str = "") -> tuple[Transition, ...]:
        moves = tuple(moves)
        for moved in moves:
            seq = len(self.ledger.entries("m"))
            body = transition_body(moved, decision_id or None)
            self.ledger.append("m", moved.kind, f"move:{seq}", self.as_of, body=body, expect=seq)
        return moves

    def open(
        self, version: str, *, mode: Literal["propose", "act"] = "act", urgent: bool = False
    ) -> tuple[Transition, ...]:
        moves = open_release(self.state, version, f"d{version}", self.as_of, self.plan, mode=mode, urgent=urgent)
        return self.record(moves, f"d{version}")

    def close(self, seen: str, ripe: int = 1) -> tuple[Transition, ...]:
        """A period closes, and `ripe` periods of the stage say `seen`."""
        self.as_of += WEEK
        found = None if self.state.open is None else evidence(self.state, seen, ripe)
        return self.record(advance(self.state, found, self.plan, as_of=self.as_of, period=WEEK))

    def outside(self, version: str) -> None:
        seq = len(self.ledger.entries("m"))
        self.ledger.append("m", OUTSIDE_PROMOTION, f"move:{seq}", self.as_of, body={"version": version})


def road_to(stage: Stage, plan: ReleasePlan = PLAN) -> Road:
    """A road on which version 1 answers and version 2 stands in `stage`."""
    road = Road(plan)
    road.open("1")
    road.open("2", mode="propose" if stage is Stage.APPROVAL else "act")
    for at in (Stage.SHADOW, Stage.CANARY, Stage.BAKE):
        if stage in (Stage.APPROVAL, at):
            break
        road.close("better")
    return road


def names(moves: Iterable[Transition]) -> list[tuple[str, str, str]]:
    """(kind, version, stage) of each move."""
    return [(moved.kind, moved.version, moved.stage.value) for moved in moves]
