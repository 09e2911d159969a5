"""One fit: what a recipe makes of rows, and what of it the tracked run is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from retrain_platform.dataset.cleaning import Limits
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import Split, with_columns
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.answers import labels_of, queries_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.adjusted import adjusted
from retrain_platform.training.base import Candidate, Fitted, Rows
from retrain_platform.training.lesson import Lesson, lesson

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


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
    train, valid = sides(shop, given, columns)
    return adjusted(shop.teach(recipe).fit(train, valid=valid, rounds=rounds), given.adjustment)


def sides(shop: Workshop, given: Lesson, columns: Sequence[str]) -> tuple[Rows, Rows | None]:
    """The lesson's rows to learn from and those to stop by, None where there are none, as a learner takes them."""

    def side(frame: pd.DataFrame, weights: NDArray[np.float64] | None) -> Rows:
        return Rows(with_columns(frame, columns), labels_of(frame), weights, queries_of(shop.spec, frame))

    return side(given.train, given.weights), side(given.valid, given.valid_weights) if len(given.valid) else None


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
