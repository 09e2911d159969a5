"""What a replay tells, as frozen records: the periods, every policy's way at every cost, and what to take from it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.replay.advice import Recommended

Sort = Literal["never", "fixed", "policy", "oracle"]


class ReplayedPeriod(Record):
    """A period that was replayed. `judged`: it counts; else it has no rows, no model yet, or an undefined metric."""

    key: str
    start: datetime
    end: datetime
    rows: int
    judged: bool


class ReplayDecision(Record):
    """A retrain: decided at the end of `period`, by which strategy, why, and whether a model came of it."""

    period: str
    strategy: str
    reason: str = ""
    trained: bool = True


class ReplayedPolicy(Record):
    """One policy at one cost. `loss` is the sum over the judged periods, `total` that and the cost of its retrains.

    `regret` is its total beyond the oracle's. `metric` is that of the mean period. `best_in_hindsight` marks the
    cheapest fixed period, which nobody knew beforehand; the oracle knew even more.
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
    decisions: tuple[ReplayDecision, ...] = ()


class Budgeted(Record):
    """The least loss that is possible with at most `retrains` retrains, and the fixed period that came nearest."""

    retrains: int
    loss: float
    metric: float | None
    fixed: str
    fixed_loss: float


class ReplayReport(Record):
    """A whole replay. `policies` holds every policy at every cost, baselines and the oracle with them.

    `fits` and `scored` count what had to be done beyond what earlier replays had kept, `trainings` all that it takes.
    """

    table: str
    metric: str
    loss_of_a_period: str
    period: str
    strategies: tuple[str, ...]
    label_delay: int
    costs: tuple[float, ...]
    periods: tuple[ReplayedPeriod, ...]
    policies: tuple[ReplayedPolicy, ...]
    budgeted: tuple[Budgeted, ...]
    recommended: tuple[Recommended, ...]
    worth: str
    notes: tuple[str, ...] = ()
    trainings: int
    fits: int
    scored: int
