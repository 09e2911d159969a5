"""The plots of a training dataset's page: what was left out, its classes, its numbers' ranges, its rows' weights."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from retrain_platform import drawing
from retrain_platform.dataset.snapshot import ColumnReport, DatasetSnapshot
from retrain_platform.dataset.weights import Balance
from retrain_platform.defs.picture import picture
from retrain_platform.defs.plots import PARTS, bars, listed
from retrain_platform.drawing import BLUE, GREEN, GREY, LETTER, ORANGE, PURPLE, RED, WIDTH, Sheet

_CLASSES = (GREY, ORANGE, BLUE, GREEN, PURPLE, RED)
_MOST = 15
_ROW = 26


def rows_chosen(
    made: DatasetSnapshot, *, half_life: timedelta | None, balance: Balance, starts: Sequence[tuple[str, datetime]]
) -> dict[str, Any]:
    """What the page shows of how the rows were chosen; `starts` are the periods with their first moments."""
    shown: dict[str, Any] = {}
    if made.selection.said:
        shown["which rows"] = listed(made.selection.said)
    if made.dropped:
        shown["left out"] = bars({name: float(n) for name, n in made.dropped.items()}, title="Rows left out, by reason")
    if any(part.classes for part in made.parts.values()):
        shown["classes"] = classes(made, balanced=balance != "none")
    if any(column.low is not None for column in made.parts["train"].columns.values()):
        shown["ranges"] = ranges(made)
    if half_life is not None:
        shown["weights"] = weights(starts, made.newest, half_life)
    return shown


def classes(made: DatasetSnapshot, *, balanced: bool) -> dg.MarkdownMetadataValue:
    """The share of each class by part; `balanced`: and as they count when the fit learns from them."""
    parts = {name: part.classes for name, part in made.parts.items() if part.rows}
    names = sorted({name for found in parts.values() for name in found})
    if balanced:
        parts = {"as learned": dict.fromkeys(parts.get("train", {}), 1), **parts}
    colours = {name: _CLASSES[place % len(_CLASSES)] for place, name in enumerate(names)}

    def drawn() -> Iterator[str]:
        for row, (part, found) in enumerate(parts.items()):
            left, top, whole = 90.0, 30 + _ROW * row, sum(found.values()) or 1
            yield drawing.text(left - 6, top + 14, part, anchor="end", colour=drawing.INK)
            for name in names:
                share = found.get(name, 0) / whole
                wide = (WIDTH - 100) * share
                yield drawing.box(left, top, wide, _ROW - 8, colours[name], opacity=0.75)
                if wide > 6 * LETTER:
                    yield drawing.text(left + wide / 2, top + 14, f"{share:.1%}", anchor="middle", colour=drawing.INK)
                left += wide
        yield from drawing.key({f"{made.label} {name}": colour for name, colour in colours.items()})

    return picture(drawn(), height=34 + _ROW * len(parts), title="Classes by part")


def ranges(made: DatasetSnapshot) -> dg.MarkdownMetadataValue:
    """From the least to the largest number of each feature by part, the mean marked; limits of outliers in red.

    Each feature has a scale of its own, from the least to the largest of all parts.
    """
    numbers = [name for name in made.features if made.parts["train"].columns[name].low is not None][:_MOST]
    left = 12 + LETTER * max((len(name) for name in numbers), default=0)
    wide = WIDTH - left - 170

    def drawn() -> Iterator[str]:
        for row, name in enumerate(numbers):
            found = {part: report.columns[name] for part, report in made.parts.items()}
            low, high = _ends(list(found.values()))
            y, sheet = 30.0 + _ROW * row, Sheet(left, 0, wide, 1, 1, low, high)
            yield drawing.text(left - 6, y + 13, name, anchor="end", colour=drawing.INK)
            for place, (part, column) in enumerate(found.items()):
                yield from _range(sheet, column, y + 4 + 6 * place, PARTS[part])
            for limit in made.selection.limits.get(name, ()):
                if low <= limit <= high:
                    yield drawing.line([(_x(sheet, limit), y), (_x(sheet, limit), y + 20)], RED, width=2)
            said = f"{drawing.short(low)} to {drawing.short(high)}"
            yield drawing.text(left + wide + 10, y + 13, said)
        yield from drawing.key({str(part): colour for part, colour in PARTS.items()})

    return picture(drawn(), height=38 + _ROW * len(numbers), title="Ranges by part")


def _ends(columns: Sequence[ColumnReport]) -> tuple[float, float]:
    ends = [end for each in columns for end in (each.low, each.high) if end is not None and math.isfinite(end)]
    return min(ends, default=0.0), max(ends, default=1.0)


def _x(sheet: Sheet, value: float) -> float:
    return sheet.left + sheet.width * (value - sheet.low) / ((sheet.high - sheet.low) or 1.0)


def _range(sheet: Sheet, column: ColumnReport, y: float, colour: str) -> Iterator[str]:
    known = [each for each in (column.low, column.mean, column.high) if each is not None and math.isfinite(each)]
    if len(known) == 3:
        yield drawing.line([(_x(sheet, known[0]), y), (_x(sheet, known[2]), y)], colour, width=3)
        yield drawing.dot(_x(sheet, known[1]), y, colour, size=3.6)


def weights(starts: Sequence[tuple[str, datetime]], newest: datetime, half_life: timedelta) -> dg.MarkdownMetadataValue:
    """How much a row counts by its period, beside the newest row."""
    sheet = Sheet(56, 34, WIDTH - 66, 120, len(starts), 0, 1.05)

    def drawn() -> Iterator[str]:
        yield from drawing.heights(sheet, most=3)
        thick = 0.8 * sheet.width / max(len(starts), 1)
        for place, (_, start) in enumerate(starts):
            top = sheet.y(min(0.5 ** (max(newest - start, timedelta(0)) / half_life), 1.0))
            yield drawing.box(sheet.x(place) - thick / 2, top, thick, sheet.top + sheet.height - top, BLUE, opacity=0.6)
        yield from drawing.places(sheet, [key for key, _ in starts])

    return picture(drawn(), height=186, title="Weight of a row by its period's beginning")
