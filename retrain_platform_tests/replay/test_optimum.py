"""The best way by dynamic programming against trying all of them, under every rule of the road."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.replay.matrix import Strategy
from retrain_platform.replay.optimum import budgeted, oracle
from retrain_platform.replay.road import Retrain, Road, Traffic, Way
from retrain_platform.replay.rules import Beside, Margin, Rules, Ruling
from retrain_platform_tests.replay.pasts import ALL, GivenPast, drawn, matrix

TWO = Strategy(name="newest 2", window=2)
INSTANT = Rules()
SLOW = Rules(takes=1, shares=(0.0, 0.25), bake=1)
STRICT = Rules(takes=1, gate=Margin(worse_by=0.0), holdout=2)
WATCHED = Rules(shares=(0.5,), bake=2, watch=Margin(worse_by=0.1))
ALL_OF_IT = Rules(takes=1, shares=(0.25,), bake=2, gate=Margin(worse_by=0.2), watch=Margin(worse_by=0.0))


def all_ways(on: Road, cost: float) -> Iterator[Way]:
    """Every way there is in which each retrain goes on its way."""
    count = len(on.matrix.strategies)
    for begun in range(count):
        if not on.trained(Retrain(on.first, begun)):
            continue
        for number in range(len(on.decisions) + 1):
            for at in combinations(on.decisions, number):
                for which in product(range(count), repeat=number):
                    retrains = [Retrain(when, each) for when, each in zip(at, which, strict=True)]
                    try:
                        way = on.way(retrains, cost, begun)
                    except ValueError:  # one is decided while the one before it is watched
                        continue
                    if not {"failed", "refused"} & set(way.outcomes):
                        yield way


def random_road(seed: int, count: int, delay: int, strategies: int, rules: Rules = INSTANT) -> Road:
    draw = np.random.default_rng(seed)
    losses = draw.uniform(0, 1, (count, count, count))
    losses[draw.uniform(size=losses.shape) < 0.03] = np.nan
    untrainable = [place for place in range(1, count) if draw.uniform() < 0.2]
    past = GivenPast(lambda f, l, p: float(losses[f, l, p]), count, untrainable=untrainable)  # noqa: E741
    return Road(matrix(past, *(ALL, TWO)[:strategies]), delay=delay, rules=rules)


def must_be_the_best(on: Road, cost: float) -> None:
    ways = list(all_ways(on, cost))
    assert oracle(on, cost).total == pytest.approx(min(way.total for way in ways), abs=1e-12)
    for number, best in enumerate(budgeted(on, len(on.matrix.periods))):
        exactly = [way.loss for way in ways if len(way.retrains) == number]
        assert len(best.retrains) == number
        assert best.loss == pytest.approx(min(exactly), abs=1e-12)


COSTS = st.sampled_from([0.0, 0.05, 0.3, 1.0, 9.0])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(3, 6),
    delay=st.integers(0, 1),
    strategies=st.integers(1, 2),
    cost=COSTS,
)
def test_the_oracle_and_the_budgets_are_the_best_of_all_ways(
    seed: int, count: int, delay: int, strategies: int, cost: float
) -> None:
    must_be_the_best(random_road(seed, count, delay, strategies), cost)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(5, 9),
    delay=st.integers(0, 2),
    rules=st.sampled_from([SLOW, STRICT, WATCHED, ALL_OF_IT]),
    cost=COSTS,
)
def test_they_are_where_releases_take_time_and_candidates_are_turned_away(
    seed: int, count: int, delay: int, rules: Rules, cost: float
) -> None:
    must_be_the_best(random_road(seed, count, delay, 1, rules), cost)


@pytest.mark.parametrize("rules", [SLOW, ALL_OF_IT])
def test_they_are_with_several_strategies_too(rules: Rules) -> None:
    for seed in range(6):
        must_be_the_best(random_road(seed, 6, 0, 2, rules), 0.1)


def test_the_layers_of_budgets_hold_the_oracle_of_every_cost() -> None:
    on = Road(drawn(3, count=20))
    ways = budgeted(on, 99)
    for cost in (0.0, 0.02, 0.2, 0.7):
        assert oracle(on, cost).total == pytest.approx(min(way.loss + cost * len(way.retrains) for way in ways))


def test_rules_cost_the_best_way_something() -> None:
    made = drawn(3, count=20)
    free = oracle(Road(made), 0.1).total
    assert all(oracle(Road(made, rules=each), 0.1).total > free + 0.1 for each in (SLOW, STRICT, WATCHED))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    delay=st.integers(0, 2),
    rules=st.sampled_from([INSTANT, SLOW, STRICT, WATCHED, ALL_OF_IT]),
    often=st.floats(0.05, 0.9),
)
def test_no_way_is_cheaper_than_the_oracle(seed: int, delay: int, rules: Rules, often: float) -> None:
    """Of more periods than can be tried: retrains at random, each taking the place of what is on its way."""
    on, draw = random_road(seed, 30, delay, 2, rules), np.random.default_rng(seed)
    traffic = Traffic(on)
    retrains = []
    for at in on.decisions:
        if draw.uniform() < often and not traffic.watched(at):
            retrains.append(Retrain(at, int(draw.integers(2))))
            traffic.ask(retrains[-1])
    for cost in (0.0, 0.1):
        way = on.way(retrains, cost)
        assert oracle(on, cost).total <= way.total + 1e-9
        gone = sum(each not in ("failed", "refused") for each in way.outcomes)
        least = {len(each.retrains): each.loss for each in budgeted(on, gone)}
        assert least[gone] <= way.loss + 1e-9


def test_nobody_is_asked_of_a_champion_that_cannot_be() -> None:
    asked = set()

    class Listening(Margin):
        def ruling(self, beside: Beside) -> Ruling:
            asked.add(beside.of)
            return Ruling("worse" if beside.of[1][1] == 3 else "not worse")

    on = Road(drawn(2, count=14), rules=Rules(shares=(0.0,), bake=2, watch=Listening(worse_by=0)))
    oracle(on, 0.1)
    champions = {champion for (_, champion), _ in asked}
    assert 3 not in champions
    assert all(candidate - champion >= 3 for (_, champion), (_, candidate) in asked if champion)
