"""A policy with one limit at a time made smaller or larger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from retrain_platform.policy import Policy
from retrain_platform.replay.varied import varied
from retrain_platform_tests.policy.policy_examples import ALL as FAMILY

WEEK = timedelta(weeks=1)
PRESENT = {
    "kind": "any_of",
    "cooldown": "3w",
    "automatic_releases_a_month": 2,
    "policies": [
        {"kind": "schedule", "every": "13w", "jitter": 0.1},
        {"kind": "performance", "metric": "auc", "falls_by": 0.05, "confidence": 0.9},
        {"kind": "floor", "metric": "auc", "at_least": 0.6},
        {"kind": "severe_features", "more_than": 5, "action": "retrain"},
        {"kind": "feature_drift", "features": ["*"], "over": 0.2, "dwell": "3w", "action": "watch"},
        {"kind": "adaptive", "rows": [{"drift": "psi", "over": 0.1, "every": "1w"}, {"every": "8w"}]},
    ],
}


def policy_of(written: dict[str, Any]) -> Policy:
    found: Policy = TypeAdapter(Policy).validate_python(written)
    return found


def leaves_of(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves_of(each, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from leaves_of(each, f"{path}[{place}]")
    else:
        yield path, value


def changed(before: Any, after: Any) -> list[str]:
    old, new = dict(leaves_of(before.model_dump(mode="json"))), dict(leaves_of(after.model_dump(mode="json")))
    return [path for path in old.keys() | new.keys() if old.get(path) != new.get(path)]


def test_every_limit_is_moved_alone_down_and_up() -> None:
    present = policy_of(PRESENT)
    said = {each.said: changed(present, each.policy) for each in varied(present, WEEK)}
    assert all(len(paths) == 1 for paths in said.values())
    assert said["schedule every 6w, not 13w"] == [".policies[0].every"]
    assert said["performance falls_by 0.1, not 0.05"] == [".policies[1].falls_by"]
    assert said["performance dwell 2w, not 1w"] == [".policies[1].dwell"]
    assert said["severe_features more_than 2, not 5"] == [".policies[3].more_than"]
    assert said["adaptive row 1 over 0.05, not 0.1"] == [".policies[5].rows[0].over"]
    assert said["any_of cooldown 6w, not 3w"] == [".cooldown"]


def test_what_is_no_limit_stays() -> None:
    moved = {path for each in varied(policy_of(PRESENT), WEEK) for path in changed(policy_of(PRESENT), each.policy)}
    assert not [path for path in moved if path.endswith(("confidence", "jitter", "automatic_releases_a_month"))]
    assert not [path for path in moved if path.startswith(".policies[4]")]  # it asks for no retrain


def test_a_trigger_that_only_watches_is_moved_where_its_composition_retrains() -> None:
    both = policy_of({**PRESENT, "action": "retrain"})
    assert "feature_drift over 0.4, not 0.2" in {each.said for each in varied(both, WEEK)}


def test_the_limits_of_parts_that_are_alike_have_names_of_their_own() -> None:
    alike = [{"kind": "performance", "metric": metric, "falls_by": 0.05} for metric in ("auc", "f1")]
    said = [each.said for each in varied(policy_of({"kind": "any_of", "policies": alike}), WEEK)]
    assert len(set(said)) == len(said)
    assert "performance falls_by 0.1, not 0.05" in said
    assert "performance number 2 falls_by 0.1, not 0.05" in said


def test_a_bound_moves_by_what_it_lacks_of_the_best() -> None:
    [down, up, *_] = varied(policy_of({"kind": "floor", "metric": "auc", "at_least": 0.6}), WEEK)
    assert [down.said, up.said] == ["floor at_least 0.68, not 0.6", "floor at_least 0.5, not 0.6"]


@pytest.mark.parametrize("policy", FAMILY, ids=lambda policy: policy.describe()[:60])
def test_every_member_of_the_family_can_be_varied(policy: Any) -> None:
    for each in varied(policy, WEEK):
        assert len(changed(policy, each.policy)) >= 1
        assert policy_of(each.policy.model_dump(mode="json")) == each.policy
