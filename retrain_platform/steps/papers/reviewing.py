"""The page that a reviewer reads before answering for a version, from what the retrains left."""

from __future__ import annotations

import json
from collections.abc import Sequence

from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.release.base import Entry
from retrain_platform.release.fold import fold
from retrain_platform.steps.lines import DECIDED, RETRAINED
from retrain_platform.steps.papers.story import MOVES
from retrain_platform.steps.release.approving import waiting_for
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.review import Made, Parameters, ReviewFacts, review


def review_of(shop: Workshop, version: str) -> str:
    """The reviewer's page of a registered version, in Markdown.

    Raises:
        LookupError: nothing is on record of the version.
    """
    entries = shop.entries()
    made, report = _made(shop, entries, version), _report(shop, entries, version)
    if made is None or report is None:
        there = on_record(entries)
        raise LookupError(f"version == {version!r}, must be one with its dataset and exam on record: {there}")
    waits = waiting_for(shop.spec, entries)
    mine = waits if waits is not None and waits.version == version else None
    before = _before(entries, version)
    facts = ReviewFacts(
        model=shop.model,
        made=made,
        before=None if before is None else _made(shop, entries, before),
        waits="" if mine is None else mine.sentence,
        answer=() if mine is None else mine.answers,
    )
    return review(facts, report)


def _before(entries: Sequence[Entry], version: str) -> str | None:
    """Who answered when the version came onto its way."""
    first = next((e.seq for e in entries if e.kind in MOVES and e.body["version"] == version), 0)
    return fold([entry for entry in entries if entry.seq < first]).champion


def retrain_of(entries: Sequence[Entry], version: str) -> tuple[str, str] | None:
    """The period and the decision that a registered version came from; None where nothing is on record."""
    mine = [e.body for e in entries if e.kind in (RETRAINED, *MOVES) and e.body.get("version") == version]
    id = next((body["decision_id"] for body in mine if body.get("decision_id")), None)
    decided = (e.body["period"] for e in entries if e.kind == DECIDED and e.body["decision_id"] == id)
    period = next(decided, None)
    return None if id is None or period is None else (period, id)


def on_record(entries: Sequence[Entry]) -> str:
    """The versions that came of a retrain, in words."""
    return ", ".join(str(e.body["version"]) for e in entries if e.kind == RETRAINED and e.body["version"]) or "none"


def _report(shop: Workshop, entries: Sequence[Entry], version: str) -> ValidationReport | None:
    came = retrain_of(entries, version)
    return None if came is None else shop.values.get(shop.model, "validation_report", *came, ValidationReport)


def _made(shop: Workshop, entries: Sequence[Entry], version: str) -> Made | None:
    """How a version was made, from what its retrain left; None where that is gone."""
    came = retrain_of(entries, version)
    snapshot = None if came is None else shop.values.get(shop.model, "training_dataset", *came, DatasetSnapshot)
    if came is None or snapshot is None:
        return None
    tags = shop.tags(version)
    candidate = shop.values.get(shop.model, "candidate_model", *came, Candidate)
    taken = shop.values.newest(shop.model, "events", came[0], Ingested)
    return Made(
        version=version,
        learner=candidate.learner if candidate else "",
        features=snapshot.features,
        parameters=parameters(json.loads(tags.get("recipe_spec", "{}"))),
        rows=snapshot.rows,
        periods=(snapshot.periods[0], snapshot.periods[-1]),
        versions=taken.versions if taken else {},
        code=candidate.code if candidate else "",
    )


def parameters(given: dict[str, object]) -> Parameters:
    """A recipe's fields in one row, those of its own `params` among them."""
    inner = given.get("params")
    flat = {**given, **(inner if isinstance(inner, dict) else {})}
    return {
        name: value if isinstance(value, (str, int, float, bool)) else str(value)
        for name, value in flat.items()
        if name != "params"
    }
