"""What each thing that hurts in practice costs: the same walks with it switched off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple, get_args

from retrain_platform.replay.money import Money, amount, price
from retrain_platform.replay.optimum import oracle
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.results import Effect, EffectCost
from retrain_platform.replay.road import Road, Way
from retrain_platform.replay.walked import Named, Walked, walked

Told = Callable[[str], None]
BEST_FIXED = "best fixed period"
"""The name of the fixed period, or never, that is cheapest on a road, known only afterwards."""

EFFECTS: tuple[Effect, ...] = get_args(Effect)
_SAID: dict[Effect, str] = {
    "labels": "labels that come late",
    "release": "the periods that training and release take",
    "gates": "gates before a release",
    "rollback": "rollbacks",
}
_OFF: dict[Effect, str] = {
    "labels": "everything again with labels at once",
    "release": "everything again with releases at once",
    "gates": "everything again without gates",
    "rollback": "everything again without rollbacks",
}


class Effects(NamedTuple):
    """Which effects a replay holds. What is off is as if labels came at once, releases took no time, nothing was asked
    of a candidate, and nothing was ever taken back.
    """

    labels: bool = True
    release: bool = True
    gates: bool = True
    rollback: bool = True

    def without(self, effect: Effect) -> Effects:
        """The same with one more off."""
        return self._replace(**{effect: False})

    def on(self, road: Road) -> Road:
        """The road with what is off left out; the same periods are served on it.

        Without late labels the first model learns from all that came before its first period, so the matrix must hold
        the trainings that the delay would have put off.
        """
        rules = road.rules
        if not self.release:
            rules = rules._replace(takes=0, shares=(), bake=rules.bake if rules.watch is not None else 0)
        if not self.gates:
            rules = rules._replace(gate=None)
        if not self.rollback:
            rules = rules._replace(watch=None, bake=rules.bake if self.release else 0)
        if not self.labels:
            road = road._replace(start=road.start + road.delay, delay=0)
        return road._replace(rules=rules)


def there(setting: Setting) -> tuple[Effect, ...]:
    """The effects that a road has, and that can be left out of it.

    Late labels cannot where the trainings that they put off are not in the matrix.
    """
    road = setting.road
    rules, at_once = road.rules, road.matrix.rows[road.strategy, road.last - 1] > 0
    found = {
        "labels": road.delay > 0 and bool(at_once),
        "release": bool(rules.takes or rules.shares or (rules.bake and rules.watch is None)),
        "gates": rules.gate is not None,
        "rollback": rules.watch is not None,
    }
    return tuple(each for each in EFFECTS if found[each])


FEW = 4
"""Of so many policies, the first, it is always told what effects cost them, and of those that are recommended."""


def told_of(policies: Sequence[Named], recommended: Collection[str]) -> list[Named]:
    """The policies that are walked again for each effect; a name may have its strategy's behind it."""
    advised = {each.name for each in policies for name in recommended if f"{name} (".startswith(f"{each.name} (")}
    return [each for place, each in enumerate(policies) if place < FEW or each.name in advised]


def effect_costs(
    setting: Setting,
    ways: Sequence[Sequence[Walked]],
    policies: Sequence[Named],
    costs: Sequence[float],
    said: str,
    heard: Told,
) -> tuple[EffectCost, ...]:
    """For every cost and effect that the road has: what each of these policies, the best fixed period and the oracle
    come to without it. The best fixed period of each road is its own, in hindsight. `ways` are those with all effects.
    """
    found, effects = [], there(setting)
    with_all = _compared(setting, ways, costs) if effects else []
    for effect in effects:
        apart = setting._replace(road=Effects().without(effect).on(setting.road))
        heard(_OFF[effect])
        without = _compared(apart, walked(apart, policies, costs, said, heard), costs)
        for cost, there_, here in zip(costs, with_all, without, strict=True):
            found += [
                EffectCost(
                    effect=effect,
                    policy=name,
                    cost=cost,
                    total=way.total,
                    without=here[name].total,
                    retrains=len(way.retrains),
                    retrains_without=len(here[name].retrains),
                )
                for name, way in there_.items()
                if name in here
            ]
    return tuple(found)


def _compared(setting: Setting, ways: Sequence[Sequence[Walked]], costs: Sequence[float]) -> list[dict[str, Way]]:
    """For each cost the ways that are compared, by name."""
    found = []
    for cost, at in zip(costs, ways, strict=True):
        fixed = min((each.way for each in at if each.kind in ("never", "fixed")), key=lambda way: way.total)
        named = {each.name: each.way for each in at if each.kind == "policy"}
        found.append({**named, BEST_FIXED: fixed, "oracle": oracle(setting.road, cost)})
    return found


def told(found: Sequence[EffectCost], policy: str, cost: float, money: Money | None = None) -> str:
    """One sentence on what the effects cost a policy; empty where there are none.

    >>> late = dict(effect="labels", policy="ours", cost=0.1, retrains=4, retrains_without=6)
    >>> told([EffectCost(**late, total=3.0, without=2.5)], "ours", 0.1)
    'at a cost of 0.1, of the 3 in all that ours comes to: labels that come late cost 0.5'
    """
    mine = [each for each in found if (each.policy, each.cost) == (policy, cost)]
    if not mine:
        return ""
    parts = [f"{_SAID[each.effect]} {_by(each.costs, money)}" for each in mine]
    total, name = amount(mine[0].total, money), f"the {policy}" if policy == BEST_FIXED else policy
    return f"at {price(cost, money)}, of the {total} in all that {name} comes to: {'; '.join(parts)}"


def _by(costs: float, money: Money | None) -> str:
    return f"cost {amount(costs, money)}" if costs >= 0 else f"spare it {amount(-costs, money)}"
