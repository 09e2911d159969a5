"""From a checked snapshot to a candidate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import Split, with_columns
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.dataset import parts, require_gate
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Candidate, Fitted


def fit(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> Candidate:
    """Fit the candidate on the snapshot's training part, stopped early on its own valid part.

    Raises:
        GateNotPassed: the snapshot's checks did not pass.
        OneClass: a binary label with one class only.
    """
    require_gate(shop, period, made)
    standing = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    folder = shop.values.folder(shop.model, "candidate_model", decision.id) / "exam"
    if standing is not None and folder.exists():
        return standing
    rows = parts(shop, made)
    if not folder.exists():
        shop.keep(learn(shop, shop.spec.training, rows, list(made.features)), folder)
    fitted = shop.load(folder)
    candidate = Candidate(
        decision_id=decision.id,
        snapshot_id=made.id,
        learner=shop.spec.training.kind,
        seen_until=made.holdout_from,
        training_rows=len(rows.train),
        model_fingerprint=fitted.fingerprint(),
        report=fitted.report,
        code=shop.code,
    )
    shop.values.put(shop.model, "candidate_model", period.key, decision.id, candidate)
    return candidate


def learn(shop: Workshop, recipe: LearnerSpec, rows: Split, columns: list[str]) -> Fitted:
    """Fit a recipe on the training part, stopped early on the valid part where there is one."""
    stops = len(rows.valid) > 0
    return shop.teach(recipe).fit(
        with_columns(rows.train, columns),
        labels_of(rows.train),
        valid=with_columns(rows.valid, columns) if stops else None,
        valid_labels=labels_of(rows.valid) if stops else None,
    )


def labels_of(frame: pd.DataFrame) -> np.ndarray:
    """The known labels as float64, in the frame's order."""
    labels: np.ndarray = frame["_label"].to_numpy(np.float64)
    return labels


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
