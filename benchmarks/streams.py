"""Simulated streams whose change is known, as pasts that can be replayed.

Ten normal features, logistic labels; the weights change at step 5,000 of 10,000 (`abrupt`), over the 1,000 steps from
there (`gradual`), or to and fro every 1,000 (`recurring`). A period is 100 steps; a logistic regression learns from the
last 1,000 rows.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from retrain_platform.adapters.kept_texts import MemoryTexts
from retrain_platform.dataset.period import Period
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.matrix import PastPeriod, Scorer, Strategy, Untrainable, build
from retrain_platform.replay.prefix import Setting
from retrain_platform.replay.road import road

KINDS = ("abrupt", "gradual", "recurring")
STEPS, PERIOD, WINDOW = 10_000, 100, 10
_DAY = timedelta(days=1)


def share(kind: str) -> NDArray[np.float64]:
    """How far the weights have moved from the first to the second ones at each step, shape (STEPS,)."""
    step = np.arange(STEPS)
    if kind == "abrupt":
        return (step >= STEPS // 2).astype(float)
    if kind == "gradual":
        return np.clip((step - STEPS // 2) / 1000, 0, 1)
    return ((step // 1000) % 2).astype(float)


class Stream:
    """`Past` of one stream: its periods are days, its loss the error rate."""

    recipe = "logistic regression"

    def __init__(self, kind: str, seed: int) -> None:
        draw = np.random.default_rng(seed)
        before, after = draw.normal(size=(2, 10))
        moved = share(kind)[:, None]
        self._x = draw.normal(size=(STEPS, 10))
        chance = 1 / (1 + np.exp(-(self._x * ((1 - moved) * before + moved * after)).sum(axis=1)))
        self._y = (draw.uniform(size=STEPS) < chance).astype(int)
        start = datetime(2000, 1, 1, tzinfo=UTC)
        name = hashlib.sha256(f"{kind}/{seed}".encode()).hexdigest()[:12]
        self.periods = tuple(
            PastPeriod(
                Period(key=f"{place:02}", start=start + place * _DAY, end=start + (place + 1) * _DAY),
                PERIOD,
                f"{name}/{place}",
            )
            for place in range(STEPS // PERIOD)
        )

    def train(self, first: int, last: int) -> Scorer:
        """The regression of the periods' rows."""
        rows = slice(first * PERIOD, (last + 1) * PERIOD)
        if len(np.unique(self._y[rows])) < 2:
            raise Untrainable("one class only")
        model = LogisticRegression().fit(self._x[rows], self._y[rows])
        wrong = (model.predict(self._x) != self._y).reshape(-1, PERIOD).mean(axis=1)
        return lambda period: float(wrong[period])


def setting(kind: str, seed: int) -> Setting:
    """The stream's matrix as a road that policies can walk."""
    past = Stream(kind, seed)
    strategy = Strategy(name=f"newest {WINDOW}", window=WINDOW)
    made = build(past, [strategy], MemoryTexts(), range(len(past.periods) - 1))
    return Setting(road(made), Loss("accuracy", True), _DAY)
