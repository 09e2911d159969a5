"""The measured suites of an exam: each is measured where a gate of the spec asks for it, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.known import ids_of
from retrain_platform.steps.validation.asking_golden import ask_golden
from retrain_platform.steps.validation.behaving import behave
from retrain_platform.steps.validation.complying import comply
from retrain_platform.steps.validation.costing import cost
from retrain_platform.steps.validation.scene import Scene, even_places, plain, scene_of
from retrain_platform.steps.validation.scoring_extra import score_extra
from retrain_platform.steps.validation.smoking import smoke
from retrain_platform.steps.validation.stressing import stress
from retrain_platform.steps.workshop import Workshop
from retrain_platform.training.base import Candidate
from retrain_platform.validation import (
    Behaviour,
    Compliance,
    Cost,
    ExtraSet,
    Golden,
    Integration,
    Robustness,
)
from retrain_platform.validation.base import Measurements, ValidationReport
from retrain_platform.validation.suites import Costs, Shown, Suites

_ASKING = (Robustness, Compliance, Integration, Cost, Golden, Behaviour, ExtraSet)
_VALUES = 6
"""How many of a row's features a spot check shows: the most important ones."""


def with_suites(
    shop: Workshop, period: Period, decision: RetrainDecision, made: DatasetSnapshot, measured: Measurements
) -> Measurements:
    """The exam's measurements with those of its suites; unchanged, at no cost, where no gate asks."""
    exam = shop.spec.validation
    if not exam.spot_check and not any(isinstance(gate, _ASKING) for gate in exam.gates):
        return measured
    standing = shop.values.get(shop.model, "candidate_model", period.key, decision.id, Candidate)
    digest = standing.package_digest if standing else ""
    scene = scene_of(shop, period, decision, made, measured, digest)
    found = _measured(scene, _earlier(shop, period, decision))
    shown = _shown(scene, exam.spot_check) if exam.spot_check else ()
    return measured.model_copy(update={"suites": Suites(**found, shown=shown)})


def _measured(scene: Scene, earlier: Costs | None) -> dict[str, Any]:
    """By field of `Suites`; `earlier` are the costs of the same exam, where it was held before."""
    found: dict[str, Any] = {"robustness": {}, "golden": {}, "behaviour": {}, "extra": {}}
    for gate in scene.shop.spec.validation.gates:
        match gate:
            case Robustness():
                found["robustness"] |= stress(scene, gate)
            case Behaviour():
                found["behaviour"] |= behave(scene, gate)
            case Golden():
                found["golden"][gate.name] = ask_golden(scene, gate)
            case ExtraSet():
                found["extra"][gate.key] = score_extra(scene, gate)
            case Compliance() if "compliance" not in found:
                found["compliance"] = comply(scene)
            case Integration() if "integration" not in found:
                found["integration"] = smoke(scene, gate)
            case Cost() if "cost" not in found:
                found["cost"] = earlier or cost(scene, gate)
            case _:
                continue
    return found


def _earlier(shop: Workshop, period: Period, decision: RetrainDecision) -> Costs | None:
    """What the same exam cost when it was held before: times are never the same twice, its answer must be."""
    report = shop.values.get(shop.model, "validation_report", period.key, decision.id, ValidationReport)
    return report.measurements.suites.cost if report else None


def _shown(scene: Scene, count: int) -> tuple[Shown, ...]:
    """So many rows of the exam, evenly from the lowest score to the highest; of several classes, over the rows."""
    mine, theirs = scene.mine, scene.theirs
    if not len(mine.scores):
        return ()
    order = np.argsort(mine.scores, kind="stable") if mine.scores.ndim == 1 else np.arange(len(mine.scores))
    places = order[even_places(len(order), count)]
    ids, labels = ids_of(scene.rows), scene.rows["_label"].to_numpy(dtype=object)
    return tuple(
        Shown(
            id=str(ids[place]),
            label=plain(labels[place]),
            candidate=_score(mine.scores[place]),
            champion=_score(theirs.scores[place]) if theirs is not None and len(theirs.scores) else None,
            values=_values(scene, int(place)),
        )
        for place in places
    )


def _score(score: Any) -> float | str:
    if np.ndim(score):
        return ", ".join(f"{each:.4f}" for each in score)
    return float(score) if np.isfinite(score) else str(score)


def _values(scene: Scene, place: int) -> dict[str, str]:
    importance = scene.candidate.report.importance
    names = sorted(scene.features, key=lambda name: (-importance.get(name, 0.0), name))[:_VALUES]
    row = scene.rows.iloc[place]
    return {name: str(plain(row[name])) for name in names}
