"""What all gates share: the form of a member, and its interval at its own confidence."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field

from retrain_platform.dataset.record import Record
from retrain_platform.stats.intervals import t_quantile
from retrain_platform.stats.metrics import metric
from retrain_platform.stats.sequential import look_confidence
from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements
from retrain_platform.validation.margin import Levels, Seen, Settled, Standing

NO_CHAMPION = "no champion to compare with"


def _known(name: str) -> str:
    return metric(name).name


MetricName = Annotated[str, AfterValidator(_known)]
"""A name of `stats.metrics.METRICS`; another is refused with those that there are."""

Confidence = Annotated[float, Field(gt=0.5, lt=1)]
"""Two-sided, of all looks at the same holdout together."""


VERDICTS: dict[Standing, GateVerdict] = {"not worse": "passed", "worse": "failed", "cannot tell": "cannot tell"}
"""What a standing amounts to for a gate."""

ALPHA_OF_EQUALS = 0.1
"""How often an exam whose margins can all be resolved may withhold its pass from an equal candidate."""


class Questions(NamedTuple):
    """How many of a gate's answers can fail a candidate, and how many must pass."""

    failing: int
    holding: int


class GateBase(Record, ABC):
    """One question put to the measurements. Optional (`required: false`) is shown and blocks nothing."""

    required: bool = True

    @abstractmethod
    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """At least one result, each with its reason; the same measurements, the same answer."""

    def questions(self, measurements: Measurements) -> Questions:
        """How many of its results rest on an interval, so that they share the exam's level; none unless it says so."""
        return Questions(0, 0)

    @abstractmethod
    def describe(self) -> str:
        """The gate in one plain sentence."""

    @abstractmethod
    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it; empty where it judges whatever is."""

    def answer(self, name: str, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        """A result under its full `name`, which blocks where the gate is required; `more` are fields of `GateResult`.

        `value` and `limit` are None where `more` has none: nothing was measured, or it holds for no number.
        """
        known = {"value": None, "limit": None, "blocking": self.required} | more
        return GateResult(gate=name.strip(), verdict=verdict, sentence=sentence, **known)


class Limit(NamedTuple):
    """A fixed limit of a metric's own value: the least that it must be, or the most that it may."""

    value: float
    least: bool

    def holds(self, value: float) -> bool:
        """Whether a value keeps it; the limit itself does."""
        return value >= self.value if self.least else value <= self.value

    def __str__(self) -> str:
        """As sentences say it."""
        return f"at {'least' if self.least else 'most'} {self.value:g}"


def limit_of(name: str, at_least: float | None, at_most: float | None) -> Limit:
    """The one limit that is given of a metric.

    Raises:
        ValueError: none is, both are, or it is the wrong one: a score has a least, an error a most.
    """
    wanted = "at_least" if metric(name).greater_is_better else "at_most"
    given = {side: value for side, value in (("at_least", at_least), ("at_most", at_most)) if value is not None}
    if list(given) != [wanted]:
        raise ValueError(f"limit of {name} == {' and '.join(given) or 'none'}, must be {wanted} alone")
    return Limit(given[wanted], least=wanted == "at_least")


class Bounds(NamedTuple):
    """A comparison's interval at another confidence; `reach` is its half width."""

    low: float
    high: float
    reach: float


def bounds(comparison: Comparison, confidence: float) -> Bounds | None:
    """The interval at two-sided `confidence`: Student's t, days - 1 degrees of freedom; None without one."""
    difference, error = comparison.difference, comparison.standard_error
    if difference is None or error is None or comparison.days < 2:
        return None
    reach = t_quantile((1 + confidence) / 2, comparison.days - 1) * error
    return Bounds(difference - reach, difference + reach, reach)


def levels(measurements: Measurements, confidence: float | None, *, holds: bool = True) -> Levels:
    """How sure one question of the exam must be; `confidence` is a gate's own, None the exam's.

    To pass, every holding question must pass, each at the full level (an intersection-union test: R. Berger,
    "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982), so false passes do not add
    up. To fail, one is enough: the level is shared by all that can (Bonferroni). What an equal candidate
    may miss is shared by all that `holds` it. The looks make both stricter (`look_confidence`).
    """
    family = measurements.family
    passing = look_confidence(1 - family.level if confidence is None else confidence, measurements.looks)
    return Levels(
        passing=passing,
        failing=1 - (1 - passing) / max(1, family.questions),
        power=1 - ALPHA_OF_EQUALS / (max(1, family.holding) if holds else 1),
    )


def seen_of(comparison: Comparison | None, share: float = 0.0) -> Seen | None:
    """What `settle` needs of a comparison; None without an interval.

    `share` is the margin in shares of the champion's own value (negative: the gain), 0 where the margin is a number.
    """
    if comparison is None or comparison.difference is None or comparison.standard_error is None or comparison.days < 2:
        return None
    error = from_margin = comparison.standard_error
    if share and comparison.champion_error is not None and comparison.shared is not None:
        k = share if (comparison.champion or 0.0) >= 0 else -share
        variance = error**2 + 2 * k * comparison.shared + (k * comparison.champion_error) ** 2
        from_margin = max(variance, 0.0) ** 0.5
    return Seen(comparison.difference, error, comparison.days - 1, from_margin)


def as_settled(settled: Settled, sure: Levels) -> dict[str, float]:
    """The fields of a result that rests on an interval: its ends, what it resolves, the levels it was asked at."""
    ends = {"low": settled.low, "high": settled.high, "resolves": settled.resolves}
    return {**ends, "level": 1 - sure.passing, "fail_level": 1 - sure.failing}


def surely(sure: Levels) -> str:
    """The confidences of a question, for a sentence."""
    return f"confidence {sure.passing:.4f} to pass, {sure.failing:.4f} to fail"


def measured(comparison: Comparison, interval: Settled, sure: Levels) -> str:
    """The difference, its interval at the passing confidence and what they rest on, as a sentence's beginning."""
    return (
        f"{comparison.metric} {comparison.difference:+z.4f} [{interval.low:+z.4f}, {interval.high:+z.4f}] against the "
        f"champion ({surely(sure)}; {comparison.rows} rows, {comparison.days} days)"
    )


def size_told(settled: Settled, margin: float, days: int) -> str:
    """What the rows could resolve, as a sentence's end: where it is too little, about how many days would do."""
    said = f"resolves {settled.resolves:.4f}"
    if settled.resolves <= abs(margin):
        return said
    if not margin or not math.isfinite(settled.resolves):
        return f"{said}, more than the margin"
    return f"{said}, more than the margin: about {math.ceil(days * (settled.resolves / margin) ** 2)} days would do"
