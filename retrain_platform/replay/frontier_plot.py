"""Loss against retrains as a plot: every policy over all costs, all fixed periods, and what nobody can reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import sqrt

from retrain_platform import drawing
from retrain_platform.drawing import LETTER, WIDTH, Point, Sheet
from retrain_platform.replay.hues import BEST, DETECTOR, FIXED, NEVER, hues
from retrain_platform.replay.money import price
from retrain_platform.replay.results import FrontierLine, FrontierPoint, ReplayReport
from retrain_platform.replay.wording import many

HEIGHT = 430
_LEFT, _TOP, _FOOT = 64, 52, 56
_TICKS = (0, 1, 2, 3, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)
_TITLE, _ROW = 190, 18
"""The width of the plot's title, and the height of a row of its key."""
_OUT = "#f1f3f5"
"""Of what is not possible."""


def frontier_plot(report: ReplayReport) -> str:
    """The plot as SVG. Retrains are drawn by their square root: few are where the money is."""
    *lines, best = report.frontier
    points = [point for line in report.frontier for point in line.points]
    most = max(1, *(point.retrains for point in points))
    low, high = drawing.around(_heights(lines, best))
    sheet = Sheet(_LEFT, _TOP, WIDTH - _LEFT - 70, HEIGHT - _TOP - _FOOT, most, low, high)
    parts = [
        *_axes(sheet, report, points),
        *_possible(sheet, best),
        *(part for line in lines for part in _line(sheet, line, report)),
        *_named(sheet, report, lines[0]),
    ]
    rows = _rows(_key(report))
    down = _ROW * (len(rows) - 1)
    named = [part for row, names in enumerate(rows) for part in _moved(drawing.key(names, dashed=["oracle"]), row)]
    moved = f'<g transform="translate(0,{down})">{"".join(parts)}</g>'
    return drawing.svg([moved, *named], height=HEIGHT + down, title="Loss against retrains")


def _rows(key: Mapping[str, str]) -> list[dict[str, str]]:
    """The key in as many rows as it needs beside the plot's title."""
    rows: list[dict[str, str]] = [{}]
    for name, colour in key.items():
        if sum(26 + LETTER * len(each) for each in (*rows[-1], name)) > WIDTH - _TITLE and rows[-1]:
            rows.append({})
        rows[-1][name] = colour
    return rows


def _moved(parts: Iterable[str], row: int) -> Iterator[str]:
    yield f'<g transform="translate(0,{_ROW * row})">{"".join(parts)}</g>'


def _key(report: ReplayReport) -> dict[str, str]:
    detectors = {"detectors": DETECTOR} if any(line.kind == "detector" for line in report.frontier) else {}
    return {"not possible": "#ced4da", "oracle": BEST, "every k": FIXED, **detectors, **hues(report)}


def _heights(lines: Sequence[FrontierLine], best: FrontierLine) -> list[float]:
    """The losses to be shown: of what is possible only those down to the least and up to never."""
    walked = [point.loss for line in lines for point in line.points]
    return [*walked, min(point.loss for point in best.points)]


def _at(sheet: Sheet, point: FrontierPoint) -> Point:
    return _x(sheet, point.retrains), sheet.y(point.loss)


def _x(sheet: Sheet, retrains: int) -> float:
    return sheet.left + sheet.width * sqrt(retrains / sheet.slots)


def _axes(sheet: Sheet, report: ReplayReport, points: Sequence[FrontierPoint]) -> Iterator[str]:
    foot, middle = sheet.top + sheet.height, sheet.left + sheet.width / 2
    metric = _metric_of(points)
    judged = many(sum(each.judged for each in report.periods), report.period)
    yield drawing.text(8, sheet.top - 12, f"loss: {report.loss_of_a_period}, summed over {judged}")
    if metric is not None:
        said = f"{report.metric} of the mean {report.period}"
        yield drawing.text(WIDTH - 4, sheet.top - 12, said, anchor="end")
    for value in drawing.round_values(sheet.low, sheet.high, 6):
        y = sheet.y(value)
        yield drawing.line([(sheet.left, y), (sheet.left + sheet.width, y)], drawing.GRID, width=1)
        yield drawing.text(sheet.left - 6, y + 4, drawing.short(value), anchor="end")
        if metric is not None:
            yield drawing.text(sheet.left + sheet.width + 8, y + 4, f"{metric[0] + metric[1] * value:.3f}")
    for count in (each for each in _TICKS if each <= sheet.slots):
        yield drawing.line([(_x(sheet, count), foot), (_x(sheet, count), foot + 4)], drawing.QUIET, width=1)
        yield drawing.text(_x(sheet, count), foot + 18, str(count), anchor="middle")
    yield drawing.line([(sheet.left, foot), (sheet.left + sheet.width, foot)], drawing.QUIET, width=1)
    yield drawing.text(middle, foot + 40, "retrains (square-root scale)", anchor="middle")


def _metric_of(points: Sequence[FrontierPoint]) -> tuple[float, float] | None:
    """The metric of the mean period as a line in the loss, (at no loss, for each loss); None where no two tell it."""
    known = [(point.loss, point.metric) for point in points if point.metric is not None]
    if not known or min(known)[0] == max(known)[0]:
        return None
    (least, best), (most, worst) = min(known), max(known)
    slope = (worst - best) / (most - least)
    return best - slope * least, slope


def _possible(sheet: Sheet, best: FrontierLine) -> Iterator[str]:
    """The least loss with at most so many retrains; below it nobody can be."""
    reached, least = [], float("inf")
    for point in best.points:
        least = min(least, point.loss)
        reached.append((_x(sheet, point.retrains), sheet.y(least)))
    foot = sheet.top + sheet.height
    reached.append((sheet.left + sheet.width, reached[-1][1]))
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*reached, (reached[-1][0], foot), (sheet.left, foot)])
    yield f'<polygon points="{corners}" fill="{_OUT}"/>'
    yield drawing.line(reached, BEST, width=1.6, dash="5 3")


def _line(sheet: Sheet, line: FrontierLine, report: ReplayReport) -> Iterator[str]:
    colour = hues(report).get(line.name, DETECTOR if line.kind == "detector" else FIXED)
    policy = line.kind == "policy"
    if policy:
        yield drawing.line([_at(sheet, point) for point in line.points], colour, width=1.4)
    for point in line.points:
        mark = drawing.dot(
            *_at(sheet, point), NEVER if not point.retrains and not policy else colour, hollow=not policy
        )
        yield drawing.hover(_told(point, report), [mark])


def _told(point: FrontierPoint, report: ReplayReport) -> str:
    money = report.money
    at = "" if point.cost is None else f" at {price(point.cost, money)}"
    paid = "" if money is None else f" ({money.said(point.loss)})"
    metric = "" if point.metric is None else f", {point.metric:.3f} in the mean {report.period}"
    return f"{point.name}{at}: {many(point.retrains, 'retrain')}, loss {point.loss:.3f}{paid}{metric}"


def _named(sheet: Sheet, report: ReplayReport, fixed: FrontierLine) -> Iterator[str]:
    """Never, and the fixed periods that were best at a cost, by their names."""
    best = {each.name for each in report.policies if each.best_in_hindsight}
    done: list[Point] = []
    for point in fixed.points:
        x, y = _at(sheet, point)
        if point.name in best or not point.retrains:
            near = any(abs(x - a) < 130 and abs(y - b) < 13 for a, b in done)
            done.append((x, y))
            if not near:
                yield drawing.text(x + 7, y - 6, point.name, size=11)
