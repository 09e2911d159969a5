"""What all gates share: the form of a member, and its interval at its own confidence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from retrain_platform.dataset.record import Record
from retrain_platform.stats.metrics import metric
from retrain_platform.stats.sequential import look_confidence
from retrain_platform.validation.base import Comparison, GateResult, Measurements

NO_CHAMPION = "no champion to compare with"


def _known(name: str) -> str:
    return metric(name).name


MetricName = Annotated[str, AfterValidator(_known)]
"""A name of `stats.metrics.METRICS`; another is refused with those that there are."""

Confidence = Annotated[float, Field(gt=0.5, lt=1)]
"""Two-sided, of all looks at the same holdout together."""


class GateBase(Record, ABC):
    """One question put to the measurements. Optional (`required: false`) is shown and blocks nothing."""

    required: bool = True

    @abstractmethod
    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """At least one result, each with its reason; the same measurements, the same answer."""

    @abstractmethod
    def describe(self) -> str:
        """The gate in one plain sentence."""

    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it; empty where it judges whatever is."""


class Bounds(NamedTuple):
    """A comparison's interval at another confidence; `reach` is its half width."""

    low: float
    high: float
    reach: float


def bounds(comparison: Comparison, confidence: float) -> Bounds | None:
    """The interval at two-sided `confidence`: Student's t, days - 1 degrees of freedom; None without one."""
    from scipy.special import stdtrit

    difference, error = comparison.difference, comparison.standard_error
    if difference is None or error is None or comparison.days < 2:
        return None
    reach = float(stdtrit(comparison.days - 1, (1 + confidence) / 2)) * error
    return Bounds(difference - reach, difference + reach, reach)


def strict(confidence: float, measurements: Measurements, questions: int = 1) -> float:
    """The confidence of one interval so that all looks, and all `questions` of one look, keep `confidence`.

    Bonferroni over the questions, `look_confidence` over the looks (V13: the nth is stricter).
    """
    return 1 - (1 - look_confidence(confidence, measurements.looks)) / questions


def measured(comparison: Comparison, interval: Bounds, confidence: float) -> str:
    """The difference, its interval and what they rest on, as a sentence's beginning."""
    return (
        f"{comparison.metric} {comparison.difference:+z.4f} [{interval.low:+z.4f}, {interval.high:+z.4f}] against the "
        f"champion (confidence {confidence:.4f}; {comparison.rows} rows, {comparison.days} days)"
    )
