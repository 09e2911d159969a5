"""The policies that a replay made by itself (`limits`): walked, told on both halves, held against what is simple."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from retrain_platform.replay.advice import NOW
from retrain_platform.replay.limits import family
from retrain_platform.replay.parts import Halves, halves
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.results import TriedLimit
from retrain_platform.replay.rivals import Rival, ahead, cheapest
from retrain_platform.replay.walked import Named, Walked, followed


class Tried(NamedTuple):
    """What was made and walked: `policies`, and for each cost their ways, of each strategy."""

    policies: Sequence[Named] = ()
    ways: Sequence[Sequence[Walked]] = ()

    def at(self, place: int) -> Sequence[Walked]:
        """Their ways at the cost of this number; none where nothing was made."""
        return self.ways[place] if self.ways else ()


class Earned(NamedTuple):
    """Those that are recommended at some cost, as policies, and for each cost the ways of all of them."""

    policies: list[Named]
    ways: list[list[Walked]]


def walk_limits(
    setting: Setting, policies: Sequence[Named], costs: Sequence[float], said: str, told: Callable[[str], None]
) -> Tried:
    """Make the family around the present policy, where there is one among `policies`, and walk it at every cost."""
    present = next((each.policy for each in policies if each.name == NOW), None)
    taken = {each.name for each in policies}
    made = [each for each in family(setting, present, costs, said) if each.name not in taken]
    ways = followed(setting, made, costs, told)
    return Tried(made, [[each[place] for each in ways] for place in range(len(costs))])


def rivals(ways: Sequence[Walked]) -> list[Rival]:
    """Those that can be recommended: no detector, for no spec names it."""
    return [
        Rival(each.name, each.way, each.spec, each.kind in ("never", "fixed"), each.window)
        for each in ways
        if each.kind != "detector"
    ]


def earned(setting: Setting, ways: Sequence[Sequence[Walked]], tried: Tried) -> Earned:
    """Those of the tried ones that are advised at some cost, as they were cheaper there on the first half."""
    tuned, names = halves(setting.road).tuned, dict[str, None]()
    for at, others in zip(ways, tried.ways, strict=False):
        found = ahead(rivals(others), cheapest(rivals(at), tuned, NOW), tuned)
        names |= {} if found is None else {found.name: None}
    there = [[each for each in at if each.name in names] for at in tried.ways] or [[] for _ in ways]
    mine = [each for each in tried.policies if any(f"{name} (".startswith(f"{each.name} (") for name in names)]
    return Earned(mine, there)


def told_limits(
    setting: Setting, ways: Sequence[Sequence[Walked]], tried: Tried, costs: Sequence[float], chosen: Sequence[str]
) -> tuple[TriedLimit, ...]:
    """Each tried policy at each cost, with what it is held against: the advice without them, and the present policy.

    `chosen` is what is recommended at each cost.
    """
    if not tried.policies:
        return ()
    found, parts = [], halves(setting.road)
    for cost, at, others, name in zip(costs, ways, tried.ways, chosen, strict=True):
        simple = cheapest(rivals(at), parts.tuned, NOW).name
        beside = [each for each in at if each.name == simple or each.name.startswith(NOW)]
        found += [_row(each, cost, parts, tried=False, recommended=each.name == name) for each in beside]
        found += [_row(each, cost, parts, tried=True, recommended=each.name == name) for each in others]
    return tuple(found)


def _row(each: Walked, cost: float, parts: Halves, *, tried: bool, recommended: bool) -> TriedLimit:
    way, (tuned, rest) = each.way, parts
    return TriedLimit(
        name=each.name,
        cost=cost,
        tried=tried,
        recommended=recommended,
        tuned_loss=tuned.loss(way),
        tuned_retrains=tuned.retrains(way),
        tuned_total=tuned.total(way),
        loss=rest.loss(way),
        retrains=rest.retrains(way),
        total=rest.total(way),
        policy=dict(each.spec) if tried and each.spec is not None else None,
    )
