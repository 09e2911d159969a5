"""What a replay found: every policy's way at every cost, the best there is, and what to take from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import numpy as np

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record, finite
from retrain_platform.policy.compose import Policy
from retrain_platform.policy.schedule import SchedulePolicy
from retrain_platform.replay.advice import Recommended, Rival, recommend, worth_buying
from retrain_platform.replay.prefix import Setting, follow
from retrain_platform.replay.road import Retrain, Road, Way, budgeted, oracle

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


class Named(NamedTuple):
    """A policy of the user's, or of ours, by its name."""

    name: str
    policy: Policy


class _Walked(NamedTuple):
    """A way by its name, and why each of its retrains was asked for."""

    name: str
    kind: Sort
    way: Way
    reasons: Mapping[Retrain, str]
    spec: Mapping[str, Any] | None


def replay(
    table: str,
    setting: Setting,
    policies: Sequence[Named],
    costs: Sequence[float],
    said: str,
    notes: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
) -> ReplayReport:
    """Walk every baseline and policy, by every strategy and at every cost; `said` calls a period in words."""
    road = setting.road
    at = [_at_cost(setting, policies, cost, said, told) for cost in costs]
    return ReplayReport(
        table=table,
        metric=setting.loss.metric,
        loss_of_a_period=setting.loss.said,
        period=said,
        strategies=tuple(each.name for each in road.matrix.strategies),
        label_delay=road.delay,
        costs=tuple(costs),
        periods=_periods(road),
        policies=tuple(each for found, _ in at for each in found),
        budgeted=_budgeted(setting, said),
        recommended=tuple(advice for _, advice in at),
        worth=worth_buying(road, setting.loss, said),
        notes=tuple(notes),
        trainings=int(np.count_nonzero(road.matrix.rows)),
        fits=road.matrix.fits,
        scored=road.matrix.scored,
    )


def _at_cost(
    setting: Setting, policies: Sequence[Named], cost: float, said: str, told: Callable[[str], None]
) -> tuple[list[ReplayedPolicy], Recommended]:
    """Every way at one cost, the oracle last, and what to take from them."""
    best = oracle(setting.road, cost)
    walked = [*_baselines(setting, cost, said), *_followed(setting, policies, cost, told)]
    hindsight = min((each for each in walked if each.kind != "policy"), key=lambda each: each.way.total)
    found = [_result(setting, each, cost, best, each is hindsight) for each in walked]
    found.append(_result(setting, _Walked("oracle", "oracle", best, {}, None), cost, best, False))
    rivals = [Rival(each.name, each.way, each.spec) for each in walked]
    return found, recommend(setting.road, setting.loss, rivals, cost, said)


def _periods(road: Road) -> tuple[ReplayedPeriod, ...]:
    judged = road.matrix.judged
    return tuple(
        ReplayedPeriod(
            key=each.period.key,
            start=each.period.start,
            end=each.period.end,
            rows=each.rows,
            judged=bool(place in road.scored and judged[place]),
        )
        for place, each in enumerate(road.matrix.periods)
    )


def _baselines(setting: Setting, cost: float, said: str) -> list[_Walked]:
    """Never, and every k periods for every k of which at least one retrain comes; by each strategy."""
    found = []
    for place, strategy in enumerate(setting.road.matrix.strategies):
        own = setting.road._replace(strategy=place)
        if not own.trained(Retrain(own.first, place)):
            continue
        for count in range(len(own.decisions) + 1):
            way = own.every(count, cost)
            kind: Sort = "fixed" if count else "never"
            name = _suffixed(every_text(count, said), strategy.name, setting.road)
            spec = None if not count else _schedule(count, setting)
            found.append(_Walked(name, kind, way, {}, spec))
    return found


def every_text(count: int, said: str) -> str:
    """What a fixed period is called.

    >>> every_text(0, "week"), every_text(1, "week"), every_text(3, "batch")
    ('never', 'every week', 'every 3 batches')
    """
    plural = f"{said}es" if said.endswith("ch") else f"{said}s"
    return "never" if not count else f"every {said}" if count == 1 else f"every {count} {plural}"


def _suffixed(name: str, strategy: str, road: Road) -> str:
    return name if len(road.matrix.strategies) == 1 else f"{name} ({strategy})"


def _schedule(count: int, setting: Setting) -> Mapping[str, Any]:
    return {"kind": SchedulePolicy(every=count * setting.length).kind, "every": duration_text(count * setting.length)}


def _followed(setting: Setting, policies: Sequence[Named], cost: float, told: Callable[[str], None]) -> list[_Walked]:
    found = []
    for place, strategy in enumerate(setting.road.matrix.strategies):
        own = setting._replace(road=setting.road._replace(strategy=place))
        if not own.road.trained(Retrain(own.road.first, place)):
            continue
        for each in policies:
            told(f"{each.name} at a cost of {cost:g}")
            walked = follow(each.policy, own, cost)
            reasons = {Retrain(at, place): one.reason for at, one in zip(own.road.decisions, walked.said, strict=True)}
            spec = each.policy.model_dump(mode="json", exclude_unset=True) | {"kind": each.policy.kind}
            name = _suffixed(each.name, strategy.name, setting.road)
            found.append(_Walked(name, "policy", walked.way, reasons, spec))
    return found


def _result(setting: Setting, walked: _Walked, cost: float, best: Way, hindsight: bool) -> ReplayedPolicy:
    way, periods = walked.way, setting.road.matrix.periods
    return ReplayedPolicy(
        name=walked.name,
        kind=walked.kind,
        cost=cost,
        loss=way.loss,
        retrains=len(way.retrains),
        total=way.total,
        regret=way.total - best.total,
        metric=_metric(setting, way),
        best_in_hindsight=hindsight,
        decisions=tuple(
            ReplayDecision(
                period=periods[each.at].period.key,
                strategy=setting.road.matrix.strategies[each.strategy].name,
                reason=walked.reasons.get(each, ""),
                trained=each not in way.failed,
            )
            for each in way.retrains
        ),
    )


def _metric(setting: Setting, way: Way) -> float | None:
    return finite(setting.loss.value(float(np.nanmean(way.losses))))


BUDGETS = (1, 2, 3, 5, 10, 20)
"""Of how many retrains the best is shown."""


def _budgeted(setting: Setting, said: str) -> tuple[Budgeted, ...]:
    road = setting.road
    ways = budgeted(road, max(BUDGETS))
    fixed = [(every_text(count, said), road.every(count, 0.0)) for count in range(len(road.decisions) + 1)]
    found = []
    for budget in (each for each in BUDGETS if each < len(ways)):
        best = min(ways[: budget + 1], key=lambda way: way.loss)
        name, near = min((each for each in fixed if len(each[1].retrains) <= budget), key=lambda each: each[1].loss)
        found.append(
            Budgeted(retrains=budget, loss=best.loss, metric=_metric(setting, best), fixed=name, fixed_loss=near.loss)
        )
    return tuple(found)
