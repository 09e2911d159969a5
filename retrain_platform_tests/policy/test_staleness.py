"""What staying costs against what a retrain costs: what is judged, and when it comes round."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retrain_platform.monitoring.reports import PeriodPerformance
from retrain_platform.policy import AnyOf, StalenessPolicy, decide
from retrain_platform.policy.gain import CostSpec
from retrain_platform.policy.history import History, Retrained
from retrain_platform.policy.models_seen import seen_models
from retrain_platform.replay.prefix import follow
from retrain_platform_tests.policy.histories import champion, end_of, history, readings, ripe
from retrain_platform_tests.replay.pasts import GivenPast, by_age, matrix, setting

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
    assert paired > 3 * alone


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
    def test_where_a_gap_opens_evenly_it_comes_to_the_cheapest_cadence(
        self, step: float, cost: float, best: int
    ) -> None:
        at = self.cadence(step, cost)
        assert best == round((2 * cost / step) ** 0.5)
        settled = np.diff(at)[2:]
        assert len(settled) >= 4
        assert abs(settled.mean() - best) <= 1.5

    def test_where_nothing_changes_it_tries_less_and_less_often(self) -> None:
        on = setting(matrix(GivenPast(lambda first, last, period: 0.3, 60)))
        waits = np.diff([0, *(each.at for each in follow(self.POLICY, on, 0.1).way.retrains)])
        assert len(waits) <= 4
        assert (waits[1:] > 1.5 * waits[:-1]).all()

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


def test_performance_without_the_metric_is_passed_over() -> None:
    other = PeriodPerformance(
        period=readings(0.5)[0].period, version="1", role="champion", as_of=end_of(6), ripe=True, rows=9, labelled=9
    )
    assert POLICY.decide(known(performance=(other,))).verdict == "cannot tell"
