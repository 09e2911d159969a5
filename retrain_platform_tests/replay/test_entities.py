"""What other entities would have changed: who answered what on a way, and the error against drawing entities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retrain_platform.replay.answering import answering
from retrain_platform.replay.apart import Apart
from retrain_platform.replay.entities import GROUPS, ByEntity
from retrain_platform.replay.report import replay
from retrain_platform.replay.road import Retrain, Road
from retrain_platform.replay.rules import Margin, Rules
from retrain_platform_tests.replay.pasts import GivenPast, drawn, matrix, setting

RULES = [
    Rules(),
    Rules(takes=1),
    Rules(takes=1, shares=(0.0, 0.5), bake=2, watch=Margin(worse_by=0.05)),
    Rules(shares=(0.25,), gate=Margin(worse_by=0.1)),
]
RETRAINS = [Retrain(2), Retrain(3), Retrain(14)]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("delay", [0, 1])
def test_shares_sum_to_one_and_weigh_the_losses_to_those_of_the_way(rules: Rules, delay: int) -> None:
    on = Road(drawn(6, count=24), delay=delay, rules=rules)
    way = on.way(RETRAINS, 0.1)
    shares = answering(on, way)
    assert sum(shares.values())[on.scored.start :] == pytest.approx(1.0)  # type: ignore[index]
    weighed = sum(share * np.nan_to_num(on.served(model)) for model, share in shares.items())
    assert weighed[on.scored.start :] == pytest.approx(way.losses[on.scored.start :])  # type: ignore[index]
    assert way.retrains[0] in shares or way.outcomes[0] != "serves"


class Shops:
    """`Entities` whose rows are known: each of 60 shops has one row a period, a model is wrong on some of them."""

    def __init__(self, seed: int, count: int, shops: int = 60) -> None:
        draw = np.random.default_rng(seed)
        own = draw.uniform(0.05, 0.6, shops)
        self.wrong = (draw.uniform(size=(count, count, shops)) < own).astype(float)

    def loss(self, first: int, last: int, period: int) -> float:
        return float(self.wrong[last, period].mean())

    def moved(self, strategy: int, cut: int, place: int) -> Any:
        rows = self.wrong[cut, place]
        return np.bincount(np.arange(len(rows)), (rows - rows.mean()) / len(rows), GROUPS)


def test_the_error_is_that_of_drawing_whole_entities_again() -> None:
    shops = Shops(3, 16)
    on = Road(matrix(GivenPast(shops.loss, 16)))
    ours, never = on.way([Retrain(4), Retrain(9)], 0.1), on.every(0, 0.1)
    error, groups = ByEntity(on, shops).error(ours, never, 0)
    assert groups == 60
    random = np.random.default_rng(8)
    served = {"ours": [0 if t <= 4 else 4 if t <= 9 else 9 for t in range(16)], "never": [0] * 16}
    sums = []
    for _ in range(4000):
        drawn_shops = random.integers(0, 60, 60)
        lost = {
            name: sum(shops.wrong[cut, t][drawn_shops].mean() for t, cut in enumerate(cuts) if t)
            for name, cuts in served.items()
        }
        sums.append(lost["ours"] - lost["never"])
    assert error == pytest.approx(np.std(sums), rel=0.05)


def test_only_the_periods_from_the_first_on_count() -> None:
    shops = Shops(3, 16)
    on = Road(matrix(GivenPast(shops.loss, 16)))
    same_until_nine, never = on.way([Retrain(9)], 0.1), on.every(0, 0.1)
    by = ByEntity(on, shops)
    assert by.error(same_until_nine, never, 10) == pytest.approx(by.error(same_until_nine, never, 0))
    assert by.error(same_until_nine, never, 14)[0] < by.error(same_until_nine, never, 10)[0]


def test_a_difference_tells_both_intervals_and_is_told_only_by_both() -> None:
    shops = Shops(3, 20)
    on = Road(matrix(GivenPast(shops.loss, 20)))
    found = Apart(on, shops).of(on.every(3, 0.1), on.every(0, 0.1), "never")
    assert found.entity_low is not None
    assert found.entity_high is not None
    assert found.entity_low < found.value < found.entity_high
    assert "; by entity " in found.said_in(None)
    sure = found.model_copy(update={"value": 1.0, "low": 0.5, "high": 1.5, "entity_low": -0.1, "entity_high": 2.1})
    assert not sure.told
    assert sure.model_copy(update={"entity_low": 0.1}).told


def test_a_report_asks_the_entities_only_of_what_is_shown() -> None:
    shops = Shops(5, 18)
    on = setting(matrix(GivenPast(shops.loss, 18)))._replace(entities=shops)
    report = replay("a table", on, [], [0.05], "day")
    for each in report.policies:
        known = [one.entity_low is not None for one in each.apart]
        assert known == [bool(each.course)] * len(known)
    [advice] = report.recommended
    assert all(one.entity_low is not None for one in advice.apart)


def test_an_undefined_loss_moves_nothing() -> None:
    class Silent(Shops):
        def moved(self, strategy: int, cut: int, place: int) -> Any:
            return None if place > 10 else super().moved(strategy, cut, place)

    shops = Silent(3, 16)
    on = Road(matrix(GivenPast(shops.loss, 16)))
    by = ByEntity(on, shops)
    assert np.isfinite(by.error(on.every(2, 0.1), on.every(0, 0.1), 0)[0])
    assert np.isnan(by.error(on.every(2, 0.1), on.every(0, 0.1), 12)[0])
