"""The model card of a retrain, from what its steps left."""

from __future__ import annotations

from typing import NamedTuple

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.examining import report_of
from retrain_platform.steps.values import Card, Ingested, Registered
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation.card import CardFacts, Refit, model_card


def write_card(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> Card:
    """Compose and keep the card."""
    facts = _facts(shop, decision, made, _left(shop, period, decision))
    card = Card(decision_id=decision.id, text=model_card(facts, report_of(shop, period, decision)))
    shop.values.put(shop.model, "model_card", period.key, decision.id, card)
    return card


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
    spec, (candidate, ended, taken) = shop.spec, left
    return CardFacts(
        model=spec.name,
        version=ended.version if ended else None,
        semantic_version=ended.semantic_version if ended else None,
        as_of=decision.as_of,
        decision_id=decision.id,
        trigger=decision.finding.trigger,
        reason=decision.reason,
        owners=spec.owners,
        task=spec.task,
        label=spec.label.column,
        snapshot_id=made.id,
        rows=made.rows,
        periods=(made.periods[0], made.periods[-1], len(made.periods)),
        tables=made.tables,
        features=made.features,
        importance=candidate.report.importance,
        learner=candidate.learner,
        parameters=_parameters(shop),
        rounds=candidate.report.rounds,
        seen_until=candidate.seen_until,
        model_fingerprint=candidate.model_fingerprint,
        refit=_refit(shop, candidate, ended),
        intended_use=spec.description,
        limits=(f"released by a person only: {spec.label.unexplored}",) if spec.label.unexplored else (),
        versions=taken.versions if taken else {},
        code=candidate.code,
    )


def _parameters(shop: Workshop) -> dict[str, str | int | float | bool | None]:
    given = shop.spec.training.model_dump(mode="json")
    return {
        name: value if isinstance(value, (str, int, float, bool)) else str(value)
        for name, value in {**given, **given.get("params", {})}.items()
        if name != "params"
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
