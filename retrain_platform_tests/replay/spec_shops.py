"""Tiny specs to be replayed: their rows turn round in the middle, so that a retrain gains something."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from retrain_platform.adapters.kept_scores import MemoryScores
from retrain_platform.adapters.kept_texts import MemoryTexts
from retrain_platform.adapters.scratch import beside
from retrain_platform.dataset.period import Period
from retrain_platform.replay.ground import Ground, lay
from retrain_platform.steps.workshop import Workshop
from retrain_platform_tests.steps.tiny import START, Places, Rows, tiny_spec

DAYS = 14
TURN = 8
"""From this day on the label follows `x` the other way round."""


def turned(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    if (period.start - START).days < TURN:
        return frame
    return frame.assign(x=-frame["x"])


def shop_of(days: int = DAYS, change: Any = turned, **changed: Any) -> Workshop:
    return Places().shop(tiny_spec(**{"policy": POLICY, **changed}), Rows(days, change))


POLICY: dict[str, Any] = {
    "kind": "any_of",
    "policies": [{"kind": "floor", "metric": "auc", "at_least": 0.6, "confirmed": False}],
}


def ground_of(shop: Workshop) -> Ground:
    return lay(shop, partial(beside, shop), lambda text: None)


def stores() -> tuple[MemoryTexts, MemoryScores]:
    return MemoryTexts(), MemoryScores()


def noise(seed: int) -> Any:
    """Rows whose `x` is drawn anew from the day `TURN` on, about `seed`."""

    def changed(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
        if (period.start - START).days < TURN:
            return frame
        return frame.assign(x=np.random.default_rng(seed).normal(loc=seed, size=len(frame)))

    return changed
