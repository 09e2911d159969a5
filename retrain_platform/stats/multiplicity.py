"""Several tests at once without crying wolf the more often for it."""

from __future__ import annotations

from collections.abc import Sequence


def holm(chances: Sequence[float]) -> list[float]:
    """Each p-value corrected for how many there are, in the order given; at most 1.

    One under alpha keeps the chance of any wrong rejection at most alpha, however the tests depend
    on each other: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6 (1979). Never larger than Bonferroni's.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    >>> holm([])
    []
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    corrected, worst = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = worst
    return corrected
