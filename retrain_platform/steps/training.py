"""One fit: what a recipe makes of rows, and what of it the tracked run is told."""

from __future__ import annotations

from retrain_platform.dataset.cleaning import Limits
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import Split, with_columns
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.answers import labels_of, queries_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.adjusted import adjusted
from retrain_platform.training.base import Candidate, Fitted
from retrain_platform.training.lesson import lesson


def learn(
    shop: Workshop,
    recipe: LearnerSpec,
    rows: Split,
    columns: list[str],
    *,
    limits: Limits | None = None,
    rounds: int | None = None,
) -> Fitted:
    """Fit a recipe on the training part, stopped early on the valid part where there is one.

    `limits` are those that its outliers have in the snapshot; None fits them anew. `rounds` fixes their count.
    """
    given = lesson(recipe, rows, columns, limits)
    stops = len(given.valid) > 0
    fitted = shop.teach(recipe).fit(
        with_columns(given.train, columns),
        labels_of(given.train),
        valid=with_columns(given.valid, columns) if stops else None,
        valid_labels=labels_of(given.valid) if stops else None,
        rounds=rounds,
        weights=given.weights,
        valid_weights=given.valid_weights,
        queries=queries_of(shop.spec, given.train),
        valid_queries=queries_of(shop.spec, given.valid) if stops else None,
    )
    return adjusted(fitted, given.adjustment)


def run_tags(decision: RetrainDecision, made: DatasetSnapshot, candidate: Candidate) -> dict[str, str]:
    """What the MLflow run says of itself beside its numbers."""
    return {
        "decision_id": decision.id,
        "trigger": decision.finding.trigger,
        "reason": decision.reason,
        "period": decision.period,
        "snapshot": made.id,
        "fingerprint": candidate.model_fingerprint,
        "data_version": ", ".join(f"{name}@{version}" for name, version in made.tables.items()),
    }
