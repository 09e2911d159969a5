"""Plots as Markdown, for the assets' pages: small PNG pictures inside the text."""

import base64
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg

from retrain_platform.dataset.snapshot import Part, PeriodReport

Draw = Callable[[Any], None]
_LETTER = 0.062
"""The width of a letter of the tick labels, in inches."""


def picture(
    draw: Draw,
    *,
    width: float = 7.5,
    height: float = 2.6,
    left: float = 0.5,
    right: float = 0.15,
    under: float = 0.28,
    title: str = "",
) -> dg.MarkdownMetadataValue:
    """Let `draw` paint on one matplotlib axes; gives the picture as Markdown. Sizes and margins in inches.

    The margins are given, not found: matplotlib's own layouts draw everything twice or thrice.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=72)
    FigureCanvasAgg(figure)
    over = 0.28
    axes = figure.add_axes((left / width, under / height, 1 - (left + right) / width, 1 - (over + under) / height))
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    if title:
        axes.set_title(title, loc="left", fontsize=9)
    axes.tick_params(labelsize=7)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
    data = base64.b64encode(buffer.getvalue()).decode()
    return dg.MetadataValue.md(f"![{title or 'plot'}](data:image/png;base64,{data})")


def letters(names: Sequence[str]) -> float:
    """The margin that the longest of some tick labels takes, in inches."""
    return 0.25 + _LETTER * max((len(name) for name in names), default=0)


def bars(
    values: Mapping[str, float], *, title: str, limits: Mapping[str, float] | None = None
) -> dg.MarkdownMetadataValue:
    """Horizontal bars, largest on top; `limits` are drawn as ticks over their bars."""
    shown = sorted(values.items(), key=lambda item: item[1])[-15:]

    def draw(axes: Any) -> None:
        names = [name for name, _ in shown]
        axes.barh(range(len(names)), [value for _, value in shown], color="#4c78a8", height=0.7)
        axes.set_yticks(range(len(names)), names)
        axes.tick_params(axis="y", length=0)
        drawn = {place: limits[name] for place, name in enumerate(names) if limits and limits.get(name) is not None}
        low, high = [place - 0.45 for place in drawn], [place + 0.45 for place in drawn]
        axes.vlines(list(drawn.values()), low, high, color="#e45756", lw=2)

    return picture(draw, height=0.6 + 0.19 * len(shown), left=letters([name for name, _ in shown]), title=title)


ESTIMATED = "estimated"
"""The series of what was estimated before its labels came."""


def _hollow(axes: Any, xs: Sequence[int], points: Sequence[tuple[str, float, float | None, float | None]]) -> None:
    values = [point[1] for point in points]
    below = [value if point[2] is None else point[2] for value, point in zip(values, points, strict=True)]
    above = [value if point[3] is None else point[3] for value, point in zip(values, points, strict=True)]
    reach = [[a - b for a, b in zip(values, below, strict=True)], [a - b for a, b in zip(above, values, strict=True)]]
    axes.errorbar(
        xs, values, yerr=reach, fmt="o", mfc="none", color="#b279a2", ms=4, lw=0.8, alpha=0.8, label=ESTIMATED
    )


def quality(
    series: Mapping[str, Sequence[tuple[str, float, float | None, float | None]]],
    *,
    title: str,
    marks: Mapping[str, str] | None = None,
    limits: Mapping[str, float] | None = None,
) -> dg.MarkdownMetadataValue:
    """A metric over periods, one line a role with its interval; `marks` name periods where something happened.

    The series `ESTIMATED` is no line but hollow marks with their intervals: nothing of it was measured.
    """
    places = {key: number for number, key in enumerate(sorted({p for points in series.values() for p, *_ in points}))}
    colours = {"champion": "#4c78a8", "shadow": "#f58518", "canary": "#54a24b", "previous": "#9d9d9d"}

    def draw(axes: Any) -> None:
        for role, points in series.items():
            xs = [places[point[0]] for point in points]
            if role == ESTIMATED:
                _hollow(axes, xs, points)
                continue
            values = dict(zip(xs, (point[1] for point in points), strict=True))
            # A role that nobody had for a while leaves a gap, not a line across it.
            line = [values.get(place, math.nan) for place in range(xs[0], xs[-1] + 1)]
            axes.plot(range(xs[0], xs[-1] + 1), line, marker=".", lw=1.2, label=role, color=colours.get(role))
            if role == "champion":
                low = [point[1] if point[2] is None else point[2] for point in points]
                high = [point[1] if point[3] is None else point[3] for point in points]
                axes.fill_between(xs, low, high, alpha=0.15, color=colours[role], lw=0)
        for key, what in (marks or {}).items():
            if key in places:
                axes.axvline(places[key], color="#888888", lw=0.8, ls=":")
                axes.text(places[key], axes.get_ylim()[1], what, fontsize=6, rotation=90, va="top", ha="right")
        for name, value in (limits or {}).items():
            axes.axhline(value, color="#e45756", lw=1, ls="--", label=name)
        step = max(1, -(-len(places) // 7))
        axes.set_xticks(list(places.values())[::step], list(places)[::step])
        axes.legend(fontsize=7, frameon=False, loc="lower left", ncols=4)

    return picture(draw, title=title)


_PART_COLOURS: dict[Part, str] = {"train": "#4c78a8", "valid": "#f58518", "holdout": "#54a24b"}


def periods(reports: Sequence[PeriodReport], *, label: str, rate: bool) -> dg.MarkdownMetadataValue:
    """Each period's rows as bars coloured by part, and over them the label's mean: its `rate`, where it is 0 or 1."""
    said = f"share of rows with {label} = 1" if rate else f"mean of {label}"

    def draw(axes: Any) -> None:
        for part, colour in _PART_COLOURS.items():
            mine = [place for place, report in enumerate(reports) if report.part == part]
            axes.bar(mine, [reports[place].rows for place in mine], color=colour, alpha=0.55, width=0.85, label=part)
            if mine and mine[0]:
                axes.axvline(mine[0] - 0.5, color="#444444", lw=0.8, ls="--")
        over = axes.twinx()
        over.spines[["top"]].set_visible(False)
        means = [math.nan if report.label is None else report.label for report in reports]
        over.plot(range(len(means)), means, color="#222222", marker=".", lw=1.2, label=said)
        over.tick_params(labelsize=7)
        over.margins(y=0.2)
        step = max(1, -(-len(reports) // 7))
        axes.set_xticks(range(0, len(reports), step), [report.period for report in reports[::step]])
        axes.margins(x=0.01)
        handles = [*axes.get_legend_handles_labels()[0], *over.get_legend_handles_labels()[0]]
        axes.figure.legend(handles=handles, fontsize=7, frameon=False, loc="upper right", ncols=4)

    return picture(draw, left=0.55, right=0.5, title="Labelled rows by period")


def table(rows: Sequence[Mapping[str, Any]]) -> dg.MarkdownMetadataValue:
    """Rows as a Markdown table; numbers to four places, None as a dash."""
    if not rows:
        return dg.MetadataValue.md("*nothing yet*")
    names = list(rows[0])
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cell(row.get(name)) for name in names)} |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines))


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value).replace("|", "\\|").replace("\n", " ")
