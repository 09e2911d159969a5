"""Which model goes first, and which must wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.policy.base import Action
from retrain_platform.policy.fleet import Standing, held, ranked
from retrain_platform.policy.gain import ExpectedGain


def gain(share: float) -> ExpectedGain:
    return ExpectedGain(
        metric="auc", value=share, share=share, low=None, high=None, confidence=0.95, reading="x",
        as_of=datetime(2024, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def one(model: str, **known: Any) -> Standing:
    return Standing(model=model, mode="act", **known)


def order(*standings: Standing) -> list[str]:
    return [each.model for each in ranked(standings)]


def test_money_comes_before_points_and_points_before_urgency() -> None:
    assert order(
        one("urgent", action=Action.RETRAIN),
        one("points", gain=gain(0.5)),
        one("poor", worth=1.0, currency="EUR", gain=gain(0.1)),
        one("rich", worth=9.0, currency="EUR", gain=gain(0.01)),
        one("calm"),
    ) == ["rich", "poor", "points", "urgent", "calm"]


def test_two_currencies_are_not_compared() -> None:
    dear, cheap = (
        one("a", worth=9.0, currency="EUR", gain=gain(0.1)),
        one("b", worth=1.0, currency="USD", gain=gain(0.2)),
    )
    assert order(dear, cheap) == ["b", "a"]


def waits(model: str, share: float = 0.0, **known: Any) -> Standing:
    return one(model, waiting=f"d-{model}", gain=gain(share), **{"action": Action.RETRAIN, **known})


def test_the_budget_lets_the_best_through_and_says_why_the_others_wait() -> None:
    found = held([waits("a", 0.1), waits("b", 0.3), waits("c", 0.2), one("d", gain=gain(0.9))], 2)
    assert found == {"a": "the fleet's budget of 2 retrains at once: b, c first"}


def test_without_a_budget_nobody_waits() -> None:
    assert held([waits("a"), waits("b")], None) == {}


def test_a_retrain_that_runs_keeps_its_place() -> None:
    assert set(held([waits("a", 0.1), waits("b", 0.3)], 1, running=["a"])) == {"b"}


def test_a_person_s_request_and_retrain_now_always_go_and_take_no_place() -> None:
    free = [waits("a", 0.9, asked=True), waits("b", 0.9, action=Action.RETRAIN_NOW)]
    assert held([*free, waits("c", 0.1)], 1) == {}


@given(
    shares=st.lists(st.floats(-1, 1), min_size=1, max_size=6),
    at_once=st.integers(1, 4),
    running=st.sets(st.integers(0, 5), max_size=2),
)
def test_at_most_the_budget_goes_and_somebody_always_does(shares: list[float], at_once: int, running: set[int]) -> None:
    fleet = [waits(f"m{number}", share) for number, share in enumerate(shares)]
    gone = len(fleet) - len(held(fleet, at_once, [f"m{number}" for number in running]))
    assert gone == min(at_once, len(fleet))
