"""A spec held against the columns that its source has."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.spec.columns import misfits
from retrain_platform_tests.steps.tiny import tiny_spec

COLUMNS = ["at", "who", "x", "shop", "bad"]


def fields(columns: list[str] = COLUMNS, **changed: Any) -> list[str]:
    return [field for field, _, _ in misfits(tiny_spec(**changed), columns)]


def test_what_is_there_is_no_mistake() -> None:
    assert fields() == []
    assert fields([*COLUMNS, "_row"]) == []


@pytest.mark.parametrize(
    ("column", "field"),
    [("at", "source.event_time"), ("who", "source.entity"), ("bad", "label.column"), ("shop", "segments[0]")],
)
def test_each_named_column_is_asked_for(column: str, field: str) -> None:
    assert fields([name for name in COLUMNS if name != column]) == [field]


def test_the_platform_s_own_columns_are_no_columns_of_the_source() -> None:
    assert fields(segments=["_label"]) == ["segments[0]"]


def test_a_policy_deep_in_a_composition_watches_features_not_just_columns() -> None:
    """The label is a column and never a feature: its drift is not measured, so the policy could never fire."""
    inner = {"kind": "feature_drift", "features": ["x", "bad", "sh*"], "over": 0.2}
    policy = {"kind": "any_of", "policies": [{"kind": "all_of", "policies": [inner]}]}
    assert fields(policy=policy) == ["policy.policies[0].policies[0].features[1]"]


def test_the_sentence_names_what_there_is_and_what_was_meant() -> None:
    ((field, value, cure),) = misfits(tiny_spec(segments=["shp"]), COLUMNS)
    assert (field, value) == ("segments[0]", "'shp'")
    assert cure == "must be a column of the source, which has at, who, x, shop, bad; did you mean shop?"
