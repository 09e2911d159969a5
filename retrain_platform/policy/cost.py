"""What it costs to stay with the champion against what it costs to retrain it."""

from __future__ import annotations

from datetime import datetime
from statistics import fmean
from typing import Literal, NamedTuple

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, Finding, FindingVerdict, asks
from retrain_platform.policy.fields import Confidence, Span
from retrain_platform.policy.gain import CostSpec, decay, own
from retrain_platform.policy.history import Champion, History
from retrain_platform.policy.waiting import last_attempt, served, waited
from retrain_platform.policy.wording import number, periods
from retrain_platform.stats.intervals import lower_bound

_USUAL = 8
"""How many newest ripe periods say how many rows a period has."""


class Staying(NamedTuple):
    """What a retrain would gain in each period: the expectation, a lower bound, and where they come from."""

    metric: str
    gain: float
    least: float
    source: str


def usual_rows(history: History) -> float:
    """The mean rows of the newest sound ripe periods; 0 before there is one."""
    rows = [period.rows for period in history.ripe if period.sound][-_USUAL:]
    return fmean(rows) if rows else 0.0


class CostPolicy(Record):
    """Fires when staying with the champion until the next planned retrain costs more than a retrain now.

    `planned` is how often the model is retrained anyway, counted from its last training. Staying
    costs, in each period until then, what a retrain would have gained: a gap that opens evenly opens
    as fast behind the new model as behind the old one, so that the gain of retraining now stays what
    it is today. It is the newest reading of the gap to a challenger; before this champion's first,
    the decay after each earlier retrain at its age. Confirmed: also the one-sided lower bound of the
    cost of staying, at `confidence`, is over the cost of retraining.
    """

    kind: Literal["cost"] = "cost"
    planned: Span
    confidence: Confidence = 0.8
    action: Action = Action.RETRAIN

    def decide(self, history: History) -> Finding:
        """Weigh the two sums. `value` is the expected cost of staying, `limit` that of a retrain, in the currency."""
        champion, cost, since = history.champion, history.cost, last_attempt(history)
        if champion is None or since is None:
            return self._cannot_tell(None, "staying costs something only where there is a champion to stay with")
        if cost is None:
            return self._cannot_tell(None, "the spec says nothing of what things cost: give it a section cost")
        staying = self._measured(history, champion) or self._expected(history, champion)
        if staying is None:
            said = (
                f"what a retrain of version {champion.version} would gain is not known: neither a reading of the gap "
                "to a challenger, nor how the gap opened after two earlier champions"
            )
            return self._cannot_tell(cost.of_retrain, said)
        return self._weighed(history, cost, staying, since)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        return (
            f"{self.action} when staying until the next retrain, planned every {duration_text(self.planned)}, costs "
            f"more than a retrain, confirmed at {self.confidence:g}"
        )

    def _cannot_tell(self, limit: float | None, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", limit=limit, sentence=why)

    def _measured(self, history: History, champion: Champion) -> Staying | None:
        readings = own(history.gaps, champion.version)
        least = readings[-1].lower(self.confidence) if readings else None
        if not readings or readings[-1].value is None or least is None:
            return None
        newest = readings[-1]
        return Staying(newest.metric, newest.value or 0.0, least, f"measured in {newest.period}")

    def _expected(self, history: History, champion: Champion) -> Staying | None:
        """From the decay after earlier retrains: the line at the age that the champion's knowledge has now."""
        found = decay(history.gaps, champion.version, history.period_length)
        newest = [period for period in history.ripe if period.sound]
        if found is None or not newest:
            return None
        ends = newest[-1].end
        age = max(0.0, (waited(history, champion.seen_until) - waited(history, ends)) / history.period_length)
        least = lower_bound(found.slope, found.error, found.champions, self.confidence)
        source = f"expected from the decay behind {found.champions} earlier champions"
        return Staying(history.gaps[-1].metric, found.slope * age, least * age, source)

    def _weighed(self, history: History, cost: CostSpec, staying: Staying, since: datetime) -> Finding:
        left = max(1, round((self.planned - waited(history, since)) / history.period_length))
        rows = usual_rows(history)
        each, least = (cost.worth(gain, staying.metric, rows) for gain in (staying.gain, staying.least))
        if each is None or least is None:
            said = f"a gain of {staying.metric} is no number of errors: give cost.per_point instead of cost.error"
            return self._cannot_tell(cost.of_retrain, said)
        verdict, note = self._verdict(each * left, least * left, cost)
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=each * left,
            limit=cost.of_retrain,
            sentence=f"staying for {periods(left)}, until the retrain planned for {self._planned(history, since)}, "
            f"costs {cost.money(max(0.0, each * left))} ({number(staying.gain)} {staying.metric} in each, "
            f"{staying.source}), a retrain {cost.money(cost.of_retrain)}; {note}",
        )

    def _planned(self, history: History, since: datetime) -> str:
        """The day of the planned retrain; one that is overdue comes with the next period."""
        overdue = served(history, since, self.planned)
        return str(((history.as_of + history.period_length) if overdue else (since + self.planned)).date())

    def _verdict(self, staying: float, least: float, cost: CostSpec) -> tuple[FindingVerdict, str]:
        if staying <= cost.of_retrain:
            return "quiet", "staying is not dearer" if staying > 0 else "a retrain would gain nothing"
        bound = f"staying costs at least {cost.money(least)} with {self.confidence:.0%} confidence"
        return ("fired", f"confirmed, {bound}") if least > cost.of_retrain else ("holding", f"not confirmed: {bound}")
