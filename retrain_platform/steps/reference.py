"""What a period is compared with."""

from __future__ import annotations

from retrain_platform.dataset.period import Period
from retrain_platform.dataset.snapshot import DatasetSnapshot
from retrain_platform.steps.deciding import RETRAINED, history
from retrain_platform.steps.watching import read_profile
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
    earlier = [shop.spec.period.at(number).key for number in range(shop.spec.period.index(period.key))]
    return [key for key in earlier if read_profile(shop, key) is not None]
