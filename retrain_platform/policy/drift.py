"""Features whose distribution moved away from the reference, and categories that it never had."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.fields import Patterns, Span
from retrain_platform.policy.history import History
from retrain_platform.policy.segments import decide_segments
from retrain_platform.policy.streaks import (
    Rule,
    Watched,
    comparable,
    decided,
    judged,
    names,
    over_limit,
    streams,
)
from retrain_platform.policy.wording import lasting, number, periods

DriftMethod = Literal["psi", "js", "kl", "ks", "wasserstein", "chi_squared", "hellinger"]
_IN_SEGMENTS = 0.05
"""The chance of a false alarm in all segments together, where the spec says none."""


class FeaturesPolicy(Record):
    """Fires when at least `at_least` of the features were each over their limit for `dwell`, ending now.

    A feature's limit is `over`, widened to the score that ordinary periods reach and to what chance
    reaches at these numbers of rows (see `streaks.Rule`); with `false_alarms`, so far that ordinary
    periods pass any of them with that chance at most. Only reports against the reference of the
    newest one count: a new champion is measured against other periods, and a streak does not carry
    over. `dwell` None is one period. The finding's `value`, `limit` and `held` are those of the
    feature that decides: the `at_least`-th by periods held, then by score over limit.

    `segment` judges each value of a segment column by itself, `segments` the named values of some:
    a part of the finding each, with `false_alarms` (.05 unless said) over all of them. One whose rows
    are so few that chance alone reaches the limit is `cannot tell`.
    """

    kind: str
    features: Patterns
    over: float = Field(gt=0)
    dwell: Span | None = None
    at_least: int = Field(default=1, ge=1)
    segment: str | None = None
    segments: dict[str, tuple[str, ...]] = {}
    false_alarms: float | None = Field(default=None, gt=0, lt=1)
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _one_way_to_name_segments(self) -> FeaturesPolicy:
        if self.segment is not None and self.segments:
            raise ValueError(f"segment == {self.segment!r} and segments == {self.segments}, must be only one of them")
        for name, values in self.segments.items():
            if not values:
                raise ValueError(f"segments.{name} == (), must name values; write segment: {name} for all of them")
        return self

    @property
    @abstractmethod
    def measure(self) -> str:
        """The key of `FeatureDrift.scores` that is judged."""

    @property
    def segment_columns(self) -> tuple[str, ...]:
        """The segment columns within which it judges."""
        return tuple(self.segments) if self.segment is None else (self.segment,)

    def decide(self, history: History) -> Finding:
        """Judge the features of the newest report by their streaks, whole or within segments."""
        if self.segment_columns:
            return decide_segments(self, history)
        reports = comparable(history.drift, history.period.key)
        if not reports:
            return self.cannot_tell(history, f"no drift was measured for {history.period.key}")
        found = self.judge([each.features for each in reports], history, looks=None)
        if found.verdict == "cannot tell":
            return found
        return found.model_copy(update={"sentence": found.sentence + self._unmatched(reports[0])})

    def judge(self, reports: Sequence[Sequence[FeatureDrift]], history: History, looks: int | None) -> Finding:
        """Judge the features of some reports, newest first; `looks` says among how many, None these alone."""
        found = streams(reports, self.features)
        rule = self.rule(len(found) if looks is None else looks)
        order = judged(found, rule)
        if len(order) < self.at_least:
            return self.cannot_tell(history, self._missing(found, rule, len(order)))
        over = [seen for seen in order if seen.over]
        if rule.chance is not None and len(over) < self.at_least <= len(over) + sum(seen.drowned for seen in order):
            return self.cannot_tell(history, self._drowned(order))
        decisive, needed = order[self.at_least - 1], history.periods_in(self.dwell)
        said = self._sentence(order, over, needed)
        return decided(decisive, needed, trigger=self.kind, action=self.action, sentence=said)

    def rule(self, looks: int) -> Rule:
        """What each of so many features is judged by."""
        chance = _IN_SEGMENTS if self.false_alarms is None and self.segment_columns else self.false_alarms
        return Rule(self.measure, self.over, chance, max(1, looks))

    def cannot_tell(self, history: History, why: str) -> Finding:
        """A finding that says what is missing."""
        needed = history.periods_in(self.dwell)
        return Finding(trigger=self.kind, verdict="cannot tell", limit=self.over, needed=needed, sentence=why)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        dwell = lasting(self.dwell)
        rule = self.rule(1)
        alarms = "1 ordinary period in 20 passes that of a feature"
        if rule.chance is not None:
            alarms = f"at most {rule.chance:.2g} false alarms a decision"
        return (
            f"{self.action} when {self.measure} of at least {self.at_least} of {', '.join(self.features)} "
            f"{self._within()}is over {number(self.over)} and over its own noise{dwell} ({alarms})"
        )

    def _within(self) -> str:
        if self.segment is not None:
            return f"in any {self.segment} "
        named = ", ".join(f"{name} {value}" for name, values in self.segments.items() for value in values)
        return f"in any of {named} " if named else ""

    def _sentence(self, order: list[Watched], over: list[Watched], needed: int) -> str:
        if not over:
            return f"{self.measure} within limits, nearest {order[0].text}"
        wanted = f", {self.at_least} features needed" if self.at_least > 1 else ""
        return f"{over_limit(self.measure, over)} (dwell {periods(needed)}{wanted})"

    def _drowned(self, order: list[Watched]) -> str:
        few = next(seen for seen in order if seen.drowned)
        return f"too few rows: chance alone can reach {number(self.over)} ({self.measure} {few.text})"

    def _unmatched(self, report: DriftReport) -> str:
        """What the spec names and the data does not have: a typing error, or a column that vanished."""
        idle = [each for each in self.features if not any(names([each], drift.feature) for drift in report.features)]
        return f"; no feature is named {', '.join(idle)}" if idle else ""

    def _missing(self, found: Sequence[Sequence[FeatureDrift | None]], rule: Rule, told: int) -> str:
        patterns = ", ".join(self.features)
        measured = [stream[0] for stream in found if stream[0] and stream[0].scores.get(self.measure) is not None]
        if len(measured) >= self.at_least and rule.chance is not None:
            return (
                f"what ordinary periods score is not known: false_alarms == {rule.chance:.2g} takes 2 reference periods"
            )
        if told:
            return f"{self.measure} was measured for {told} of {patterns}, at_least == {self.at_least}"
        return f"{self.measure} was not measured for any feature named {patterns}"


class FeatureDriftPolicy(FeaturesPolicy):
    """Drift of named features by one distance; `FeaturesPolicy` says when it fires."""

    kind: Literal["feature_drift"] = "feature_drift"
    method: DriftMethod = "psi"

    @property
    def measure(self) -> str:
        """The distance."""
        return self.method


class NewCategoriesPolicy(FeaturesPolicy):
    """Share of rows whose category the reference never had; `FeaturesPolicy` says when it fires."""

    kind: Literal["new_categories"] = "new_categories"
    over: float = Field(default=0.15, gt=0, lt=1)

    @property
    def measure(self) -> str:
        """The share."""
        return "new_category_share"
