"""What a replay tells, as frozen records: the periods, every policy's way at every cost, and what to take from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from retrain_platform.dataset.record import Record
from retrain_platform.replay.advice import Recommended
from retrain_platform.replay.apart import Difference
from retrain_platform.replay.drift_time import DriftTime
from retrain_platform.replay.money import Money
from retrain_platform.replay.rules import Outcome

Sort = Literal["never", "fixed", "detector", "policy", "oracle"]


class ReplayedPeriod(Record):
    """A period that was replayed. `judged`: it counts; else it has no rows, no model yet, or an undefined metric."""

    key: str
    start: datetime
    end: datetime
    rows: int
    judged: bool


class ReplayDecision(Record):
    """A retrain: decided at the end of `period`, by which strategy, why, whether a model came of it, and what then."""

    period: str
    strategy: str
    reason: str = ""
    trained: bool = True
    outcome: Outcome = "serves"


class Challenged(Record):
    """A model that was only measured, fitted at the end of `period`, for such a `share` of a retrain's cost."""

    period: str
    share: float


class ReplayedPolicy(Record):
    """One policy at one cost. `loss` is the sum over the judged periods, `total` that and the cost of its retrains.

    A policy that asks challengers how far its champion is behind pays for them, too: `challenged`.

    `regret` is its total beyond the oracle's. `metric` is that of the mean period. `best_in_hindsight` marks the
    cheapest fixed period, which nobody knew beforehand; the oracle knew even more. `apart` is its total beside those of
    never retraining, of the policy that a spec has now, and of the best fixed period. `course` is the metric in each of
    the report's periods, None where nothing is judged; empty of a fixed period or a detector not among the cheapest.
    `money` holds loss, total and regret in the user's money, where the spec says what things cost.
    """

    name: str
    kind: Sort
    cost: float
    loss: float
    retrains: int
    total: float
    regret: float
    metric: float | None
    best_in_hindsight: bool = False
    apart: tuple[Difference, ...] = ()
    course: tuple[float | None, ...] = ()
    decisions: tuple[ReplayDecision, ...] = ()
    challenged: tuple[Challenged, ...] = ()
    money: dict[str, float] = {}

    @property
    def paid(self) -> str:
        """How many retrains it paid for, and beside them challengers, in retrains."""
        tried = sum(each.share for each in self.challenged)
        return f"{self.retrains} + {tried:.2g}" if tried else str(self.retrains)


class Budgeted(Record):
    """The least loss that is possible with at most `retrains` retrains, and who came near it.

    `fixed` is the fixed period that came nearest, known only afterwards; `ours_loss` is what the staleness policy came
    to with a budget of so many for the whole of the time, of which it spent `ours_retrains`.
    """

    retrains: int
    loss: float
    metric: float | None
    fixed: str
    fixed_loss: float
    ours_loss: float
    ours_retrains: int
    money: dict[str, float] = {}


class FrontierPoint(Record):
    """What so many retrains came to. `cost` is that at which a policy went this way, None where it reads none."""

    retrains: int
    loss: float
    metric: float | None
    name: str
    cost: float | None = None


class FrontierLine(Record):
    """Loss against retrains: all fixed periods, one policy at every cost, or the least loss that is possible."""

    name: str
    kind: Sort
    points: tuple[FrontierPoint, ...]


Effect = Literal["labels", "release", "gates", "rollback"]
"""What hurts in practice: labels come late, training and release take time, gates refuse, releases are taken back."""


class EffectCost(Record):
    """What one effect costs a policy: it comes to `total` in all, and to `without` where that one is off."""

    effect: Effect
    policy: str
    cost: float
    total: float
    without: float
    retrains: int
    retrains_without: int
    money: dict[str, float] = {}

    @property
    def costs(self) -> float:
        """By how much the total is larger for it; less than nothing where it spares more than it costs."""
        return self.total - self.without


class TriedCadence(Record):
    """The cadence that the first half alone tells, and what it came to in the second, at `cost`, beside others there.

    `best_fixed_total` is of the fixed period that was cheapest there, or of never, known only afterwards.
    """

    cost: float
    cadence: int
    total: float
    never_total: float
    best_fixed: str
    best_fixed_total: float
    money: dict[str, float] = {}


class Cadence(Record):
    """How often to retrain by the time in which models of a strategy fall behind; no cost has a say in it.

    `cadence` is in periods; None where no drift time was
    measured, or where retraining is hardly worth buying. `policy` are its lines of a spec.
    """

    strategy: str
    drift: DriftTime
    cadence: int | None
    policy: dict[str, Any] | None
    tried: TriedCadence | None
    sentence: str


class TriedLimit(Record):
    """A policy that the replay made by itself, at one cost; or, not `tried`, one that it is held against.

    `tuned_...` are of the first half, on which the family is tuned, the others of the second, on which it is judged.
    Neighbours in the report differ by one step of one limit. `policy` are its lines of a spec.
    """

    name: str
    cost: float
    tried: bool
    recommended: bool
    tuned_loss: float
    tuned_retrains: int
    tuned_total: float
    loss: float
    retrains: int
    total: float
    policy: dict[str, Any] | None = None
    money: dict[str, float] = {}


class ReplayReport(Record):
    """A whole replay. `policies` holds every policy at every cost, baselines and the oracle with them.

    A metric higher by 1 is a loss higher by `loss_by_metric`. With so many `seeds` of the learner all was done.
    `fits` and `scored` count what had to be done beyond what earlier replays had kept, `trainings` all that it takes.
    `money` is what a loss costs, where the spec says it.
    """

    table: str
    metric: str
    loss_of_a_period: str
    loss_by_metric: float
    period: str
    strategies: tuple[str, ...]
    label_delay: int
    seeds: int = 1
    costs: tuple[float, ...]
    periods: tuple[ReplayedPeriod, ...]
    policies: tuple[ReplayedPolicy, ...]
    budgeted: tuple[Budgeted, ...]
    frontier: tuple[FrontierLine, ...]
    recommended: tuple[Recommended, ...]
    worth: str
    cadences: tuple[Cadence, ...] = ()
    limits: tuple[TriedLimit, ...] = ()
    effects: tuple[EffectCost, ...] = ()
    notes: tuple[str, ...] = ()
    trainings: int
    fits: int
    scored: int
    money: Money | None = None

    def at(self, cost: float) -> tuple[ReplayedPolicy, ...]:
        """Every policy at one cost, in the order of the report."""
        return tuple(each for each in self.policies if each.cost == cost)

    def shown(self, cost: float) -> tuple[ReplayedPolicy, ...]:
        """Those that are shown to people, the cheapest last: of the fixed periods and detectors a few."""
        return tuple(sorted((each for each in self.at(cost) if each.course), key=lambda each: -each.total))
