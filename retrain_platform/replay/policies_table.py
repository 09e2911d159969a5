"""Every policy of a replay at one cost, as a table of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from retrain_platform.replay.advice import NOW
from retrain_platform.replay.hues import hue, hues
from retrain_platform.replay.money import Money
from retrain_platform.replay.results import ReplayedPolicy, ReplayReport


def policies_table(report: ReplayReport, cost: float) -> Iterator[str]:
    """Those that are shown, the cheapest last, and the others folded."""
    advised = {each.name for each in report.recommended if each.cost == cost}
    shown, colours = report.shown(cost), hues(report)
    most = max((each.regret for each in shown), default=0.0) or 1.0
    other = next((one.to for each in shown for one in each.apart if one.to.startswith(NOW)), _best(shown))
    yield "<h3>Every policy, the cheapest last</h3><table><tr><th>policy<th class=n>retrains<th class=n>saved*"
    yield f"<th class=n>loss<th class=n>{escape(report.metric)}<th class=n>in all<th class=n>beside never"
    yield f"<th class=n>beside {escape(other)}<th>regret" if other != "never" else "<th>regret"
    for each in shown:
        marks = [*["best fixed in hindsight"] * each.best_in_hindsight, *["recommended"] * (each.name in advised)]
        row = " class=advised" if each.name in advised else ""
        yield f"<tr{row}><td class=name><i style='background:{hue(each, colours)}'></i>{escape(each.name)}"
        yield "".join(f" <span class='quiet tag'>{mark}</span>" for mark in marks)
        saved = next((f"{one.saves:+d}" for one in each.apart if one.to == other), "")
        yield f"<td class=n>{each.paid}<td class=n>{saved}<td class=n>{each.loss:.3f}"
        yield f"<td class=n>{_number(each.metric)}<td class=n>{_sum(each.total, report.money)}"
        yield f"<td class=n>{_beside('never', each, report.money)}"
        yield f"<td class=n>{_beside(other, each, report.money)}" if other != "never" else ""
        yield f"<td class=bar>{_sum(each.regret, report.money)}"
        yield f"<b style='width:{each.regret / most * 3:.2f}em'></b>"
    notes = [f"* how many retrains fewer than {other}", *challengers(shown)]
    yield f"</table><p class='quiet tag'>{'<br>'.join(map(escape, notes))}</p>"
    yield from _others(report, [each for each in report.at(cost) if not each.course])


def beside(report: ReplayReport, each: ReplayedPolicy) -> dict[str, str]:
    """How far a total is from never's, the present policy's and the best fixed period's, in brief."""
    best = {one.name for one in report.at(each.cost) if one.best_in_hindsight}
    columns = {"beside never": "", "beside present": "", "beside best fixed": ""}
    for one in each.apart:
        if one.to.startswith(NOW):
            columns["beside present"] = one.brief(report.money)
        elif one.to.startswith("never"):
            columns["beside never"] = one.brief(report.money)
        elif one.to in best:
            columns["beside best fixed"] = one.brief(report.money)
    return columns


def challengers(policies: Sequence[ReplayedPolicy]) -> list[str]:
    """What `3 + 0.8` retrains are, where a policy paid for challengers."""
    told = "3 + 0.8 retrains: three, and as much as 0.8 for the challengers that told how far the champion was behind"
    return [told] if any(each.challenged for each in policies) else []


def _best(shown: Sequence[ReplayedPolicy]) -> str:
    """The fixed period, or never, that was best in hindsight."""
    return next(each.name for each in shown if each.best_in_hindsight)


def _others(report: ReplayReport, rest: Sequence[ReplayedPolicy]) -> Iterator[str]:
    if rest:
        yield f"<details><summary>{len(rest)} more</summary><table><tr><th>policy<th class=n>retrains<th class=n>loss"
        yield f"<th class=n>{escape(report.metric)}<th class=n>in all<th class=n>regret"
        for each in rest:
            yield f"<tr><td>{escape(each.name)}<td class=n>{each.retrains}<td class=n>{each.loss:.3f}"
            yield f"<td class=n>{_number(each.metric)}<td class=n>{_sum(each.total, report.money)}"
            yield f"<td class=n>{_sum(each.regret, report.money)}"
        yield "</table></details>"


def _sum(loss: float, money: Money | None) -> str:
    """A sum of losses, in money where there is a price."""
    return f"{loss:.3f}" if money is None else escape(money.said(loss))


def _beside(other: str, each: ReplayedPolicy, money: Money | None) -> str:
    """By how much the total is apart from another's, and below it its intervals, a line each."""
    one = next((one for one in each.apart if one.to.startswith(other)), None)
    if one is None:
        return ""
    spans = [
        ("", one.low, one.high),
        ("entity ", one.entity_low, one.entity_high),
        ("seed ", one.seed_low, one.seed_high),
    ]
    known = [(by, low, high) for by, low, high in spans if low is not None and high is not None]
    told = "<br>".join(f"{by}{_signed(low, money, 2)} to {_signed(high, money, 2)}" for by, low, high in known)
    value = _signed(one.value, money, 3)
    return f"{value}<div class='quiet tag'>{told}</div>" if told else value


def _signed(loss: float, money: Money | None, places: int) -> str:
    """A difference with its sign, in money where there is a price."""
    if money is None:
        return f"{loss:+.{places}f}"
    return f"{'' if money.of(loss) < 0 else '+'}{escape(money.said(loss))}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
