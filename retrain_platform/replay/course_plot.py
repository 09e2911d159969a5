"""A replay over time as a plot: the metric, what was saved so far, and when each policy retrained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from retrain_platform import drawing
from retrain_platform.drawing import GRID, INK, QUIET, RED, WIDTH, Sheet
from retrain_platform.replay.hues import hue, hues
from retrain_platform.replay.results import ReplayDecision, ReplayedPolicy, ReplayReport
from retrain_platform.replay.wording import BECAME

_LEFT, _RIGHT = 226, 54
_QUALITY, _SAVED, _LANE, _APART = 210, 140, 21, 44
"""Heights, in pixels: of the metric, of what was saved, of a policy's lane, and of what is between the three."""
_MOST_LINES, _MOST_LANES = 7, 16
_LETTERS = 27
"""Of a policy's name beside its lane."""
_ASK = ", and why (rest the mouse on a mark)"


class _Course(NamedTuple):
    """A policy with its colour, its metric in each period (nan where nothing is judged), and what it saved so far."""

    policy: ReplayedPolicy
    colour: str
    metric: list[float]
    saved: list[float]


def course_plot(report: ReplayReport, cost: float, *, alive: bool = True) -> str:
    """The plot of one cost, as SVG; `alive` where it stands in a page, whose marks a mouse can ask."""
    shown = _shown(report, cost)
    lines, lanes = _few(report, shown), shown[:_MOST_LANES]
    names, wide = [each.key for each in report.periods], WIDTH - _LEFT - _RIGHT
    quality = Sheet(_LEFT, 26, wide, _QUALITY, len(names), *_span(each.metric for each in lines))
    saved = Sheet(_LEFT, 26 + _QUALITY + _APART, wide, _SAVED, len(names), *_span([0.0, *each.saved] for each in lines))
    ticks = Sheet(_LEFT, saved.top + _SAVED + _APART, wide, _LANE * len(lanes), len(names), 0, 1)
    above = f"{_unit(report)} saved beside never until then, less {_price(report, cost)} a retrain"
    parts = [
        *(part for sheet in (quality, saved, ticks) for part in _paper(sheet, report, cost)),
        *_panel(quality, [(each.colour, each.metric) for each in lines], f"{report.metric} in each {report.period}"),
        *_panel(saved, [(each.colour, each.saved) for each in lines], above),
        drawing.text(_LEFT, ticks.top - 10, f"when each retrained{_ASK if alive else ''}", colour=INK),
        *(part for place, each in enumerate(lanes) for part in _lane(ticks, place, each, names)),
        *drawing.places(ticks, names),
    ]
    return drawing.svg(parts, height=ticks.top + ticks.height + 30)


def _shown(report: ReplayReport, cost: float) -> list[_Course]:
    """What is shown to people at a cost, the cheapest first; of the fixed periods the best and one that is advised."""
    at, colours = report.shown(cost), hues(report)
    never = next(each for each in at if each.kind == "never")
    advised = _advised(report, cost)
    kept = [each for each in at if each.kind != "fixed" or each.best_in_hindsight or each.name in advised]
    return [
        _Course(each, hue(each, colours), _known(each.course), _saved(report, each, never)) for each in reversed(kept)
    ]


def _few(report: ReplayReport, shown: Sequence[_Course]) -> list[_Course]:
    """Those that are drawn as lines: what must be seen, then the cheapest. What is drawn last lies on top."""
    advised = _advised(report, shown[0].policy.cost)

    def seen(each: _Course) -> bool:
        return each.policy.kind in ("never", "oracle") or each.policy.best_in_hindsight or each.policy.name in advised

    first = [each for each in shown if seen(each)]
    others = [each for each in shown if not seen(each)][: max(0, _MOST_LINES - len(first))]
    return [each for each in reversed(shown) if each in (*first, *others)]


def _advised(report: ReplayReport, cost: float) -> set[str]:
    return {each.name for each in report.recommended if each.cost == cost}


def _known(course: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in course]


def _unit(report: ReplayReport) -> str:
    return "loss" if report.money is None else report.money.section.currency


def _price(report: ReplayReport, cost: float) -> str:
    return f"{cost:g}" if report.money is None else report.money.said(cost)


def _saved(report: ReplayReport, each: ReplayedPolicy, never: ReplayedPolicy) -> list[float]:
    """What a policy lost less than never up to the end of each period, less what its retrains had cost by then."""
    paid = {tried.period: tried.share for tried in each.challenged}
    for decision in each.decisions:
        paid[decision.period] = paid.get(decision.period, 0.0) + 1
    so_far, found = 0.0, []
    for period, mine, theirs in zip(report.periods, each.course, never.course, strict=True):
        if mine is not None and theirs is not None:
            so_far += report.loss_by_metric * (theirs - mine)
        so_far -= each.cost * paid.get(period.key, 0.0)
        found.append(so_far if report.money is None else report.money.of(so_far))
    return found


def _span(series: Iterable[Sequence[float]]) -> tuple[float, float]:
    return drawing.around([value for each in series for value in each], share=0.06)


def _paper(sheet: Sheet, report: ReplayReport, cost: float) -> Iterator[str]:
    """Grey where nothing is judged, and a line after what the advice was tuned on."""
    wide = sheet.width / sheet.slots
    for place, period in enumerate(report.periods):
        if not period.judged:
            left = sheet.left + place * wide
            yield drawing.hover(
                f"{period.key} is not judged", [drawing.box(left, sheet.top, wide, sheet.height, "#f4f6f7")]
            )
    until = next((each.tuned_until for each in report.recommended if each.cost == cost), None)
    for place, period in enumerate(report.periods):
        if period.key == until:
            yield drawing.upright(sheet, place + 0.5, QUIET, dash="4 4")


def _panel(sheet: Sheet, series: Sequence[tuple[str, Sequence[float]]], title: str) -> Iterator[str]:
    yield drawing.text(sheet.left, sheet.top - 10, title, colour=INK)
    yield from drawing.heights(sheet)
    if sheet.low < 0 < sheet.high:
        yield drawing.rule(sheet, 0, QUIET, dash="")
    for colour, values in series:
        yield drawing.line([(sheet.x(place), sheet.y(value)) for place, value in enumerate(values)], colour, width=1.7)


def _lane(sheet: Sheet, place: int, each: _Course, names: Sequence[str]) -> Iterator[str]:
    """A policy's name, a mark at the end of each period after which it retrained, and how many there are."""
    middle, policy = sheet.top + _LANE * (place + 0.5), each.policy
    name = policy.name if len(policy.name) <= _LETTERS else policy.name[: _LETTERS - 1] + "…"
    yield drawing.dot(10, middle, each.colour, size=4.5)
    yield drawing.hover(policy.name, [drawing.text(20, middle + 4, name, colour=INK)])
    yield drawing.line([(sheet.left, middle), (sheet.left + sheet.width, middle)], GRID, width=1)
    at = {name: place for place, name in enumerate(names)}
    for decision in policy.decisions:
        yield _mark(sheet.x(at[decision.period] + 0.5), middle, decision, each.colour)
    yield drawing.text(sheet.left + sheet.width + 10, middle + 4, str(policy.retrains))


def _mark(x: float, y: float, decision: ReplayDecision, colour: str) -> str:
    """A retrain as an upright bar, hollow where its model does not serve on; a red cross where none came of it."""
    said = f"after {decision.period}" + (f": {decision.reason}" if decision.reason else "")
    if decision.outcome != "serves":
        said += f"; {BECAME[decision.outcome]}"
    if decision.outcome in ("failed", "refused"):
        ends = [[(x - 4, y - 4), (x + 4, y + 4)], [(x - 4, y + 4), (x + 4, y - 4)]]
        return drawing.hover(said, [drawing.line(end, RED, width=2) for end in ends])
    bar = drawing.box(x - 2, y - 8, 4, 16, colour)
    if decision.outcome == "serves":
        return drawing.hover(said, [bar])
    return drawing.hover(said, [bar, drawing.box(x - 1, y - 7, 2, 14, "#ffffff")])
