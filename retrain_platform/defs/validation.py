"""Assets of the room `validation`: the exam's report and the model card."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from retrain_platform.dataset.period import Period
from retrain_platform.defs.names import Named, mlflow_of, retrain_of
from retrain_platform.defs.resource import mlflow_key
from retrain_platform.defs.validation_pages import card_html, page
from retrain_platform.policy.base import RetrainDecision

if TYPE_CHECKING:
    from retrain_platform.steps.values import Card
    from retrain_platform.steps.workshop import Workshop


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
        from retrain_platform.steps.validation.examining import examine

        report = examine(*retrain_of(of, context))
        exam = {f"exam_{name}": value for name, value in report.measurements.candidate.items()}
        log_metrics(*mlflow_of(of, context), exam)
        context.log.info(report.sentence)
        return dg.MaterializeResult(metadata=page(report))

    return _report


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
        from retrain_platform.adapters.mlflow_tracking import log_card
        from retrain_platform.steps.papers.card import write_card
        from retrain_platform.steps.papers.playbook import playbook
        from retrain_platform.steps.training.registering import close

        shop, period, decision, made = retrain_of(of, context)
        card = write_card(shop, period, decision, made)
        place = _kept(shop, period, decision, card)
        log_card(*mlflow_of(of, context), of.spec.name, card.version, card.text, place)
        close(shop, period, decision)
        getattr(context.resources, mlflow_key(of.spec.name)).ended_on_record = True
        return dg.MaterializeResult(
            metadata={
                "card": dg.MetadataValue.md(card.text),
                "page": dg.MetadataValue.path(place),
                "decision": card.decision_id,
                "playbook": dg.MetadataValue.md(playbook(of.spec, shop.entries())),
            }
        )

    return _card


def _kept(shop: "Workshop", period: Period, decision: RetrainDecision, card: "Card") -> Path:
    """The card's page, kept as a file beside the card."""
    from retrain_platform.adapters.atomic import write_atomically
    from retrain_platform.steps.validation.examining import report_of

    html = card_html(card.text, title=f"{shop.model}, model card", report=report_of(shop, period, decision))
    place = shop.values.folder(shop.model, "model_card", decision.id) / "model_card.html"
    write_atomically(place, html.encode())
    return place
