"""Looking again and again without fooling oneself."""

from __future__ import annotations

import math


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
