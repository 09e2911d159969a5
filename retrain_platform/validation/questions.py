"""The gate `performance`: several questions, each of one metric, of which all or any must pass."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import NO_CHAMPION, Confidence, GateBase, MetricName, Questions, levels
from retrain_platform.validation.margin import Levels
from retrain_platform.validation.performance import AgainstChampion, Floor

LIMITS = ("not_worse_by", "better_by", "at_least", "at_most")
"""What a question can ask of its metric: one of these."""


class Question(Record):
    """What is asked of one metric: not worse than the champion's by a margin, better by one, or a fixed limit.

    `relative` measures the margin in shares of the champion's value: `{metric: rmse, better_by: 0.05, relative: true}`
    asks for at most 0.95 times the champion's. A fixed limit judges the point, the others the interval.
    """

    metric: MetricName
    not_worse_by: float | None = Field(default=None, ge=0)
    better_by: float | None = Field(default=None, ge=0)
    at_least: float | None = None
    at_most: float | None = None
    relative: bool = False

    @model_validator(mode="after")
    def _one_limit(self) -> Question:
        given = self._given()
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"limit of {self.metric} == {found}, must be one of {', '.join(LIMITS)}")
        if self.relative and given[0] in LIMITS[2:]:
            raise ValueError(f"relative of {self.metric} == True, must be False: {given[0]} is a fixed limit")
        self.gate(required=True, confidence=None)
        return self

    @property
    def name(self) -> str:
        """The metric and what is asked of it."""
        return f"{self.metric} {self._given()[0]}"

    def gate(self, *, required: bool, confidence: float | None) -> Floor | AgainstChampion:
        """The question as a gate of its own."""
        if self.at_least is not None or self.at_most is not None:
            return Floor(metric=self.metric, at_least=self.at_least, at_most=self.at_most, required=required)
        return AgainstChampion(
            metric=self.metric,
            not_worse_by=self.not_worse_by,
            better_by=self.better_by,
            relative=self.relative,
            required=required,
            confidence=confidence,
        )

    def _given(self) -> list[str]:
        return [name for name in LIMITS if getattr(self, name) is not None]


class Performance(GateBase):
    """Questions on several metrics, paired with the champion on the same rows. `passes`: how many of them must pass.

    With 'all' each is a question of the exam. With 'any' the gate as a whole is one: each passes at a level
    divided by their number, since one is enough, and the gate fails only where every one fails.
    `confidence` None is the exam's.
    """

    kind: Literal["performance"] = "performance"
    metrics: tuple[Question, ...] = Field(min_length=1)
    passes: Literal["all", "any"] = "all"
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _different(self) -> Performance:
        names = [each.name for each in self.metrics]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"metrics == two questions on {twice}, must be one")
        return self

    def describe(self) -> str:
        """The gate in one plain sentence."""
        joint = " and " if self.passes == "all" else " or "
        return joint.join(each.describe() for each in self._gates())

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return tuple(dict.fromkeys(each.metric for each in self.metrics))

    def questions(self, measurements: Measurements) -> Questions:
        """Those against the champion; one in all where any is enough."""
        asked = [gate.questions(measurements).failing for gate in self._gates()]
        count = sum(asked) if self.passes == "all" else min(asked)
        return Questions(count, count)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a question; where any is enough, the gate's own comes first and theirs are shown."""
        sure = levels(measurements, self.confidence)
        if self.passes == "any":
            sure = sure._replace(passing=1 - (1 - sure.passing) / len(self.metrics))
        answers = tuple(
            self._answer(question, gate, measurements, sure)
            for question, gate in zip(self.metrics, self._gates(), strict=True)
        )
        return answers if self.passes == "all" else (self._any(answers, measurements), *answers)

    def _gates(self) -> tuple[Floor | AgainstChampion, ...]:
        return tuple(each.gate(required=self.required, confidence=self.confidence) for each in self.metrics)

    def _answer(
        self, question: Question, gate: Floor | AgainstChampion, measurements: Measurements, sure: Levels
    ) -> GateResult:
        answer = gate.asked(measurements, sure) if isinstance(gate, AgainstChampion) else gate.judge(measurements)[0]
        blocking = answer.blocking and self.passes == "all"
        changed = {"gate": f"performance {question.name}", "question": gate.describe(), "blocking": blocking}
        return answer.model_copy(update=changed)

    def _any(self, answers: tuple[GateResult, ...], measurements: Measurements) -> GateResult:
        passed = [each for each in answers if each.verdict == "passed"]
        failed = all(each.verdict == "failed" for each in answers)
        verdict: GateVerdict = "passed" if passed else "failed" if failed else "cannot tell"
        said = "; ".join(each.sentence for each in passed or answers)
        first = f"; {NO_CHAMPION}" if measurements.basis == "alone" and NO_CHAMPION not in said else ""
        sentence = f"{len(passed)} of {len(answers)} passed, 1 is enough: {said}{first}"
        more = {"value": float(len(passed)), "limit": 1.0, "question": self.describe()}
        return self.answer("performance any", verdict, sentence, **more)
