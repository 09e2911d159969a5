"""Limits held against what the retrains that they asked for brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from retrain_platform.policy import Policy
from retrain_platform.policy.base import Action, Finding
from retrain_platform.policy.refit import Outcome, refit

TREE: Any = TypeAdapter(Policy).validate_python(
    {
        "kind": "any_of",
        "policies": [
            {"kind": "feature_drift", "method": "psi", "features": ["a"], "over": 0.2},
            {"kind": "floor", "metric": "auc", "at_least": 0.65},
        ],
    }
)


def fired(trigger: str, value: float | None, limit: float = 0.2) -> Finding:
    return Finding(
        trigger=trigger, verdict="fired", action=Action.RETRAIN, value=value, limit=limit, sentence=f"{trigger} fired"
    )


def any_of(*parts: Finding) -> Finding:
    return Finding(trigger="any_of", verdict="fired", action=Action.RETRAIN, sentence="", parts=parts)


def drifts(pairs: Sequence[tuple[float, float]]) -> list[Outcome]:
    return [Outcome(any_of(fired("feature_drift", value)), net) for value, net in pairs]


WORTHLESS = [(0.22, -10.0), (0.24, -12.0), (0.26, -9.0), (0.28, -11.0)]
WORTHY = [(0.4, 30.0), (0.5, 20.0), (0.6, 40.0)]


def test_a_limit_that_only_brought_losses_is_raised_between_them_and_the_gains() -> None:
    (found,) = refit(TREE, drifts([*WORTHY, *WORTHLESS]))
    assert found.better == pytest.approx((0.28 + 0.4) / 2)
    assert (found.left_out, found.retrains, found.brought) == (4, 7, pytest.approx(-42.0))
    assert found.field == "policy.policies[0].over"
    assert found.sentence == (
        "feature_drift: 0.34 instead of 0.2 would have left out 4 of 7 retrains, which brought -42 in all"
    )


def test_a_limit_that_fires_below_it_is_lowered() -> None:
    falls = [(0.64, -10.0), (0.63, -12.0), (0.62, -9.0), (0.5, 40.0), (0.4, 30.0)]
    (found,) = refit(TREE, [Outcome(any_of(fired("floor auc", value, 0.65)), net) for value, net in falls])
    assert found.better == pytest.approx((0.62 + 0.5) / 2)
    assert found.field == "policy.policies[1].at_least"


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        (WORTHLESS[:2], "3 are needed to tell"),
        (WORTHY, "none of them speaks against it"),
        ([(0.22, -10.0), (0.24, 12.0), (0.26, -9.0), (0.28, 11.0)], "none of them speaks against it"),
    ],
)
def test_a_limit_stays_where_too_little_speaks_against_it(pairs: list[tuple[float, float]], why: str) -> None:
    (found,) = refit(TREE, drifts(pairs))
    assert (found.better, found.left_out) == (None, 0)
    assert found.sentence == f"feature_drift: 0.2 stays, of {len(pairs)} retrains {why}"


def test_a_retrain_that_two_triggers_asked_for_speaks_against_neither() -> None:
    both = [Outcome(any_of(fired("feature_drift", value), fired("schedule", 60, 56)), net) for value, net in WORTHLESS]
    assert refit(TREE, both) == ()


def test_a_request_has_no_limit_to_refit() -> None:
    assert refit(TREE, [Outcome(any_of(fired("requested", None)), -1.0)] * 5) == ()


def test_equal_retrains_at_every_limit_are_raised_seldom() -> None:
    """Of policies whose retrains bring nothing on average at most the stated share is changed."""
    draw = np.random.default_rng(5)
    changed = 0
    for _ in range(400):
        pairs = list(zip(draw.uniform(0.2, 1, 12).tolist(), draw.normal(size=12).tolist(), strict=True))
        (found,) = refit(TREE, drifts(pairs))
        changed += found.better is not None
    assert changed / 400 <= 0.05 + 2.5 * (0.05 * 0.95 / 400) ** 0.5


@given(
    st.lists(
        st.tuples(st.integers(201, 5000).map(lambda each: each / 1000), st.floats(-100, 100)), min_size=1, max_size=20
    )
)
def test_what_is_left_out_lies_below_the_new_limit_and_brought_less_than_nothing(
    pairs: list[tuple[float, float]],
) -> None:
    (found,) = refit(TREE, drifts(pairs))
    if found.better is None:
        return
    left = [net for value, net in pairs if value < found.better]
    assert len(left) == found.left_out < len(pairs)
    assert sum(left) == pytest.approx(found.brought)
    assert sum(left) < 0
    assert found.better > found.limit
