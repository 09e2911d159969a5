"""The drift time as a plot: how far models of each age fall behind a fresh one, and the cadence that this asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrain_platform import drawing
from retrain_platform.drawing import BLUE, GREEN, INK, ORANGE, QUIET, RED, WIDTH, Sheet
from retrain_platform.replay.drift_time import MEASURABLE, Behind
from retrain_platform.replay.results import Cadence, ReplayReport
from retrain_platform.replay.wording import every_text, many, plural

HEIGHT = 300
_LEFT, _TOP, _FOOT = 64, 62, 56
AGES = 24
"""So many ages are shown, or twice as many as the marks need; the JSON has all."""
_ABOVE, _BELOW = 1.6, 0.8
"""Intervals of the oldest ages are wide: what is beyond so many times the largest gap lies on the edge."""


def drift_plot(report: ReplayReport, each: Cadence) -> str:
    """The plot of one strategy as SVG; '' where no age could be measured."""
    behind = _shown(each)
    if not behind:
        return ""
    sheet = Sheet(_LEFT, _TOP, WIDTH - _LEFT - 24, HEIGHT - _TOP - _FOOT, len(behind), *_span(each, behind))
    which = f" ({each.strategy})" if len(report.cadences) > 1 else ""
    parts = [
        drawing.text(8, _TOP - 12, f"loss in a {report.period}, less that of a fresh model in the same"),
        *drawing.heights(sheet),
        drawing.rule(sheet, 0, QUIET, dash=""),
        *_gaps(sheet, behind, report),
        *_limit(sheet, each),
        *_bounds(sheet, each),
        *_marks(sheet, _named(each, report)),
        *drawing.places(sheet, [str(one.age) for one in behind]),
        drawing.text(sheet.left + sheet.width / 2, HEIGHT - 16, f"{plural(report.period)} older", anchor="middle"),
    ]
    return drawing.svg(parts, height=HEIGHT, title=f"How far a model falls behind a fresh one{which}")


def _shown(each: Cadence) -> Sequence[Behind]:
    """The ages that are drawn: all that the marks need, and some more."""
    marks = (each.drift.periods, each.drift.high, each.cadence)
    return each.drift.behind[: max(AGES, *(2 * mark for mark in marks if mark is not None), 0)]


def _span(each: Cadence, behind: Sequence[Behind]) -> tuple[float, float]:
    """What the plot shows of the values: all gaps and the limit, and intervals as far as they leave these readable."""
    gaps = [0.0, each.drift.measurable, *(one.gap for one in behind)]
    size = max(map(abs, gaps)) or 1.0
    low = max(min(one.low for one in behind), -_BELOW * size)
    high = min(max(one.high for one in behind), _ABOVE * size)
    return drawing.around([*gaps, low, high], share=0.04)


def _gaps(sheet: Sheet, behind: Sequence[Behind], report: ReplayReport) -> Iterator[str]:
    """The gap at every age with its interval."""

    def at(age: int, value: float) -> drawing.Point:
        return sheet.x(age - 1), sheet.y(value)

    yield drawing.band([at(one.age, one.low) for one in behind], [at(one.age, one.high) for one in behind], BLUE)
    yield drawing.line([at(one.age, one.gap) for one in behind], BLUE)
    for one in behind:
        said = f"{many(one.age, report.period)} older: {one.gap:+.4f} ({one.low:+.4f} to {one.high:+.4f}, 95%), "
        yield drawing.hover(f"{said}{many(one.cuts, 'cut')}", [drawing.dot(*at(one.age, one.gap), BLUE)])


def _limit(sheet: Sheet, each: Cadence) -> Iterator[str]:
    yield drawing.rule(sheet, each.drift.measurable, RED)
    said = f"{MEASURABLE:.0%} of a fresh model's loss: measurable from here on"
    edge = sheet.left + sheet.width - 4
    yield drawing.text(edge, sheet.y(each.drift.measurable) - 5, said, anchor="end", size=11, colour=RED)


def _bounds(sheet: Sheet, each: Cadence) -> Iterator[str]:
    """The bounds of the drift time as a bar along the top, to its end where there is no upper one."""
    drift = each.drift
    if drift.periods is not None:
        last = sheet.slots if drift.high is None else max(drift.high, drift.periods)
        left, right = sheet.x((drift.low or drift.periods) - 1), sheet.x(last - 1)
        yield drawing.box(left - 2, sheet.top - 4, right - left + 4, 4, ORANGE, opacity=0.6)


def _named(each: Cadence, report: ReplayReport) -> dict[int, tuple[str, str]]:
    """The ages that are marked, in order, each with what it is and its colour."""
    drift, found = each.drift, {}
    if drift.periods is not None:
        upper = "no upper bound" if drift.high is None else str(max(drift.high, drift.periods))
        found[drift.periods] = (f"drift time {drift.periods} ({drift.low or drift.periods} to {upper})", ORANGE)
    if each.cadence is not None:
        found[each.cadence] = (f"retrain {every_text(each.cadence, report.period)}", GREEN)
    return found


def _marks(sheet: Sheet, named: dict[int, tuple[str, str]]) -> Iterator[str]:
    """A line at each age that is shown, and all names beside the last of them, on the side where there is room."""
    if not named:
        return
    last = min(max(named), sheet.slots)
    late = last - 1 > sheet.slots / 2
    edge = sheet.x(min(*named, last) - 1) - 6 if late else sheet.x(last - 1) + 8
    for row, (age, (said, colour)) in enumerate(sorted(named.items())):
        if age <= sheet.slots:
            yield drawing.upright(sheet, age - 1, colour, dash="5 3")
        y, aside = sheet.top + 14 + 16 * row, -9 if late else 9
        yield drawing.dot(edge, y - 4, colour)
        yield drawing.text(edge + aside, y, said, anchor="end" if late else "start", size=11.5, colour=INK)
