"""From a checked snapshot to a registered version: fit, exam, refit, register, open the release."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import Action, Champion, RetrainDecision
from retrain_platform.release.advance import open_release
from retrain_platform.release.fold import fold
from retrain_platform.steps.dataset import Parts, parts, require_gate
from retrain_platform.steps.deciding import DECIDED, RETRAINED, history
from retrain_platform.steps.releasing import project, record
from retrain_platform.steps.ripening import segments_of
from retrain_platform.steps.values import Registered
from retrain_platform.steps.watching import days_of
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
    fitted = _learn(shop, shop.spec.training, rows, list(made.features))
    _keep(fitted, folder)
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


def _learn(shop: Workshop, recipe: LearnerSpec, rows: Parts, columns: list[str]) -> Fitted:
    """Fit a recipe on the training part, stopped early on the valid part where there is one."""
    stops = {"valid": rows.valid[columns], "valid_labels": _labels(rows.valid)} if len(rows.valid) else {}
    return shop.teach(recipe).fit(rows.train[columns], _labels(rows.train), **stops)


def _labels(frame: pd.DataFrame) -> np.ndarray:
    return frame["_label"].to_numpy(np.float64)


def _keep(fitted: Fitted, folder: Path) -> None:
    """Write the package beside its place, then move it there: a killed run leaves none or a whole one."""
    draft = folder.with_name(f"{folder.name}.draft-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    fitted.save(draft)
    shutil.rmtree(folder, ignore_errors=True)
    draft.replace(folder)


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
    return measure(
        decision.id,
        _labels(rows),
        exam.score(rows),
        other.score(rows) if other else None,
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
    return (times + " " + rows["_entity"].astype(str)).to_numpy(dtype=object)


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


def register(
    shop: Workshop,
    period: Period,
    decision: RetrainDecision,
    made: DatasetSnapshot,
    report: ValidationReport,
    *,
    run_id: str | None = None,
) -> Registered:
    """Refit what passed on all ripe rows, register it, record how the retrain ended, open the release.

    Every step can be repeated: the registry knows the decision, the ledger its keys.
    """
    on_record = _on_record(shop, decision)
    if report.verdict == "failed" or not on_record:
        beside = "" if on_record else "decided again beside the record: neither registered nor released; "
        ended = Registered(
            decision_id=decision.id,
            version=None,
            verdict=report.verdict,
            training_rows=made.rows,
            sentence=beside + report.sentence,
        )
    else:
        ended = _registered(shop, decision, made, report, run_id)
    if ended.version is not None:
        _open(shop, decision, ended.version)
    shop.values.put(shop.model, "registered_model", period.key, decision.id, ended)
    return ended


def _registered(
    shop: Workshop,
    decision: RetrainDecision,
    made: DatasetSnapshot,
    report: ValidationReport,
    run_id: str | None,
) -> Registered:
    folder = shop.values.folder(shop.model, "candidate_model", decision.id)
    package = folder / ("final" if shop.spec.training.refit else "exam")
    if not package.exists():
        _refit(shop, decision, made, package)
    fingerprint = shop.load(package).fingerprint()
    version = shop.registry.register(
        shop.model, decision.id, package, _tags(shop, decision, made, report, fingerprint), run_id=run_id
    )
    seen = made.newest if shop.spec.training.refit else made.holdout_from
    return Registered(
        decision_id=decision.id,
        version=version.version,
        verdict=report.verdict,
        model_fingerprint=fingerprint,
        training_rows=made.rows,
        seen_until=shop.spec.period.holding(seen).end if shop.spec.training.refit else seen,
        sentence=report.sentence,
    )


def _refit(shop: Workshop, decision: RetrainDecision, made: DatasetSnapshot, package: Path) -> None:
    """Learn once more from all ripe rows, with the round count that the exam's fit found."""
    exam = shop.load(package.with_name("exam"))
    rows = parts(shop, made).everything
    _keep(
        shop.teach(shop.spec.training).fit(rows[list(made.features)], _labels(rows), rounds=exam.report.rounds), package
    )


def _tags(
    shop: Workshop,
    decision: RetrainDecision,
    made: DatasetSnapshot,
    report: ValidationReport,
    fingerprint: str,
) -> dict[str, str]:
    primary = report.measurements.candidate.get(shop.spec.primary)
    return {
        "decision_id": decision.id,
        "trigger": decision.finding.trigger,
        "reason": decision.reason[:400],
        "snapshot": made.id,
        "data_version": ", ".join(f"{k}@{v}" for k, v in made.tables.items()),
        "recipe": shop.spec.training.fingerprint(),
        "recipe_spec": shop.spec.training.model_dump_json(),
        "fingerprint": fingerprint,
        "verdict": report.verdict,
        "owners": ", ".join(shop.spec.owners),
        "rows": str(made.rows),
        "features": ", ".join(made.features),
        **({f"exam_{shop.spec.primary}": f"{primary:.4f}"} if primary is not None else {}),
    }


def _on_record(shop: Workshop, decision: RetrainDecision) -> bool:
    """Whether the road itself made the decision: one made again beside it moves nothing."""
    return any(e.kind == DECIDED and e.body["decision_id"] == decision.id for e in shop.entries())


def _open(shop: Workshop, decision: RetrainDecision, version: str) -> None:
    """Begin the release, from the state before it: a killed run's second half is the same moves under the same keys."""
    key = f"open:{decision.id}"
    entries = shop.entries()
    if not any(entry.key == f"{RETRAINED}:{decision.id}" for entry in entries):
        moves = open_release(
            fold([entry for entry in entries if not entry.key.startswith(key)]),
            version,
            decision.id,
            decision.as_of,
            shop.spec.plan,
            mode="act" if shop.spec.mode == "act" else "propose",
            urgent=decision.action is Action.RETRAIN_NOW,
        )
        record(shop, moves, key=key, as_of=decision.as_of, decision_id=decision.id)
    project(shop, shop.state())


def close(shop: Workshop, period: Period, decision: RetrainDecision) -> None:
    """The retrain's last line: until it stands, the retrain is asked for again."""
    ended = shop.values.get(shop.model, "registered_model", period.key, decision.id, Registered)
    if ended is None or not _on_record(shop, decision):
        return
    shop.ledger.append(
        shop.model,
        RETRAINED,
        f"{RETRAINED}:{decision.id}",
        decision.as_of,
        why=ended.sentence,
        body={
            "decision_id": decision.id,
            "period": period.key,
            "version": ended.version,
            "verdict": ended.verdict,
            "training_rows": ended.training_rows,
            "seen_until": ended.seen_until.isoformat() if ended.seen_until else None,
        },
    )
