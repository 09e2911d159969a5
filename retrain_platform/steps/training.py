"""From a checked snapshot to an examined candidate."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.preparation import MissingColumns, UnfitColumn
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import Split
from retrain_platform.policy.base import Champion, RetrainDecision
from retrain_platform.steps.dataset import parts, require_gate
from retrain_platform.steps.deciding import history
from retrain_platform.steps.known import days_of, segments_of
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Candidate, Fitted
from retrain_platform.validation.base import Measurements, ValidationReport
from retrain_platform.validation.judge import judge
from retrain_platform.validation.measure import cannot_measure, measure


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
        keep(_learn(shop, shop.spec.training, rows, list(made.features)), folder)
    fitted = shop.load(folder)
    candidate = Candidate(
        decision_id=decision.id,
        snapshot_id=made.id,
        learner=shop.spec.training.kind,
        seen_until=made.holdout_from,
        training_rows=len(rows.train),
        model_fingerprint=fitted.fingerprint(),
        report=fitted.report,
    )
    shop.values.put(shop.model, "candidate_model", period.key, decision.id, candidate)
    return candidate


def _learn(shop: Workshop, recipe: LearnerSpec, rows: Split, columns: list[str]) -> Fitted:
    """Fit a recipe on the training part, stopped early on the valid part where there is one."""
    stops = len(rows.valid) > 0
    return shop.teach(recipe).fit(
        rows.train[columns],
        labels_of(rows.train),
        valid=rows.valid[columns] if stops else None,
        valid_labels=labels_of(rows.valid) if stops else None,
    )


def labels_of(frame: pd.DataFrame) -> np.ndarray:
    """The known labels as float64, in the frame's order."""
    labels: np.ndarray = frame["_label"].to_numpy(np.float64)
    return labels


def keep(fitted: Fitted, folder: Path) -> None:
    """Write the package beside its place, then move it there: a killed run leaves none or a whole one.

    Of two runs of the same decision the first wins: its package may be in use already, and is the same.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f"{folder.name}.draft-", dir=folder.parent))
    try:
        fitted.save(draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def examine(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> ValidationReport:
    """Measure candidate and champion on the holdout, and judge by the spec's gates."""
    report = judge(shop.spec.validation.gates, _measured(shop, period, decision, made), decision.as_of)
    shop.values.put(shop.model, "validation_report", period.key, decision.id, report)
    return report


def report_of(shop: Workshop, period: Period, decision: RetrainDecision) -> ValidationReport:
    """The exam's report.

    Raises:
        NotExamined: when the candidate was not examined yet.
    """
    report = shop.values.get(shop.model, "validation_report", period.key, decision.id, ValidationReport)
    if report is None:
        raise NotExamined(f"exam of decision {decision.id} == none, must be there; materialise validation_report first")
    return report


class NotExamined(RuntimeError):
    """A candidate without its exam can be neither registered nor described."""


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


def _measured(shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot) -> Measurements:
    if made.basis == "too few rows":
        return cannot_measure(decision.id, made.basis_why)
    rows = parts(shop, made).holdout
    exam = shop.load(shop.values.folder(shop.model, "candidate_model", decision.id) / "exam")
    other = _other(shop, period, made)
    try:
        others = other.score(rows) if other else None
    except (MissingColumns, UnfitColumn) as error:
        return cannot_measure(decision.id, f"the champion cannot score the rows of the exam: {error}")
    return measure(
        decision.id,
        labels_of(rows),
        exam.score(rows),
        others,
        days_of(rows, shop.spec.period.timezone),
        basis=made.basis,
        start=made.holdout_from,
        end=made.newest,
        metrics=shop.spec.metrics,
        segments=segments_of(shop, rows),
        confidence=shop.spec.monitoring.confidence,
        min_segment=shop.spec.monitoring.min_segment,
        looks=_looks(shop, made),
        ids=_ids(rows),
    )


def _looks(shop: Workshop, made: DatasetSnapshot) -> int:
    """How many exams were held on rows of this holdout, this one included: the nth is stricter (V13)."""
    earlier = shop.values.all(shop.model, "training_dataset", DatasetSnapshot).values()
    return 1 + sum(
        other.as_of < made.as_of and other.newest >= made.holdout_from and other.basis not in ("too few rows", "alone")
        for other in earlier
    )


def _ids(rows: pd.DataFrame) -> np.ndarray:
    """How a person finds a row again: its event time and its entity."""
    times = rows["_event_time"].dt.strftime("%Y-%m-%d %H:%M")
    found: np.ndarray = (times + " " + rows["_entity"].astype(str)).to_numpy(dtype=object)
    return found


def _other(shop: Workshop, period: Period, made: DatasetSnapshot) -> Fitted | None:
    """Whom the candidate is compared with: the champion, or its recipe fitted again to the same cut."""
    champion = _champion(shop, period)
    if champion is None:
        return None
    fitted = shop.fitted(champion.version)
    if made.basis != "recipes":
        return fitted
    tags = next(v.tags for v in shop.registry.versions(shop.model) if v.version == champion.version)
    recipe: LearnerSpec = TypeAdapter(LearnerSpec).validate_json(tags["recipe_spec"])
    return _learn(shop, recipe, parts(shop, made), list(fitted.report.features))


def _champion(shop: Workshop, period: Period) -> Champion | None:
    return history(shop, period).champion
