"""What is taken from a replay: whether retraining pays at all, and which policy."""

from __future__ import annotations

import numpy as np
import pytest

from retrain_platform.replay.advice import NOW, recommend, worth_buying
from retrain_platform.replay.losses import Loss
from retrain_platform.replay.rivals import Rival
from retrain_platform.replay.road import Retrain, Road
from retrain_platform.replay.rules import Rules
from retrain_platform_tests.replay.pasts import GivenPast, by_age, matrix

ACCURACY = Loss("accuracy", True)


def test_where_a_gap_opens_retraining_is_worth_something_up_to_a_cost() -> None:
    on = Road(matrix(GivenPast(by_age(0.02, 0.1), 20)))
    said = worth_buying(on, ACCURACY, "week")
    assert said.startswith("retraining is worth something here: retrained after every week, the model loses 64% less")
    most = max((on.every(0, 0).loss - on.every(k, 0).loss) / len(on.every(k, 0).retrains) for k in range(1, 19))
    assert f"less than {most:.3g}, all rows of {most:.2g} weeks called wrong" in said


@pytest.mark.parametrize("gain", [0.0, 0.004, -0.01])
def test_where_little_is_gained_it_is_hardly_worth_buying(gain: float) -> None:
    on = Road(matrix(GivenPast(lambda first, last, period: 0.2 - gain * (last > 0), 20)))
    assert worth_buying(on, ACCURACY, "day").startswith("retraining is hardly worth buying here: retrained after every")


def test_what_a_larger_first_model_would_have_gained_too_is_told_apart() -> None:
    """The first two models are bad, and all after them alike: what retraining gains is one of them."""

    def loss(first: int, last: int, period: int) -> float:
        return 0.4 if last < 2 else 0.2

    said = worth_buying(Road(matrix(GivenPast(loss, 20))), ACCURACY, "week")
    assert (
        "; but beside a first model of 4 weeks instead of 1 it loses 0% less (+- 0%): most of that is a larger first "
        "model; at best" in said
    )
    opening = worth_buying(Road(matrix(GivenPast(by_age(0.02, 0.1), 20))), ACCURACY, "week")
    assert "; beside a first model of 4 weeks instead of 1 it loses 60% less (+- " in opening
    assert "first model" not in worth_buying(Road(matrix(GivenPast(by_age(0.02, 0.1), 20)), start=4), ACCURACY, "week")


def test_a_gain_that_is_not_told_from_chance_is_hardly_worth_buying() -> None:
    luck = np.random.default_rng(4).uniform(0, 1, (20, 20))
    on = Road(matrix(GivenPast(lambda first, last, period: float(luck[last, period]), 20)))
    assert "hardly worth buying" in worth_buying(on, ACCURACY, "day")


def test_models_that_are_never_wrong_leave_nothing_to_buy() -> None:
    on = Road(matrix(GivenPast(lambda first, last, period: 0.0, 5)))
    assert "hardly worth buying" in worth_buying(on, ACCURACY, "day")


def test_where_releases_take_their_time_it_is_said_so() -> None:
    on = Road(matrix(GivenPast(by_age(0.05, 0.1), 20)), rules=Rules(takes=2))
    assert ": retrained as often as its releases let it, the model loses" in worth_buying(on, ACCURACY, "day")
    short = Road(matrix(GivenPast(by_age(), 5)), rules=Rules(takes=4))
    assert worth_buying(short, ACCURACY, "day").startswith("nothing can be said of retraining here: no model that is")


def rivals(on: Road, cost: float) -> list[Rival]:
    named = [("never", 0), ("every period", 1), ("every 3 periods", 3)]
    spec = {"kind": "schedule"}
    return [Rival(name, on.every(count, cost), spec if count else None, fixed=True) for name, count in named]


def test_what_is_recommended_was_cheapest_on_the_first_half_and_is_judged_on_the_second() -> None:
    def loss(first: int, last: int, period: int) -> float:
        return 0.1 + (0.1 * (period - last - 1) if period <= 10 else 0.0)

    on = Road(matrix(GivenPast(loss, 21)))
    found = recommend(on, ACCURACY, rivals(on, 0.05), 0.05, "period")
    assert (found.name, found.tuned_until, found.retrains) == ("every period", on.matrix.periods[10].period.key, 9)
    assert found.total == pytest.approx(10 * 0.1 + 9 * 0.05)
    assert (found.never_total, found.best_fixed, found.best_fixed_total) == (
        pytest.approx(1.0),
        "never",
        pytest.approx(1),
    )
    assert found.metric == pytest.approx(0.9)


def test_the_second_half_has_no_say_in_what_is_recommended() -> None:
    on = Road(matrix(GivenPast(by_age(0.05, 0.1), 21)))
    late = on.matrix.loss.copy()
    late[:, :, 11:] = 1 - late[:, :, 11:]
    other = Road(matrix(GivenPast(lambda first, last, period: float(late[0, last, period]), 21)))
    names = {recommend(each, ACCURACY, rivals(each, 0.1), 0.1, "period").name for each in (on, other)}
    assert len(names) == 1


def test_never_has_no_lines_for_a_spec() -> None:
    on = Road(matrix(GivenPast(lambda first, last, period: 0.3, 9)))
    found = recommend(on, ACCURACY, rivals(on, 0.1), 0.1, "period")
    assert (found.name, found.policy) == ("never", None)


def test_ties_go_to_the_policy_that_the_spec_has_now_and_it_is_said_to_be_the_cheapest() -> None:
    on = Road(matrix(GivenPast(by_age(0.02, 0.1), 21)))
    now = Rival(NOW, on.every(3, 0.1), {"kind": "schedule"})
    others = [each for each in rivals(on, 0.1) if each.name != "every period"]
    found = recommend(on, ACCURACY, [*others, now], 0.1, "period")
    assert found.name == NOW
    until = on.matrix.periods[10].period.key
    assert found.instead.startswith(f"your present policy was the cheapest of all until {until}; after it, it gave acc")


def test_both_halves_add_up_to_the_whole_way() -> None:
    on = Road(matrix(GivenPast(by_age(), 12)))
    way = on.way([Retrain(2), Retrain(6), Retrain(7)], 0.3)
    only = [Rival("ours", way, {"kind": "x"}), Rival("never", on.every(0, 0.3), None, fixed=True)]
    found = recommend(on, ACCURACY, only, 0.3, "period")
    first = float(np.nansum(way.losses[:6])) + 0.3 * 1
    assert found.total + first == pytest.approx(way.total)


def test_a_policy_that_is_called_as_a_fixed_period_is_none() -> None:
    on = Road(matrix(GivenPast(by_age(), 12)))
    ours = Rival("every 3 weeks, when it drifts", on.way([Retrain(6)], 0.01), {"kind": "x"})
    found = recommend(on, ACCURACY, [*rivals(on, 0.01), ours], 0.01, "period")
    assert found.best_fixed == "every period"


def test_the_present_policy_is_compared_in_the_later_part_with_how_sure_that_is() -> None:
    on = Road(matrix(GivenPast(by_age(0.02, 0.1), 41)))
    now = Rival(NOW, on.way([Retrain(5), Retrain(25)], 0.05), {"kind": "x"})
    found = recommend(on, ACCURACY, [*rivals(on, 0.05), now], 0.05, "period")
    assert found.instead.startswith(
        "every 3 periods would have given accuracy 0.880 with 7 retrains; your present policy"
    )
    [more] = [each for each in found.apart if each.to == NOW]
    assert found.present_total is not None
    assert more.value == pytest.approx(found.total - found.present_total)
    assert found.instead.endswith(f"with 1 retrain: in all it {more.said_in(None)}")
