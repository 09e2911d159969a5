"""What hurts in practice on the page of a replay: for each policy its total, and what each effect costs it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from retrain_platform.replay.money import Money
from retrain_platform.replay.results import EffectCost, ReplayReport

_HEADS = {"labels": "late labels", "release": "training and release", "gates": "gates", "rollback": "rollbacks"}


def effects_table(report: ReplayReport, cost: float) -> Iterator[str]:
    """A row a policy at this cost, nothing where the replay holds no effect."""
    mine = [each for each in report.effects if each.cost == cost]
    if not mine:
        return
    effects = list(dict.fromkeys(each.effect for each in mine))
    yield "<h3>What it costs that things take time and may fail</h3><table><tr><th>policy<th class=n>total"
    yield "".join(f"<th class=n>{_HEADS[effect]}" for effect in effects)
    of: dict[str, dict[str, EffectCost]] = {}
    for each in mine:
        of.setdefault(each.policy, {})[each.effect] = each
    for name, found in sorted(of.items(), key=lambda one: -next(iter(one[1].values())).total):
        total = next(iter(found.values())).total
        yield f"<tr><td>{escape(name)}<td class=n>{_amount(total, report.money, '')}"
        yield "".join(f"<td class=n>{_amount(found[effect].costs, report.money, '+')}" for effect in effects)
    yield "</table><p class=quiet>By how much the same replay comes to more with it than without; below 0 it spares "
    yield "more than it costs.</p>"


def _amount(loss: float, money: Money | None, sign: str) -> str:
    """A sum, in money where there is a price; with its sign where `sign` is '+'."""
    if money is None:
        return f"{loss:{sign}.3f}"
    return f"{sign if money.of(loss) >= 0 else ''}{escape(money.said(loss))}"
