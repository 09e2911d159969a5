"""Gates on who pays: no segment may lose what the whole gains."""

from __future__ import annotations

from itertools import combinations
from math import expm1, isfinite, log, log1p
from typing import Any, Literal

from pydantic import Field, model_validator

from retrain_platform.validation.base import Comparison, GateResult, GateVerdict, Measurements
from retrain_platform.validation.disparity import OF_NUMBERS, Ask, Disparity, Measure
from retrain_platform.validation.gate import (
    NO_CHAMPION,
    VERDICTS,
    Confidence,
    GateBase,
    MetricName,
    Questions,
    as_settled,
    levels,
    measured,
    seen_of,
    size_told,
    surely,
)
from retrain_platform.validation.margin import Levels, Seen, Settled, Standing, settle


class Segments(GateBase):
    """In no segment worse than the champion by more than the margin.

    The worst segment decides: one that is worse beyond the margin, and surely so, fails the
    candidate. A segment that cannot be told is shown and blocks nothing. Those that have an interval share
    the level of failing with the exam's other questions. `confidence` None is the exam's.
    """

    kind: Literal["segments"] = "segments"
    metric: MetricName
    not_worse_by: float = Field(default=0.02, ge=0)
    confidence: Confidence | None = None

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return f"{self.metric} must not be worse than the champion's by more than {self.not_worse_by:g} in any segment"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return (self.metric,)

    def questions(self, measurements: Measurements) -> Questions:
        """One for every segment with an interval; none holds the candidate: what cannot be told blocks nothing."""
        told = sum(seen_of(each) is not None for each in self._found(measurements).values())
        return Questions(told if self.required else 0, 0)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a segment, the worst first; one in all where there is nothing to compare."""
        if measurements.basis == "alone":
            return (self._result("", "passed", NO_CHAMPION),)
        found = self._found(measurements)
        if not found:
            return (self._result("", "cannot tell", measurements.why or "no segment was measured"),)
        sure = levels(measurements, self.confidence, holds=False)
        results = [self._of(name, each, sure, measurements) for name, each in found.items()]
        return tuple(sorted(results, key=lambda result: (result.value is None, result.value or 0.0)))

    def _found(self, measurements: Measurements) -> dict[str, Comparison]:
        named = measurements.segments.items()
        return {name: metrics[self.metric] for name, metrics in named if self.metric in metrics}

    def _of(self, name: str, comparison: Comparison, sure: Levels, measurements: Measurements) -> GateResult:
        seen = seen_of(comparison)
        if seen is None:
            return self._result(name, "cannot tell", f"{name}: {comparison.why or 'no interval'}")
        settled = settle(seen, self.not_worse_by, sure)
        verdict = VERDICTS[settled.standing]
        size = size_told(settled, self.not_worse_by, comparison.days)
        sentence = (
            f"{name}: {measured(comparison, settled, sure)}, one of {measurements.family.questions} questions, "
            f"must not fall by more than {self.not_worse_by:g}; {size}"
        )
        return self._result(
            name,
            verdict,
            sentence,
            value=comparison.difference,
            limit=-self.not_worse_by,
            rows=measurements.worst_rows.get(name, ()) if verdict == "failed" else (),
            **as_settled(settled, sure),
        )

    def _result(self, name: str, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        blocking = self.required and verdict != "cannot tell"
        return self.answer(f"segments {self.metric} {name}", verdict, sentence, blocking=blocking, **more)


class Fairness(GateBase):
    """No group of the column `by` is treated otherwise than another by more than `at_most`.

    `measure` is a rate of a binary score (a row of `called_from` or more is called positive) or an error of a
    number's. `compare`: 'difference' holds the largest difference of two groups against the limit, 'ratio' how much
    smaller one's value is than the other's, as a share. Each pair of groups must lie within the limit. `not_worse_by`:
    how much larger the candidate's disparity may be than the champion's. A group under `monitoring.min_segment` rows
    (of them that the measure rests on) is shown, and not judged. Of several classes a row is called the likeliest, and
    a rate is that of `of_class` against the rest; `error_rate` needs none. `confidence` None is the exam's.
    """

    kind: Literal["fairness"] = "fairness"
    by: str = Field(min_length=1)
    measure: Measure
    at_most: float | None = Field(default=0.1, gt=0, lt=1)
    compare: Literal["difference", "ratio"] | None = None
    not_worse_by: float | None = Field(default=None, ge=0)
    called_from: float = 0.5
    of_class: str | None = Field(default=None, min_length=1, coerce_numbers_to_str=True)
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _meant(self) -> Fairness:
        if self.at_most is None and self.not_worse_by is None:
            raise ValueError("limit == none, must be one at least of at_most, not_worse_by")
        return self

    @property
    def ask(self) -> Ask:
        """What must be measured for it."""
        return Ask(by=self.by, measure=self.measure, called_from=self.called_from, of_class=self.of_class)

    @property
    def form(self) -> Literal["difference", "ratio"]:
        """How two groups are compared: rates by their difference, errors by their ratio, where nothing is said."""
        return self.compare or ("ratio" if self.measure in OF_NUMBERS else "difference")

    def describe(self) -> str:
        """The gate in one plain sentence."""
        share = " of the larger" if self.form == "ratio" else ""
        said = [] if self.at_most is None else [f"must differ by at most {self.at_most:g}{share}"]
        if self.not_worse_by is not None:
            said.append(f"must not differ by {self.not_worse_by:g} more than the champion's")
        return f"{self.ask.what} of the groups of {self.by} {' and '.join(said)}"

    def needs(self) -> tuple[str, ...]:
        """No metric: disparities are measured beside them."""
        return ()

    def questions(self, measurements: Measurements) -> Questions:
        """One of the groups beside each other, one beside the champion."""
        asked = int(self.at_most is not None)
        asked += int(self.not_worse_by is not None and measurements.basis != "alone")
        return Questions(asked, asked) if self.required else Questions(0, 0)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """The groups beside each other, then beside the champion's, then those that are too small."""
        found = measurements.disparities.get(self.ask.name)
        sure = levels(measurements, self.confidence)
        answers = [] if self.at_most is None else [self._beside_each_other(found, self.at_most, sure, measurements)]
        if self.not_worse_by is not None:
            answers.append(self._beside_champion(found, self.not_worse_by, sure, measurements))
        return (*answers, *self._small(found))

    def _beside_each_other(
        self, found: Disparity | None, at_most: float, sure: Levels, measurements: Measurements
    ) -> GateResult:
        if found is None or not found.told:
            return self._untold("", found, measurements)
        pairs = list(combinations(range(len(found.told)), 2))
        each = Levels(sure.passing, 1 - (1 - sure.failing) / len(pairs), 1 - (1 - sure.power) / len(pairs))
        margin = at_most if self.form == "difference" else -log1p(-at_most)
        judged = [(pair, self._pair(found, pair, margin, each)) for pair in pairs]
        known = [(pair, settled) for pair, settled in judged if settled is not None]
        standings = [settled.standing for _, settled in known]
        if not known:
            return self._untold("", found, measurements)
        whole = len(known) == len(pairs) and all(one == "not worse" for one in standings)
        standing: Standing = "worse" if "worse" in standings else "not worse" if whole else "cannot tell"
        worst, settled = max(known, key=lambda one: (one[1].standing == "worse", -one[1].low - one[1].high))
        basis = f"{surely(each)}; {len(pairs)} pairs, {found.days} days"
        return self._of_the_worst(found, worst, settled, at_most, basis, self._answer("", VERDICTS[standing], "", sure))

    def _of_the_worst(
        self, found: Disparity, worst: tuple[int, int], settled: Settled, at_most: float, basis: str, answer: GateResult
    ) -> GateResult:
        """The answer with the pair that lies farthest apart."""
        places = sorted(worst, key=lambda place: -self._value(found, place))
        groups = ", ".join(f"{found.told[place]} {self._value(found, place):.4f}" for place in places)
        value = self._shown(-(settled.low + settled.high) / 2)
        ends = self._shown(-settled.high), self._shown(-settled.low)
        sentence = (
            f"{self.ask.what} by {self.by}: {groups}: {self.form} {value:.4f} [{ends[0]:+z.4f}, {ends[1]:+z.4f}] "
            f"({basis}), must be at most {at_most:g}; resolves {self._shown(settled.resolves):.4f}"
        )
        return answer.model_copy(
            update={
                "sentence": sentence,
                "value": value,
                "limit": at_most,
                "low": ends[0],
                "high": ends[1],
                "resolves": self._shown(settled.resolves),
            }
        )

    def _pair(self, found: Disparity, pair: tuple[int, int], margin: float, sure: Levels) -> Settled | None:
        """Two groups: their distance (of a ratio: of its logarithm, by the delta method) against the margin."""
        a, b = pair
        at, other = self._value(found, a), self._value(found, b)
        lines = found.covariance
        if self.form == "ratio":
            if min(at, other) <= 0:
                return None
            distance = abs(log(at / other))
            variance = lines[a][a] / at**2 + lines[b][b] / other**2 - 2 * lines[a][b] / (at * other)
        else:
            distance, variance = abs(at - other), lines[a][a] + lines[b][b] - 2 * lines[a][b]
        if not isfinite(variance):
            return None
        error = max(variance, 0.0) ** 0.5
        return settle(Seen(-distance, error, found.days - 1, error), margin, sure)

    def _shown(self, distance: float) -> float:
        """A distance as the limit is written: of a ratio as a share."""
        return distance if self.form == "difference" else -expm1(-distance)

    def _value(self, found: Disparity, place: int) -> float:
        return found.groups[found.told[place]].candidate or 0.0

    def _beside_champion(
        self, found: Disparity | None, margin: float, sure: Levels, measurements: Measurements
    ) -> GateResult:
        if measurements.basis == "alone":
            return self._answer("against_champion", "passed", f"{self.ask.what} by {self.by}: {NO_CHAMPION}", sure)
        gain = None if found is None else (found.gain if self.form == "difference" else found.share_gain)
        if gain is None or gain.value is None or gain.standard_error is None:
            return self._untold("against_champion", found, measurements)
        error = gain.standard_error
        settled = settle(Seen(gain.value, error, gain.days - 1, error), margin, sure)
        sentence = (
            f"disparity of {self.ask.what} by {self.by}: {-gain.value:+z.4f} [{-settled.high:+z.4f}, "
            f"{-settled.low:+z.4f}] beside the champion's ({surely(sure)}; {gain.days} days), must not "
            f"grow by more than {margin:g}; {size_told(settled, margin, gain.days)}"
        )
        more = {"value": gain.value, "limit": -margin, **as_settled(settled, sure)}
        return self.answer(self._name("against_champion"), VERDICTS[settled.standing], sentence, **more)

    def _small(self, found: Disparity | None) -> tuple[GateResult, ...]:
        small = {} if found is None else {name: group.why for name, group in found.groups.items() if group.why}
        if found is None or not small or not found.told:
            return ()
        said = "; ".join(f"{name}: {why}" for name, why in small.items())
        return (self.answer(self._name("small"), "cannot tell", said, blocking=False),)

    def _untold(self, part: str, found: Disparity | None, measurements: Measurements) -> GateResult:
        why = measurements.why if found is None else found.why
        sentence = f"{self.ask.what} by {self.by}: {why or 'it was not measured, or has no interval'}"
        return self.answer(self._name(part), "cannot tell", sentence)

    def _answer(self, part: str, verdict: GateVerdict, sentence: str, sure: Levels) -> GateResult:
        asked_at = {"level": 1 - sure.passing, "fail_level": 1 - sure.failing}
        return self.answer(self._name(part), verdict, sentence, **asked_at)

    def _name(self, part: str) -> str:
        return f"fairness {self.ask.name} {part}"
