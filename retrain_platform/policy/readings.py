"""The champion's own ripe readings of a metric, oldest first."""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

from retrain_platform.policy.base import Champion, History


class Measured(NamedTuple):
    """A metric of one ripe period with its two-sided interval; the ends are None where there is none."""

    period: str
    value: float
    low: float | None
    high: float | None

    def error(self, confidence: float) -> float | None:
        """Its standard error, from half the width of its interval at two-sided `confidence`.

        The half-width is divided by the normal quantile. Where the interval was made with
        Student's, whose quantiles are wider, the error keeps that width: few days count for less.
        """
        if self.low is None or self.high is None:
            return None
        return (self.high - self.low) / 2 / NormalDist().inv_cdf((1 + confidence) / 2)


def champion_readings(history: History, champion: Champion, metric: str) -> list[Measured]:
    """One reading a ripe period that this version answered.

    Periods whose data was unsound are no evidence on the model and are left out; so are those in
    which the metric could not be computed. They neither count towards a dwell nor break it.
    """
    unsound = {period.period for period in history.ripe if not period.sound}
    found: dict[str, Measured] = {}
    for measured in history.performance:
        reading = measured.metrics.get(metric)
        mine = measured.ripe and measured.role == "champion" and measured.version == champion.version
        if mine and reading is not None and reading.value is not None and measured.period not in unsound:
            found[measured.period] = Measured(measured.period, reading.value, reading.low, reading.high)
    return list(found.values())
