"""A metric beyond an absolute bound."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import ClassVar, Literal

from pydantic import model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import MetricName, Span, exactly_one
from retrain_platform.policy.history import History
from retrain_platform.policy.readings import Measured, champion_readings
from retrain_platform.policy.wording import lasting, number, periods
from retrain_platform.stats.metrics import METRICS


class FloorPolicy(Record):
    """Fires when each ripe period of `dwell` is below `at_least`, or over `at_most`.

    `confirmed`: the whole interval of each must be beyond the bound, not only its value. `dwell`
    None is one period. `at_least` is for metrics that are better when greater, `at_most` for the others.
    """

    soft: ClassVar[bool] = True
    kind: Literal["floor"] = "floor"
    metric: MetricName
    at_least: float | None = None
    at_most: float | None = None
    dwell: Span | None = None
    confirmed: bool = True
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_bound_of_the_right_side(self) -> FloorPolicy:
        exactly_one(at_least=self.at_least, at_most=self.at_most)
        if METRICS[self.metric].greater_is_better and self.at_most is not None:
            raise ValueError(f"at_most == {self.at_most}, must be at_least: {self.metric} is better when greater")
        if not METRICS[self.metric].greater_is_better and self.at_least is not None:
            raise ValueError(f"at_least == {self.at_least}, must be at_most: {self.metric} is better when smaller")
        return self

    @property
    def bound(self) -> float:
        """`at_least` or `at_most`, whichever is given."""
        return self.at_least if self.at_least is not None else self.at_most or 0.0

    def decide(self, history: History) -> Finding:
        """Judge the champion's newest ripe readings. `value` is the newest, `held` counts those beyond the bound."""
        needed = history.periods_in(self.dwell)
        champion = history.champion
        readings = champion_readings(history, champion, self.metric) if champion is not None else []
        if not readings:
            why = "there is no champion" if champion is None else f"no ripe reading of version {champion.version} is in"
            return Finding(
                trigger=self.kind,
                verdict="cannot tell",
                limit=self.bound,
                needed=needed,
                sentence=f"{self.metric} cannot be judged: {why}",
            )
        return self._judged(readings, needed)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        side = "below" if self.at_least is not None else "over"
        dwell = lasting(self.dwell)
        confirmed = ", its whole interval" if self.confirmed else ""
        return f"{self.action} when {self.metric} is {side} {number(self.bound)}{dwell}{confirmed}"

    def _judged(self, readings: Sequence[Measured], needed: int) -> Finding:
        newest = readings[-1]
        held = sum(1 for _ in takewhile(self._counts, reversed(readings)))
        verdict: FindingVerdict = "fired" if held >= needed else "holding" if self._beyond(newest.value) else "quiet"
        side = "at least" if self.at_least is not None else "at most"
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=newest.value,
            limit=self.bound,
            held=held,
            needed=needed,
            sentence=f"{self.metric} {number(newest.value)} in {newest.period}, must be {side} {number(self.bound)}; "
            + self._progress(newest, held, needed),
        )

    def _progress(self, newest: Measured, held: int, needed: int) -> str:
        if not self._beyond(newest.value):
            return "it is"
        if not held:
            return "beyond it, but its interval is not" if newest.low is not None else "beyond it, without an interval"
        return f"beyond it for {held} of {periods(needed, 'ripe')}"

    def _counts(self, reading: Measured) -> bool:
        """Whether the reading counts towards the dwell."""
        if not self.confirmed:
            return self._beyond(reading.value)
        end = reading.high if self.at_least is not None else reading.low
        return end is not None and self._beyond(end)

    def _beyond(self, value: float) -> bool:
        return value < self.bound if self.at_least is not None else value > self.bound
