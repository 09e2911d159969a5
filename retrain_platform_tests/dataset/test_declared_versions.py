"""Since when rows are made as they are now: declared versions, and the worlds between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.versions import Change, Made, Versions, changes, newest_world

START = datetime(2024, 1, 1, tzinfo=UTC)
FAMILY: TypeAdapter[dict[str, str]] = TypeAdapter(Versions)


def made(*declared: dict[str, str] | tuple[dict[str, str], str]) -> list[Made]:
    found = []
    for day, one in enumerate(declared):
        versions, columns = one if isinstance(one, tuple) else (one, "")
        found.append(Made(f"day {day}", START + timedelta(days=day), versions, (columns,) if columns else ()))
    return found


def since(*declared: dict[str, str] | tuple[dict[str, str], str]) -> int | None:
    world = newest_world(made(*declared))
    return None if world is None else (world.since - START).days


A, B, C = {"encoder": "1"}, {"encoder": "2"}, {"encoder": "2", "labels": "7"}


def test_whole_numbers_are_versions_and_numbers_with_a_point_must_be_quoted() -> None:
    assert FAMILY.validate_python({"features": 7, "encoder": "1.10"}) == {"features": "7", "encoder": "1.10"}
    with pytest.raises(ValidationError, match=r"version == 1\.1, must be in quotes"):
        FAMILY.validate_python({"features": 1.10})
    for wrong in ({"": "1"}, {"a b": "1"}, {"a": ""}, {"a": True}, {"a": None}):
        with pytest.raises(ValidationError):
            FAMILY.validate_python(wrong)


def test_a_change_is_of_names_that_both_declare() -> None:
    assert changes(A, C) == (Change("encoder", "1", "2"),)
    assert str(Change("encoder", "1", "2")) == "encoder from 1 to 2"
    assert changes({}, C) == changes(C, {}) == changes(C, C) == ()


@pytest.mark.parametrize(
    ("declared", "begins"),
    [
        ((), None),
        ((A,), None),
        ((A, A, A), None),
        (({}, {}, A), None),
        ((A, B, B), 1),
        ((A, B, A), 2),
        ((A, {}, B), 1),
        ((A, B, C), 1),
        ((A, A, ({"encoder": "1", "features": "1"}, "column 'y' is new")), 2),
    ],
)
def test_the_newest_world_begins_where_a_version_last_changed(
    declared: tuple[dict[str, str], ...], begins: int
) -> None:
    assert since(*declared) == begins


def test_the_world_says_what_changed() -> None:
    world = newest_world(made(A, (B, "column 'y' is new"), B))
    assert world is not None
    assert (world.changed, world.declared) == (("encoder from 1 to 2",), ("column 'y' is new",))
    first = newest_world(made({}, ({"features": "1"}, "column 'y' is new")))
    assert first is not None
    assert first.changed == ("features first declared as 1",)


@given(st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from("12"), max_size=2), max_size=8))
def test_within_a_world_no_two_periods_contradict_each_other_and_the_one_before_does(
    given_: list[dict[str, str]],
) -> None:
    world = newest_world(made(*given_))
    first = 0 if world is None else (world.since - START).days
    inside = given_[first:]
    assert not any(changes(one, other) for one in inside for other in inside)
    if world is not None:
        assert any(changes(given_[first - 1], one) for one in inside)
