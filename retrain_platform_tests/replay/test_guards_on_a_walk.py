"""Cooldown, cap and a cadence that follows the change, on a walk through a replay's models."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from retrain_platform.policy import Policy
from retrain_platform.policy.base import Action
from retrain_platform.replay.prefix import Followed, follow
from retrain_platform_tests.replay.pasts import GivenPast, by_age, matrix, setting

BELOW = {"kind": "floor", "metric": "accuracy", "at_least": 0.85, "confirmed": False}


def walked(policy: dict[str, Any], made: Any = None) -> Followed:
    on = setting(made if made is not None else matrix(GivenPast(by_age(0.1, 0.1), 70)))
    return follow(TypeAdapter(Policy).validate_python(policy), on, 0.1)


def apart(found: Followed) -> list[int]:
    return np.diff([each.at for each in found.way.retrains]).tolist()


def held(found: Followed, why: str) -> list[str]:
    return [each.period for each in found.said if "held back by" in each.reason and why in each.reason]


def test_a_cooldown_counts_from_the_last_retrain_of_the_walk() -> None:
    free = walked({"kind": "any_of", "policies": [BELOW]})
    cooled = walked({"kind": "any_of", "cooldown": "7d", "policies": [BELOW]})
    assert set(apart(free)) == {2}
    assert set(apart(cooled)) == {7}
    assert held(cooled, "cooldown")


def test_a_cap_holds_in_any_thirty_days_of_the_walk() -> None:
    capped = walked({"kind": "any_of", "automatic_releases_a_month": 2, "policies": [BELOW]})
    at = [each.at for each in capped.way.retrains]
    assert len(at) > 3
    assert max(sum(first <= each < first + 30 for each in at) for first in at) == 2
    assert held(capped, "2 automatic releases")


def test_what_is_urgent_passes_both() -> None:
    urgent = {**BELOW, "action": "retrain_now"}
    both = {"kind": "any_of", "cooldown": "7d", "automatic_releases_a_month": 2, "policies": [urgent]}
    assert set(apart(walked(both))) == {2}


def test_an_adaptive_cadence_is_slow_while_the_model_is_stable_and_fast_while_it_falls() -> None:
    """From the 30th period on a model loses half as much again after a day, whichever it is."""
    luck = np.random.default_rng(5).normal(0, 0.002, 70)

    def loss(first: int, last: int, period: int) -> float:
        return 0.2 + float(luck[period]) + (0.1 if period >= 30 and period - last > 1 else 0.0)

    rows = [{"falls_by_share": 0.05, "every": "2d"}, {"every": "10d"}]
    found = walked({"kind": "adaptive", "metric": "accuracy", "rows": rows}, matrix(GivenPast(loss, 70)))
    at = [each.at for each in found.way.retrains]
    assert [each for each in at if each < 30] == [10, 20]
    assert len([each for each in at if 30 <= each < 60]) > 3
    fell = [each.reason for each in found.said if "every 2d" in each.reason]
    assert fell
    assert all("worse than its baseline" in each for each in fell)
    assert all(each.action is not Action.RETRAIN_NOW for each in found.said)


def test_a_cadence_that_labels_cannot_follow_is_lifted_on_the_walk() -> None:
    rows = [{"every": "1d"}]
    on = setting(matrix(GivenPast(by_age(), 30)), delay=2)
    found = follow(TypeAdapter(Policy).validate_python({"kind": "adaptive", "rows": rows}), on, 0.1)
    assert set(apart(found)) == {3}
    assert on.length == timedelta(days=1)
