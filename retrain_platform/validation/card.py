"""The model card: what a person reads before trusting a version."""

from __future__ import annotations

from retrain_platform.policy.wording import periods
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.card_facts import CardFacts
from retrain_platform.validation.case_tables import cases_table, shown_table
from retrain_platform.validation.tables import (
    bullets,
    diagnosis,
    gates_table,
    importance_table,
    metrics_table,
    rows_table,
    section,
    segments_table,
)

_UNDECLARED = "not declared"
_FAIRNESS = "fairness"
"""How the names of fairness gates begin."""


def model_card(facts: CardFacts, report: ValidationReport) -> str:
    """The card as Markdown, the same text for the same facts."""
    semantic = f" ({facts.semantic_version})" if facts.semantic_version else ""
    version = "not registered" if facts.version is None else f"version {facts.version}{semantic}"
    parts = [
        f"# {facts.model}, {version}",
        f"{report.sentence[:1].upper()}{report.sentence[1:]}.",
        *section("Purpose", _purpose(facts)),
        *section("Intended use and limits", _limits(facts, report)),
        *section("Origin", _origin(facts)),
        *section("Who decided what", _steps(facts)),
        *section("Data", _data(facts)),
        *section("Learner", _learner(facts)),
        *section("What it leans on", importance_table(report.measurements) or _importance(facts)),
        *section("Quality on the holdout", _quality(report)),
        *section("Segments", segments_table(report.measurements)),
        *section("Fairness", _fairness(report)),
        *section("Gates", gates_table(report.results)),
        *section("Diagnosis", diagnosis(report)),
        *section("Rows that speak against it", rows_table(report)),
        *section("Cases that speak against it", cases_table(report)),
        *section("Spot check", shown_table(report.measurements)),
        *section("What is released", _released(facts)),
        *section("Lineage", bullets(*(f"{name}: `{id}`" for name, id in facts.ids.items() if id))),
    ]
    return "\n\n".join(parts) + "\n"


def _purpose(facts: CardFacts) -> str:
    declared = facts.declared
    return bullets(
        declared.purpose or _UNDECLARED,
        f"licence: {declared.licence or _UNDECLARED}",
        f"documentation: {declared.documentation or _UNDECLARED}",
        f"owners: {', '.join(facts.owners) or 'none named'}",
        f"contact: {declared.contact or _UNDECLARED}",
    )


def _origin(facts: CardFacts) -> str:
    return bullets(
        f"decision `{facts.decision_id}` as of {facts.as_of:%Y-%m-%d %H:%M %Z}",
        f"trigger: {facts.trigger}",
        f"reason: {facts.reason}",
    )


def _steps(facts: CardFacts) -> str:
    """The decision, the requests, approvals and moves that are on record so far; what is still waited for."""
    lines = [
        f"{each.as_of:%Y-%m-%d}: {each.what} by {each.actor}: {each.why} (recorded {each.at:%Y-%m-%d %H:%M %Z})"
        for each in facts.steps
    ]
    return bullets(*lines, facts.waits)


def _data(facts: CardFacts) -> str:
    first, last, count = facts.periods
    tables = ", ".join(f"{name} version {number}" for name, number in sorted(facts.tables.items()))
    dropped = ", ".join(f"{number:,} {why}" for why, number in sorted(facts.dropped.items()) if number)
    return bullets(
        f"{facts.rows:,} labelled rows of {periods(count)}, {first} to {last}",
        f"window: {facts.window}" if facts.window else "",
        f"rows left out: {dropped or 'none'}",
        *facts.chosen,
        f"label `{facts.label}` ({facts.task}), {len(facts.features)} features: {', '.join(facts.features)}",
        f"rows made with {', '.join(f'{k} {v}' for k, v in facts.versions.items())}" if facts.versions else "",
        f"snapshot `{facts.snapshot_id}` of {tables or 'no named table'}",
        f"no row at or after {facts.seen_until:%Y-%m-%d %H:%M %Z} was seen, early stopping included",
    )


def _learner(facts: CardFacts) -> str:
    said = {name: value for name, value in sorted(facts.parameters.items()) if value is not None}
    parameters = ", ".join(f"{name}={value}" for name, value in said.items())
    return bullets(
        f"{facts.learner}, {facts.rounds} rounds",
        f"parameters: {parameters or 'defaults'}",
        f"prepared and fitted by code `{facts.code}`" if facts.code else "",
    )


def _importance(facts: CardFacts) -> str:
    """The order alone, where the exam kept no shares."""
    ranked = sorted((facts.importance or {}).items(), key=lambda item: (-item[1], item[0]))[:10]
    return bullets("most used features: " + ", ".join(name for name, _ in ranked)) if ranked else ""


def _quality(report: ValidationReport) -> str:
    taken = report.measurements
    if not taken.candidate:
        return f"Not measured: {taken.why or 'no reason given'}."
    days = "1 day" if taken.days == 1 else f"{taken.days} days"
    head = f"{taken.rows:,} rows of {days}; {taken.why or taken.basis}."
    return f"{head}\n\n{metrics_table(taken)}"


def _fairness(report: ValidationReport) -> str:
    """The disparities that were measured; that none was asked for is said, too."""
    found = [result for result in report.results if result.gate.startswith(_FAIRNESS)]
    return gates_table(found) or "Not measured: the spec has no gate that asks for it."


def _released(facts: CardFacts) -> str:
    if facts.version is None:
        return "Nothing: the candidate was not registered."
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
    return bullets(
        f"intended use: {facts.declared.intended_use or _UNDECLARED}",
        f"scores rows like those of {facts.periods[0]} to {facts.periods[1]}; the drift report says when they change",
        *facts.declared.limits,
        *facts.limits,
        f"not proven either way: {', '.join(untold)}" if untold else "",
    )
