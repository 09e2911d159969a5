"""The exam's numbers as Markdown tables: what card, review and the report's page have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from retrain_platform.validation.base import Comparison, GateResult, Measurements, ValidationReport

SHOWN_FEATURES = 10
"""How many features are named, those that the two models lean on most."""
_VERSUS = ("candidate", "champion", "difference (positive is better)", "interval")


def metrics_table(taken: Measurements) -> str:
    """Every metric of the candidate beside the champion's, with the interval of the difference; '' without one."""
    rows = [
        (name, number(value), *versus(taken.comparisons.get(name), taken)) for name, value in taken.candidate.items()
    ]
    return markdown_table(("metric", *_VERSUS), rows)


def segments_table(taken: Measurements) -> str:
    """Metric by metric every segment, those that lost most first, those that cannot be told last; '' without any."""
    found = [(name, metric, each) for name, of in taken.segments.items() for metric, each in of.items()]
    order = list(taken.candidate)
    found.sort(key=lambda item: (item[2].difference is None, order.index(item[1]), item[2].difference or 0.0))
    rows = [
        (name, metric, f"{each.rows:,}", number(each.candidate), *versus(each, taken)) for name, metric, each in found
    ]
    return markdown_table(("segment", "metric", "rows", *_VERSUS), rows)


def gates_table(results: Sequence[GateResult]) -> str:
    """Every gate's answer: the verdict, the measure with its interval, the limit, and all of it in words."""
    rows = [
        (
            result.gate,
            verdict_words(result),
            number(result.value),
            _between(result.low, result.high),
            number(result.limit),
            number(result.resolves),
            result.sentence,
        )
        for result in results
    ]
    title = ("gate", "verdict", "value", "interval", "limit", "resolves", "what was seen")
    return markdown_table(title, rows)


def rows_table(report: ValidationReport) -> str:
    """The rows that speak loudest for a gate's failure, else those on which the candidate missed by most more.

    Of a first model, which stands beside no other, those that it missed by most.
    """
    taken = report.measurements
    told = [(result.gate, row) for result in report.results for row in result.rows]
    told = told or [("no gate failed", row) for row in taken.worst_rows.get("all", ())]
    rows = [
        (
            gate,
            row.id,
            _label(row.label),
            number(row.candidate),
            "none" if row.champion is None else number(row.champion),
        )
        for gate, row in told
    ]
    return markdown_table(("gate", "row", "label", "candidate", "champion"), rows)


def importance_rows(taken: Measurements, most: int = SHOWN_FEATURES) -> list[tuple[str, float, float | None]]:
    """(feature, the candidate's share, the champion's), largest of both first; None where the champion tells none.

    A feature that one model does not have has a share of 0 there.
    """
    mine, theirs = taken.importance.get("candidate", {}), taken.importance.get("champion")
    names = sorted(
        {*mine, *(theirs or {})}, key=lambda name: (-max(mine.get(name, 0), (theirs or {}).get(name, 0)), name)
    )
    return [(name, mine.get(name, 0.0), None if theirs is None else theirs.get(name, 0.0)) for name in names[:most]]


def importance_table(taken: Measurements) -> str:
    """What candidate and champion lean on, in shares of the whole, and how far that shifted; '' where none tells."""
    rows = [
        (
            name,
            f"{mine:.1%}",
            "" if theirs is None else f"{theirs:.1%}",
            "" if theirs is None else f"{mine - theirs:+.1%}",
        )
        for name, mine, theirs in importance_rows(taken)
    ]
    return markdown_table(("feature", "candidate", "champion", "shift"), rows) if taken.importance else ""


def diagnosis(report: ValidationReport) -> str:
    """Why the candidate may not have passed, the nearest to hand first; '' where it passed."""
    return bullets(*(f"{cause.kind}: {cause.sentence}" for cause in report.causes))


def _label(label: float | str) -> str:
    """A number, or the class's name."""
    return label if isinstance(label, str) else f"{label:g}"


def verdict_words(result: GateResult) -> str:
    """The verdict, and whether it blocks."""
    return result.verdict if result.blocking else f"{result.verdict}, shown only"


def versus(comparison: Comparison | None, taken: Measurements) -> tuple[str, str, str]:
    """Champion, difference and interval of a table's row."""
    if comparison is None:
        return ("none" if taken.basis == "alone" else "not compared", "", "")
    if comparison.difference is None or comparison.low is None or comparison.high is None:
        return (number(comparison.champion), signed(comparison.difference), comparison.why)
    interval = f"{_between(comparison.low, comparison.high)} at {comparison.confidence:g}"
    return (number(comparison.champion), signed(comparison.difference), interval)


def section(title: str, body: str) -> tuple[str, ...]:
    """A heading and its body; nothing where the body is empty."""
    return (f"## {title}", body) if body else ()


def bullets(*lines: str) -> str:
    """A Markdown list; an empty line is left out."""
    return "\n".join(f"- {line}" for line in lines if line)


def markdown_table(title: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty text without rows."""
    lines = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    if not lines:
        return ""
    head = [" | ".join(title), " | ".join("---" for _ in title)]
    return "\n".join(f"| {line} |" for line in [*head, *lines])


def number(value: float | None) -> str:
    """To four places; '' for None."""
    return "" if value is None else f"{value:z.4f}"


def signed(value: float | None) -> str:
    """To four places with its sign; '' for None."""
    return "" if value is None else f"{value:+z.4f}"


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:+z.4f} to {high:+z.4f}"
