"""The limits that a replay tried on its page: what each came to on the half it was tuned on, and on the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from retrain_platform.replay.money import Money
from retrain_platform.replay.results import ReplayReport, TriedLimit
from retrain_platform.replay.wording import many


def limits_table(report: ReplayReport, cost: float) -> Iterator[str]:
    """A row a policy at this cost, neighbours one step of one limit apart; nothing where none were tried."""
    mine = [each for each in report.limits if each.cost == cost]
    if not mine:
        return
    count = sum(each.tried for each in mine)
    until = f"{report.period} {next(each.tuned_until for each in report.recommended if each.cost == cost)}"
    yield f"<details><summary>{many(count, 'limit')} tried: how flat, or sharp, the choice is</summary><table><tr>"
    yield f"<th rowspan=2>policy<th class=n colspan=2>until {escape(until)}<th class=n colspan=2>after it<tr>"
    yield "<th class=n>retrains<th>in all<th class=n>retrains<th>in all"
    first, last = _spread([each.tuned_total for each in mine]), _spread([each.total for each in mine])
    for each in mine:
        row = " class=advised" if each.recommended else ""
        name = escape(each.name) if each.tried else f"<b class=beside>{escape(each.name)}</b>"
        yield f"<tr{row}><td>{name}<td class=n>{each.tuned_retrains}{_bar(each.tuned_total, first, report.money)}"
        yield f"<td class=n>{each.retrains}{_bar(each.total, last, report.money)}"
    yield "</table><p class=quiet>Bold: what they are held against. The shorter a bar the better; none is the least of "
    yield "its half. Where the bars of a limit's neighbours are as short, its exact value matters little; where the "
    yield "halves disagree, the first one's order was luck.</p></details>"


class Alike(NamedTuple):
    """A policy, and how many more of those tried came to the same on both halves."""

    one: TriedLimit
    more: int


def best_limits(report: ReplayReport, cost: float, count: int) -> list[Alike]:
    """The cheapest so many on the first half at a cost, the cheapest first, and what they are held against.

    Those that came to the same stand behind the first of them: a limit that is never passed is no limit.
    """
    mine = [each for each in report.limits if each.cost == cost]
    groups: dict[tuple[bool, float, float], list[TriedLimit]] = {}
    for each in mine:
        groups.setdefault((each.tried, each.tuned_total, each.total), []).append(each)
    ordered = sorted((Alike(each[0], len(each) - 1) for each in groups.values()), key=lambda each: each.one.tuned_total)
    kept = [each for each in ordered if each.one.tried][:count]
    return [each for each in ordered if each in kept or not each.one.tried]


def _spread(totals: Sequence[float]) -> tuple[float, float]:
    return min(totals), max(totals) - min(totals)


def _bar(total: float, spread: tuple[float, float], money: Money | None) -> str:
    said = f"{total:.3f}" if money is None else escape(money.said(total))
    width = 6 * (total - spread[0]) / spread[1] if spread[1] else 0.0
    return f"<td class=bar>{said}<b style='width:{width:.2f}em'></b>"
