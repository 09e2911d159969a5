"""A forest plot: intervals against limits, one line each, coloured by verdict."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.picture import picture
from retrain_platform.drawing import GREY, INK, LETTER, WIDTH

_ROW, _TOP = 23, 38
_MOST, _LONGEST = 40, 40
_RIGHT = 210
"""Room for the numbers beside a line."""
_FULL = 0.94
"""The largest distance from the limit reaches so far into its half."""


SHOWN_ONLY = "shown only"
"""What the key says of hollow marks."""


class Line(NamedTuple):
    """One line: a value with its interval against a limit. Lines of one `scale` are drawn at the same scale.

    `better` is 1 where more is better, -1 where less is: the good side of the limit is on the right. `hollow` marks
    what blocks nothing; `said` stands beside the line.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None
    colour: str
    said: str
    scale: str = ""
    better: int = 1
    hollow: bool = False

    def beyond(self, value: float) -> float:
        """How far a value lies on the good side of the limit; negative on the other."""
        return self.better * (value - (self.limit or 0.0))

    def reached(self) -> float:
        """The largest distance from the limit that must be shown."""
        known = [each for each in (self.value, self.low, self.high) if each is not None]
        return max((abs(self.beyond(each)) for each in known), default=0.0)


def forest(lines: Sequence[Line], *, title: str, key: Mapping[str, str], limit: str) -> dg.MarkdownMetadataValue:
    """The lines in one picture; the upright is every line's own limit, called `limit`, the good side on its right."""
    shown = lines[:_MOST]
    left = 24 + LETTER * max((len(_short(line.name)) for line in shown), default=0)
    half = (WIDTH - left - _RIGHT) / 2
    scales = _scales(shown)

    def drawn() -> Iterator[str]:
        middle, foot = left + half, _TOP + _ROW * len(shown)
        for place, line in enumerate(shown):
            yield from _line(line, middle, half * _FULL / scales[line.scale], _TOP + _ROW * (place + 0.5), left)
        yield drawing.line([(middle, _TOP - 4), (middle, foot)], INK, width=1.4, dash="5 4")
        yield drawing.text(middle, foot + 16, limit, anchor="middle")
        yield drawing.text(left, foot + 16, "worse")
        yield drawing.text(left + 2 * half, foot + 16, "better", anchor="end")
        if len(lines) > len(shown):
            yield drawing.text(WIDTH, foot + 16, f"and {len(lines) - len(shown)} more, in the table", anchor="end")
        yield from drawing.key(key, hollow=(SHOWN_ONLY,))

    return picture(drawn(), height=_TOP + _ROW * len(shown) + 28, title=title)


def _scales(lines: Sequence[Line]) -> dict[str, float]:
    """The largest distance from the limit of each scale; 1 where nothing lies off it."""
    most: dict[str, float] = {}
    for line in lines:
        most[line.scale] = max(most.get(line.scale, 0.0), line.reached())
    return {scale: reach or 1.0 for scale, reach in most.items()}


def _line(line: Line, middle: float, unit: float, y: float, left: float) -> Iterator[str]:
    """A name, an interval, a mark, and the numbers; without a value a name and words alone."""
    yield drawing.text(left - 8, y + 4, _short(line.name), anchor="end", colour=INK)
    yield drawing.line([(left, y), (WIDTH - _RIGHT, y)], drawing.GRID, width=1)
    if line.low is not None and line.high is not None:
        ends = [(middle + unit * line.beyond(each), y) for each in (line.low, line.high)]
        yield drawing.line(ends, line.colour, width=2.4)
    if line.value is not None:
        yield drawing.dot(middle + unit * line.beyond(line.value), y, line.colour, hollow=line.hollow, size=4.2)
    yield drawing.text(WIDTH - _RIGHT + 12, y + 4, line.said, colour=INK if line.value is not None else GREY)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 2]}…"
