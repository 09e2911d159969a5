"""The model card of a retrain, from what its steps left and what people did since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.release.base import Entry
from retrain_platform.steps.lines import DECIDED
from retrain_platform.steps.papers.reviewing import on_record, parameters, retrain_of
from retrain_platform.steps.papers.story import MOVES, trigger_of
from retrain_platform.steps.policy.deciding import decision_of
from retrain_platform.steps.release.approving import requests_of, waiting_for
from retrain_platform.steps.validation.examining import report_of
from retrain_platform.steps.values import Card, Ingested, Registered
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation.base import ValidationReport
from retrain_platform.validation.card import model_card
from retrain_platform.validation.card_facts import CardFacts, CardSpec, Refit, Step


def write_card(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> Card:
    """Compose and keep the card."""
    card = card_of(shop, period, decision, made)
    shop.values.put(shop.model, "model_card", period.key, decision.id, card)
    return card


def card_of(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> Card:
    """The card as it is now: people's approvals and the release's moves of until now are on it."""
    facts = _facts(shop, decision, made, _left(shop, period, decision))
    return Card(
        decision_id=decision.id, version=facts.version, text=model_card(facts, report_of(shop, period, decision))
    )


def card_of_version(shop: Workshop, version: str) -> tuple[Card, ValidationReport]:
    """The card of a registered version as it is now, and the report of its exam.

    Raises:
        LookupError: the version is not on record, or its retrain's values are gone.
    """
    entries = shop.entries()
    came = retrain_of(entries, version)
    decision = None if came is None else decision_of(shop, *came)
    made = None if came is None else shop.values.get(shop.model, "training_dataset", *came, DatasetSnapshot)
    if came is None or decision is None or made is None:
        raise LookupError(f"version == {version!r}, must be one whose retrain is on record: {on_record(entries)}")
    period = shop.spec.period.period(came[0])
    return card_of(shop, period, decision, made), report_of(shop, period, decision)


class _Left(NamedTuple):
    """What the retrain's steps left beside its dataset."""

    candidate: Candidate
    ended: Registered | None
    taken: Ingested | None


def _left(shop: Workshop, period: Period, decision: RetrainDecision) -> _Left:
    candidate = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    if candidate is None:
        raise LookupError(f"candidate of decision {decision.id} == none, must be there; materialise candidate_model")
    return _Left(
        candidate,
        shop.values.get(shop.model, "registered_model", period.key, decision.id, Registered),
        shop.values.newest(shop.model, "events", period.key, Ingested),
    )


def _facts(shop: Workshop, decision: RetrainDecision, made: DatasetSnapshot, left: _Left) -> CardFacts:
    candidate, ended, taken = left
    version = ended.version if ended else None
    return CardFacts(
        version=version,
        semantic_version=ended.semantic_version if ended else None,
        as_of=decision.as_of,
        decision_id=decision.id,
        trigger=trigger_of(decision),
        reason=decision.reason,
        refit=_refit(shop, candidate, ended),
        versions=taken.versions if taken else {},
        steps=_steps(shop, decision, version),
        waits=_waits(shop, version),
        ids=_ids(decision, made, candidate, ended),
        **_of_the_spec(shop),
        **_of_the_dataset(made),
        **_of_the_fit(candidate),
    )


def _of_the_spec(shop: Workshop) -> dict[str, Any]:
    """What is written of the model."""
    spec = shop.spec
    return {
        "model": spec.name,
        "owners": spec.owners,
        "task": spec.task,
        "label": spec.label.column,
        "window": _window(shop),
        "parameters": parameters(spec.training.model_dump(mode="json")),
        "declared": _declared(shop),
        "limits": (f"released by a person only: {spec.label.unexplored}",) if spec.label.unexplored else (),
    }


def _of_the_dataset(made: DatasetSnapshot) -> dict[str, Any]:
    """What it learned from."""
    return {
        "snapshot_id": made.id,
        "rows": made.rows,
        "periods": (made.periods[0], made.periods[-1], len(made.periods)),
        "dropped": made.dropped,
        "chosen": made.selection.said,
        "tables": made.tables,
        "features": made.features,
    }


def _of_the_fit(candidate: Candidate) -> dict[str, Any]:
    """The examined model."""
    return {
        "importance": candidate.report.importance,
        "learner": candidate.learner,
        "rounds": candidate.report.rounds,
        "seen_until": candidate.seen_until,
        "model_fingerprint": candidate.model_fingerprint,
        "code": candidate.code,
    }


def _declared(shop: Workshop) -> CardSpec:
    """What the owners declare; the spec's description is the purpose, where the card says none."""
    card = shop.spec.card
    return card if card.purpose else card.model_copy(update={"purpose": shop.spec.description})


def _window(shop: Workshop) -> str:
    """What of the past the recipe takes, as the spec says it."""
    given = shop.spec.training.model_dump(mode="json").get("window", "")
    if isinstance(given, Mapping):
        return ", ".join(f"{name} {value}" for name, value in given.items() if value is not None)
    return str(given)


def _steps(shop: Workshop, decision: RetrainDecision, version: str | None) -> tuple[Step, ...]:
    """Who asked, what was decided, and every move of the version so far."""
    entries = shop.entries()
    asked = [(f"requested ({entry.body.get('kind', 'manual')})", entry) for entry in requests_of(entries, decision)]
    decided = [("decided", e) for e in entries if e.kind == DECIDED and e.body["decision_id"] == decision.id]
    moved = [(_move(e), e) for e in entries if e.kind in MOVES and version and e.body.get("version") == version]
    return tuple(
        Step(what=what, actor=entry.actor, as_of=entry.as_of, at=entry.at, why=entry.why)
        for what, entry in [*asked, *decided, *moved]
    )


def _move(entry: Entry) -> str:
    """The move in words: an approval is one, though the ledger's kind is the stage's."""
    if entry.key.startswith("approve:"):
        return f"approved, to {entry.body['stage']}"
    return f"{entry.kind.replace('_', ' ')}, {entry.body['stage'].replace('_', ' ')}"


def _waits(shop: Workshop, version: str | None) -> str:
    found = waiting_for(shop.spec, shop.entries())
    return found.sentence if found is not None and found.version == version else ""


def _ids(
    decision: RetrainDecision, made: DatasetSnapshot, candidate: Candidate, ended: Registered | None
) -> dict[str, str]:
    """What leads from the card to everything that the version was made from."""
    return {
        "decision": decision.id,
        "dataset snapshot": made.id,
        **{f"table {name}": f"version {number}" for name, number in sorted(made.tables.items())},
        "examined model": candidate.model_fingerprint,
        "registered model": ended.model_fingerprint if ended else "",
        "registry": f"{made.model} version {ended.version}" if ended and ended.version else "",
        "code": candidate.code,
    }


def _refit(shop: Workshop, candidate: Candidate, ended: Registered | None) -> Refit | None:
    if ended is None or ended.version is None or ended.seen_until is None or not shop.spec.training.refit:
        return None
    return Refit(
        rows=ended.training_rows,
        rounds=candidate.report.rounds,
        seen_until=ended.seen_until,
        model_fingerprint=ended.model_fingerprint,
    )
