"""A replay in the user's money: what a loss costs, and that every sum and sentence says it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from retrain_platform.policy import StalenessPolicy
from retrain_platform.policy.gain import CostSpec
from retrain_platform.replay.advice import NOW
from retrain_platform.replay.course_plot import _saved, course_plot
from retrain_platform.replay.frontier_plot import frontier_plot
from retrain_platform.replay.ground import CannotReplay
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.money import COSTS, Money, money_of, usual_costs
from retrain_platform.replay.of_spec import SpecReplay, _money, replay_spec, set_up
from retrain_platform.replay.page import page
from retrain_platform.replay.prefix import Setting, _Walk, follow
from retrain_platform.replay.report import replay
from retrain_platform.replay.results import ReplayReport
from retrain_platform.replay.road import Road
from retrain_platform.replay.rules import Rules
from retrain_platform.replay.walked import Named
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix, setting
from retrain_platform_tests.replay.spec_shops import ground_of, shop_of, stores

ACCURACY = Loss("accuracy", True)
EUR = CostSpec(currency="EUR", retrain=30, review=10, error=2)
"""At 100 rows a period a loss of 1 is 200 EUR, so that a retrain costs 0.2 of loss."""
OURS = [Named("staleness", StalenessPolicy(metric="accuracy"))]


def in_money(made: Any = None, section: CostSpec = EUR) -> Setting:
    plain = setting(made or drawn(4, count=18))
    return plain._replace(money=money_of(section, plain.loss, 100.0))


def replayed(of: Setting, costs: tuple[float, ...] = ()) -> ReplayReport:
    return replay("a table", of, OURS, costs or usual_costs(of.money), "week")


@pytest.fixture(scope="module")
def report() -> ReplayReport:
    return replayed(in_money())


@pytest.mark.parametrize(
    ("section", "loss", "a_loss"),
    [
        ({"per_point": 5}, Loss("auc", True), 500.0),  # 100 points of 0.01
        ({"per_point": 5}, Loss("rmse", False, scale=8.0), 40.0),  # 8 points of 1 in the label's unit
        ({"error": 2}, Loss("accuracy", True), 180.0),  # all of 90 rows called wrong
        ({"error": 2}, Loss("mae", False, scale=0.5), 90.0),  # 90 rows missed by half a unit
    ],
)
def test_a_loss_of_one_is_worth_that_much_of_the_metric(section: Any, loss: Loss, a_loss: float) -> None:
    found = money_of(CostSpec(currency="EUR", retrain=9, **section), loss, 90)
    assert found is not None
    assert (found.a_loss, found.own) == (pytest.approx(a_loss), pytest.approx(9 / a_loss))


def test_errors_have_no_price_where_the_metric_counts_none() -> None:
    assert money_of(EUR, Loss("auc", True), 100) is None


def test_the_costs_lie_around_the_spec_s_own() -> None:
    money = in_money().money
    assert money is not None
    assert usual_costs(money) == pytest.approx((0.04, 0.1, 0.2, 0.4, 1.0))
    assert usual_costs(None) == COSTS
    free = money_of(CostSpec(currency="EUR", retrain=0, error=2), ACCURACY, 100)
    assert usual_costs(free) == (0.0,)


def test_a_total_is_its_errors_and_its_retrains_at_their_prices(report: ReplayReport) -> None:
    """Counted once more, by hand: 100 rows a period, 2 EUR an error, 40 EUR a retrain."""
    errors = {each.name: 100 * np.sum(1 - np.array(each.course, dtype=float)[1:]) for each in report.shown(0.2)}
    for each in report.shown(0.2):
        assert each.money["total"] == pytest.approx(2 * errors[each.name] + 40 * each.retrains)
    best = next(each for each in report.at(0.2) if each.kind == "oracle")
    for each in report.at(0.2):
        assert each.money["regret"] == pytest.approx(each.money["total"] - best.money["total"])


def test_every_sum_of_the_report_has_its_money(report: ReplayReport) -> None:
    for each in report.policies:
        for one in each.apart:
            assert one.money["value"] == pytest.approx(200 * one.value)
            assert ("low" in one.money) == (one.low is not None)
    for advice in report.recommended:
        assert advice.money["total"] == pytest.approx(200 * advice.total)
        assert advice.money["never_total"] == pytest.approx(200 * advice.never_total)
    assert [each.money["loss"] for each in report.budgeted] == pytest.approx([200 * e.loss for e in report.budgeted])
    again = ReplayReport.model_validate_json(report.model_dump_json())
    assert again == report


def test_every_sentence_speaks_in_the_user_s_money(report: ReplayReport) -> None:
    assert report.notes[-1] == (
        "by the spec's cost a loss of 1 in one week is 200 EUR, at 100 rows in each, the mean; a retrain costs 40 EUR, "
        "0.2 of that"
    )
    for each in report.recommended:
        assert report.money is not None
        assert each.sentence.startswith(f"at {report.money.said(each.cost)} a retrain, ")
        assert f"in all {report.money.said(each.total)}; " in each.sentence
        assert (each.name == "never") == ("; never retraining" not in each.sentence)
    reasons = [one.reason for each in report.shown(0.2) if each.kind == "policy" for one in each.decisions]
    assert reasons
    assert all("a retrain 40 EUR" in reason for reason in reasons)


def test_its_page_and_plots_do_so_too(report: ReplayReport) -> None:
    made, money = page(report), report.money
    assert money is not None
    assert "<label for=cost2>40 EUR</label>" in made
    assert "at a cost of" not in made
    assert "EUR saved beside never until then, less 40 EUR a retrain" in course_plot(report, 0.2)
    never = next(each for each in report.shown(0.2) if each.kind == "never")
    plain = report.model_copy(update={"money": None})
    for each in report.shown(0.2):
        assert _saved(report, each, never) == pytest.approx([200 * loss for loss in _saved(plain, each, never)])
    for each in report.shown(0.2):
        assert f"<td class=n>{money.said(each.total)}<td class=n>" in made
    assert "staleness at 40 EUR a retrain: " in frontier_plot(report)


def test_an_hour_s_price_is_held_against_what_trainings_took() -> None:
    of = in_money(section=EUR.model_copy(update={"hour": 3600.0}))
    seconds = np.where(of.road.matrix.trained, 4.0, 0.0)
    timed = of._replace(road=of.road._replace(matrix=replace(of.road.matrix, seconds=seconds)))
    assert replayed(timed).notes[-1] == (
        "a training took 4 s in the mean: by the hour a retrain and its review would cost 14 EUR"
    )


def test_what_practice_costs_is_told_in_money() -> None:
    late = in_money()
    made = replayed(late._replace(road=Road(late.road.matrix, delay=1, rules=Rules(takes=1))), (0.2,))
    assert {each.effect for each in made.effects} == {"labels", "release"}
    one = made.effects[0]
    assert one.money["costs"] == pytest.approx(200 * (one.total - one.without))
    assert f"{'' if one.costs < 0 else '+'}{EUR.money(one.money['costs'])}" in page(made)


def test_a_policy_decides_in_money_as_it_does_in_losses() -> None:
    for seed in range(6):
        plain, priced = setting(drawn(seed, count=30)), in_money(drawn(seed, count=30))
        for cost in (0.05, 0.2):
            assert follow(OURS[0].policy, plain, cost).way.retrains == follow(OURS[0].policy, priced, cost).way.retrains


def test_at_its_own_cost_a_policy_reads_the_spec_s_own_section() -> None:
    money = in_money().money
    assert money is not None
    assert money.priced(money.own) is EUR
    assert money.priced(2 * money.own).of_retrain == pytest.approx(80)
    assert money.priced(2 * money.own).error == 2


def test_nothing_of_money_is_said_where_nobody_named_it() -> None:
    made = replayed(setting(matrix(GivenPast(by_age(), 18))))
    assert (made.money, made.notes) == (None, ())
    assert not any(each.money for each in (*made.policies, *made.recommended, *made.budgeted))
    assert "at a cost of 0.1" in page(made)


def test_a_spec_s_replay_takes_its_costs_from_it() -> None:
    policy = {"kind": "any_of", "policies": [{"kind": "staleness", "metric": "auc"}]}
    cost = {"currency": "EUR", "retrain": 3, "review": 2, "per_point": 1}
    ground, kept = ground_of(shop_of(policy=policy, cost=cost)), stores()
    found = replay_spec(ground, SpecReplay(), *kept)
    assert found.costs == pytest.approx((0.01, 0.025, 0.05, 0.1, 0.25))
    [now] = [each for each in found.at(found.costs[2]) if each.name == NOW]
    assert now.decisions
    assert "a retrain 5 EUR" in now.decisions[0].reason
    assert " EUR" in found.recommended[2].instead
    asked = SpecReplay(costs=(5.0, 20.0), currency="EUR")
    assert replay_spec(ground, asked, *kept).costs == pytest.approx((0.05, 0.2))
    with pytest.raises(CannotReplay, match="currency of the costs == 'USD', must be EUR"):
        replay_spec(ground, asked._replace(currency="USD"), *kept)
    made = set_up(ground, SpecReplay(), *kept, lambda done, of: None).setting
    assert isinstance(made.money, Money)
    counted = replace(ground, shop=replace(ground.shop, spec=ground.shop.spec.model_copy(update={"cost": EUR})))
    errors = _money(counted, made.road, ACCURACY)
    assert (errors and errors.rows, errors and errors.a_loss) == (300, 600)
    assert _Walk(made, made.money.own).known(made.road.decisions[0]).cost == ground.shop.spec.cost
