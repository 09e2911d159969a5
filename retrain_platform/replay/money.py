"""What a replay's losses are in the user's money, where a spec says what things cost."""

from __future__ import annotations

from retrain_platform.dataset.record import Record
from retrain_platform.policy.gain import CostSpec
from retrain_platform.replay.losses import Loss

COSTS = (0.02, 0.05, 0.1, 0.2, 0.5)
"""What a retrain costs, in losses of a period, where nobody says it."""
AROUND = (0.2, 0.5, 1.0, 2.0, 5.0)
"""By how much what the spec says is multiplied, so that policies are seen around it, too."""


class Money(Record):
    """The spec's `cost` as the price of a loss: a loss of 1 in one period costs `a_loss`.

    `own` is what a retrain and its review cost, in losses of a period. `rows` are those of the mean judged period,
    at which single errors are counted; None where a point of the metric has a price, which rows do not change.
    """

    section: CostSpec
    a_loss: float
    own: float
    rows: float | None = None

    def of(self, loss: float) -> float:
        """What so much loss costs."""
        return loss * self.a_loss

    def loss(self, amount: float) -> float:
        """So much money as a loss."""
        return amount / self.a_loss

    def said(self, loss: float) -> str:
        """The same, as sentences write it."""
        return self.section.money(self.of(loss))

    def bare(self, loss: float) -> str:
        """The same without the currency, for a column or a range that names it once."""
        return self.said(loss).removesuffix(f" {self.section.currency}")

    def priced(self, cost: float) -> CostSpec:
        """The section as a policy reads it where a retrain costs `cost` losses of a period.

        At the spec's own cost it is the spec's own section, so that policies decide as they do live.
        """
        if cost == self.own:
            return self.section
        return self.section.model_copy(update={"retrain": self.of(cost), "review": 0.0})

    def rate(self, said: str) -> str:
        """One sentence on what a loss costs; `said` calls a period."""
        by = "" if self.rows is None else f", at {self.rows:,.0f} rows in each, the mean"
        own = f"a retrain costs {self.section.money(self.section.of_retrain)}, {self.own:.3g} of that"
        return f"by the spec's cost a loss of 1 in one {said} is {self.said(1.0)}{by}; {own}"

    def measured(self, seconds: float) -> str:
        """What a training of so many seconds comes to by the price of an hour; '' where an hour has none.

        >>> one = CostSpec(currency="EUR", retrain=40, review=10, per_point=5, hour=12)
        >>> money_of(one, Loss("auc", True), 900).measured(90)
        'a training took 90 s in the mean: by the hour a retrain and its review would cost 10.30 EUR'
        """
        if self.section.hour is None:
            return ""
        paid = self.section.money(self.section.of_measured(seconds / 3600))
        return f"a training took {seconds:.3g} s in the mean: by the hour a retrain and its review would cost {paid}"


def money_of(section: CostSpec, loss: Loss, rows: float) -> Money | None:
    """The price of a loss, `rows` being those of a period; None where the section counts errors and the metric none.

    >>> money_of(CostSpec(currency="EUR", retrain=40, per_point=5), Loss("auc", True), 900).a_loss
    500.0
    >>> money_of(CostSpec(currency="EUR", retrain=45, error=0.5), Loss("accuracy", True), 900).own
    0.1
    """
    a_loss = section.worth(loss.scale, loss.metric, rows)
    if a_loss is None:
        return None
    counted = None if section.per_point is not None else rows
    return Money(section=section, a_loss=a_loss, own=section.of_retrain / a_loss, rows=counted)


def usual_costs(money: Money | None) -> tuple[float, ...]:
    """The costs that are replayed where none are asked for: around the spec's own, where it says one."""
    return COSTS if money is None else tuple(dict.fromkeys(each * money.own for each in AROUND))


def amount(loss: float, money: Money | None) -> str:
    """A loss, in money where it has a price.

    >>> amount(6.2083, None)
    '6.21'
    """
    return f"{loss:.3g}" if money is None else money.said(loss)


def price(cost: float, money: Money | None) -> str:
    """What a retrain costs, as in 'at a cost of 0.1' or 'at 40 EUR a retrain'.

    >>> price(0.1, None)
    'a cost of 0.1'
    >>> price(0.08, money_of(CostSpec(currency="EUR", retrain=40, per_point=5), Loss("auc", True), 900))
    '40 EUR a retrain'
    """
    return f"a cost of {cost:g}" if money is None else f"{money.said(cost)} a retrain"
