"""The model card: what a person reads before trusting a version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from retrain_platform.dataset.record import Record
from retrain_platform.policy.wording import periods
from retrain_platform.validation.base import Comparison, GateResult, ValidationReport

SHOWN_FEATURES = 10
"""How many features the card names."""


class Refit(Record):
    """The model that is released, where it is not the one that was examined (M13)."""

    rows: int
    rounds: int
    seen_until: datetime
    model_fingerprint: str


class CardFacts(Record):
    """What the card says beside the validation report.

    `periods` are the first and last that the examined fit used, with their count; `tables` each
    source table's version; `importance` by feature, in any unit, None where the learner has none;
    `seen_until` and `model_fingerprint` are the examined model's. `version` is the registry's, None is not registered.
    `versions` are those declared of what made the rows, `code` the fingerprint of what prepared and fitted.
    """

    model: str
    version: str | None
    semantic_version: str | None = None
    as_of: datetime
    decision_id: str
    trigger: str
    reason: str
    owners: tuple[str, ...]
    task: str
    label: str
    snapshot_id: str
    rows: int
    periods: tuple[str, str, int]
    tables: dict[str, int]
    features: tuple[str, ...]
    importance: dict[str, float] | None = None
    learner: str
    parameters: dict[str, str | int | float | bool | None]
    rounds: int
    seen_until: datetime
    model_fingerprint: str
    refit: Refit | None = None
    intended_use: str = ""
    limits: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    code: str = ""


def model_card(facts: CardFacts, report: ValidationReport) -> str:
    """The card as Markdown, the same text for the same facts."""
    semantic = f" ({facts.semantic_version})" if facts.semantic_version else ""
    version = "not registered" if facts.version is None else f"version {facts.version}{semantic}"
    parts = [
        f"# {facts.model}, {version}",
        f"{report.sentence[:1].upper()}{report.sentence[1:]}.",
        *_section("Origin", _origin(facts)),
        *_section("Data", _data(facts)),
        *_section("Learner", _learner(facts)),
        *_section("Quality on the holdout", _quality(report)),
        *_section("Gates", _gates(report.results)),
        *_section("Segments", _segments(report)),
        *_section("Rows that speak against it", _rows(report)),
        *_section("What is released", _released(facts)),
        *_section("Intended use and limits", _limits(facts, report)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, body: str) -> tuple[str, ...]:
    return (f"## {title}", body) if body else ()


def _origin(facts: CardFacts) -> str:
    return _list(
        f"decision `{facts.decision_id}` as of {facts.as_of:%Y-%m-%d %H:%M %Z}",
        f"trigger: {facts.trigger}",
        f"reason: {facts.reason}",
        f"owners: {', '.join(facts.owners) or 'none named'}",
    )


def _data(facts: CardFacts) -> str:
    first, last, count = facts.periods
    tables = ", ".join(f"{name} version {number}" for name, number in sorted(facts.tables.items()))
    return _list(
        f"{facts.rows:,} labelled rows of {periods(count)}, {first} to {last}",
        f"label `{facts.label}` ({facts.task}), {len(facts.features)} features",
        *([f"rows made with {', '.join(f'{k} {v}' for k, v in facts.versions.items())}"] if facts.versions else []),
        f"snapshot `{facts.snapshot_id}` of {tables or 'no named table'}",
        f"no row at or after {facts.seen_until:%Y-%m-%d %H:%M %Z} was seen, early stopping included",
    )


def _learner(facts: CardFacts) -> str:
    parameters = ", ".join(f"{name}={value}" for name, value in sorted(facts.parameters.items()))
    lines = [f"{facts.learner}, {facts.rounds} rounds", f"parameters: {parameters or 'defaults'}"]
    if facts.code:
        lines.append(f"prepared and fitted by code `{facts.code}`")
    if facts.importance:
        ranked = sorted(facts.importance.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_FEATURES]
        lines.append("most used features: " + ", ".join(name for name, _ in ranked))
    return _list(*lines)


def _quality(report: ValidationReport) -> str:
    taken = report.measurements
    if not taken.candidate:
        return f"Not measured: {taken.why or 'no reason given'}."
    head = f"{taken.rows:,} rows of {taken.days} days; {taken.why or taken.basis}."
    rows = [(name, _number(value), *_against(taken.comparisons.get(name))) for name, value in taken.candidate.items()]
    title = ("metric", "candidate", "champion", "difference (positive is better)", "interval")
    return f"{head}\n\n{_table(title, rows)}"


def _against(comparison: Comparison | None) -> tuple[str, str, str]:
    """Champion, difference and interval of a table's row."""
    if comparison is None:
        return ("none", "", "")
    if comparison.difference is None or comparison.low is None or comparison.high is None:
        return (_number(comparison.champion), _signed(comparison.difference), comparison.why)
    interval = f"{comparison.low:+z.4f} to {comparison.high:+z.4f} at {comparison.confidence:g}"
    return (_number(comparison.champion), _signed(comparison.difference), interval)


def _gates(results: Sequence[GateResult]) -> str:
    rows = (
        (
            result.gate,
            result.verdict if result.blocking else f"{result.verdict}, shown only",
            _number(result.value),
            _number(result.limit),
            _number(result.resolves),
            result.sentence,
        )
        for result in results
    )
    return _table(("gate", "verdict", "value", "limit", "resolves", "what was seen"), rows)


def _segments(report: ValidationReport) -> str:
    rows = [
        (name, metric, f"{each.rows:,}", _number(each.candidate), *_against(each))
        for name, metrics in report.measurements.segments.items()
        for metric, each in metrics.items()
    ]
    return _table(("segment", "metric", "rows", "candidate", "champion", "difference", "interval"), rows)


def _rows(report: ValidationReport) -> str:
    rows = [
        (result.gate, row.id, f"{row.label:g}", _number(row.candidate), _number(row.champion))
        for result in report.results
        for row in result.rows
    ]
    return _table(("gate", "row", "label", "candidate", "champion"), rows)


def _released(facts: CardFacts) -> str:
    if facts.refit is None:
        return f"The examined model itself (`{facts.model_fingerprint}`)."
    refit = facts.refit
    return (
        f"A refit (`{refit.model_fingerprint}`) on all {refit.rows:,} ripe rows before "
        f"{refit.seen_until:%Y-%m-%d %H:%M %Z}, with the {refit.rounds} rounds that the examined model "
        f"(`{facts.model_fingerprint}`) found. The numbers above are the examined model's; the refit itself "
        "is examined by the shadow, on rows that come after its training."
    )


def _limits(facts: CardFacts, report: ValidationReport) -> str:
    untold = [result.gate for result in report.results if result.verdict == "cannot tell"]
    lines = [
        *([facts.intended_use] if facts.intended_use else []),
        f"scores rows like those of {facts.periods[0]} to {facts.periods[1]}; the drift report says when they change",
        *facts.limits,
        *([f"not proven either way: {', '.join(untold)}"] if untold else []),
    ]
    return _list(*lines)


def _list(*lines: str) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(title: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty text without rows."""
    lines = [" | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) for row in rows]
    if not lines:
        return ""
    head = [" | ".join(title), " | ".join("---" for _ in title)]
    return "\n".join(f"| {line} |" for line in [*head, *lines])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:z.4f}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+z.4f}"
