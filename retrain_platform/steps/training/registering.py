"""From a passed exam to a version with a release: refit, register, open, and close the retrain on record."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import Action, RetrainDecision
from retrain_platform.release.advance import open_release
from retrain_platform.release.fold import fold
from retrain_platform.steps.lines import DECIDED, RETRAINED
from retrain_platform.steps.monitoring.control import remember_trained
from retrain_platform.steps.release.releasing import project, record
from retrain_platform.steps.training.attempt import attempted
from retrain_platform.steps.training.fitting import refit
from retrain_platform.steps.training.selecting import recipe_of
from retrain_platform.steps.training.stored_requests import keep_requests
from retrain_platform.steps.values import Ingested, Registered
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.artefact import PACKAGE_DIGEST, folder_digest
from retrain_platform.training.base import Candidate, ModelVersion
from retrain_platform.training.names import recorded_name
from retrain_platform.training.semantic_version import FOUND, RECIPE, SEMANTIC_VERSION, semantic_version
from retrain_platform.validation.base import ValidationReport


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
    fitted = shop.load(package)
    keep_requests(shop, fitted, made, folder)
    fingerprint = fitted.fingerprint()
    tags = _tags(shop, decision, made, report, fingerprint) | {PACKAGE_DIGEST: folder_digest(package)}
    version = shop.registry.register(shop.model, decision.id, package, tags, run_id=run_id)
    remember_trained(shop, fitted, version.version, decision.period)
    return Registered(
        decision_id=decision.id,
        version=version.version,
        semantic_version=version.tags.get(SEMANTIC_VERSION),
        verdict=report.verdict,
        model_fingerprint=fingerprint,
        training_rows=made.rows,
        seen_until=_seen_until(shop, made),
        sentence=report.sentence,
    )


def _seen_until(shop: Workshop, made: DatasetSnapshot) -> datetime:
    """No row at or after it entered the registered model: refitted, it saw the newest period whole."""
    newest = shop.spec.period.holding(made.newest)
    return newest.end if shop.spec.training.refit and newest is not None else made.holdout_from


def _refit(shop: Workshop, decision: RetrainDecision, made: DatasetSnapshot, package: Path) -> None:
    """Learn once more from all ripe rows, as the exam's fit did."""
    candidate = _candidate(shop, decision)
    if candidate is None:
        raise NotFitted(
            f"candidate of decision {decision.id} == none, must be there; materialise candidate_model first"
        )
    refit(shop, made, candidate, shop.load(package.with_name("exam")), package)


class NotFitted(RuntimeError):
    """There is no candidate to learn once more as."""


def _candidate(shop: Workshop, decision: RetrainDecision) -> Candidate | None:
    return shop.values.get(shop.model, "candidate_model", decision.period, decision.id, Candidate)


def _tags(
    shop: Workshop,
    decision: RetrainDecision,
    made: DatasetSnapshot,
    report: ValidationReport,
    fingerprint: str,
) -> dict[str, str]:
    primary, candidate = report.measurements.candidate.get(shop.spec.primary), _candidate(shop, decision)
    recipe = recipe_of(shop, made.features)
    return {
        "decision_id": decision.id,
        "trigger": decision.finding.trigger,
        "reason": decision.reason[:400],
        "snapshot": made.id,
        "data_version": ", ".join(f"{k}@{v}" for k, v in made.tables.items()),
        SEMANTIC_VERSION: semantic_version(recipe, _earlier(shop, decision), continued=_continues(candidate)),
        **_depth_tags(candidate),
        RECIPE: recipe,
        "recipe_spec": shop.spec.training.model_dump_json(),
        "fingerprint": fingerprint,
        "verdict": report.verdict,
        "owners": ", ".join(shop.spec.owners),
        "rows": str(made.rows),
        "features": ", ".join(made.features),
        **_version_tags(_made_with(shop, shop.spec.period.period(decision.period), decision)),
        **({recorded_name(f"exam_{shop.spec.primary}"): f"{primary:.4f}"} if primary is not None else {}),
    }


def _made_with(shop: Workshop, period: Period, decision: RetrainDecision) -> dict[str, Any]:
    """The declared versions that the decision's period was watched with, and the code that fitted the candidate."""
    taken = shop.values.newest(shop.model, "events", period.key, Ingested)
    candidate = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    return {"versions": taken.versions if taken else {}, "code": candidate.code if candidate else ""}


def _continues(candidate: Candidate | None) -> bool:
    """Whether the candidate only goes on learning."""
    return candidate is not None and candidate.depth == "incremental"


def _depth_tags(candidate: Candidate | None) -> dict[str, str]:
    """How deep the retrain went, what a search found, and what it goes on from."""
    if candidate is None:
        return {}
    found = {FOUND: json.dumps(candidate.found, sort_keys=True)} if candidate.found else {}
    base = {"continued_from": candidate.continued_from} if candidate.continued_from else {}
    return {"depth": candidate.depth, **found, **base}


def _version_tags(made_with: dict[str, Any]) -> dict[str, str]:
    """As tags of the registered version; what is not known is not said."""
    declared = {f"version.{name}": version for name, version in made_with["versions"].items()}
    return declared | ({"code": made_with["code"]} if made_with["code"] else {})


def _earlier(shop: Workshop, decision: RetrainDecision) -> list[ModelVersion]:
    """The versions before the decision's own: a repeated step finds its own registered already."""
    return list(takewhile(lambda made: made.tags.get("decision_id") != decision.id, shop.registry.versions(shop.model)))


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
            mode="act" if shop.spec.mode == "act" and not shop.spec.label.unexplored else "propose",
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
            "semantic_version": ended.semantic_version,
            "verdict": ended.verdict,
            "training_rows": ended.training_rows,
            "seen_until": ended.seen_until.isoformat() if ended.seen_until else None,
            "depth": candidate.depth if (candidate := _candidate(shop, decision)) else decision.depth,
            **_made_with(shop, period, decision),
            **attempted(shop, period, decision),
        },
    )
