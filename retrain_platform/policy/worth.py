"""What a past retrain was worth, told afterwards."""

from __future__ import annotations

from typing import Literal

from retrain_platform.dataset.record import Record
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.wording import number, periods

Verdict = Literal["worth it", "not worth it", "cannot tell"]


class RetrainValue(Record):
    """A retrain's version against the one that it replaced (`instead`), on the ripe rows of `periods`, which it
    answered: the newer less the older, positive where the newer was better, whichever way `metric` points.

    `low` and `high` bound `value` at two-sided `confidence`, with `days` as the sampling unit. `worth` and its bounds
    are what that was worth over all of `periods`, `cost` what the retrain had cost; None without a section cost.
    `closed`: no later period changes it. Without a value, `why` says what is missing.
    """

    decision_id: str
    version: str
    instead: str
    metric: str
    periods: tuple[str, ...] = ()
    closed: bool = False
    value: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    rows: int = 0
    days: int = 0
    worth: float | None = None
    worth_low: float | None = None
    worth_high: float | None = None
    cost: float | None = None
    currency: str = ""
    why: str = ""

    @property
    def net(self) -> float | None:
        """What it brought beyond its cost; of a model without costs, in the metric."""
        return self.value if self.worth is None or self.cost is None else self.worth - self.cost

    @property
    def verdict(self) -> Verdict:
        """Whether the interval lies on one side of its cost; without costs, on one side of no change."""
        priced = self.worth is not None and self.cost is not None
        low, high = (self.worth_low, self.worth_high) if priced else (self.low, self.high)
        limit = (self.cost or 0.0) if priced else 0.0
        if low is None or high is None:
            return "cannot tell"
        return "worth it" if low > limit else "not worth it" if high < limit else "cannot tell"

    @property
    def sentence(self) -> str:
        """In words.

        >>> found = RetrainValue(decision_id="d", version="3", instead="2", metric="auc", periods=("a", "b"),
        ...     value=0.01, low=0.004, high=0.016, worth=90, worth_low=36, worth_high=144, cost=43, currency="EUR",
        ...     closed=True)
        >>> found.sentence
        'cannot tell: 0.01 auc better than version 2 (+0.004 to +0.016) over 2 periods, worth 90 EUR for 43'
        """
        if self.value is None:
            return f"{self.verdict}: {self.why}"
        span = ""
        if self.low is not None and self.high is not None:
            span = f" ({self.low:+.3g} to {self.high:+.3g})"
        better = "better" if self.value >= 0 else "worse"
        money = "" if self.worth is None else f", worth {self.worth:,.0f} {self.currency} for {self.cost or 0:,.0f}"
        so_far = "" if self.closed else " so far"
        compared = f"{number(abs(self.value))} {self.metric} {better} than version {self.instead}{span}"
        return f"{self.verdict}{so_far}: {compared} over {periods(len(self.periods))}{money}"


def priced(value: RetrainValue, cost: CostSpec | None, rows: float, hours: float) -> RetrainValue:
    """The value in money, over all its periods of so many `rows` each; `hours` is what the retrain's computing took."""
    if cost is None or value.value is None:
        return value
    bounds = [
        None if each is None else cost.worth(each, value.metric, rows) for each in (value.value, value.low, value.high)
    ]
    worth, low, high = (None if each is None else each * len(value.periods) for each in bounds)
    return value.model_copy(
        update={
            "worth": worth,
            "worth_low": low,
            "worth_high": high,
            "cost": None if worth is None else cost.of_measured(hours),
            "currency": "" if worth is None else cost.currency,
        }
    )
