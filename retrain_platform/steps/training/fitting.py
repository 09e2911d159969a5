"""From a checked snapshot to a candidate: parameters found, or the champion gone on from, then one fit."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.dataset.split import Split
from retrain_platform.policy.base import Depth, RetrainDecision
from retrain_platform.policy.history import SEARCH_FAILED
from retrain_platform.steps.lines import INCIDENT
from retrain_platform.steps.training.attempt import attempted
from retrain_platform.steps.training.continuing import Base, base_again, base_of, go_on
from retrain_platform.steps.training.dataset import end_unfitted, parts, require_gate, rows_of
from retrain_platform.steps.training.searching import Tell, search
from retrain_platform.steps.training.training import learn
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.artefact import folder_digest
from retrain_platform.training.base import Candidate, Fitted
from retrain_platform.training.incremental import CannotContinue
from retrain_platform.training.search import Found, SearchFailed


class Way(NamedTuple):
    """How the candidate is fitted: how deep, with what parameters, from what champion, and what people are told."""

    depth: Depth
    found: Found = {}
    base: Base | None = None
    notes: tuple[str, ...] = ()


def _silent(_: str) -> None:
    """For a caller that wants no progress told."""


def fit(
    shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot, tell: Tell = _silent
) -> Candidate:
    """Fit the candidate on the snapshot's training part, stopped early on its own valid part.

    Raises:
        GateNotPassed: the snapshot's checks did not pass.
        OneClass: a label of classes with one class only.
        SearchFailed: a search came to no parameters; that is on record, as the retrain's end.
    """
    require_gate(shop, period, made)
    standing = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    folder = shop.values.folder(shop.model, "candidate_model", decision.id) / "exam"
    if standing is not None and folder.exists():
        return standing
    rows = parts(shop, made)
    way = _way(shop, period, decision, made, rows.train, tell)
    if not folder.exists():
        shop.keep(_fitted(shop, made, rows, way), folder)
    candidate = _told(shop, made, way, len(rows.train), folder)
    shop.values.put(shop.model, "candidate_model", period.key, decision.id, candidate)
    return candidate


def _told(shop: Workshop, made: DatasetSnapshot, way: Way, rows: int, folder: Path) -> Candidate:
    """What is on record of the candidate that was fitted on so many `rows` and kept in `folder`."""
    fitted = shop.load(folder)
    return Candidate(
        decision_id=made.decision_id,
        snapshot_id=made.id,
        learner=shop.spec.training.kind,
        seen_until=made.holdout_from,
        training_rows=rows,
        model_fingerprint=fitted.fingerprint(),
        report=fitted.report,
        code=shop.code,
        package_digest=folder_digest(folder),
        depth=way.depth,
        found=way.found,
        continued_from=way.base.version if way.base else "",
        continued_since=way.base.since if way.base else None,
        notes=(*way.notes, *fitted.report.notes, *([fitted.report.stopped] if fitted.report.stopped else [])),
    )


def refit(shop: Workshop, made: DatasetSnapshot, candidate: Candidate, exam: Fitted, folder: Path) -> None:
    """Learn once more from all ripe rows, with what the exam's fit had: parameters, base, rounds, outliers' limits."""
    way = Way(candidate.depth, candidate.found, base_again(shop, candidate))
    rounds = exam.report.rounds - exam.report.taken_over
    shop.keep(_fitted(shop, made, Split.undivided(rows_of(shop, made)), way, rounds=rounds), folder)


def _way(
    shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot, train: pd.DataFrame, tell: Tell
) -> Way:
    """How the decision's candidate is fitted; where it cannot go on from the champion it is trained anew."""
    depth, notes = decision.depth, []
    if depth == "incremental":
        try:
            base = base_of(shop, period, made, train)
            return Way("incremental", base.found, base, (base.said,))
        except CannotContinue as error:
            depth = "light" if shop.spec.training.search else "full"
            notes.append(f"trained anew, for it cannot go on from the champion: {error}")
    try:
        report = search(
            shop, period, decision, train, list(made.features), depth=depth, limits=made.selection.limits, tell=tell
        )
    except SearchFailed as error:
        why = f"the search for parameters failed: {error}"
        incident = {"kind": "search", "period": period.key}
        shop.ledger.append(shop.model, INCIDENT, f"search:{decision.id}", made.as_of, why=why, body=incident)
        end_unfitted(shop, period, made, SEARCH_FAILED, why, attempted(shop, period, decision))
        raise SearchFailed(why) from error
    if report is None or report.best is None:
        return Way(depth, notes=tuple(notes))
    tell(report.sentence)
    return Way("light" if report.reused else "full", report.best.params, None, (*notes, report.sentence))


def _fitted(shop: Workshop, made: DatasetSnapshot, rows: Split, way: Way, rounds: int | None = None) -> Fitted:
    recipe, columns, limits = shop.spec.training.with_params(way.found), list(made.features), made.selection.limits
    if way.base is not None:
        return go_on(shop, recipe, way.base, rows, columns, limits=limits, rounds=rounds)
    return learn(shop, recipe, rows, columns, limits=limits, rounds=rounds)
