"""The gate on what scores mean: a chance of 30% should come true in 30% of cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.validation.base import GateResult, Measurements
from retrain_platform.validation.calibrating import Estimate
from retrain_platform.validation.gate import (
    NO_CHAMPION,
    VERDICTS,
    Confidence,
    GateBase,
    MetricName,
    Questions,
    as_settled,
    levels,
    size_told,
    surely,
)
from retrain_platform.validation.margin import Levels, Seen, settle

LIMITS = ("bias_at_most", "slope_within", "ece_at_most", "not_worse_by")


class _Asked(NamedTuple):
    """One question: its name, what was measured, the limit; `two_sided`: of its distance from 0, else of a gain."""

    name: str
    found: Estimate | None
    limit: float
    two_sided: bool


class Calibration(GateBase):
    """The candidate's calibration, each limit that is given a question of its own, judged by its interval.

    `bias_at_most`: how far the mean of label minus score may lie from 0, in the label's unit. `slope_within`: how far
    the slope that would correct the scores may lie from 1. `ece_at_most`: the expected calibration error (binary).
    `not_worse_by`: how much larger than the champion's it may be (binary). `confidence` None is the exam's.
    """

    kind: Literal["calibration"] = "calibration"
    bias_at_most: float | None = Field(default=None, gt=0)
    slope_within: float | None = Field(default=None, gt=0)
    ece_at_most: float | None = Field(default=None, gt=0)
    not_worse_by: float | None = Field(default=None, ge=0)
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _some_limit(self) -> Calibration:
        if all(getattr(self, name) is None for name in LIMITS):
            raise ValueError(f"limit == none, must be one at least of {', '.join(LIMITS)}")
        return self

    def describe(self) -> str:
        """The gate in one plain sentence."""
        words = {
            "bias_at_most": "the mean of label minus score must lie within {:g} of 0",
            "slope_within": "the slope that corrects the scores must lie within {:g} of 1",
            "ece_at_most": "the calibration error must be at most {:g}",
            "not_worse_by": "the calibration error must not exceed the champion's by more than {:g}",
        }
        said = [words[name].format(getattr(self, name)) for name in LIMITS if getattr(self, name) is not None]
        return " and ".join(said)

    def needs(self) -> tuple[MetricName, ...]:
        """No metric: calibration is measured beside them."""
        return ()

    def questions(self, measurements: Measurements) -> Questions:
        """One for every limit that can be asked about."""
        count = sum(1 for each in self._asked(measurements) if each.two_sided or measurements.basis != "alone")
        return Questions(count, count) if self.required else Questions(0, 0)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a limit."""
        sure = levels(measurements, self.confidence)
        return tuple(self._of(each, sure, measurements) for each in self._asked(measurements))

    def _asked(self, measurements: Measurements) -> Iterator[_Asked]:
        found = measurements.calibration
        mine = None if found is None else found.candidate
        if self.bias_at_most is not None:
            yield _Asked("bias", None if mine is None else mine.bias, self.bias_at_most, two_sided=True)
        if self.slope_within is not None:
            yield _Asked("slope", None if mine is None else mine.slope, self.slope_within, two_sided=True)
        if self.ece_at_most is not None:
            yield _Asked("ece", None if mine is None else mine.ece, self.ece_at_most, two_sided=True)
        if self.not_worse_by is not None:
            gain = None if found is None else found.ece_gain
            yield _Asked("against_champion", gain, self.not_worse_by, two_sided=False)

    def _of(self, asked: _Asked, sure: Levels, measurements: Measurements) -> GateResult:
        found, limit = asked.found, asked.limit
        name, shown = f"calibration {asked.name}", limit if asked.two_sided else -limit
        if not asked.two_sided and measurements.basis == "alone":
            return self.answer(name, "passed", f"{asked.name}: {NO_CHAMPION}", limit=shown)
        if found is None or found.value is None or found.standard_error is None:
            why = measurements.why or "it was not measured, or has no interval"
            return self.answer(name, "cannot tell", f"{asked.name}: {why}", limit=shown)
        value, error = found.value, found.standard_error
        off = -abs(value) if asked.two_sided else value
        settled = settle(Seen(off, error, found.days - 1, error), limit, sure)
        reach = off - settled.low
        must = f"must lie within {limit:g} of 0" if asked.two_sided else f"must not fall by more than {limit:g}"
        sentence = (
            f"{asked.name} {value:+z.4f} [{value - reach:+z.4f}, {value + reach:+z.4f}] "
            f"({surely(sure)}; {measurements.rows} rows, {found.days} days), {must}; "
            f"{size_told(settled, limit, found.days)}"
        )
        more = as_settled(settled, sure) | {"value": value, "low": value - reach, "high": value + reach}
        return self.answer(name, VERDICTS[settled.standing], sentence, limit=shown, **more)
