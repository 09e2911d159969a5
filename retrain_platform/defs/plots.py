"""The plots of the assets' pages, and tables in Markdown."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from retrain_platform import drawing
from retrain_platform.dataset.snapshot import Part, PeriodReport
from retrain_platform.defs.picture import picture
from retrain_platform.drawing import BLUE, GREEN, GREY, LETTER, ORANGE, PURPLE, RED, WIDTH, Sheet

_MOST_BARS = 15
_ROW = 20


def bars(
    values: Mapping[str, float], *, title: str, limits: Mapping[str, float] | None = None
) -> dg.MarkdownMetadataValue:
    """Horizontal bars with their numbers, largest on top; `limits` are drawn as red ticks over their bars."""
    shown = sorted(values.items(), key=lambda item: -item[1])[:_MOST_BARS]
    left = 12 + LETTER * max((len(name) for name, _ in shown), default=0)
    room = WIDTH - left - 70
    most = max([value for _, value in shown] + list((limits or {}).values()), default=0) or 1

    def drawn() -> Iterator[str]:
        for place, (name, value) in enumerate(shown):
            y = 30 + _ROW * place
            yield drawing.text(left - 6, y + 13, name, anchor="end", colour=drawing.INK)
            yield drawing.box(left, y + 2, max(room * value / most, 1), _ROW - 5, BLUE)
            yield drawing.text(left + room * value / most + 6, y + 13, drawing.short(value))
            if limits and name in limits:
                x = left + room * limits[name] / most
                yield drawing.line([(x, y), (x, y + _ROW - 1)], RED, width=2.5)

    return picture(drawn(), height=36 + _ROW * len(shown), title=title)


ESTIMATED = "estimated"
"""The series of what was estimated before its labels came."""
Reading = tuple[str, float, float | None, float | None]
_ROLES = {"champion": BLUE, "shadow": ORANGE, "canary": GREEN, "previous": GREY, ESTIMATED: PURPLE}


def quality(
    series: Mapping[str, Sequence[Reading]],
    *,
    title: str,
    marks: Mapping[str, str] | None = None,
    limits: Mapping[str, float] | None = None,
) -> dg.MarkdownMetadataValue:
    """A metric over periods, one line a role with its interval; `marks` name periods where something happened.

    The series `ESTIMATED` is no line but hollow marks with their intervals: nothing of it was measured.
    """
    names = sorted({reading[0] for readings in series.values() for reading in readings})
    low, high = drawing.around(_reached(series, limits or {}))
    sheet = Sheet(56, 34, WIDTH - 66, 250, len(names), low, high)
    at = {name: place for place, name in enumerate(names)}
    colours = {role: _ROLES.get(role, others) for role, others in zip(series, _others(), strict=False)}

    def drawn() -> Iterator[str]:
        yield from (*drawing.heights(sheet), *drawing.places(sheet, names))
        for name, said in (marks or {}).items():
            if name in at:
                yield from _mark(sheet, at[name], said)
        for role, readings in series.items():
            yield from _series(sheet, [(at[name], *rest) for name, *rest in readings], colours[role], role)
        yield from (drawing.rule(sheet, value, RED) for value in (limits or {}).values())
        key = colours | dict.fromkeys(limits or {}, RED)
        yield from drawing.key(key, dashed=limits or (), hollow=[ESTIMATED])

    return picture(drawn(), height=316, title=title)


def _others() -> Iterator[str]:
    while True:
        yield from (BLUE, ORANGE, GREEN, PURPLE, GREY)


def _reached(series: Mapping[str, Sequence[Reading]], limits: Mapping[str, float]) -> list[float]:
    """Every value that the plot must show: intervals of the lines, of what is estimated the values alone."""
    found = list(limits.values())
    for role, readings in series.items():
        for _, value, low, high in readings:
            found += [value] if role == ESTIMATED or low is None or high is None else [low, value, high]
    return found


def _mark(sheet: Sheet, place: int, said: str) -> Iterator[str]:
    yield drawing.upright(sheet, place, drawing.QUIET)
    x, y = sheet.x(place) - 4, sheet.top + 2
    yield drawing.text(x, y, said, anchor="end", transform=f"rotate(-90 {x:.1f} {y:.1f})", size=11)


def _series(sheet: Sheet, readings: Sequence[Sequence[Any]], colour: str, role: str) -> Iterator[str]:
    """A role's readings as (place, value, low, high); one that nobody had for a while leaves a gap, not a line."""
    bounded = [each for each in readings if each[2] is not None and each[3] is not None]
    if role == ESTIMATED:
        for place, _, low, high in bounded:
            yield drawing.line([(sheet.x(place), sheet.y(end)) for end in (low, high)], colour, width=1)
        yield from (drawing.dot(sheet.x(place), sheet.y(value), colour, hollow=True) for place, value, *_ in readings)
        return
    if role == "champion" and bounded:
        edges = [[(sheet.x(each[0]), sheet.y(each[side])) for each in bounded] for side in (2, 3)]
        yield drawing.band(*edges, colour)
    known = {place: value for place, value, *_ in readings}
    whole = range(min(known, default=0), max(known, default=-1) + 1)
    yield drawing.line([(sheet.x(place), sheet.y(known.get(place, math.nan))) for place in whole], colour)
    if len(known) <= 80:  # more would be a thick line
        yield from (drawing.dot(sheet.x(place), sheet.y(value), colour) for place, value in known.items())


PARTS: dict[Part, str] = {"train": BLUE, "valid": ORANGE, "holdout": GREEN}


def periods(reports: Sequence[PeriodReport], *, label: str, rate: bool) -> dg.MarkdownMetadataValue:
    """Each period's rows as bars coloured by part, and over them the label's mean: its `rate`, where it is 0 or 1."""
    said = f"share of rows with {label} = 1 (right)" if rate else f"mean of {label} (right)"
    names, most = [report.period for report in reports], max((report.rows for report in reports), default=1)
    rows = Sheet(56, 34, WIDTH - 116, 220, len(reports), 0, most * 1.05)
    means = [math.nan if report.label is None else report.label for report in reports]
    low, high = drawing.around([0.0, *means], share=0.3)
    over = rows._replace(low=low if any(mean < 0 for mean in means) else 0.0, high=high)

    def drawn() -> Iterator[str]:
        yield from drawing.heights(rows)
        if any(map(math.isfinite, means)):  # a class's name has no mean
            yield from drawing.heights(over, percent=rate, right=True)
        wide = 0.8 * rows.width / max(len(reports), 1)
        for place, report in enumerate(reports):
            high = rows.top + rows.height - rows.y(report.rows)
            top, colour = rows.y(report.rows), PARTS[report.part]
            yield drawing.box(rows.x(place) - wide / 2, top, wide, high, colour, opacity=0.6)
            if place and reports[place - 1].part != report.part:
                yield drawing.upright(rows, place - 0.5, drawing.INK, dash="5 4")
        yield drawing.line([(over.x(p), over.y(m)) for p, m in enumerate(means)], drawing.INK)
        yield from (drawing.dot(over.x(p), over.y(m), drawing.INK) for p, m in enumerate(means) if math.isfinite(m))
        yield from drawing.places(rows, names)
        used = {part: colour for part, colour in PARTS.items() if any(r.part == part for r in reports)}
        yield from drawing.key({**used, said: drawing.INK} if any(map(math.isfinite, means)) else used)

    return picture(drawn(), height=286, title="Labelled rows by period")


def table(rows: Sequence[Mapping[str, Any]], *, none: str = "nothing yet") -> dg.MarkdownMetadataValue:
    """Rows as a Markdown table; numbers to four places, None as a dash. `none` is said where there are no rows."""
    if not rows:
        return dg.MetadataValue.md(f"*{none}*")
    names = list(rows[0])
    lines = [f"| {' | '.join(map(_cell, names))} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cell(row.get(name)) for name in names)} |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines))


def listed(lines: Sequence[str], *, none: str = "none") -> dg.MarkdownMetadataValue:
    """Sentences as a Markdown list. `none` is said where there are none."""
    return dg.MetadataValue.md("\n".join(f"- {line}" for line in lines) or none)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value).replace("|", "\\|").replace("\n", " ")
