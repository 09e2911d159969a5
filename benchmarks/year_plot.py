"""Draw a played year: quality as lived beside the other roads, and what was decided and released when.

    RETRAIN_HOME=.home python benchmarks/year_plot.py [--out docs/images/year.png]

Reads a home that the demo has played; changes nothing in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import DateFormatter, MonthLocator
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from retrain_platform.replay.compare import Compared, compare_roads, lived
from retrain_platform.resources import settings, workshop
from retrain_platform.spec import read_spec
from retrain_platform.stats.intervals import Interval
from retrain_platform.steps.papers.story import log_lines, moves_of

SPEC = Path(__file__).parents[1] / "retrain_platform" / "defs" / "models" / "flight_delay" / "defs.yaml"
OUT = Path(__file__).parents[1] / "docs" / "images" / "year.png"
SIZE = (12.0, 5.0)
"""Inches at 100 dots: 1200 x 500."""

INK, LIVED, NEVER, ONCE = "#3b4252", "#2f6db3", "#9a9a9a", "#e08a2e"
SPANS = {"shadow": "#eef0f5", "canary": "#fdf1da", "bake": "#e6f4e3"}
SPAN_WORDS = {
    "shadow": "shadow: scored, not used",
    "canary": "canary: answers its share of aircraft",
    "bake": "answers all, the one before still scored",
}
ENDS = {"aborted": "turned away", "rolled_back": "rolled back", "superseded": "superseded", "rejected": "rejected"}


class Span(NamedTuple):
    """A stage of a release, [`start`, `end`)."""

    stage: str
    start: datetime
    end: datetime


class Mark(NamedTuple):
    """What became of one decision: the trigger in words, then how its version ended."""

    decided: datetime
    trigger: str
    ended: datetime | None
    end: str


def spans(moves: Sequence[Any], until: datetime) -> Iterator[Span]:
    """The stages of one version's moves; the last one lasts `until` where nothing ended it."""
    for number, move in enumerate(moves):
        end = moves[number + 1].as_of if number + 1 < len(moves) else until
        if move.body["stage"] in SPANS and end > move.as_of:
            yield Span(move.body["stage"], move.as_of, end)


def mark(line: Any, moves: Sequence[Any], decided: datetime) -> Mark:
    """The decision's trigger and the end of its version."""
    trigger = line.trigger.replace("no_champion", "first model").replace("_", " ")
    for move in moves:
        if move.kind == "promoted":
            return Mark(decided, trigger, move.as_of, f"v{line.version} answers")
        if move.kind in ENDS:
            return Mark(decided, trigger, move.as_of, f"v{line.version} {ENDS[move.kind]}")
    return Mark(decided, trigger, None, "")


def rollbacks(entries: Sequence[Any]) -> list[Any]:
    """The returns of an earlier version."""
    return [entry for entry in entries if entry.kind == "rolled_back"]


def draw(roads: Compared, by_week: Mapping[str, Interval], middles: list[datetime]) -> tuple[Figure, Axes]:
    """The three lines."""
    figure = Figure(figsize=SIZE, dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    told = [by_week[key] for key in roads.periods]
    axes.vlines(middles, [i.low for i in told], [i.high for i in told], color=LIVED, alpha=0.22, lw=2.5, zorder=2)
    axes.plot(middles, roads.never, color=NEVER, lw=1.6, zorder=3)
    axes.plot(middles, roads.at_once, color=ONCE, lw=0.9, zorder=4)
    axes.plot(middles, roads.lived, color=LIVED, lw=2.2, marker="o", ms=3.5, zorder=5)
    values = [value for road in (roads.lived, roads.never, roads.at_once) for value in road if value is not None]
    low, high = min(values), max(values)
    # Room above for the words; an interval wider than the plot is cut.
    axes.set_ylim(low - 0.15 * (high - low), high + 0.42 * (high - low))
    return figure, axes


def annotate(axes: Axes, marks: Sequence[Mark], stages: Sequence[Span], back: Sequence[Any]) -> None:
    """Stages as bands, decisions as dotted lines with their trigger on top, ends below it."""
    top = axes.get_xaxis_transform()
    for span in stages:
        axes.axvspan(span.start, span.end, color=SPANS[span.stage], lw=0, zorder=0)
    for one in marks:
        axes.axvline(one.decided, color=INK, lw=1, ls=":", zorder=1)
        _say(axes, one.decided, 0.975, one.trigger, INK)
        if one.ended is not None:
            good = "answers" in one.end
            colour = "#2e7d32" if good else "#b3261e"
            if one.ended > one.decided:
                axes.axvline(one.ended, color=colour, lw=1.2, zorder=1)
            _say(axes, one.ended, 0.90, one.end, colour)
    for entry in back:
        axes.axvline(entry.as_of, color="#b3261e", lw=1.6, zorder=1)
        axes.text(entry.as_of, 0.02, " rolled back", color="#b3261e", fontsize=9, transform=top, va="bottom")


def _say(axes: Axes, at: datetime, height: float, text: str, colour: str) -> None:
    axes.text(
        at + timedelta(days=1), height, text, color=colour, fontsize=9, transform=axes.get_xaxis_transform(), va="top"
    )


def dress(axes: Axes, roads: Compared, stages: Sequence[Span]) -> None:
    """Title, legend, months."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel(f"weekly {roads.metric.upper()}", fontsize=10)
    axes.xaxis.set_major_locator(MonthLocator())
    axes.xaxis.set_major_formatter(DateFormatter("%b"))
    axes.margins(x=0.01)
    axes.tick_params(labelsize=9)
    axes.grid(axis="y", color="#e5e5e5", lw=0.7, zorder=0)
    axes.set_axisbelow(True)
    title = (
        f"flight_delay through 2013: {roads.retrains} retrains after the first, dotted where decided, with the trigger"
    )
    axes.set_title(title, loc="left", fontsize=12, color=INK)
    lines = [
        Line2D(
            [],
            [],
            color=LIVED,
            lw=2.2,
            marker="o",
            ms=3.5,
            label=f"as lived, mean {roads.mean('lived'):.3f}, 95% by day",
        ),
        Line2D([], [], color=ONCE, lw=0.9, label=f"the same versions at once, {roads.mean('at_once'):.3f}"),
        Line2D([], [], color=NEVER, lw=1.6, label=f"never retrained, {roads.mean('never'):.3f}"),
    ]
    seen = {span.stage for span in stages}
    bands = [Patch(color=colour, label=SPAN_WORDS[name]) for name, colour in SPANS.items() if name in seen]
    # Filled column by column: a line above, a band below.
    handles = [handle for pair in zip_longest(lines, bands) for handle in pair if handle is not None]
    axes.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=3, fontsize=9, frameon=False
    )  # fmt: skip


def main() -> int:
    """Draw the year in RETRAIN_HOME."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    spec = read_spec(SPEC)
    shop = workshop(spec, settings())
    entries = shop.entries()
    if not entries:
        parser.error(f"RETRAIN_HOME == {settings().home}, must be a home that `make demo` has played")
    end = max(entry.as_of for entry in entries)
    roads = compare_roads(shop, end)
    moves = {line.decision_id: moves_of(entries, line.decision_id) for line in log_lines(shop, end)}
    stages = [span for made in moves.values() for span in spans(made, end)]
    marks = [mark(line, moves[line.decision_id], spec.period.period(line.period).end) for line in log_lines(shop, end)]
    middles = [spec.period.period(key).start + spec.period.length() / 2 for key in roads.periods]
    figure, axes = draw(roads, lived(shop, end), middles)
    annotate(axes, marks, stages, rollbacks(entries))
    dress(axes, roads, stages)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)
    print(f"{out}: {len(roads.periods)} weeks, {roads.retrains} retrains after the first")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
