"""What staying with the champion has cost since it took over, against what a retrain costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import model_validator

from retrain_platform.dataset.duration import duration_text
from retrain_platform.dataset.record import Record
from retrain_platform.policy.base import Action, ChosenWindow, Finding, FindingVerdict, asks
from retrain_platform.policy.budget import Budget, Left
from retrain_platform.policy.fields import MetricName, Span
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.history import Champion, History
from retrain_platform.policy.models_seen import Seen, past, seen_models, usual_rows
from retrain_platform.policy.waiting import waited
from retrain_platform.policy.wording import number, periods
from retrain_platform.stats.staying import Past, Staying, staying


class StalenessPolicy(Record):
    """Fires when what could have been saved since the champion took over is more than a retrain costs.

    For a gap that opens evenly, to retrain at that moment is the cheapest cadence there is: over k periods the gap d
    has cost d k^2 / 2, and cost c and gap together are least a period where that is c. What could have been saved is
    estimated from losses of models that were trained and paid for, each in periods in which it was scored: by how much
    newer, and larger, trainings were better than the ones before them in the same periods, which tells how fast the
    gap opens; and by how much the champion's own periods were worse than that and than fresh models' first periods,
    beyond the noise from period to period (see `stats.staying`). What a period's loss is worth, and what a retrain
    costs, is the spec's `cost`.

    With a `budget` retrains are counted instead, and spent by how many are left for how long; where the spec has a
    cost, too, both must agree. Of several `windows` the retrain learns from the one by which it is taken to lose
    least: rows of before a change teach what was, and fewer rows teach less.
    """

    kind: Literal["staleness"] = "staleness"
    metric: MetricName
    budget: Budget | None = None
    windows: tuple[Literal["all"] | Span, ...] = ()
    action: Action = Action.RETRAIN

    @model_validator(mode="after")
    def _windows_differ(self) -> StalenessPolicy:
        if len(set(self.windows)) < len(self.windows):
            said = ", ".join(_window_text(each) for each in self.windows)
            raise ValueError(f"windows == [{said}], must be different ones")
        return self

    def decide(self, history: History) -> Finding:
        """Weigh the two. `value` is what staying has cost, `limit` what a retrain costs, in the currency.

        Without a cost `value` is what a retrain now is worth of the budget, and `limit` is 1.
        """
        champion = history.champion
        if champion is None:
            return self._cannot_tell(None, "staying costs something only where there is a champion to stay with")
        if history.cost is None and self.budget is None:
            said = "the spec says nothing of what things cost: give it a section cost, or this policy a budget"
            return self._cannot_tell(None, said)
        limit = 1.0 if history.cost is None else history.cost.of_retrain
        seen = seen_models(history, champion, self.metric)
        if seen is None:
            said = f"version {champion.version} has no ripe reading of {self.metric} in a period that it answered"
            return self._cannot_tell(limit, said)
        return self._weighed(_case(history, champion, seen, self._past(history, champion)), limit)

    def describe(self) -> str:
        """One line for `retrain check --explain`."""
        said = f"{self.action} when staying has cost more {self.metric} than a retrain costs, since the last one"
        if self.budget is not None:
            said += f", {self.budget.describe()}"
        if self.windows:
            said += f", from the window that promises most of {', '.join(map(_window_text, self.windows))}"
        return said

    def _cannot_tell(self, limit: float | None, why: str) -> Finding:
        return Finding(trigger=self.kind, verdict="cannot tell", limit=limit, sentence=why)

    def _past(self, history: History, champion: Champion) -> Past:
        return past(history, champion, [None if each == "all" else each for each in self.windows])

    def _weighed(self, case: _Case, limit: float) -> Finding:
        found, left = case.found, None if self.budget is None else self.budget.left(case.history)
        cost = case.history.cost
        worth = 0.0 if cost is None else cost.worth(found.total, self.metric, usual_rows(case.history))
        if worth is None:
            said = f"a loss of {self.metric} is no number of errors: give cost.per_point instead of cost.error"
            return self._cannot_tell(limit, said)
        spent = None if left is None else left.worth(found, case.served)
        pays = cost is None or worth > cost.of_retrain
        affordable = left is None or spent is None or (left.retrains > 0 and spent >= 1)
        verdict: FindingVerdict = "fired" if pays and affordable else "quiet"
        window = self._window(case) if verdict == "fired" else None
        return Finding(
            trigger=self.kind,
            verdict=verdict,
            action=asks(verdict, self.action),
            value=spent if cost is None else worth,
            limit=limit,
            held=case.served,
            sentence=self._sentence(case, cost, worth, left, spent, window),
            window=window,
        )

    def _window(self, case: _Case) -> ChosenWindow | None:
        """The window by which a training now is taken to lose least; None where there is no choice."""
        if not self.windows:
            return None
        champion = case.seen[-1]
        return self.windows[case.found.window(case.past, champion.cut + case.newer)]

    def _sentence(
        self,
        case: _Case,
        cost: CostSpec | None,
        worth: float,
        left: Left | None,
        spent: float | None,
        window: ChosenWindow | None,
    ) -> str:
        version = case.champion.version
        said = f"staying with version {version} for {periods(case.served)} has cost "
        told = self._said(case.found)
        said += told if cost is None else f"{cost.money(worth)} ({told}), a retrain {cost.money(cost.of_retrain)}"
        if left is not None and spent is not None:
            said += (
                f"; {left.retrains} of {left.of} retrains are left for {periods(round(left.periods))}: one now is "
                f"worth {number(spent)} of what it must be"
            )
        return said if window is None else f"{said}; it learns from {_window_text(window)}"

    def _said(self, found: Staying) -> str:
        beyond = f" and {number(found.beyond)} beyond that" if found.beyond > 0 else ""
        models = "1 model" if found.models == 1 else f"{found.models} models"
        return f"{number(found.expected)} {self.metric} by how the gap opened behind {models}{beyond}"


class _Case(NamedTuple):
    """What is weighed: the models seen so far, for how many periods the last has answered, and what that has cost."""

    history: History
    champion: Champion
    past: Past
    seen: Sequence[Seen]
    served: int
    found: Staying

    @property
    def newer(self) -> int:
        """How many periods have ripened that the champion has not learned from."""
        until = max((each.end for each in self.history.ripe), default=self.champion.seen_until)
        return max(0, round((until - self.champion.seen_until) / self.history.period_length))


def _case(history: History, champion: Champion, seen: Sequence[Seen], taken: Past) -> _Case:
    served = max(1, round(waited(history, champion.released_as_of) / history.period_length))
    return _Case(history, champion, taken, seen, served, staying(seen, served, taken))


def _window_text(window: ChosenWindow) -> str:
    return "all the past" if window == "all" else f"the newest {duration_text(window)}"
