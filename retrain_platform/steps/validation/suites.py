"""The measured suites of an exam: each is measured where a gate of the spec asks for it, and nowhere else."""

from __future__ import annotations

from typing import Any

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.policy.base import RetrainDecision
from retrain_platform.steps.validation.asking_golden import ask_golden
from retrain_platform.steps.validation.behaving import behave
from retrain_platform.steps.validation.complying import comply
from retrain_platform.steps.validation.costing import cost
from retrain_platform.steps.validation.scene import Scene, scene_of
from retrain_platform.steps.validation.scoring_extra import score_extra
from retrain_platform.steps.validation.showing import shown
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
from retrain_platform.validation.suites import Costs, Suites

_ASKING = (Robustness, Compliance, Integration, Cost, Golden, Behaviour, ExtraSet)


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
    seen = shown(scene, exam.spot_check) if exam.spot_check else ()
    return measured.model_copy(update={"suites": Suites(**found, shown=seen)})


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
