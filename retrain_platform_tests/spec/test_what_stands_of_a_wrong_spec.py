"""Taking mistakes out of a spec: what is left, and where it stood."""

from __future__ import annotations

from typing import Any

import pytest

from retrain_platform.spec.problem import dotted, undotted
from retrain_platform.spec.salvage import Remains, place_of, salvage


def test_what_stays_in_a_list_remembers_where_it_stood() -> None:
    remains = Remains({"policy": {"policies": ["a", "b", "c", "d"]}})

    assert remains.take(("policy", "policies", 2))
    assert remains.take(("policy", "policies", 0))

    assert remains.data == {"policy": {"policies": ["b", "d"]}}
    assert remains.original(("policy", "policies", 1)) == ("policy", "policies", 3)
    assert remains.taken == {("policy", "policies", 2), ("policy", "policies", 0)}


def test_what_is_taken_from_one_use_of_a_yaml_anchor_stays_in_the_other() -> None:
    shared = ["x", "y"]
    remains = Remains({"one": shared, "two": shared})

    remains.take(("one", 0))

    assert remains.data == {"one": ["y"], "two": ["x", "y"]}
    assert shared == ["x", "y"]


def test_taking_what_is_not_there_changes_nothing() -> None:
    remains = Remains({"a": [1]})

    assert not remains.take(("a", 5))
    assert not remains.take(("b",))
    assert not remains.take(("a", 0, "c"))
    assert (remains.data, remains.taken) == ({"a": [1]}, set())


@pytest.mark.parametrize(
    ("loc", "data", "place"),
    [
        (("policy", "schedule", "every"), {"policy": {"kind": "schedule"}}, ("policy", "every")),
        (("policy", "policies", 0, "floor"), {"policy": {"policies": [{"kind": "floor"}]}}, ("policy", "policies", 0)),
        (("params", "max_bin", "float"), {"params": {"max_bin": [1]}}, ("params", "max_bin")),
        (("params", 1, "[key]"), {"params": {1: 2}}, ("params", 1)),
    ],
)
def test_a_place_names_only_what_the_user_wrote(loc: tuple[str | int, ...], data: Any, place: tuple[Any, ...]) -> None:
    assert place_of(loc, data) == place


def test_sections_that_stand_are_given_and_optional_ones_fall_back_to_their_defaults() -> None:
    found = salvage({"name": "tiny", "release": {"patience": 0, "canary": [10, 100]}, "checks": 3})

    assert found.sections["name"] == "tiny"
    assert found.sections["release"].canary == (10, 100)
    assert found.sections["release"].patience == 4
    assert found.sections["checks"].min_rows == 1000
    assert "policy" not in found.sections
    assert found.remains.touched(("release", "patience"))
    assert not found.remains.touched(("release", "canary"))


def test_a_mistake_behind_another_in_the_same_section_is_found_too() -> None:
    found = salvage({"release": {"patience": 0, "four_eyes": True}})

    assert {one.path for one in found.mistakes if one.kind != "missing"} == {("release", "patience"), ("release",)}


@pytest.mark.parametrize("path", [("a",), ("a", 0), ("a", 10, "b", "c"), ("a", 0, 1)])
def test_a_path_is_read_back_from_its_text(path: tuple[str | int, ...]) -> None:
    assert undotted(dotted(path)) == path
