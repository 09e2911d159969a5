"""Plots as SVG, in plain text: sharp at any width, and a thousandth of a second each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH = 980
"""Of a plot, in pixels: what the dialogs of Dagster's UI give room to."""
INK, QUIET, GRID = "#1c2833", "#5d6d7e", "#e5e8eb"
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = "#3b6ea5", "#e08214", "#3f9b52", "#d0312d", "#8e5ea2", "#9aa5ae"
_FONT = 12.5
LETTER = 7.0
"""The width of a letter, in pixels, generously."""

Point = tuple[float, float]


class Sheet(NamedTuple):
    """A rectangle in pixels, and what its edges stand for: places 0 to `slots` - 1, values `low` to `high`."""

    left: float
    top: float
    width: float
    height: float
    slots: int
    low: float
    high: float

    def x(self, place: float) -> float:
        """The middle of a place; half a place is the border to the next."""
        return self.left + self.width * (place + 0.5) / max(self.slots, 1)

    def y(self, value: float) -> float:
        """The height of a value; one beyond the edges lies on them, nan stays nan."""
        inside = min(max(value, self.low), self.high)
        return self.top + self.height * (1 - (inside - self.low) / ((self.high - self.low) or 1.0))


def svg(parts: Iterable[str], *, height: float, title: str = "") -> str:
    """The parts as one picture, with its title at the top left."""
    said = text(0, 15, title, size=14, colour=INK, weight="bold") if title else ""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
    style = f'height="{height:.0f}" font-family="system-ui,sans-serif" font-size="{_FONT}"'
    paper = f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>'  # the UI has a dark theme, too
    return f"{head}{style}>{paper}{said}{''.join(parts)}</svg>"


def text(x: float, y: float, said: str, *, anchor: str = "start", size: float = _FONT, **more: str) -> str:
    """Some words; `anchor` is start, middle or end; `more` are colour, weight and a transform."""
    colour = more.get("colour", QUIET)
    other = "".join(f' {name}="{more[key]}"' for key, name in _TEXT.items() if key in more)
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} font-size="{size}" fill="{colour}"{other}>{escape(said)}</text>'


_TEXT = {"weight": "font-weight", "transform": "transform"}


def line(points: Sequence[Point], colour: str, *, width: float = 2, dash: str = "") -> str:
    """A line through the points; a point whose height is nan breaks it."""
    drawn, apart = [], True
    for x, y in points:
        if math.isfinite(y):
            drawn.append(f"{'M' if apart else 'L'}{x:.1f} {y:.1f}")
        apart = not math.isfinite(y)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{"".join(drawn)}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def band(lower: Sequence[Point], upper: Sequence[Point], colour: str) -> str:
    """The area between two lines over the same places."""
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*lower, *reversed(upper)])
    return f'<polygon points="{corners}" fill="{colour}" fill-opacity=".15"/>'


def dot(x: float, y: float, colour: str, *, hollow: bool = False, size: float = 3.2) -> str:
    """A mark; a hollow one is of what was not measured."""
    fill = f'fill="#ffffff" stroke="{colour}" stroke-width="1.6"' if hollow else f'fill="{colour}"'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {fill}/>'


def box(x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1) -> str:
    """A filled rectangle, see-through below an opacity of 1."""
    seen = f' fill-opacity="{opacity}"' if opacity < 1 else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"{seen}/>'


def hover(said: str, parts: Iterable[str]) -> str:
    """The parts as one thing that says `said` where a mouse rests on it."""
    return f"<g><title>{escape(said)}</title>{''.join(parts)}</g>"


def rule(sheet: Sheet, value: float, colour: str, *, dash: str = "6 4") -> str:
    """A line across the sheet at a value."""
    return line(
        [(sheet.left, sheet.y(value)), (sheet.left + sheet.width, sheet.y(value))], colour, width=1.6, dash=dash
    )


def upright(sheet: Sheet, place: float, colour: str, *, dash: str = "2 3") -> str:
    """A line from the sheet's foot to its top at a place."""
    ends = [(sheet.x(place), sheet.top), (sheet.x(place), sheet.top + sheet.height)]
    return line(ends, colour, width=1.2, dash=dash)


def heights(sheet: Sheet, *, most: int = 5, percent: bool = False, right: bool = False) -> Iterator[str]:
    """The axis of values: a line and a number at each round value; on the right, numbers alone."""
    edge = sheet.left + sheet.width + 6 if right else sheet.left - 6
    for value in round_values(sheet.low, sheet.high, most):
        if not right:
            yield line([(sheet.left, sheet.y(value)), (sheet.left + sheet.width, sheet.y(value))], GRID, width=1)
        said = f"{value:.0%}" if percent else short(value)
        yield text(edge, sheet.y(value) + 4, said, anchor="start" if right else "end")


def places(sheet: Sheet, names: Sequence[str]) -> Iterator[str]:
    """The axis of places: a name under every so many of them, as many as fit."""
    foot = sheet.top + sheet.height
    yield line([(sheet.left, foot), (sheet.left + sheet.width, foot)], QUIET, width=1)
    room = (max((len(name) for name in names), default=1) + 2) * LETTER
    step = max(1, math.ceil(len(names) * room / sheet.width))
    for place in range(0, len(names), step):
        x = sheet.x(place)
        yield line([(x, foot), (x, foot + 4)], QUIET, width=1)
        over = x + LETTER * len(names[place]) / 2 > WIDTH
        yield text(WIDTH if over else x, foot + 18, names[place], anchor="end" if over else "middle")


def key(entries: Mapping[str, str], *, dashed: Iterable[str] = (), hollow: Iterable[str] = ()) -> Iterator[str]:
    """What each colour means, at the top right; those `dashed` are lines, those `hollow` hollow marks."""
    x = WIDTH - sum(26 + LETTER * len(name) for name in entries)
    for name, colour in entries.items():
        if name in dashed:
            yield line([(x, 10), (x + 14, 10)], colour, dash="4 2")
        else:
            yield dot(x + 8, 10, colour, hollow=name in hollow, size=4.5)
        yield text(x + 18, 14, name)
        x += 26 + LETTER * len(name)


def round_values(low: float, high: float, most: int) -> list[float]:
    """At most about `most` round values from `low` to `high`, evenly apart."""
    if not (math.isfinite(low) and math.isfinite(high) and high > low):
        return [low] if math.isfinite(low) else []
    rough = (high - low) / most
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * each for each in (1, 2, 2.5, 5, 10) if size * each >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [place * step for place in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """A number in few letters: 68,064 as 68k."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e4, "")):
        if abs(value) >= size:
            return f"{value / size:.3g}{sign}" if sign else f"{value / 1e3:.3g}k"
    return f"{value:.4g}"


def around(values: Iterable[float], *, share: float = 0.08) -> tuple[float, float]:
    """The least and largest of some values, with a little room beside them."""
    found = [value for value in values if math.isfinite(value)]
    low, high = min(found, default=0.0), max(found, default=1.0)
    room = (high - low) * share or abs(high) * share or 1.0
    return low - room, high + room
