"""What a reviewer reads before approving a version: what changed, what it leans on, who loses, where it errs worst."""

from __future__ import annotations

from collections.abc import Iterator

from retrain_platform.dataset.record import Record
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.case_tables import cases_table
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

Parameters = dict[str, str | int | float | bool | None]


class Made(Record):
    """How a version was made, as far as a reviewer compares it with another.

    `periods` are the first and last that it learned from; `versions` those declared of what made its rows.
    """

    version: str
    learner: str
    features: tuple[str, ...]
    parameters: Parameters
    rows: int
    periods: tuple[str, str]
    versions: dict[str, str] = {}
    code: str = ""


class ReviewFacts(Record):
    """What the review says beside the validation report.

    `before` is the champion that the version would replace, None where there is none or nothing is known of it;
    `waits` what is waited for, in words, and `answer` the commands to answer with.
    """

    model: str
    made: Made
    before: Made | None
    waits: str
    answer: tuple[str, ...] = ()


def review(facts: ReviewFacts, report: ValidationReport) -> str:
    """The reviewer's page as Markdown, the same text for the same facts."""
    taken = report.measurements
    open_ = [result for result in report.results if result.verdict != "passed"]
    beside = "" if taken.basis == "alone" else " more"
    parts = [
        f"# Review of {facts.model}, version {facts.made.version}",
        *((f"{facts.waits}.",) if facts.waits else ()),
        f"Exam: {report.sentence}.",
        *section("What changed", bullets(*(changes(facts.made, facts.before)))),
        *section("Against the champion", metrics_table(taken) or f"Not measured: {taken.why or 'no reason given'}."),
        *section("Gates that did not pass", gates_table(open_) or "None."),
        *section("Diagnosis", diagnosis(report)),
        *section("Importance", importance_table(taken) or "The learner tells none."),
        *section("Segments", segments_table(taken) or "None was measured."),
        *section(f"Edge cases: the rows it missed by most{beside}", rows_table(report) or "None was kept."),
        *section("Edge cases: named cases", cases_table(report)),
        *section("Answer", bullets(*(f"`{command}`" for command in facts.answer))),
    ]
    return "\n\n".join(parts) + "\n"


def changes(made: Made, before: Made | None) -> list[str]:
    """What is otherwise than in the version before, one sentence each; never empty."""
    if before is None:
        return ["a first model: there is no champion to hold it against"]
    found = [*_features(made, before), *_parameters(made, before)]
    for name in sorted({*made.versions, *before.versions}):
        if made.versions.get(name) != before.versions.get(name):
            found.append(
                f"{name} of the rows: {before.versions.get(name, 'none')} -> {made.versions.get(name, 'none')}"
            )
    if made.code and before.code and made.code != before.code:
        found.append(f"the code that prepares and fits: {before.code} -> {made.code}")
    same = [] if found else [f"the same recipe as version {before.version}: features, parameters and code"]
    return [*same, *found, _data(made, before)]


def _features(made: Made, before: Made) -> Iterator[str]:
    added = [name for name in made.features if name not in before.features]
    gone = [name for name in before.features if name not in made.features]
    if added:
        yield f"features added: {', '.join(added)}"
    if gone:
        yield f"features gone: {', '.join(gone)}"


def _parameters(made: Made, before: Made) -> Iterator[str]:
    if made.learner != before.learner:
        yield f"learner: {before.learner} -> {made.learner}"
        return
    for name in sorted({*made.parameters, *before.parameters}):
        was, now = before.parameters.get(name), made.parameters.get(name)
        if was != now:
            yield f"{name}: {was} -> {now}"


def _data(made: Made, before: Made) -> str:
    return (
        f"rows learned from: {made.rows:,} of {made.periods[0]} to {made.periods[1]}, "
        f"version {before.version} had {before.rows:,} of {before.periods[0]} to {before.periods[1]}"
    )
