"""The comparison of two tables as one page that needs nothing else: a table, and a plot a column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from retrain_platform.cli.drift_words import words
from retrain_platform.monitoring.binned import Bins
from retrain_platform.monitoring.table_report import ColumnDrift, TableDrift

_COLOURS = {"severe": "#c0392b", "moderate": "#d68910", "low": "#9a7d0a", "none": "#7f8c8d"}
_BEFORE, _NOW = "#9fb4c7", "#2c6e9b"
_WIDTH, _HEIGHT, _MARGIN, _GAP = 560, 140, 84, 0.18
"""Of a plot, in pixels; the left margin holds the first bin's name; the gap is a share of a bin's room."""
_MOST_BINS = 30
_LETTERS = 24
"""Of a bin's name, as many as are written: two dates are told whole."""
_DOWN = 4.0
"""How far down a letter of a name goes, in pixels."""

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1c2833;margin:2rem auto;max-width:1180px;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem} h2{font-size:1.15rem;margin-top:2.2rem} .quiet{color:#5d6d7e}
table{border-collapse:collapse;width:100%} th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #e5e8eb}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums} tr:hover td{background:#f7f9fa}
.chip{color:#fff;border-radius:.6rem;padding:.05rem .6rem;font-size:.85rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(560px,1fr));gap:1.2rem}
figure{margin:0;border:1px solid #e5e8eb;border-radius:.5rem;padding:.8rem} figcaption{margin-bottom:.4rem}
.key i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em;border-radius:2px}
td.heat{text-align:center;font-size:.85rem;font-variant-numeric:tabular-nums}
"""


def page(report: TableDrift) -> str:
    """The page, as HTML."""
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Drift</title><style>{_STYLE}</style>"
    return head + "".join([*_heading(report), *_table(report.columns), *_segments(report), *_plots(report.columns)])


def _heading(report: TableDrift) -> Iterator[str]:
    limits = report.limits
    yield f"<h1>{escape(report.current)}</h1><p>{report.rows_current:,} rows, compared with the "
    yield f"{report.rows_reference:,} of {escape(report.reference)}.</p>"
    yield "<p class=quiet>Severity goes by the population stability index: low from "
    yield f"{limits.low:g}, moderate from {limits.moderate:g}, severe from {limits.severe:g}; "
    yield "what chance alone reaches at these numbers of rows is no drift.</p>"
    yield "".join(f"<p>{escape(note)}</p>" for note in report.notes)


def _table(columns: Sequence[ColumnDrift]) -> Iterator[str]:
    names = ("PSI", "chance", "JS", "KS", "Wasserstein, sd", "missing", "correlation")
    yield "<table><tr><th>severity<th>column" + "".join(f"<th class=n>{name}" for name in names) + "<th>what"
    for each in columns:
        moved = (each.psi, each.noise, each.js, each.ks, each.wasserstein_deviations, each.missing_current)
        numbers = [*moved, each.correlation]
        yield f"<tr><td>{_chip(each.severity)}<td><a href='#{escape(each.name)}'>{escape(each.name)}</a>"
        yield "".join(f"<td class=n>{_number(number)}" for number in numbers) + f"<td>{escape(words(each))}"
    yield "</table>"


def _segments(report: TableDrift) -> Iterator[str]:
    """A table a segment column: PSI by value and column, darker where worse."""
    for name, values in report.segments.items():
        columns = [each.name for each in report.columns if each.psi is not None and each.name != name]
        yield f"<h2>PSI by {escape(name)}</h2><table><tr><th>{escape(name)}<th class=n>rows now"
        yield "".join(f"<th>{escape(column)}" for column in columns)
        for value, found in values.items():
            yield from _segment(value, columns, {each.name: each for each in found})
        yield "</table>"


def _segment(value: str, columns: Sequence[str], found: Mapping[str, ColumnDrift]) -> Iterator[str]:
    yield f"<tr><td>{escape(value)}<td class=n>{next(iter(found.values())).rows_current:,}"
    for column in columns:
        each = found[column]
        colour = "transparent" if each.severity == "none" else _COLOURS[each.severity] + "99"
        yield f"<td class=heat style='background:{colour}' title='{escape(words(each))}'>{_number(each.psi)}"


def _plots(columns: Sequence[ColumnDrift]) -> Iterator[str]:
    yield "<h2>Columns</h2><p class='quiet key'>share of the rows in each bin:"
    yield f"<i style='background:{_BEFORE}'></i>reference<i style='background:{_NOW}'></i>current</p><div class=plots>"
    for each in columns:
        if each.bins is not None:
            yield f"<figure id='{escape(each.name)}'><figcaption>{_chip(each.severity)} <b>{escape(each.name)}</b> "
            yield f"<span class=quiet>{escape(words(each))}</span></figcaption>{_plot(each.bins)}</figure>"
    yield "</div>"


def _plot(bins: Bins) -> str:
    """Two bars a bin, as SVG; of more than `_MOST_BINS` those that hold most."""
    totals = max(sum(bins.reference), 1), max(sum(bins.current), 1)
    shares = [(a / totals[0], b / totals[1]) for a, b in zip(bins.reference, bins.current, strict=True)]
    kept = sorted(sorted(range(len(shares)), key=lambda at: -max(shares[at]))[:_MOST_BINS])
    top = max((max(shares[at]) for at in kept), default=1.0) or 1.0
    room = _WIDTH / max(len(kept), 1)
    drawn = "".join(_bin(bins.labels[at], shares[at], place * room, room, top) for place, at in enumerate(kept))
    letters = min(_LETTERS, max((len(bins.labels[at]) for at in kept), default=0))
    box = f"{-_MARGIN} -8 {_WIDTH + _MARGIN} {_HEIGHT + 32 + _DOWN * letters:.0f}"
    return f"<svg viewBox='{box}' width=100% role=img>{_scale(top)}{drawn}</svg>"


def _scale(top: float) -> str:
    """Lines at no share, half of the largest and the largest, with their numbers at the left edge."""
    drawn = []
    for share in (0.0, top / 2, top):
        y = _HEIGHT - share / top * (_HEIGHT - 4)
        drawn.append(f"<line x1='0' x2='{_WIDTH}' y1='{y:.1f}' y2='{y:.1f}' stroke='#e5e8eb'/>")
        drawn.append(f"<text x='-6' y='{y + 4:.1f}' font-size='11' fill='#5d6d7e' text-anchor='end'>{share:.1%}</text>")
    return "".join(drawn)


def _bin(label: str, shares: tuple[float, float], left: float, room: float, top: float) -> str:
    bar = room * (1 - _GAP) / 2
    drawn = []
    for side, (share, colour) in enumerate(zip(shares, (_BEFORE, _NOW), strict=True)):
        height = share / top * (_HEIGHT - 4)
        at = left + room * _GAP / 2 + side * bar
        drawn.append(
            f"<rect x='{at:.1f}' y='{_HEIGHT - height:.1f}' width='{bar:.1f}' height='{height:.1f}' fill='{colour}'/>"
        )
    short = label if len(label) <= _LETTERS else label[: _LETTERS - 1] + "…"
    middle = left + room / 2
    name = (
        f"<text x='{middle:.1f}' y='{_HEIGHT + 10}' font-size='10.5' fill='#5d6d7e' text-anchor='end' "
        f"transform='rotate(-40 {middle:.1f} {_HEIGHT + 10})'>{escape(short)}</text>"
    )
    said = f"{label}: {shares[0]:.2%} before, {shares[1]:.2%} now"
    return f"<g><title>{escape(said)}</title>{''.join(drawn)}{name}</g>"


def _chip(severity: str) -> str:
    return f"<span class=chip style='background:{_COLOURS[severity]}'>{severity}</span>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
