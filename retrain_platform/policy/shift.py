"""Shifts that are not of a feature: of the segments' shares, and of what the champion says."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import takewhile
from typing import Literal

from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.drift import DriftMethod
from retrain_platform.policy.fields import Patterns, Span
from retrain_platform.policy.history import History
from retrain_platform.policy.streaks import Rule, comparable, decided, judged, over_limit, streams
from retrain_platform.policy.wording import lasting, number, periods

Streams = Sequence[Sequence[FeatureDrift | None]]


class ShiftPolicy(Record):
    """Fires when a shift was over its limit for `dwell`, ending now.

    The limit is `over`, widened so far by the noise of periods and of sampling that ordinary periods
    pass any of those watched with a chance of `false_alarms` at most. `dwell` None is one period.
    """

    kind: str
    over: float = Field(default=0.2, gt=0)
    dwell: Span | None = None
    false_alarms: float = Field(default=0.05, gt=0, lt=1)
    action: Action = Action.RETRAIN

    @property
    @abstractmethod
    def measure(self) -> str:
        """The distance."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What shifts, in words."""

    @abstractmethod
    def streams(self, history: History) -> Streams:
        """What is watched, each newest first."""

    @abstractmethod
    def missing(self, history: History) -> str:
        """Why there is nothing to judge."""

    def decide(self, history: History) -> Finding:
        """Judge the newest shifts by their streaks."""
        found, needed = self.streams(history), history.periods_in(self.dwell)
        rule = Rule(self.measure, self.over, self.false_alarms, max(1, len(found)))
        order = judged(found, rule)
        if not order:
            return self._cannot_tell(needed, self.missing(history))
        decisive = order[0]
        if decisive.drowned:
            few = f"too few rows: chance alone can reach {number(self.over)} ({self.measure} {decisive.text})"
            return self._cannot_tell(needed, few)
        over = [seen for seen in order if seen.over]
        said = f"{over_limit(self.measure, over)} (dwell {periods(needed)})" if over else ""
        sentence = f"{self.what}: {said or f'{self.measure} within limits, nearest {decisive.text}'}"
        return decided(decisive, needed, trigger=self.kind, action=self.action, sentence=sentence)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        dwell = lasting(self.dwell)
        return (
            f"{self.action} when {self.measure} of {self.what} is over {number(self.over)} and over its own noise"
            f"{dwell} (at most {self.false_alarms:.2g} false alarms a decision)"
        )

    def _cannot_tell(self, needed: int, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", limit=self.over, needed=needed, sentence=why)


class SegmentMixPolicy(ShiftPolicy):
    """The shares of the segments shift, whatever happens within them; `ShiftPolicy` says when it fires."""

    kind: Literal["segment_mix"] = "segment_mix"
    segments: Patterns = ("*",)
    method: Literal["psi", "js", "kl", "chi_squared", "hellinger"] = "psi"

    @property
    def measure(self) -> str:
        """The distance."""
        return self.method

    @property
    def what(self) -> str:
        """The columns' shares."""
        named = "all segment columns" if self.segments == ("*",) else ", ".join(self.segments)
        return f"the shares of {named}"

    def streams(self, history: History) -> Streams:
        """The mix of each segment column."""
        reports = comparable(history.drift, history.period.key)
        return streams([each.mix for each in reports], self.segments)

    def missing(self, history: History) -> str:
        """No report, no such column, or no noise."""
        if not comparable(history.drift, history.period.key):
            return f"no drift was measured for {history.period.key}"
        if self.streams(history):
            return "what the shares shift by from period to period is not known: it takes 2 reference periods"
        return f"no shares were measured for any segment column named {', '.join(self.segments)}"


class PredictionDriftPolicy(ShiftPolicy):
    """The champion's scores shift from the first ones it gave; needs no labels; `ShiftPolicy` says when it fires.

    Of several classes both are watched: the chance of the likeliest class, and which class that is.
    A streak is of one version: the scores of a canary, or of the champion before, are not mixed in.
    """

    kind: Literal["prediction_drift"] = "prediction_drift"
    method: DriftMethod = "psi"

    @property
    def measure(self) -> str:
        """The distance."""
        return self.method

    @property
    def what(self) -> str:
        """The champion's scores."""
        return "the champion's scores"

    def streams(self, history: History) -> Streams:
        """The champion's scores over the newest reports that are about it, and its classes where it has them."""
        champion = history.champion
        newest_first = history.drift[::-1]
        if champion is None or not newest_first or newest_first[0].period != history.period.key:
            return []
        first = newest_first[0].predictions
        if first is None or first.version != champion.version or first.drift is None:
            return []
        same = takewhile(lambda report: _about(report) == (first.version, first.reference), newest_first)
        told = [report.predictions for report in same if report.predictions is not None]
        classes = [[each.classes for each in told]] if first.classes is not None else []
        return [[each.drift for each in told], *classes]

    def missing(self, history: History) -> str:
        """No champion, no scores of it, or too few."""
        champion = history.champion
        if champion is None:
            return "there is no champion"
        told = next((each.predictions for each in history.drift if each.period == history.period.key), None)
        if told is None or told.version != champion.version:
            return f"version {champion.version} did not score {history.period.key} as champion"
        return told.why or f"{self.method} was not measured for its scores"


def _about(report: DriftReport) -> tuple[str, tuple[str, ...]] | None:
    told = report.predictions
    return None if told is None else (told.version, told.reference)
