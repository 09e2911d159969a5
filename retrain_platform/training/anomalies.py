"""Anomaly limits from recent residuals: where an entity's recent past is far from what its model expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retrain_platform.dataset.cleaning import median_and_spread
from retrain_platform.dataset.record import Record
from retrain_platform.training.ensemble import Anomaly

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEWEST = 30
"""Of fewer residuals no spread is told, and nobody of the group is flagged."""


class AnomalyLimits(Record):
    """The residual over which a row is flagged, by the place of its model; `lift` is what a flagged score is raised by.

    A group without an entry has no limit: too few residuals, or more than half of them alike. Of `seen` rows that the
    limits come from, `flagged` were over them.
    """

    of: str
    limits: dict[int, float] = {}
    lift: float = 0.0
    seen: int = 0
    flagged: int = 0

    def over(
        self, recent: NDArray[np.float64], scores: NDArray[np.float64], groups: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Which rows are flagged, by what was lately (nan: unknown, never flagged), their scores and their groups."""
        limit = np.full(len(scores), np.inf)
        for group, value in self.limits.items():
            limit[groups == group] = value
        with np.errstate(invalid="ignore"):
            return np.asarray(recent - scores > limit)


def limits_of(
    asked: Anomaly,
    recent: NDArray[np.float64],
    scores: NDArray[np.float64],
    labels: NDArray[np.float64],
    groups: NDArray[np.intp],
) -> AnomalyLimits:
    """The limits of rows that the scores' models never saw; arrays of one length, a row each.

    A group's limit is the median of its residuals plus `asked.over` times 1.4826 times their median distance from it
    (Rousseeuw and Croux 1993).
    """
    residuals, found = recent - scores, AnomalyLimits(of=asked.of)
    limits: dict[int, float] = {}
    for group in np.unique(groups):
        mine = residuals[(groups == group) & np.isfinite(residuals)]
        if len(mine) < _FEWEST:
            continue
        middle, spread = median_and_spread(mine)
        if spread > 0:
            limits[int(group)] = middle + asked.over * spread
    found = found.model_copy(update={"limits": limits, "seen": int(np.isfinite(residuals).sum())})
    flagged = found.over(recent, scores, groups)
    enough = int(flagged.sum()) >= asked.min_flagged
    lift = max(0.0, float((labels - scores)[flagged].mean())) if enough else 0.0
    return found.model_copy(update={"flagged": int(flagged.sum()), "lift": lift})
