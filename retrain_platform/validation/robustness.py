"""The gate on rows with something wrong in them: how much of the metric do they cost?"""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from retrain_platform.dataset.disturbing import Disturbance
from retrain_platform.validation.base import GateResult, GateVerdict, Measurements
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
)
from retrain_platform.validation.margin import Levels, Seen, settle
from retrain_platform.validation.suites import Disturbed, Estimate, told

NO_SUCH_FEATURE = "no feature is of that kind"
KINDS: tuple[Disturbance, ...] = get_args(Disturbance)
_WORDS = {
    "noise": "noise of {:g} of each number's spread",
    "missing": "{:.0%} of the values missing",
    "shuffled": "{:.0%} of the categories exchanged",
    "out_of_range": "{:.0%} of the numbers out of range",
}


class Robustness(GateBase):
    """The metric may lose at most a share of itself on the exam's rows once more, with one thing wrong in them.

    `noise` is its standard deviation in those of each column of numbers; `missing`, `shuffled` and `out_of_range`
    are the share of cells that go missing, exchange their categories, or leave the column's range by its width. 0
    leaves one out. `falls_by` is relative; `metric` None is the model's own. `than_champion` asks besides that no fall
    is larger than the champion's on the same rows by more than that. `confidence` None is the exam's.
    """

    kind: Literal["robustness"] = "robustness"
    metric: MetricName | None = None
    falls_by: float = Field(default=0.1, gt=0, lt=1)
    than_champion: float | None = Field(default=None, gt=0, lt=1)
    noise: float = Field(default=0.1, ge=0)
    missing: float = Field(default=0.1, ge=0, le=1)
    shuffled: float = Field(default=0.1, ge=0, le=1)
    out_of_range: float = Field(default=0.02, ge=0, le=1)
    seed: int = Field(default=7, ge=0)
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _something(self) -> Robustness:
        if not self.asked():
            raise ValueError("noise, missing, shuffled and out_of_range == 0, must be over 0 in one of them")
        return self

    def asked(self) -> dict[str, tuple[Disturbance, float]]:
        """Each disturbance with its amount, by the name that its measurement has."""
        amounts = {kind: float(getattr(self, kind)) for kind in KINDS}
        own = f" {self.metric}" if self.metric else ""
        return {
            f"{kind} {amount:g} seed {self.seed}{own}": (kind, amount) for kind, amount in amounts.items() if amount
        }

    def describe(self) -> str:
        """The gate in one plain sentence."""
        what = "; ".join(_WORDS[kind].format(amount) for kind, amount in self.asked().values())
        beside = f", nor by {self.than_champion:.0%} more than the champion's" if self.than_champion else ""
        judged = self.metric or "the metric"
        return f"{judged} must not fall by more than {self.falls_by:.0%} of itself{beside} with {what}"

    def needs(self) -> tuple[str, ...]:
        """The metrics that must be measured for it."""
        return (self.metric,) if self.metric else ()

    def questions(self, measurements: Measurements) -> Questions:
        """One for every disturbance that could be measured, and one more where the champion stands beside it."""
        found = [measurements.suites.robustness.get(name) for name in self.asked()]
        own = sum(one is not None and one.fall is not None for one in found)
        beside = sum(one is not None and one.apart is not None for one in found) if self.than_champion else 0
        return Questions(own + beside, own + beside)

    def judge(self, measurements: Measurements) -> tuple[GateResult, ...]:
        """One result a disturbance, and a second beside the champion where that is asked."""
        sure = levels(measurements, self.confidence)
        results: list[GateResult] = []
        for name, (kind, amount) in self.asked().items():
            found = measurements.suites.robustness.get(name)
            results.append(self._own(kind, amount, found, sure, measurements))
            if self.than_champion:
                results.append(self._beside(kind, self.than_champion, found, sure, measurements))
        return tuple(results)

    def _own(
        self, kind: Disturbance, amount: float, found: Disturbed | None, sure: Levels, measurements: Measurements
    ) -> GateResult:
        what = _WORDS[kind].format(amount)
        if found is None:
            return self._result(kind, "cannot tell", f"{what}: {measurements.why or 'it was not measured'}")
        if found.untouched:
            said = f"{what}: {found.why or NO_SUCH_FEATURE}"
            return self._result(kind, "cannot tell", said, blocking=False)
        if found.problem:
            said = f"with {what} the candidate cannot score the rows: {found.problem}"
            return self._result(kind, "failed", said, value=1.0, limit=self.falls_by)
        if found.fall is None or found.fall.error is None:
            return self._result(kind, "cannot tell", f"{what}: {found.why or 'no interval: too few days'}")
        said = f"with {what} {found.metric} goes from {found.before:.4f} to {found.after:.4f}, a fall of"
        return self._weighed(kind, found.fall, self.falls_by, sure, said, found)

    def _beside(
        self, kind: Disturbance, margin: float, found: Disturbed | None, sure: Levels, measurements: Measurements
    ) -> GateResult:
        name = f"{kind} beside the champion"
        if measurements.basis == "alone":
            return self._result(name, "passed", f"{kind}: {NO_CHAMPION}")
        if found is None or found.apart is None or found.apart.error is None:
            why = measurements.why if found is None else found.why
            untouched = found is not None and found.untouched
            said = f"{kind}: {why or (NO_SUCH_FEATURE if untouched else 'not measured beside the champion')}"
            return self._result(name, "cannot tell", said, blocking=self.required and not untouched)
        said = f"{kind}: the champion's {found.metric} falls by {found.champion:z.1%}, the candidate's by more:"
        return self._weighed(name, found.apart, margin, sure, said, found)

    def _weighed(
        self, name: str, fall: Estimate, margin: float, sure: Levels, said: str, found: Disturbed
    ) -> GateResult:
        error = fall.error or 0.0
        settled = settle(Seen(-fall.value, error, fall.days - 1, error), margin, sure)
        failed = settled.standing == "worse"
        sentence = (
            f"{said} {fall.value:z.1%} [{-settled.high:z.1%}, {-settled.low:z.1%}] (confidence {sure.passing:.4f}; "
            f"{fall.rows} rows, {fall.days} days), must be at most {margin:.0%}; "
            f"{size_told(settled, margin, fall.days)}{told(found.features) if failed else ''}"
        )
        more = as_settled(settled, sure) | {"low": -settled.high, "high": -settled.low}
        cases = found.features if failed else ()
        return self._result(
            name, VERDICTS[settled.standing], sentence, value=fall.value, limit=margin, cases=cases, **more
        )

    def _result(self, name: str, verdict: GateVerdict, sentence: str, **more: Any) -> GateResult:
        return self.answer(f"robustness {name}", verdict, sentence, **more)
