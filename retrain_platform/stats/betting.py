"""Bets on the mean of bounded differences: the capital is an e-value of the mean that they are bet against.

I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", Journal of the Royal
Statistical Society B 86 (2024). The bets are fixed shares, mixed, so that the capital depends on the counts alone, not
on their order: any split of a stream into bins gives the same. Valid where each difference has the hypothesis' mean
given what came before; where several are alike, `effect` as in `two_arms`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from retrain_platform.stats.evidence import Floats, mixture

SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""The parts of the most that can be bet without ever losing all."""


def log_e_above(counts: Mapping[int, int], at: float, effect: float = 1.0) -> float:
    """Evidence that the mean lies above `at`, of counts by hundredths within [-100, 100], -1 < `at` < 1.

    Raises:
        ValueError: a difference outside of [-100, 100], or `at` outside of (-1, 1).
    """
    if not -1 < at < 1:
        raise ValueError(f"at == {at}, must be > -1 and < 1")
    if not counts:
        return 0.0
    values = np.array(list(counts), dtype=np.float64) / 100
    if np.abs(values).max() > 1:
        raise ValueError(f"difference == {np.abs(values).max() * 100:.0f} hundredths, must be within [-100, 100]")
    weights = np.array(list(counts.values()), dtype=np.float64)
    return mixture(log_pays(values, at) @ weights / effect)


def log_pays(values: Floats, at: float) -> Floats:
    """What each of `SHARES` makes of a difference, logarithms of shape (shares, values): bets that it is above `at`."""
    bets = np.array(SHARES) / (1 + at)
    pays: Floats = np.log1p(bets[:, None] * (values - at)[None, :])
    return pays


def log_e_below(counts: Mapping[int, int], at: float, effect: float = 1.0) -> float:
    """Evidence that the mean lies below `at`: the mirror image."""
    return log_e_above({-value: count for value, count in counts.items()}, -at, effect)


def mean_and_error(counts: Mapping[int, int]) -> tuple[float, float, int]:
    """The mean, its standard error (nan under 2), and the number of differences."""
    total = sum(counts.values())
    if not total:
        return float("nan"), float("nan"), 0
    values = np.array(list(counts), dtype=np.float64) / 100
    weights = np.array(list(counts.values()), dtype=np.float64)
    mean = float(values @ weights / total)
    if total < 2:
        return mean, float("nan"), total
    spread = float(((values - mean) ** 2) @ weights / (total - 1))
    return mean, float(np.sqrt(spread / total)), total
