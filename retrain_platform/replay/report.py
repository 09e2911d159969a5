"""What a replay found: every policy's way at every cost, the best there is, and what to take from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from retrain_platform.dataset.record import finite
from retrain_platform.replay.advice import NOW, recommend, worth_buying
from retrain_platform.replay.apart import Apart
from retrain_platform.replay.cadence import cadences
from retrain_platform.replay.effects import Effects, effect_costs, told_of
from retrain_platform.replay.frontier import frontier, metric_of
from retrain_platform.replay.money import Money
from retrain_platform.replay.optimum import budgeted, oracle
from retrain_platform.replay.ours import within_budget
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.priced import priced
from retrain_platform.replay.results import (
    Budgeted,
    Challenged,
    ReplayDecision,
    ReplayedPeriod,
    ReplayedPolicy,
    ReplayReport,
    Sort,
)
from retrain_platform.replay.road import Road, Way
from retrain_platform.replay.tried import Tried, earned, rivals, told_limits, walk_limits
from retrain_platform.replay.walked import Named, Walked, detected, walked
from retrain_platform.replay.wording import every_text, listed

SHOWN = 3
"""So many fixed periods, and so many detectors, are shown at each cost, the cheapest; the JSON has all."""


def replay(
    table: str,
    setting: Setting,
    policies: Sequence[Named],
    costs: Sequence[float],
    said: str,
    notes: Sequence[str] = (),
    told: Callable[[str], None] = lambda _: None,
    effects: Effects | None = None,
    again: Sequence[Setting] = (),
    limits: bool = False,
) -> ReplayReport:
    """Walk every baseline and policy, by every strategy and at every cost; `said` calls a period in words.

    `effects` switches off what is not to hurt; what the others cost is told. `again` are the same with other seeds of
    the learner. With `limits` a family of policies is made and walked to see which limits would have paid (`limits`).

    Raises:
        ValueError: a policy is called as a baseline is.
    """
    road = (effects or Effects()).on(setting.road)
    setting = setting._replace(road=road)
    simple = _ways(setting, policies, costs, said, told)
    _own_names([each.name for each in simple[0]])
    tried = walk_limits(setting, policies, costs, said, told) if limits else Tried()
    more = earned(setting, simple, tried)
    ways = [[*at, *others] for at, others in zip(simple, more.ways, strict=True)]
    policies = [*policies, *more.policies]
    within = budgeted(road, len(road.decisions))
    apart = Apart(road, setting.entities, _elsewhere(again, policies, costs, said, told, effects))
    advice = [
        recommend(road, setting.loss, rivals(at), cost, said, apart, setting.money, rivals(tried.at(place)))
        for place, (at, cost) in enumerate(zip(simple, costs, strict=True))
    ]
    money = setting.money
    made = ReplayReport(
        table=table,
        metric=setting.loss.metric,
        loss_of_a_period=setting.loss.said,
        loss_by_metric=setting.loss.of(1.0) - setting.loss.of(0.0),
        period=said,
        strategies=tuple(each.name for each in road.matrix.strategies),
        label_delay=road.delay,
        seeds=1 + len(again),
        costs=tuple(costs),
        periods=_periods(road),
        policies=tuple(
            each for at, cost in zip(ways, costs, strict=True) for each in _at_cost(setting, at, cost, apart)
        ),
        budgeted=_budgeted(setting, within, said),
        frontier=frontier(setting, ways, within),
        recommended=tuple(advice),
        worth=worth_buying(road, setting.loss, said, money),
        cadences=cadences(setting, _told_at(costs, money), said),
        limits=told_limits(setting, simple, tried, costs, [each.name for each in advice]),
        effects=effect_costs(setting, ways, told_of(policies, {each.name for each in advice}), costs, said, told),
        notes=(*notes, *_scaled(setting), *_undefined(setting, said), *_practice(road, money, said)),
        trainings=road.matrix.trainings,
        fits=road.matrix.fits,
        scored=road.matrix.scored,
    )
    return made if money is None else priced(made, money)


def _own_names(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter([*names, "oracle"]).items() if count > 1]
    if twice:
        raise ValueError(f"policies == {twice[0]!r}, must be called otherwise: a baseline has that name")


def _scaled(setting: Setting) -> list[str]:
    """What an error in the label's own unit was divided by."""
    loss = setting.loss
    if loss.scale == 1.0:
        return []
    return [
        f"a loss of 1 is {loss.metric} {loss.scale:.4g}, about that of calling every row by the first labels' median"
    ]


def _undefined(setting: Setting, said: str) -> list[str]:
    """Which periods have rows, and count for nobody all the same."""
    matrix, loss = setting.road.matrix, setting.loss
    places = [place for place in setting.road.scored if matrix.periods[place].rows and not matrix.judged[place]]
    names = [matrix.periods[place].period.key for place in places]
    return [f"{loss.metric} is undefined, and counts for nobody, in {listed(names, said)}"] if names else []


def _practice(road: Road, money: Money | None, said: str) -> list[str]:
    """What stands between a retrain and its model, and what it costs, as far as somebody said it."""
    told = [road.rules.told(said)]
    if money is not None:
        seconds = road.matrix.seconds[road.matrix.trained]
        told += [money.rate(said), money.measured(float(seconds.mean()))]
    return [text for text in told if text]


def _told_at(costs: Sequence[float], money: Money | None) -> float:
    """The one cost that is told of where there is room for one: the spec's own, else the middle one."""
    return money.own if money is not None and money.own in costs else costs[len(costs) // 2]


def _ways(
    setting: Setting, policies: Sequence[Named], costs: Sequence[float], said: str, told: Callable[[str], None]
) -> list[list[Walked]]:
    """For each cost every way: of baselines, policies and detectors."""
    beside = detected(setting, costs, told)
    own = walked(setting, policies, costs, said, told)
    return [[*mine, *others] for mine, others in zip(own, beside, strict=True)]


def _elsewhere(
    again: Sequence[Setting],
    policies: Sequence[Named],
    costs: Sequence[float],
    said: str,
    told: Callable[[str], None],
    effects: Effects | None,
) -> list[dict[tuple[str, float], Way]]:
    """The ways of each other setting by name and cost, the oracle's with them."""
    found = []
    for place, each in enumerate(again):
        told(f"everything again with seed {place + 2}")
        setting = each._replace(road=(effects or Effects()).on(each.road))
        ways = _ways(setting, policies, costs, said, told)
        named = {(one.name, cost): one.way for cost, at in zip(costs, ways, strict=True) for one in at}
        found.append(named | {("oracle", cost): oracle(setting.road, cost) for cost in costs})
    return found


def _at_cost(setting: Setting, ways: Sequence[Walked], cost: float, apart: Apart) -> list[ReplayedPolicy]:
    """Every way at one cost, the oracle last."""
    best = Walked("oracle", "oracle", oracle(setting.road, cost), {}, None)
    fixed = sorted((each for each in ways if each.kind in ("never", "fixed")), key=lambda each: each.way.total)
    never = next(each for each in ways if each.kind == "never")
    beside = [
        never,
        *(each for each in ways if each.name.startswith(NOW)),
        *(fixed[:1] if fixed[0] is not never else []),
    ]
    few = {each.name for kind in ("fixed", "detector") for each in _cheapest(ways, kind)}
    found = []
    for each in (*ways, best):
        hidden = each.kind in ("fixed", "detector") and each.name not in few
        made = _result(setting, each, cost, best.way)
        course = () if hidden else _course(setting, each.way)
        others = [one for one in beside if one is not each]
        more = tuple(apart.of(each.way, one.way, one.name, entities=not hidden, name=each.name) for one in others)
        found.append(made.model_copy(update={"best_in_hindsight": each is fixed[0], "course": course, "apart": more}))
    return found


def _cheapest(ways: Sequence[Walked], kind: Sort) -> list[Walked]:
    return sorted((each for each in ways if each.kind == kind), key=lambda each: each.way.total)[:SHOWN]


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


def _result(setting: Setting, walk: Walked, cost: float, best: Way) -> ReplayedPolicy:
    way, periods = walk.way, setting.road.matrix.periods
    return ReplayedPolicy(
        name=walk.name,
        kind=walk.kind,
        cost=cost,
        loss=way.loss,
        retrains=len(way.retrains),
        total=way.total,
        regret=way.total - best.total,
        metric=metric_of(setting, way),
        decisions=tuple(
            ReplayDecision(
                period=periods[each.at].period.key,
                strategy=setting.road.matrix.strategies[each.strategy].name,
                reason=walk.reasons.get(each, ""),
                trained=outcome != "failed",
                outcome=outcome,
            )
            for each, outcome in zip(way.retrains, way.outcomes, strict=True)
        ),
        challenged=tuple(Challenged(period=periods[each.at].period.key, share=each.share) for each in way.challenges),
    )


def _course(setting: Setting, way: Way) -> tuple[float | None, ...]:
    return tuple(finite(setting.loss.value(float(loss))) for loss in way.losses)


BUDGETS = (1, 2, 3, 5, 10, 20)
"""Of how many retrains the best is shown."""


def _budgeted(setting: Setting, ways: Sequence[Way], said: str) -> tuple[Budgeted, ...]:
    """`ways` are the best with exactly 0, 1, ... retrains."""
    road = setting.road
    fixed = [(every_text(count, said), road.every(count, 0.0)) for count in range(len(road.decisions) + 1)]
    found = []
    for budget in (each for each in BUDGETS if each < len(ways)):
        best = min(ways[: budget + 1], key=lambda way: way.loss)
        name, near = min((each for each in fixed if len(each[1].retrains) <= budget), key=lambda each: each[1].loss)
        mine = within_budget(setting, budget)
        found.append(
            Budgeted(
                retrains=budget,
                loss=best.loss,
                metric=metric_of(setting, best),
                fixed=name,
                fixed_loss=near.loss,
                ours_loss=mine.loss,
                ours_retrains=len(mine.retrains),
            )
        )
    return tuple(found)
