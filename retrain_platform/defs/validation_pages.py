"""What the exam shows of itself: every gate's answer, and candidate and champion side by side."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from retrain_platform import drawing
from retrain_platform.defs.exam_curves import bins, leaning
from retrain_platform.defs.forest import SHOWN_ONLY, Line, forest
from retrain_platform.defs.plots import table
from retrain_platform.defs.task_curves import curve_tables, drawn_curves
from retrain_platform.drawing import GREEN, GREY, ORANGE, RED
from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements, ValidationReport
from retrain_platform.validation.case_tables import cases_table, shown_table
from retrain_platform.validation.tables import (
    diagnosis,
    importance_rows,
    metrics_table,
    rows_table,
    segments_table,
    verdict_words,
)

_VERDICTS: dict[GateVerdict, str] = {"passed": GREEN, "failed": RED, "cannot tell": ORANGE}
_FOUR_DECIMALS = 1e-3
"""From this limit on four decimals tell on which side of it a value lies."""
_STANDINGS = {"better": GREEN, "worse": RED, "no difference shown": GREY}


def page(report: ValidationReport) -> dict[str, Any]:
    """The metadata of the report's asset: the verdict first, then plots, then the tables behind them."""
    taken = report.measurements
    told: dict[str, Any] = {
        "verdict": report.verdict,
        "in words": report.sentence,
        "basis": taken.basis,
        **pictures(report),
        "gates": table([_gate_row(result) for result in report.results]),
        "questions": table([_question_row(result) for result in report.results]),
        "against the champion": dg.MetadataValue.md(metrics_table(taken) or "*nothing was measured*"),
        "segments": dg.MetadataValue.md(segments_table(taken) or "*none was measured*"),
        "worst rows": dg.MetadataValue.md(rows_table(report) or "*none was kept*"),
        **{name: dg.MetadataValue.md(text) for name, text in _suites(report).items() if text},
    }
    told |= {name: table(rows) for name, rows in curve_tables(taken.curves).items()}
    marks = bins(taken.curves)
    return told | ({"calibration": table(marks)} if marks else {})


def _suites(report: ValidationReport) -> dict[str, str]:
    """The diagnosis, and what the measured suites leave to read; empty texts where there is nothing."""
    return {
        "diagnosis": diagnosis(report),
        "cases": cases_table(report),
        "spot check": shown_table(report.measurements),
    }


def pictures(report: ValidationReport) -> dict[str, dg.MarkdownMetadataValue]:
    """The plots by what they show; what was not measured has none."""
    taken = report.measurements
    drawn = {
        "interval against limit": gates_plot(report) if report.results else None,
        "segments by interval": segments_plot(taken),
        "curves": drawn_curves(taken.curves),
        "importance shift": leaning(rows) if (rows := importance_rows(taken)) else None,
    }
    return {name: each for name, each in drawn.items() if each is not None}


def card_html(text: str, *, title: str, report: ValidationReport) -> str:
    """The card in Markdown as a page of its own, with the report's plots."""
    from retrain_platform.validation.card_page import card_page

    addresses = {name: str(each.value).partition("](")[2][:-1] for name, each in pictures(report).items()}
    return card_page(text, title=title, pictures=addresses)


def gates_plot(report: ValidationReport) -> dg.MarkdownMetadataValue:
    """A line a gate: its interval, or its point, against its own limit."""
    lines = [_gate_line(result) for result in report.results]
    given = {result.verdict for result in report.results}
    used = {verdict: colour for verdict, colour in _VERDICTS.items() if verdict in given}
    key = used | ({SHOWN_ONLY: GREY} if any(line.hollow for line in lines) else {})
    return forest(lines, title=f"Interval against limit: {report.verdict}", key=key, limit="the gate's own limit")


def _gate_line(result: GateResult) -> Line:
    shown = None if result.limit is None else result.value
    said = verdict_words(result)
    if shown is not None and result.limit is not None:
        said = f"{_to_limit(shown, result.limit)}, limit {drawing.short(result.limit)}"
    return Line(
        name=result.gate,
        value=shown,
        low=result.low,
        high=result.high,
        limit=result.limit,
        colour=_VERDICTS[result.verdict],
        said=said,
        scale=" ".join(result.gate.split()[:2]),
        better=_better(result),
        hollow=not result.blocking,
    )


def _to_limit(value: float, limit: float) -> str:
    """A value with four decimals, as the sentences have it; beside a smaller limit its first four digits."""
    return f"{value:z.4f}" if _FOUR_DECIMALS <= abs(limit) < 1 and abs(value) < 1 else drawing.short(value)


def _better(result: GateResult) -> int:
    """Which side of its limit is the good one: what passed stands on it, what failed does not."""
    if result.value is None or result.limit is None or result.value == result.limit or result.verdict == "cannot tell":
        return 1
    return 1 if (result.value > result.limit) == (result.verdict == "passed") else -1


def segments_plot(taken: Measurements) -> dg.MarkdownMetadataValue | None:
    """The first metric's difference in every segment, with its interval, against none; those that lost most first."""
    metric = next(iter(taken.candidate), "")
    found = {name: of[metric] for name, of in taken.segments.items() if metric in of}
    told = {name: each for name, each in found.items() if each.difference is not None and each.low is not None}
    if not told:
        return None
    order = sorted(told.items(), key=lambda item: item[1].difference or 0.0)
    return forest(
        [_segment_line(name, each) for name, each in order],
        title=f"{metric} by segment, candidate less champion (confidence {order[0][1].confidence:g})",
        key=_STANDINGS,
        limit="no difference",
    )


def _segment_line(name: str, each: Comparison) -> Line:
    low, high = each.low or 0.0, each.high or 0.0
    standing = "better" if low > 0 else "worse" if high < 0 else "no difference shown"
    said = f"{each.difference or 0.0:+.4f}, {each.rows:,} rows"
    return Line(name, each.difference, each.low, each.high, 0.0, _STANDINGS[standing], said)


def _gate_row(result: GateResult) -> Mapping[str, Any]:
    return {
        "gate": result.gate,
        "verdict": verdict_words(result),
        "measure": result.value,
        "from": result.low,
        "to": result.high,
        "limit": result.limit,
        "can resolve": result.resolves,
        "level": result.level,
    }


def _question_row(result: GateResult) -> Mapping[str, Any]:
    return {"gate": result.gate, "question": result.question, "what was seen": result.sentence}
