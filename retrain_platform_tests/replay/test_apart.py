"""By how much one way is dearer than another, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.policy.gain import CostSpec
from retrain_platform.replay.apart import Apart, Difference
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.money import money_of
from retrain_platform.replay.road import Retrain, Road
from retrain_platform_tests.replay.pasts import GivenPast, by_age, drawn, matrix


def test_the_difference_is_that_of_the_totals() -> None:
    on = Road(drawn(3, count=20))
    ours, never = on.way([Retrain(4), Retrain(9)], 0.3), on.every(0, 0.3)
    found = Apart(on).of(ours, never, "never")
    assert found.value == pytest.approx(ours.total - never.total)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high


def test_a_retrain_that_fails_at_a_gap_costs_too() -> None:
    on = Road(matrix(GivenPast(by_age(), 20, rows=[*[100] * 5, 0, *[100] * 14], untrainable=[5])))
    ours, never = on.way([Retrain(5)], 0.3), on.every(0, 0.3)
    assert Apart(on).of(ours, never, "never").value == pytest.approx(0.3)


def test_only_the_periods_from_the_first_on_count() -> None:
    on = Road(drawn(3, count=30))
    ours, never = on.way([Retrain(4), Retrain(20)], 0.3), on.every(0, 0.3)
    parts = Apart(on).of(ours, never, "never", 12).value
    assert Apart(on).of(ours, never, "never", 12).saves == -1
    assert Apart(on).of(never, ours, "ours").saves == 2
    assert parts == pytest.approx(float((ours.losses - never.losses)[12:].sum()) + 0.3)


def test_of_few_periods_no_interval_is_told() -> None:
    on = Road(drawn(3, count=6))
    found = Apart(on).of(on.every(1, 0.1), on.every(0, 0.1), "never")
    assert (found.low, found.high) == (None, None)
    assert "too few periods for an interval" in found.said_in(None)


def test_two_equal_ways_are_not_apart() -> None:
    on = Road(drawn(3, count=20))
    found = Apart(on).of(on.every(3, 0.1), on.every(3, 0.1), "itself")
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert found.said_in(None) == "costs 0 more (0 to 0), not told from no difference"


def test_what_one_more_seed_would_give_is_told_by_those_tried() -> None:
    roads = [Road(drawn(seed, count=20)) for seed in (3, 4, 5)]
    ways = [{("ours", 0.1): on.every(3, 0.1), ("never", 0.1): on.every(0, 0.1)} for on in roads]
    found = Apart(roads[0], again=ways[1:]).of(*ways[0].values(), "never", name="ours")
    values = [each["ours", 0.1].total - each["never", 0.1].total for each in ways]
    reach = 4.302653 * np.std(values, ddof=1) * (1 + 1 / 3) ** 0.5
    assert found.value == pytest.approx(values[0])
    assert found.seed_low == pytest.approx(np.mean(values) - reach)
    assert found.seed_high == pytest.approx(np.mean(values) + reach)
    assert "; by seed " in found.said_in(None)
    assert Apart(roads[0]).of(*ways[0].values(), "never", name="ours").seed_low is None


def test_what_one_more_seed_would_give_counts_the_later_part_alone_where_that_is_asked() -> None:
    roads = [Road(drawn(seed, count=30)) for seed in (3, 4)]
    ways = [{("ours", 0.1): on.every(7, 0.1), ("never", 0.1): on.every(0, 0.1)} for on in roads]
    found = Apart(roads[0], again=ways[1:]).of(*ways[0].values(), "never", 15, name="ours")
    values = [float((each["ours", 0.1].losses - each["never", 0.1].losses)[15:].sum()) + 0.2 for each in ways]
    assert found.value == pytest.approx(values[0])
    assert found.seed_low is not None
    assert found.seed_high is not None
    assert (found.seed_low + found.seed_high) / 2 == pytest.approx(np.mean(values))


@given(ends=st.tuples(*[st.floats(0.01, 9)] * 3), value=st.floats(-9, 9))
def test_in_brief_it_is_told_where_it_is_more_than_its_margin(ends: tuple[float, ...], value: float) -> None:
    blocks, entities, seeds = ends
    found = Difference(
        to="never",
        value=value,
        low=value - blocks,
        high=value + blocks,
        entity_low=value - entities,
        entity_high=value + entities,
        seed_low=value - seeds,
        seed_high=value + seeds,
    )
    assert found.margin == pytest.approx(max(ends))
    assert found.told == (abs(value) > max(blocks, entities, seeds)) or abs(value) == pytest.approx(max(ends))


def test_in_brief_money_is_written_without_its_currency() -> None:
    price = money_of(CostSpec(currency="EUR", retrain=40, per_point=5), Loss("auc", True), 900)
    found = Difference(to="never", value=-0.1, low=-0.2, high=0.0)
    assert found.brief(price) == "-50 ± 50"
    assert found.model_copy(update={"value": 0.1, "low": None, "high": None}).brief(price) == "+50"
