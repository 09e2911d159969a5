"""Features that no longer move together as they did."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Literal

from pydantic import Field

from retrain_platform.dataset.record import Record
from retrain_platform.monitoring.reports import FeatureDrift
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.fields import Patterns, Span
from retrain_platform.policy.history import History
from retrain_platform.policy.streaks import Watched, comparable, decided, over_limit, ranked, streams
from retrain_platform.policy.wording import lasting, number, periods


class CorrelationPolicy(Record):
    """Fires when a feature's correlation with another changed by more than its limit for `dwell`, ending now.

    The limit is `over`, widened to the pair's noise: any of all pairs passes that 5 times in 100
    where nothing changed. Which partner a feature changed most with may differ from period to
    period. Only reports against the newest one's reference count. `dwell` None is one period.
    """

    kind: Literal["correlation"] = "correlation"
    features: Patterns = ("*",)
    over: float = Field(default=0.3, gt=0, le=2)
    dwell: Span | None = None
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Judge the newest report's largest changes by their streaks."""
        reports, needed = comparable(history.drift, history.period.key), history.periods_in(self.dwell)
        found = streams([each.features for each in reports], self.features)
        order = ranked([seen for stream in found if (seen := self._watched(stream)) is not None])
        if not order:
            return Finding(
                trigger=self.kind,
                verdict="cannot tell",
                limit=self.over,
                needed=needed,
                sentence=self._missing(history, found),
            )
        said = self._sentence(order, needed)
        return decided(order[0], needed, trigger=self.kind, action=self.action, sentence=said)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        dwell = lasting(self.dwell)
        return (
            f"{self.action} when a correlation of {', '.join(self.features)} changed by more than {number(self.over)} "
            f"and its own noise{dwell} (at most 0.05 false alarms a decision)"
        )

    def _watched(self, stream: Sequence[FeatureDrift | None]) -> Watched | None:
        newest = stream[0]
        if newest is None or newest.correlation is None or newest.noise_periods < 2:
            return None
        limit = self._limit(newest)
        held = sum(1 for _ in takewhile(self._exceeds, stream))
        name = f"{newest.feature} with {newest.correlated}"
        return Watched(name, newest.correlation, limit, limit > self.over, held, ())

    def _exceeds(self, drift: FeatureDrift | None) -> bool:
        return drift is not None and drift.correlation is not None and drift.correlation > self._limit(drift)

    def _limit(self, drift: FeatureDrift) -> float:
        return max(self.over, drift.correlation_noise or 0.0)

    def _sentence(self, order: Sequence[Watched], needed: int) -> str:
        over = [seen for seen in order if seen.over]
        if not over:
            return f"correlations within limits, nearest a change by {order[0].text}"
        return f"{over_limit('change of correlation', over)} (dwell {periods(needed)})"

    def _missing(self, history: History, found: Sequence[Sequence[FeatureDrift | None]]) -> str:
        if not comparable(history.drift, history.period.key):
            return f"no drift was measured for {history.period.key}"
        if any(stream[0] is not None and stream[0].correlation is not None for stream in found):
            return "what correlations change by from period to period is not known: it takes 2 reference periods"
        return f"no correlation was measured for any feature named {', '.join(self.features)}"
