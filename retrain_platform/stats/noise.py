"""What an ordinary period scores: the noise that a drift score is read against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def noise_level(scores: Sequence[float] | NDArray[np.float64], quantile: float = 0.95) -> float:
    """The `quantile` of the scores that ordinary periods got; nan with fewer than 2 scores that are numbers.

    With fewer than 1 / (1 - `quantile`) scores (20 at .95), the largest of them: a quantile that
    far out would be an interpolation towards it.

    Raises:
        ValueError: `quantile` not within (0, 1).
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile == {quantile}, must be > 0 and < 1")
    known = np.asarray(scores, dtype=np.float64)
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return float("nan")
    few = len(known) * (1 - quantile) < 1 - 1e-9  # 10 * (1 - .9) is a rounding under 1
    return float(known.max() if few else np.quantile(known, quantile))


def others(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each period (the first axis), the sum of all the others: what leave-one-out compares it with."""
    total: NDArray[np.int64] = counts.sum(axis=0)
    return total - counts
