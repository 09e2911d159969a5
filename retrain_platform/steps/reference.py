"""What a period is compared with."""

from __future__ import annotations

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.steps.deciding import history
from retrain_platform.steps.lines import RETRAINED
from retrain_platform.steps.values import Ingested
from retrain_platform.steps.workshop import Workshop


def reference_periods(shop: Workshop, period: Period) -> list[str]:
    """The champion's training periods; before there is a champion, all earlier periods with rows."""
    champion = history(shop, period).champion
    trained = champion and next(
        (e.body for e in shop.entries() if e.kind == RETRAINED and e.body["decision_id"] == champion.decision_id), None
    )
    if trained:
        made = shop.values.get(
            shop.model, "training_dataset", trained["period"], trained["decision_id"], DatasetSnapshot
        )
        if made is not None:
            return [key for key in made.periods if key < period.key]
    ingested = shop.values.all(shop.model, "events", Ingested)
    return [key for key, value in ingested.items() if key < period.key and value.rows]
