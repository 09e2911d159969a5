"""The cadence that a replay recommends, with its evidence."""

from __future__ import annotations

from retrain_platform.replay.advice import hardly_worth
from retrain_platform.replay.drift_time import MEASURABLE, DriftTime, cadence_of, drift_time, floor_of
from retrain_platform.replay.money import amount, price
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.results import Cadence, TriedCadence
from retrain_platform.replay.road import Way
from retrain_platform.replay.walked import by_strategy, schedule
from retrain_platform.replay.wording import every_text, many, plural


def cadences(setting: Setting, cost: float, said: str) -> tuple[Cadence, ...]:
    """One for each strategy of which a first model comes; `said` calls a period, `cost` is what it is tried at."""
    return tuple(_cadence(own, cost, said) for own in by_strategy(setting))


def _cadence(own: Setting, cost: float, said: str) -> Cadence:
    found = drift_time(own.road)
    count = None if hardly_worth(own.road) else cadence_of(own.road, found)
    tried = _tried(own, cost, said)
    return Cadence(
        strategy=own.road.matrix.strategies[own.road.strategy].name,
        drift=found,
        cadence=count,
        policy=None if count is None else dict(schedule(count, own)),
        tried=tried,
        sentence=_said(own, found, count, tried, said),
    )


def _tried(own: Setting, cost: float, said: str) -> TriedCadence | None:
    road = own.road
    count = cadence_of(road, drift_time(road, road.middle))
    if count is None:
        return None

    def total(way: Way) -> float:
        return float(way.spent[road.middle :].sum())

    fixed = {every_text(each, said): total(road.every(each, cost)) for each in range(len(road.decisions) + 1)}
    best = min(fixed, key=lambda name: fixed[name])
    return TriedCadence(
        cost=cost,
        cadence=count,
        total=total(road.every(count, cost)),
        never_total=fixed[every_text(0, said)],
        best_fixed=best,
        best_fixed_total=fixed[best],
    )


def _said(own: Setting, found: DriftTime, count: int | None, tried: TriedCadence | None, said: str) -> str:
    road = own.road
    which = f" ({road.matrix.strategies[road.strategy].name})" if len(road.matrix.strategies) > 1 else ""
    size = f"{MEASURABLE:.0%} more than a fresh one"
    if not found.behind:
        return f"how long a model{which} lasts cannot be measured: too few {plural(said)} are judged for it"
    oldest = many(found.behind[-1].age, said)
    if found.periods is None:
        if found.low is None:
            return f"a model{which} loses no {size} even when it is {oldest} older: drift asks for no cadence"
        return (
            f"at what age a model{which} loses {size} cannot be told from chance, up to {oldest}: no cadence by drift"
        )
    at = next(each for each in found.behind if each.age == found.periods)
    upper = "no upper bound" if found.high is None else str(max(found.high, found.periods))
    told = f"a model{which} loses {size} once it is {many(found.periods, said)} older ({found.low} to {upper}, "
    told += f"{many(at.cuts, 'cut')})"
    if count is None:
        return f"{told}, but retraining is hardly worth buying here: no cadence is recommended"
    told += f": by that alone retrain {every_text(count, said)}"
    if count == floor_of(road) > found.periods + 1:
        told += ", for labels and a release take so long"
    return told + _trial(own, tried, said)


def _trial(own: Setting, tried: TriedCadence | None, said: str) -> str:
    if tried is None:
        return "; the first half alone does not tell it"
    money = own.money
    return (
        f"; told by the first half alone, {every_text(tried.cadence, said)}, it came at {price(tried.cost, money)} to "
        f"{amount(tried.total, money)} in the second, never to {amount(tried.never_total, money)}, the best fixed "
        f"period there, in hindsight, to {amount(tried.best_fixed_total, money)}"
    )
