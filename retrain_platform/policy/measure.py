"""An operations or business measure beyond a bound, or away from its own baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile
from math import sqrt
from statistics import fmean, stdev
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.measures import Statistic
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import Confidence, Span, exactly_one
from retrain_platform.policy.history import History
from retrain_platform.policy.wording import lasting, number, periods
from retrain_platform.stats.intervals import t_quantile


class Value(NamedTuple):
    """The measure's statistic in one period."""

    period: str
    value: float


class MeasurePolicy(Record):
    """Fires when a measure is beyond a bound, or worse than its baseline, in each period of `dwell`, ending now.

    Exactly one of `above`, `below`, `falls_by`, `falls_by_share`, `rises_by` and `rises_by_share`. The
    last four are against the mean of the first `baseline_periods` after the champion took over, which
    are not judged themselves; confirmed: the one-sided bound of the mean change, at `confidence`, is
    over 0, by Student's t with the baseline's own variation from period to period (the prediction of
    a mean of new periods, which assumes them independent and alike). A bound needs no champion and
    is confirmed by its dwell alone. `dwell` None is one period; a period without a value breaks it.

    `segment` None is the whole. A `soft` trigger is screened before it is believed (see `screening`).
    """

    kind: Literal["measure"] = "measure"
    name: str = Field(min_length=1)
    segment: str | None = None
    statistic: Statistic = "mean"
    above: float | None = None
    below: float | None = None
    falls_by: float | None = Field(default=None, gt=0)
    falls_by_share: float | None = Field(default=None, gt=0)
    rises_by: float | None = Field(default=None, gt=0)
    rises_by_share: float | None = Field(default=None, gt=0)
    baseline_periods: int = Field(default=4, ge=2)
    dwell: Span | None = None
    confidence: Confidence = 0.95
    soft: bool = True
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_limit(self) -> MeasurePolicy:
        exactly_one(**{name: getattr(self, name) for name in _LIMITS})
        return self

    @property
    def against_bound(self) -> bool:
        """Whether it is judged against a bound, not against its baseline."""
        return self.above is not None or self.below is not None

    def decide(self, history: History) -> Finding:
        """Judge the newest periods. `value` is the newest, or the mean change for the worse over the dwell."""
        needed = history.periods_in(self.dwell)
        values = self._values(history)
        if not values or values[-1].period != history.period.key:
            return self._untold(needed, f"{self._called} was not measured in {history.period.key}{_why(history)}")
        return self._beyond(history, values, needed) if self.against_bound else self._changed(history, values, needed)

    def judged(self, history: History) -> tuple[str, ...]:
        """The periods that a fired finding rests on."""
        needed = history.periods_in(self.dwell)
        return tuple(value.period for value in self._values(history)[-needed:])

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        name = next(each for each in _LIMITS if getattr(self, each) is not None)
        amount = getattr(self, name)
        limit = f"{amount:.0%}" if name.endswith("share") else number(amount)
        dwell = lasting(self.dwell)
        kind = "soft, screened" if self.soft else "hard"
        if self.against_bound:
            return f"{self.action} when {self._called} is {name} {limit}{dwell} ({kind})"
        return (
            f"{self.action} when {self._called} {name.split('_')[0]} by more than {limit} of its first "
            f"{periods(self.baseline_periods)} with the champion{dwell}, confirmed at {self.confidence:g} ({kind})"
        )

    @property
    def _called(self) -> str:
        of = "" if self.segment is None else f" of {self.segment}"
        return f"{self.name}{of}" if self.statistic == "mean" else f"the {self.statistic} {self.name}{of}"

    def _values(self, history: History) -> list[Value]:
        found = ((one.period, one.value(self.name, self.segment, self.statistic)) for one in history.measures)
        return [Value(period, value) for period, value in found if value is not None]

    def _untold(self, needed: int, why: str) -> Finding:
        limit = next((getattr(self, name) for name in _LIMITS if getattr(self, name) is not None), None)
        return Finding(trigger=self.kind, verdict="cannot tell", limit=limit, needed=needed, sentence=why)

    def _beyond(self, history: History, values: Sequence[Value], needed: int) -> Finding:
        limit = self.above if self.above is not None else self.below or 0.0
        over: Callable[[Value], bool] = (
            (lambda one: one.value > limit) if self.above is not None else (lambda one: one.value < limit)
        )
        held = sum(1 for _ in takewhile(over, reversed(_running(history, values))))
        verdict: FindingVerdict = "fired" if held >= needed else "holding" if held else "quiet"
        side = "above" if self.above is not None else "below"
        sentence = (
            f"{self._called} {number(values[-1].value)} in {values[-1].period}, "
            f"{'' if held else 'not '}{side} {number(limit)}" + (f" for {held} of {periods(needed)}" if held else "")
        )
        return self._finding(verdict, values[-1].value, limit, held, needed, sentence)

    def _changed(self, history: History, values: Sequence[Value], needed: int) -> Finding:
        if history.champion is None:
            return self._untold(needed, f"{self._called} is judged against its periods with a champion")
        began = history.champion.released_as_of
        with_it = {one.period for one in history.measures if one.start >= began}
        mine = [one for one in values if one.period in with_it]
        missing = self.baseline_periods + needed - len(mine)
        if missing > 0:
            return self._untold(
                needed,
                f"{self._called} waits for {periods(missing, 'more')}: {self.baseline_periods} with version "
                f"{history.champion.version} make the baseline and {needed} are judged",
            )
        before = [one.value for one in mine[: self.baseline_periods]]
        sign = 1.0 if self.falls_by is not None or self.falls_by_share is not None else -1.0
        after = [sign * (fmean(before) - one.value) for one in _running(history, mine[self.baseline_periods :])]
        return self._judged(before, after, needed, values[-1].period)

    def _judged(self, before: Sequence[float], after: Sequence[float], needed: int, newest: str) -> Finding:
        baseline = fmean(before)
        share = self.falls_by_share if self.falls_by_share is not None else self.rises_by_share
        limit = abs(baseline) * share if share is not None else self.falls_by or self.rises_by or 0.0
        held = sum(1 for _ in takewhile(lambda change: change > limit, reversed(after)))
        judged = after[-needed:]
        mean = fmean(judged)
        reach = stdev(before) * sqrt(1 / len(before) + 1 / len(judged))
        lower = mean - t_quantile(self.confidence, len(before) - 1) * reach
        verdict: FindingVerdict = "quiet" if held == 0 else "fired" if held >= needed and lower > 0 else "holding"
        way = "fell" if (self.falls_by is not None or self.falls_by_share is not None) == (mean >= 0) else "rose"
        note = "the newest is within the limit" if held == 0 else f"over it for {held} of {periods(needed)}"
        if held >= needed:
            note = f"{'confirmed' if lower > 0 else 'not confirmed'}: at least {number(lower)} for the worse"
        sentence = (
            f"{self._called} {way} by {number(abs(mean))} from its baseline {number(baseline)} over "
            f"{periods(len(judged))} to {newest}, limit {number(limit)}; {note}"
        )
        return self._finding(verdict, mean, limit, held, needed, sentence)

    def _finding(
        self, verdict: FindingVerdict, value: float, limit: float, held: int, needed: int, sentence: str
    ) -> Finding:
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=value,
            limit=limit,
            held=held,
            needed=needed,
            sentence=sentence,
        )


_LIMITS = ("above", "below", "falls_by", "falls_by_share", "rises_by", "rises_by_share")


def _running(history: History, values: Sequence[Value]) -> list[Value]:
    """Those of the newest periods running: a watched period without a value ends the run."""
    known = {one.period: one for one in values}
    return [known[one.period] for one in takewhile(lambda one: one.period in known, reversed(history.measures))][::-1]


def _why(history: History) -> str:
    """What could not be read of the newest period's measures."""
    newest = history.measures[-1] if history.measures else None
    if newest is None or newest.period != history.period.key or not newest.problems:
        return ""
    return f" ({'; '.join(newest.problems)})"
