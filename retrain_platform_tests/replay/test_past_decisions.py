"""What was decided on a past day: the live road, `decide --as-of` and the walk of a replay say the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from retrain_platform.policy.base import RetrainDecision
from retrain_platform.policy.decide import decide
from retrain_platform.replay.of_spec import SpecReplay, set_up
from retrain_platform.replay.prefix import Followed, follow
from retrain_platform.replay.walk import walk
from retrain_platform.steps.policy.deciding import decision_of
from retrain_platform.steps.policy.history import history
from retrain_platform_tests.replay.spec_shops import ground_of, shop_of, stores

SPEC: dict[str, Any] = {
    "policy": {
        "kind": "any_of",
        "policies": [
            {"kind": "schedule", "every": "9d"},
            {"kind": "floor", "metric": "auc", "at_least": 0.6, "confirmed": False},
            {"kind": "volume", "new_ripe_share": 3.0},
            {"kind": "feature_drift", "features": ["x"], "over": 0.5, "action": "watch"},
            {"kind": "staleness", "metric": "auc"},
        ],
        "cooldown": "2d",
    },
    "cost": {"currency": "EUR", "retrain": 60, "per_point": 1},
    "training": {"kind": "lightgbm", "rounds": 5, "early_stop_on": "0d", "holdout": "1d", "params": {"num_leaves": 4}},
    # Gates and comparisons that nothing fails: what they would say is another test's.
    "validation": {"gates": [{"kind": "floor", "metric": "auc", "at_least": 0.01}]},
    "release": {"shadow": "1d", "canary": [50, 100], "bake": "1d", "not_worse_by": 0.9, "patience": 6},
}
DAYS = 20


class Days(NamedTuple):
    """By day: what was decided live, what is said of it afterwards, and what the walk said."""

    live: dict[str, RetrainDecision]
    as_of: dict[str, RetrainDecision]
    walked: Followed
    retrained: list[str]


@pytest.fixture(scope="module")
def days() -> Days:
    shop = shop_of(days=DAYS, **SPEC)
    for _ in walk(shop):
        pass
    ground, kept = ground_of(shop_of(days=DAYS, **SPEC)), stores()
    setting = set_up(ground, SpecReplay(), *kept, lambda done, of: None).setting
    assert setting.money is not None
    walked = follow(shop.spec.policy, setting, setting.money.own)
    keys = [each.period for each in walked.said]
    live = {key: found for key in keys if (found := decision_of(shop, key)) is not None}
    told = {each.key: decide(shop.spec.policy, history(shop, each)) for each in ground.periods if each.key in keys}
    retrained = [ground.periods[each.at].key for each in walked.way.retrains]
    return Days(live, told, walked, retrained)


def test_decide_as_of_says_what_was_decided(days: Days) -> None:
    assert days.as_of == days.live


def test_the_walk_of_a_replay_says_it_too(days: Days) -> None:
    """Word for word, through two releases and what was held back meanwhile."""
    said = {each.period: (each.action, each.reason) for each in days.walked.said}
    assert said == {key: (each.action, each.reason) for key, each in days.live.items()}
    assert len({each.reason.partition(":")[0] for each in days.live.values()}) == 3
    assert any("has cost" in each.reason for each in days.live.values())


def test_its_retrains_are_those_of_the_road(days: Days) -> None:
    lived = [key for key, each in days.live.items() if each.action.retrains]
    assert days.retrained == lived
    assert len(lived) == 2
