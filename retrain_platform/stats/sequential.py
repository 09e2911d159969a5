"""Looking again and again without fooling oneself."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def look_confidence(confidence: float, look: int) -> float:
    """The confidence that look number `look` (from 1) must use for all looks together to keep `confidence`.

    Look k spends alpha * 6 / (pi^2 k^2) of the total error alpha = 1 - `confidence`. Those shares
    add up to alpha over unlimited looks, so by Bonferroni's inequality the chance that any of them
    errs is at most alpha, however the looks depend on each other and whenever one stops. Alpha
    spending is from Lan and DeMets (1983), the summable series as in Johari et al. (2017).

    Raises:
        ValueError: `confidence` not within (0, 1), or `look` under 1.

    >>> round(look_confidence(0.95, 1), 4), round(look_confidence(0.95, 4), 4)
    (0.9696, 0.9981)
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence == {confidence}, must be > 0 and < 1")
    if look < 1:
        raise ValueError(f"look == {look}, must be >= 1")
    return 1 - (1 - confidence) * 6 / (math.pi * look) ** 2


BIAS_OVER = 13
"""Over how many of the newest gaps a bias is looked for."""


def biased_at(gaps: Sequence[float], confidence: float = 0.95) -> int | None:
    """After how many of `gaps` the mean of the newest `BIAS_OVER` proved not to be 0; None while it did not.

    A look at every gap from the third on, each Student's t at the confidence of `look_confidence`, so that
    over all looks together gaps around 0, normal and independent, prove biased with a chance of at most 1 -
    `confidence`. The newest only: what was unbiased for a year would hide what is no longer.
    """
    from scipy.special import stdtr

    for count in range(3, len(gaps) + 1):
        newest = gaps[max(0, count - BIAS_OVER) : count]
        mean, spread = float(np.mean(newest)), float(np.std(newest, ddof=1))
        if spread == 0:
            if mean != 0:
                return count
            continue
        chance = 2 * float(stdtr(len(newest) - 1, -abs(mean) / spread * math.sqrt(len(newest))))
        if chance < 1 - look_confidence(confidence, count - 2):
            return count
    return None
