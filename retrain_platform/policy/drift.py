"""Features whose distribution moved away from the reference, and categories that it never had."""

from __future__ import annotations

from abc import abstractmethod
from fnmatch import fnmatchcase
from itertools import takewhile
from typing import Literal, NamedTuple

from pydantic import Field

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.reports import DriftReport, FeatureDrift
from retrain_platform.policy.base import Action, Finding, FindingVerdict, History, asks
from retrain_platform.policy.fields import Patterns, Span
from retrain_platform.policy.wording import number, periods

DriftMethod = Literal["psi", "js", "kl", "ks", "wasserstein", "chi_squared", "hellinger"]
_NAMED = 4
"""How many features or categories a sentence names."""


class Watched(NamedTuple):
    """One feature's newest score against its limit, and for how many periods running it has been over."""

    feature: str
    score: float
    limit: float
    widened: bool
    held: int
    new: tuple[str, ...]

    @property
    def over(self) -> bool:
        """Whether the newest score is over the limit."""
        return self.held > 0


class FeaturesPolicy(Record):
    """Fires when at least `at_least` of the features were each over their limit for `dwell`, ending now.

    A feature's limit is `over`, widened to the score that its own reference periods reach among
    themselves. Only reports against the reference of the newest one count: a new champion is
    measured against other periods, and a streak does not carry over. `dwell` None is one period.
    The finding's `value`, `limit` and `held` are those of the feature that decides: the
    `at_least`-th by periods held, then by score over limit.
    """

    kind: str
    features: Patterns
    over: float = Field(gt=0)
    dwell: Span | None = None
    at_least: int = Field(default=1, ge=1)
    action: Action = Action.RETRAIN

    @property
    @abstractmethod
    def measure(self) -> str:
        """The key of `FeatureDrift.scores` that is judged."""

    def decide(self, history: History) -> Finding:
        """Judge the features of the newest report by their streaks."""
        needed = 1 if self.dwell is None else history.periods_in(self.dwell)
        ranked = sorted(self._watched(history), key=lambda seen: (-seen.held, -seen.score / seen.limit, seen.feature))
        if len(ranked) < self.at_least:
            return Finding(
                trigger=self.kind,
                verdict="cannot tell",
                limit=self.over,
                needed=needed,
                sentence=self._missing(history, len(ranked)),
            )
        decisive = ranked[self.at_least - 1]
        verdict: FindingVerdict = "fired" if decisive.held >= needed else "holding" if decisive.over else "quiet"
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=decisive.score,
            limit=decisive.limit,
            held=decisive.held,
            needed=needed,
            sentence=self._sentence(ranked, needed) + self._unmatched(history.drift[-1]),
        )

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        dwell = "" if self.dwell is None else f" for {duration_text(self.dwell)}"
        return (
            f"{self.action} when {self.measure} of at least {self.at_least} of {', '.join(self.features)} "
            f"is over {number(self.over)} and over its own noise{dwell}"
        )

    def _watched(self, history: History) -> list[Watched]:
        reports = _comparable(history)
        if not reports:
            return []
        named = (drift for drift in reports[0].features if self._names(drift.feature))
        return [seen for drift in named if (seen := self._streak(drift, reports)) is not None]

    def _names(self, feature: str) -> bool:
        return any(fnmatchcase(feature, pattern) for pattern in self.features)

    def _streak(self, newest: FeatureDrift, reports: list[DriftReport]) -> Watched | None:
        score = newest.scores.get(self.measure)
        if score is None:
            return None
        same = (next((d for d in report.features if d.feature == newest.feature), None) for report in reports)
        held = sum(1 for _ in takewhile(self._exceeds, same))
        limit = self._limit(newest)
        return Watched(newest.feature, score, limit, limit > self.over, held, newest.new_categories)

    def _exceeds(self, drift: FeatureDrift | None) -> bool:
        score = None if drift is None else drift.scores.get(self.measure)
        return drift is not None and score is not None and score > self._limit(drift)

    def _limit(self, drift: FeatureDrift) -> float:
        return max(self.over, drift.noise.get(self.measure) or 0.0)

    def _sentence(self, ranked: list[Watched], needed: int) -> str:
        over = [seen for seen in ranked if seen.over]
        if not over:
            nearest = ranked[0]
            return f"{self.measure} within limits, nearest {_text(nearest)}"
        named = ", ".join(f"{_text(seen)} for {periods(seen.held)}" for seen in over[:_NAMED])
        more = f" and {len(over) - _NAMED} more" if len(over) > _NAMED else ""
        wanted = f", {self.at_least} features needed" if self.at_least > 1 else ""
        return f"{self.measure} over its limit: {named}{more} (dwell {periods(needed)}{wanted})"

    def _unmatched(self, report: DriftReport) -> str:
        """What the spec names and the data does not have: a typing error, or a column that vanished."""
        names = [drift.feature for drift in report.features]
        idle = [pattern for pattern in self.features if not any(fnmatchcase(name, pattern) for name in names)]
        return f"; no feature is named {', '.join(idle)}" if idle else ""

    def _missing(self, history: History, found: int) -> str:
        patterns = ", ".join(self.features)
        if not _comparable(history):
            return f"no drift was measured for {history.period.key}"
        if found:
            return f"{self.measure} was measured for {found} of {patterns}, at_least == {self.at_least}"
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


def _comparable(history: History) -> list[DriftReport]:
    """The reports against the newest one's reference, newest first; none unless this period was watched."""
    newest_first = history.drift[::-1]
    if not newest_first or newest_first[0].period != history.period.key:
        return []
    return list(takewhile(lambda report: report.reference == newest_first[0].reference, newest_first))


def _text(seen: Watched) -> str:
    against = f"{number(seen.score)} of {seen.feature} against {number(seen.limit)}"
    widened = " (widened by its noise)" if seen.widened else ""
    new = f" (new: {', '.join(seen.new[:_NAMED])})" if seen.new and seen.over else ""
    return against + widened + new
