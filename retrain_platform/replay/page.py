"""A replay as one page that needs nothing else: what to take from it, the frontier, and each cost on a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import yaml

from retrain_platform.replay.cadence_table import cadence_table
from retrain_platform.replay.course_plot import course_plot
from retrain_platform.replay.effects_table import effects_table
from retrain_platform.replay.frontier_plot import frontier_plot
from retrain_platform.replay.limits_table import limits_table
from retrain_platform.replay.policies_table import policies_table
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.wording import BECAME, many, plural, sentence

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2833;margin:2rem auto;max-width:1020px;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem} h2{font-size:1.15rem;margin-top:2.2rem}
h3{font-size:1rem;margin:1.6rem 0 .4rem}
.quiet{color:#5d6d7e} .tag{font-size:.8rem;white-space:nowrap}
.lead{font-size:1.05rem;border-left:4px solid #3b6ea5;padding:.1rem 0 .1rem .9rem}
table{border-collapse:collapse;width:100%} th,td{padding:.3rem .6rem;text-align:left;border-bottom:1px solid #e5e8eb}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums} td.n{white-space:nowrap} tr.advised td{background:#eef4fb}
td i,li i{display:inline-block;width:.75em;height:.75em;margin-right:.5em;border-radius:50%}
td.bar{white-space:nowrap;width:7em}
td.name{min-width:10em}
td b:not(.beside){display:inline-block;height:.7em;background:#d0d7de;margin-left:.5em;border-radius:2px;min-width:1px}
pre{background:#f4f6f7;border-radius:.4rem;padding:.7rem 1rem;overflow-x:auto}
svg{max-width:100%;height:auto} details{margin:.6rem 0} summary{cursor:pointer;color:#3b6ea5}
.costs{margin:.4rem 0 1rem}
.costs>label{border:1px solid #ced4da;border-radius:.4rem;padding:.15rem .7rem;cursor:pointer}
.sheet{display:none} input.cost{position:absolute;opacity:0} input.cost:focus-visible~.costs{outline:2px solid #3b6ea5}
"""


def page(report: ReplayReport) -> str:
    """The page, as HTML."""
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>Replay of {escape(_name(report))}</title>"
    head += "<meta name=viewport content='width=device-width,initial-scale=1'>"
    parts = [*_heading(report), *_frontier(report), *_sheets(report), *_budgeted(report), *_reading(report)]
    return f"{head}<style>{_STYLE}{_switch(len(report.costs))}</style>{''.join(parts)}"


def _name(report: ReplayReport) -> str:
    """The table's name without its folders; a model's as it is."""
    return report.table.rstrip("/").rpartition("/")[2] or report.table


def _switch(count: int) -> str:
    """The sheet whose cost is chosen is shown, without a script."""
    shown = ",".join(f"#cost{place}:checked~.sheet.of{place}" for place in range(count))
    chosen = ",".join(f"#cost{place}:checked~.costs>label[for=cost{place}]" for place in range(count))
    return f"{shown}{{display:block}}{chosen}{{background:#3b6ea5;color:#fff;border-color:#3b6ea5}}"


def _heading(report: ReplayReport) -> Iterator[str]:
    judged = [each for each in report.periods if each.judged]
    late = f", labels come {many(report.label_delay, report.period)} late" if report.label_delay else ""
    yield f"<h1>Which policy would have paid on {escape(_name(report))}?</h1><p class=quiet>{len(judged)} of "
    yield f"{many(len(report.periods), report.period)} judged, from {escape(judged[0].key)} to {escape(judged[-1].key)}"
    yield f"; {sum(each.rows for each in report.periods):,} rows; a loss of a {report.period} is "
    yield f"{escape(report.loss_of_a_period)}{late}; {report.trainings} trainings, {report.fits} made for this page</p>"
    yield f"<p class=lead>{escape(sentence(report.worth))}</p>"
    yield "".join(f"<p class=quiet>{escape(sentence(note))}</p>" for note in report.notes)
    yield from cadence_table(report)


def _frontier(report: ReplayReport) -> Iterator[str]:
    yield "<h2>What retrains buy</h2><p class=quiet>Each mark is one whole replay: so many retrains, and what was lost "
    yield "with them. Nothing can lie in the grey: its edge is the best that any policy could have done, knowing the "
    yield "future. Rest the mouse on a mark to see what it is.</p>"
    yield frontier_plot(report)


def _sheets(report: ReplayReport) -> Iterator[str]:
    unit = f"losses of a {report.period}: at 0.1 a retrain is as dear as losing 0.1 more in one {report.period}."
    if report.money is not None:
        unit = f"{escape(report.money.section.currency)}, with the costs of the spec that are said above."
    yield f"<h2 id=costs>What a retrain costs</h2><p class=quiet>In {unit}</p>"
    middle = len(report.costs) // 2
    for place in range(len(report.costs)):
        chosen = " checked" if place == middle else ""
        yield f"<input class=cost type=radio name=cost id=cost{place}{chosen}>"
    labels = "".join(
        f"<label for=cost{place}>{_label(report, cost)}</label> " for place, cost in enumerate(report.costs)
    )
    yield f"<div class=costs>A retrain costs {labels}</div>"
    for place, cost in enumerate(report.costs):
        yield f"<section class='sheet of{place}'>"
        yield from (*_advice(report, cost), course_plot(report, cost), *policies_table(report, cost))
        yield from (*limits_table(report, cost), *effects_table(report, cost), *_why(report, cost))
        yield "</section>"


def _label(report: ReplayReport, cost: float) -> str:
    return f"{cost:g}" if report.money is None else escape(report.money.said(cost))


def _advice(report: ReplayReport, cost: float) -> Iterator[str]:
    """What is recommended at a cost, with its lines of a spec."""
    for each in report.recommended:
        if each.cost == cost:
            yield f"<p class=lead>{escape(sentence(each.instead or each.sentence))}</p>"
            yield f"<p class=quiet>{escape(sentence(each.sentence))}</p>" if each.instead else ""
            yield f"<p class=quiet>{escape(sentence(each.guard.sentence))}</p>" if each.guard is not None else ""
            for one in (each, each.guard):
                if one is not None and one.lines:
                    lines = escape(yaml.safe_dump(one.lines, sort_keys=False))
                    yield f"<details><summary>{escape(one.name)} in a spec</summary><pre>{lines}</pre></details>"


def _why(report: ReplayReport, cost: float) -> Iterator[str]:
    """When each policy retrained, and why."""
    told = [each for each in reversed(report.shown(cost)) if each.kind == "policy" and each.decisions]
    if told:
        yield "<h3>When and why</h3>"
    for each in told:
        yield f"<details><summary>{escape(each.name)}: {many(each.retrains, 'retrain')}</summary><table><tr>"
        yield f"<th>after {report.period}<th>of<th>why"
        for one in each.decisions:
            failed = "" if one.outcome == "serves" else f" <b>({BECAME[one.outcome]})</b>"
            yield f"<tr><td>{escape(one.period)}<td>{escape(one.strategy)}<td>{escape(one.reason)}{failed}"
        yield "</table></details>"


def _budgeted(report: ReplayReport) -> Iterator[str]:
    if not report.budgeted:
        return
    yield "<h2>With at most so many retrains</h2><table><tr><th class=n>retrains<th class=n>least loss possible"
    yield f"<th class=n>{escape(report.metric)}<th>fixed period that came nearest<th class=n>its loss"
    yield "<th class=n>staleness with that budget<th class=n>its retrains"
    for each in report.budgeted:
        yield f"<tr><td class=n>{each.retrains}<td class=n>{_loss(report, each.loss)}<td class=n>"
        yield f"{_number(each.metric)}<td>{escape(each.fixed)}<td class=n>{_loss(report, each.fixed_loss)}"
        yield f"<td class=n>{_loss(report, each.ours_loss)}<td class=n>{each.ours_retrains}"
    yield "</table>"


def _loss(report: ReplayReport, loss: float) -> str:
    return f"{loss:.3f}" if report.money is None else escape(report.money.said(loss))


def _reading(report: ReplayReport) -> Iterator[str]:
    said = (
        f"Loss is summed over the judged {plural(report.period)}; total is that and the cost of each retrain; regret "
        "is the total beyond the oracle's, the cheapest way there is. Nobody knew that one beforehand, nor which fixed "
        "period would be best.",
        "A policy decided each time by what was known by then: the losses, in the periods that they served, of models "
        "that it had asked for itself.",
        "Beside: its total less that of the other; below 0 it was cheaper. Never is the first model for ever. The "
        "interval (95%) comes of resampling blocks of neighbouring periods, with the decisions as they were; of a "
        "model, or a table with --entity, there is one of other entities in the same periods, too, and, where more "
        "seeds were tried, of what one more would give.",
        "The recommended policy was the cheapest on the first half; what is said of it is of the second, to the right "
        "of the dashed line.",
    )
    lines = "".join(f"<li>{escape(each)}" for each in said)
    yield f"<h2>How to read it</h2><ul class=quiet>{lines}</ul>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
