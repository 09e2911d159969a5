"""Assets of the room `validation`: the exam's report and the model card."""

from typing import Any

import dagster as dg

from retrain_platform.defs.names import Named, mlflow_of, retrain_of
from retrain_platform.defs.plots import table
from retrain_platform.defs.resource import mlflow_key
from retrain_platform.validation.base import GateResult


def validation_report(of: Named) -> dg.AssetsDefinition:
    """Gate by gate: what was measured, the limit, the verdict."""

    @of.asset(
        "validation_report",
        room="validation",
        kinds={"python"},
        deps=of.keys("candidate_model", "training_dataset"),
        required_resource_keys={"retrain", mlflow_key(of.spec.name)},
        description="The candidate's exam on rows later than any that it or the champion saw.",
    )
    def _report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retrain_platform.adapters.mlflow_tracking import log_metrics
        from retrain_platform.steps.examining import examine

        report = examine(*retrain_of(of, context))
        exam = {f"exam_{name}": value for name, value in report.measurements.candidate.items()}
        log_metrics(*mlflow_of(of, context), exam)
        context.log.info(report.sentence)
        return dg.MaterializeResult(
            metadata={
                "verdict": report.verdict,
                "in words": report.sentence,
                "basis": report.measurements.basis,
                "gates": table([_gate_row(result) for result in report.results]),
            }
        )

    return _report


def _gate_row(result: GateResult) -> dict[str, Any]:
    return {
        "gate": result.gate,
        "verdict": result.verdict,
        "value": result.value,
        "limit": result.limit,
        "can resolve": result.resolves,
        "in words": result.sentence,
    }


def model_card(of: Named) -> dg.AssetsDefinition:
    """The page that a reviewer reads, and the retrain's last line on record."""

    @of.asset(
        "model_card",
        room="validation",
        kinds={"markdown"},
        deps=of.keys("registered_model", "validation_report"),
        required_resource_keys={"retrain", mlflow_key(of.spec.name)},
        description="What the model is, what it learned from, how it did; closes the retrain on record.",
    )
    def _card(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        from retrain_platform.steps.card import write_card
        from retrain_platform.steps.registering import close

        shop, period, decision, made = retrain_of(of, context)
        card = write_card(shop, period, decision, made)
        close(shop, period, decision)
        getattr(context.resources, mlflow_key(of.spec.name)).ended_on_record = True
        return dg.MaterializeResult(metadata={"card": dg.MetadataValue.md(card.text), "decision": card.decision_id})

    return _card
