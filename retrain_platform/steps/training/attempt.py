"""What a retrain's last line says of the attempt, so that a no is not asked for again at once."""

from __future__ import annotations

from typing import Any

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.backoff import triggers_of
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.policy.history import history
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Candidate
from retrain_platform.training.incremental import MoreTrees
from retrain_platform.training.search import Search
from retrain_platform.validation.base import Cause, ValidationReport
from retrain_platform.validation.diagnosis import Fit, diagnose

EDGE = 0.02
"""How near to an end of its range a parameter is at the edge, as a share of the range."""


def attempted(shop: Workshop, period: Period, decision: RetrainDecision) -> dict[str, Any]:
    """Which triggers asked for it, until when its rows reach, and after a no what the diagnosis is."""
    made = shop.values.get(shop.model, "training_dataset", period.key, decision.id, DatasetSnapshot)
    report = shop.values.get(shop.model, "validation_report", period.key, decision.id, ValidationReport)
    newest = shop.spec.period.holding(made.newest) if made is not None else None
    causes = [cause.model_dump(mode="json") for cause in report.causes] if report is not None else []
    return {
        "triggers": list(triggers_of(decision.finding)),
        "ripe_until": None if newest is None else newest.end.isoformat(),
        **({"causes": causes} if causes else {}),
    }


def causes_of(
    shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot, report: ValidationReport
) -> tuple[Cause, ...]:
    """Why the candidate did not pass, as far as exam, fit and data tell; empty where it did."""
    candidate = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    if candidate is None or report.verdict == "passed":
        return ()
    recipe = shop.spec.training
    known, share = history(shop, period), made.selection.sample.share if made.selection.sample else 1.0
    fit = Fit(
        report=candidate.report,
        most_rounds=_most_rounds(recipe, candidate),
        at_the_edge=_at_the_edge(recipe.search, candidate),
        new_rows=None if known.champion is None else round(known.new_ripe_rows * share),
    )
    return diagnose(report, fit, made)


def _most_rounds(recipe: LearnerSpec, candidate: Candidate) -> int | None:
    """How many rounds the fit could have had; None of a learner without rounds."""
    if candidate.depth == "incremental" and isinstance(recipe.incremental, MoreTrees):
        return min(candidate.report.taken_over + recipe.incremental.rounds, recipe.incremental.max_rounds)
    return getattr(recipe, "rounds", None)


def _at_the_edge(search: Search | None, candidate: Candidate) -> tuple[str, ...]:
    """The parameters that a search found at an end of their range."""
    found = []
    for name, dimension in ({} if search is None else search.space).items():
        value = candidate.found.get(name)
        if dimension.low is None or dimension.high is None or value is None or isinstance(value, str | bool):
            continue
        near = EDGE * (dimension.high - dimension.low)
        if min(value - dimension.low, dimension.high - value) <= near:
            found.append(f"{name} ({value:g})")
    return tuple(found)
