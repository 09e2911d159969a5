"""What staying costs against what a retrain costs: what is judged, and when it comes round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.policy import AnyOf, StalenessPolicy, decide
from retrain_platform.policy.budget import Budget
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.history import History, Retrained
from retrain_platform.policy.models_seen import seen_models
from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.prefix import follow
from retrain_platform.replay.road import Way
from retrain_platform.stats.staying import DOUBT
from retrain_platform_tests.policy.histories import champion, end_of, history, readings, ripe
from retrain_platform_tests.replay.pasts import DAY, GivenPast, by_age, matrix, setting

POLICY = StalenessPolicy(metric="auc")
CHEAP = CostSpec(currency="EUR", retrain=1, per_point=1)


def known(week: int = 11, **more: Any) -> History:
    """A champion of week 3 whose weekly AUC was .7 and fell to .6 from week 8 on."""
    filled: dict[str, Any] = {"performance": readings(*[0.7] * 4, *[0.6] * (week - 8)), "cost": CHEAP}
    return history(week, **{**filled, **more})


def test_it_fires_when_staying_has_cost_more_than_a_retrain() -> None:
    found = POLICY.decide(known())
    assert found.fired
    assert found.value is not None
    assert found.limit == 1
    assert found.value > 1
    assert "staying with version 1 for 8 periods has cost" in found.sentence
    dear = POLICY.decide(known(cost=CostSpec(currency="EUR", retrain=1000, per_point=1)))
    assert (dear.verdict, dear.value) == ("quiet", found.value)


def test_what_an_error_costs_is_counted_in_rows() -> None:
    errors = CostSpec(currency="EUR", retrain=40, error=0.5)
    performance = readings(*[0.7] * 4, *[0.6] * 3, metric="accuracy")
    by_error = StalenessPolicy(metric="accuracy").decide(known(cost=errors, performance=performance))
    points = CostSpec(currency="EUR", retrain=40, per_point=0.5 * 95 / 100)
    by_point = StalenessPolicy(metric="accuracy").decide(known(cost=points, performance=performance))
    assert by_error.value == pytest.approx(by_point.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"champion": None}, "only where there is a champion"),
        ({"cost": None}, "give it a section cost"),
        ({"performance": ()}, "version 1 has no ripe reading of auc"),
        ({"performance": readings(None, None)}, "version 1 has no ripe reading of auc"),
        ({"performance": readings(0.7, version="0")}, "version 1 has no ripe reading of auc"),
        ({"ripe": ripe(11, unsound=range(11))}, "version 1 has no ripe reading of auc"),
        ({"cost": CostSpec(currency="EUR", retrain=1, error=1)}, "a loss of auc is no number of errors"),
    ],
)
def test_what_is_missing_is_told(more: dict[str, Any], said: str) -> None:
    found = POLICY.decide(known(**more))
    assert found.verdict == "cannot tell"
    assert said in found.sentence


def test_readings_of_the_version_before_count_where_they_are_on_record() -> None:
    before = tuple(each.model_copy(update={"role": "previous"}) for each in readings(0.5, 0.5, first=4, version="0"))
    own = readings(*[0.7] * 6)
    made = tuple(
        Retrained(
            decision_id=f"decision-{name}", as_of=end_of(week), version=name, verdict="passed", training_rows=900,
            ripe_until=end_of(week - 1),
        )
        for name, week in (("0", 0), ("1", 3))
    )  # fmt: skip
    first = readings(0.7, 0.6, first=1, version="0")
    told = known(performance=(*first, *own, *before), retrained=made)
    assert told.champion is not None
    [old, new] = seen_models(told, told.champion, "auc") or []
    assert (old.served, new.served) == ((-10, -9), (-7, -6, -5, -4, -3, -2))
    assert new.cut - old.cut == 3
    assert {at: round(old.losses[at], 9) for at in (-7, -6)} == {-7: 0.5, -6: 0.5}
    alone = POLICY.decide(known(performance=own)).value
    paired = POLICY.decide(told).value
    assert alone is not None
    assert paired is not None
    assert paired > 1.5 * alone


@pytest.mark.parametrize(("rows", "span"), [(30, 1.0), (420, 3.0), (500, 3.8), (99_999, 8.0)])
def test_a_training_reaches_back_over_the_rows_that_its_own_periods_had(rows: int, span: float) -> None:
    """Traffic grows by 20 rows a week: 160 in the eighth, 90 in the mean."""
    grown = tuple(period.model_copy(update={"labelled": 20 * place}) for place, period in enumerate(ripe(11), start=1))
    again = champion(7, training_rows=rows).model_copy(update={"seen_until": grown[7].end})
    told = known(champion=again, ripe=grown, performance=readings(*[0.7] * 2, first=8))
    [only] = seen_models(told, again, "auc") or []
    assert only.span == pytest.approx(span)


def test_only_what_the_champion_answered_since_it_took_over_is_its_own() -> None:
    again = champion(8, version="1")
    told = known(champion=again, performance=readings(*[0.9] * 3, *[0.6] * 4, first=4))
    [only] = seen_models(told, again, "auc") or []
    assert only.served == (-2, -1)


def test_a_mark_that_a_file_was_read_back_changes_nothing() -> None:
    told = known()
    assert POLICY.decide(History.model_validate_json(told.model_dump_json())) == POLICY.decide(told)


def test_in_a_composition_its_guards_hold() -> None:
    held = decide(AnyOf(policies=[POLICY], cooldown="20w"), known())
    assert held.action.retrains is False
    assert "held back by" in held.reason


class TestOnARoad:
    POLICY = StalenessPolicy(metric="accuracy")

    def cadence(self, step: float, cost: float, count: int = 80) -> list[int]:
        on = setting(matrix(GivenPast(by_age(step, 0.2), count)))
        return [each.at for each in follow(self.POLICY, on, cost).way.retrains]

    @pytest.mark.parametrize(("step", "cost", "best"), [(0.01, 0.5, 10), (0.02, 0.25, 5), (0.005, 0.16, 8)])
    def test_where_a_gap_opens_evenly_it_comes_near_the_cheapest_cadence(
        self, step: float, cost: float, best: int
    ) -> None:
        at = self.cadence(step, cost)
        assert best == round((2 * cost / step) ** 0.5)
        settled = np.diff(at)[2:]
        assert len(settled) >= 3
        assert abs(settled.mean() - best * DOUBT**0.5) <= 1.5

    def test_where_nothing_changes_it_tries_less_and_less_often(self) -> None:
        on = setting(matrix(GivenPast(lambda first, last, period: 0.3, 60)))
        waits = np.diff([0, *(each.at for each in follow(self.POLICY, on, 0.1).way.retrains)])
        assert len(waits) <= 4
        assert (waits[1:] > waits[:-1] + 3).all()

    def test_after_a_sudden_change_it_retrains_within_a_few_periods(self) -> None:
        def loss(first: int, last: int, period: int) -> float:
            return 0.2 if (last >= 30) == (period >= 30) else 0.5

        at = [each.at for each in follow(self.POLICY, setting(matrix(GivenPast(loss, 60))), 0.1).way.retrains]
        assert min(each for each in at if each >= 30) <= 33

    def test_it_knows_nothing_of_models_that_it_never_paid_for(self) -> None:
        made = matrix(GivenPast(by_age(0.02, 0.2), 40))
        way = follow(self.POLICY, setting(made), 0.3).way
        paid = {0, *(each.at for each in way.retrains)}
        hidden = made.loss.copy()
        for cut in range(40):
            if cut not in paid:
                hidden[0, cut] = 0.9 - hidden[0, cut]
        changed = type(made)(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, "loss": hidden})
        assert follow(self.POLICY, setting(changed), 0.3).way.retrains == way.retrains


class TestABudget:
    def spent(self, way: Way) -> list[int]:
        return [each.at for each in way.retrains]

    def walked(self, loss: Callable[[int, int, int], float], retrains: int, count: int = 62) -> list[int]:
        on = setting(matrix(GivenPast(loss, count)))
        budget = Budget(retrains=retrains, within=(count - 1) * DAY)
        return self.spent(follow(StalenessPolicy(metric="accuracy", budget=budget), on, 0.0).way)

    def test_where_nothing_is_to_be_told_it_is_spread_over_the_time(self) -> None:
        at = [0, *self.walked(lambda first, last, period: 0.3, 5)]
        assert 4 <= len(at) - 1 <= 5
        assert all(6 <= wait <= 17 for wait in np.diff(at)), at

    def test_a_champion_that_does_better_than_fresh_models_is_kept_for_longer(self) -> None:
        """Every model but the one of period 20 loses .3; that one, a lucky draw, .2 for as long as it lives."""

        def loss(first: int, last: int, period: int) -> float:
            return 0.2 if 15 <= last <= 25 else 0.3

        plain, lucky = (self.walked(each, 5) for each in (lambda first, last, period: 0.3, loss))
        found = [
            [wait for at, wait in zip(ats, np.diff(ats), strict=False) if 15 <= at <= 25] for ats in (plain, lucky)
        ]
        assert found[1][0] > found[0][0]

    def test_it_is_never_overspent(self) -> None:
        for retrains in (1, 3, 12):
            assert len(self.walked(by_age(0.05, 0.1), retrains)) <= retrains

    def test_a_change_is_met_at_once_and_with_what_was_kept(self) -> None:
        def loss(first: int, last: int, period: int) -> float:
            return 0.2 if (last >= 35) == (period >= 35) else 0.6

        at = self.walked(loss, 4)
        assert any(35 <= each <= 42 for each in at), at
        assert len([each for each in at if each < 35]) <= 3

    def test_it_begins_anew_when_its_time_is_over(self) -> None:
        on = setting(matrix(GivenPast(by_age(0.02, 0.1), 61)))
        policy = StalenessPolicy(metric="accuracy", budget=Budget(retrains=2, within=20 * DAY))
        at = self.spent(follow(policy, on, 0.0).way)
        assert [sum(0 <= each - 20 * span < 20 for each in at) for span in range(3)] == [2, 2, 2]

    def test_beside_a_cost_both_must_agree(self) -> None:
        on = setting(matrix(GivenPast(by_age(0.02, 0.1), 61)))
        budget = Budget(retrains=20, within=60 * DAY)
        dear, cheap = (
            len(self.spent(follow(StalenessPolicy(metric="accuracy", budget=budget), on, cost).way))
            for cost in (5.0, 0.0)
        )
        assert dear < 5
        assert cheap > 15

    def test_it_needs_no_cost_and_says_what_is_left(self) -> None:
        found = StalenessPolicy(metric="auc", budget=Budget(retrains=3, within="20w")).decide(known(cost=None))
        assert found.verdict in ("fired", "quiet")
        assert found.limit == 1
        assert "3 of 3 retrains are left for 12 periods" in found.sentence

    def test_a_budget_of_nothing_is_none(self) -> None:
        with pytest.raises(ValueError, match="greater than or equal to 1"):
            Budget(retrains=0, within="4w")


class TestTheChoiceOfWindow:
    POLICY = StalenessPolicy(metric="accuracy", windows=("4d", "all"))
    WAYS = (Strategy(name="newest 4", window=4), Strategy(name="all the past"))

    def windows(self, loss: Callable[[int, int, int], float], cost: float = 0.3) -> list[tuple[int, int]]:
        on = setting(matrix(GivenPast(loss, 70), *self.WAYS))
        return [(each.at, each.strategy) for each in follow(self.POLICY, on, cost).way.retrains]

    def test_where_more_rows_teach_more_it_takes_all_the_past(self) -> None:
        chosen = self.windows(lambda first, last, period: 0.4 - 0.07 * float(np.log(last - first + 1)))
        assert len(chosen) >= 2
        assert {strategy for _, strategy in chosen} == {1}

    def test_after_a_change_it_takes_the_newest(self) -> None:
        def loss(first: int, last: int, period: int) -> float:
            """What the share of rows that are of the period's own world leaves."""
            rows = np.arange(first, last + 1)
            return 0.5 - 0.35 * float(np.mean((rows >= 45) == (period >= 45)))

        after = [strategy for at, strategy in self.windows(loss) if at >= 45]
        assert after
        assert after[0] == 0

    def test_its_reason_names_the_window(self) -> None:
        on = setting(matrix(GivenPast(by_age(0.05), 40), *self.WAYS))
        said = [each.reason for each in follow(self.POLICY, on, 0.3).said if each.action.retrains]
        assert said
        assert all("it learns from the newest 4d" in each or "it learns from all the past" in each for each in said)

    def test_windows_must_differ(self) -> None:
        with pytest.raises(ValueError, match=r"windows == \[the newest 4w, the newest 4w\], must be different"):
            StalenessPolicy(metric="auc", windows=("4w", "28d"))

    def test_a_decision_carries_it_and_one_that_chose_none_is_the_same_as_ever(self) -> None:
        chosen = decide(StalenessPolicy(metric="auc", windows=("all",)), known())
        assert chosen.window == "all"
        assert decide(AnyOf(policies=[StalenessPolicy(metric="auc", windows=("3w",))]), known()).window is not None
        assert decide(POLICY, known()).window is None


def test_performance_without_the_metric_is_passed_over() -> None:
    other = PeriodPerformance(
        period=readings(0.5)[0].period, version="1", role="champion", as_of=end_of(6), ripe=True, rows=9, labelled=9
    )
    assert POLICY.decide(known(performance=(other,))).verdict == "cannot tell"
