"""What staying with the champion has cost since it took over, against what a retrain costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import MetricName
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.history import Champion, History
from retrain_platform.policy.models_seen import Seen, seen_models
from retrain_platform.policy.waiting import waited
from retrain_platform.policy.wording import number, periods
from retrain_platform.stats.staying import Staying, staying


class StalenessPolicy(Record):
    """Fires when what could have been saved since the champion took over is more than a retrain costs.

    For a gap that opens evenly, to retrain at that moment is the cheapest cadence there is: over k periods the gap d
    has cost d k^2 / 2, and cost c and gap together are least a period where that is c. What could have been saved is
    estimated from losses of models that were trained and paid for, each in periods in which it was scored: by how much
    newer, and larger, trainings were better than the ones before them in the same periods, which tells how fast the
    gap opens; and by how much the champion's own periods were worse than that and than fresh models' first periods,
    beyond the noise from period to period (see `stats.staying`). What a period's loss is worth, and what a retrain
    costs, is the spec's `cost`.
    """

    kind: Literal["staleness"] = "staleness"
    metric: MetricName
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Weigh the two. `value` is what staying has cost, `limit` what a retrain costs, in the currency."""
        champion, cost = history.champion, history.cost
        if champion is None:
            return self._cannot_tell(None, "staying costs something only where there is a champion to stay with")
        if cost is None:
            return self._cannot_tell(None, "the spec says nothing of what things cost: give it a section cost")
        seen = seen_models(history, champion, self.metric)
        if seen is None:
            said = f"version {champion.version} has no ripe reading of {self.metric} in a period that it answered"
            return self._cannot_tell(cost.of_retrain, said)
        return self._weighed(history, champion, cost, seen)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return f"{self.action} when staying has cost more {self.metric} than a retrain costs, since the last one"

    def _cannot_tell(self, limit: float | None, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", limit=limit, sentence=why)

    def _weighed(self, history: History, champion: Champion, cost: CostSpec, seen: Sequence[Seen]) -> Finding:
        served = max(1, round(waited(history, champion.released_as_of) / history.period_length))
        found = staying(seen, served, grown=_growth(history, champion))
        worth = cost.worth(found.total, self.metric, _rows(history))
        if worth is None:
            said = f"a loss of {self.metric} is no number of errors: give cost.per_point instead of cost.error"
            return self._cannot_tell(cost.of_retrain, said)
        verdict: FindingVerdict = "fired" if worth > cost.of_retrain else "quiet"
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=worth,
            limit=cost.of_retrain,
            held=served,
            sentence=f"staying with version {champion.version} for {periods(served)} has cost {cost.money(worth)} "
            f"({self._said(found)}), a retrain {cost.money(cost.of_retrain)}",
        )

    def _said(self, found: Staying) -> str:
        beyond = f" and {number(found.beyond)} beyond that" if found.beyond > 0 else ""
        models = "1 model" if found.models == 1 else f"{found.models} models"
        return f"{number(found.expected)} {self.metric} by how the gap opened behind {models}{beyond}"


def _rows(history: History) -> float:
    known = [period.labelled for period in history.ripe if period.sound][-8:]
    return sum(known) / len(known) if known else 0.0


def _growth(history: History, champion: Champion) -> float:
    """How many times the champion's rows a training now would have: 1 where the champion left much of the past out.

    A window that is full stays as large as it is; one that took most of what there was takes what came since, too.
    """
    before = sum(period.labelled for period in history.ripe if period.end <= champion.seen_until)
    if not champion.training_rows or champion.training_rows < _MOST * before:
        return 1.0
    return 1.0 + history.new_ripe_rows / champion.training_rows


_MOST = 0.6
"""The share of all earlier rows from which on a training is taken to have had no window."""
