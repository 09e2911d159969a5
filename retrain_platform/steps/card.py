"""The model card of a retrain, from what its steps left."""

from __future__ import annotations

from retrain_platform.dataset.period import Period
from retrain_platform.steps.dataset import decided, snapshot
from retrain_platform.steps.training import report_of
from retrain_platform.steps.values import Card, Registered
from retrain_platform.steps.workshop import Workshop
from retrain_platform.validation.card import model_card


def write_card(shop: Workshop, period: Period, decision_id: str | None) -> Card:
    """Compose and keep the card."""
    decision = decided(shop, period, decision_id)
    made = snapshot(shop, period, decision)
    ended = shop.values.get(shop.model, "registered_model", period.key, decision.id, Registered)
    text = model_card(shop, decision, made, ended, report_of(shop, period, decision))
    card = Card(decision_id=decision.id, text=text)
    shop.values.put(shop.model, "model_card", period.key, decision.id, card)
    return card
