"""The gate on how the score answers to a changed feature: invariance and direction, declared in the spec."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
from retrain_platform.validation.gate import VERDICTS, Confidence, GateBase, Questions, as_settled, levels, size_told
from retrain_platform.validation.margin import Levels, Seen, settle
from retrain_platform.validation.suites import Estimate, Held, told

_CHANGES = ("add", "times", "becomes", "shuffle")


class BehaviourTest(Record):
    """One change of a feature, and what the score may do then.

    The change: `add` to the number, take it `times`, put what it `becomes` in its place, or `shuffle` the
    column over the rows. The score `must_not_fall` or `must_not_rise`, or `changes_at_most` by a number. `holds_for` is
    the least share of the changed rows in which that must hold; 1 asks for every row.
    """

    feature: str = Field(min_length=1)
    add: float | None = None
    times: float | None = None
    becomes: str | float | None = None
    shuffle: bool = False
    score: Literal["must_not_fall", "must_not_rise"] | None = None
    changes_at_most: float | None = Field(default=None, ge=0)
    holds_for: float = Field(default=0.95, gt=0.5, le=1)

    @model_validator(mode="after")
    def _one_change_one_question(self) -> BehaviourTest:
        given = [name for name in _CHANGES if getattr(self, name) not in (None, False)]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"change of {self.feature} == {found}, must be one of {', '.join(_CHANGES)}")
        if (self.score is None) == (self.changes_at_most is None):
            found = "none" if self.score is None else "both"
            raise ValueError(f"question on {self.feature} == {found}, must be one of score, changes_at_most")
        return self

    def asks(self) -> str:
        """The change and the question, without the share of rows: what is measured."""
        change = "shuffled" if self.shuffle else f"= {self.becomes}" if self.becomes is not None else ""
        change = change or (f"{self.add:+g}" if self.add is not None else f"times {self.times:g}")
        must = self.score.replace("_", " ") if self.score else f"must change by at most {self.changes_at_most:g}"
        return f"{self.feature} {change}: the score {must}"


class Behaviour(GateBase):
    """Tests of single features on the exam's rows, each in a share of them. `confidence` None is the exam's."""

    kind: Literal["behaviour"] = "behaviour"
    tests: tuple[BehaviourTest, ...] = Field(min_length=1)
    seed: int = Field(default=7, ge=0)
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _different(self) -> Behaviour:
        names = [test.asks() for test in self.tests]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"tests == two of {twice!r}, must be one")
        return self

    def describe(self) -> str:
        """The gate in one plain sentence."""
        return "; ".join(f"{test.asks()} in {test.holds_for:.0%} of the rows" for test in self.tests)

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it: none."""
        return ()

    def name_of(self, test: BehaviourTest) -> str:
        """The name that the test's measurement has."""
        return f"{test.asks()} (seed {self.seed})" if test.shuffle else test.asks()

    def questions(self, measurements: Measurements) -> Questions:
        """One for every test that rests on an interval."""
        found = [(test, measurements.suites.behaviour.get(self.name_of(test))) for test in self.tests]
        count = sum(
            test.holds_for < 1 and each is not None and each.share is not None and each.share.error is not None
            for test, each in found
        )
        return Questions(count, count)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a test."""
        sure = levels(measurements, self.confidence)
        return tuple(
            self._of(test, measurements.suites.behaviour.get(self.name_of(test)), sure, measurements)
            for test in self.tests
        )

    def _of(self, test: BehaviourTest, found: Held | None, sure: Levels, measurements: Measurements) -> GateResult:
        if found is None or found.share is None:
            why = (measurements.why if found is None else found.why) or "it was not measured"
            return self._result(test, "cannot tell", f"{test.asks()}: {why}")
        if test.holds_for == 1:
            return self._every_row(test, found, found.share)
        if found.share.error is None:
            said = f"{test.asks()}: holds in {found.share.value:.1%} of the rows; no interval: too few days"
            return self._result(test, "cannot tell", said, value=found.share.value)
        return self._weighed(test, found, found.share, sure)

    def _every_row(self, test: BehaviourTest, found: Held, share: Estimate) -> GateResult:
        verdict: GateVerdict = "passed" if share.value == 1 else "failed"
        said = f"{test.asks()}: holds in {share.value:.1%} of {share.rows} rows, must in every one{told(found.broke)}"
        return self._result(test, verdict, said, value=share.value, limit=1.0, cases=found.broke)

    def _weighed(self, test: BehaviourTest, found: Held, share: Estimate, sure: Levels) -> GateResult:
        error, margin = share.error or 0.0, 1 - test.holds_for
        freedom = (
            share.rows if share.value in (0.0, 1.0) else share.days
        ) - 1  # all or none: the rule of three, of rows
        settled = settle(Seen(share.value - 1, error, freedom, error), margin, sure)
        failed = settled.standing == "worse"
        low, high = max(0.0, 1 + settled.low), min(1.0, 1 + settled.high)
        said = (
            f"{test.asks()}: holds in {share.value:.1%} [{low:.1%}, {high:.1%}] of {share.rows} rows "
            f"(confidence {sure.passing:.4f}; {share.days} days), must in {test.holds_for:.0%}; "
            f"{size_told(settled, margin, share.days)}{told(found.broke) if failed else ''}"
        )
        more = as_settled(settled, sure) | {"low": low, "high": high}
        cases = found.broke if failed else ()
        return self._result(
            test, VERDICTS[settled.standing], said, value=share.value, limit=test.holds_for, cases=cases, **more
        )

    def _result(self, test: BehaviourTest, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"behaviour {test.asks()}", verdict, sentence, **more)
