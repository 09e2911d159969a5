"""A request's JSON becomes rows, or all its problems, by name."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.gateway.base import BadRequest, Row
from retrain_platform.gateway.models.decoding import RowDecoder
from retrain_platform.gateway.models.describing import schema_of
from retrain_platform.gateway.models.signature import Signature
from retrain_platform.release.serving import About, GatewaySpec

SIGNATURE = Signature({"x": "number", "shop": "category", "day of week": "any"})
GOOD = {"x": 1.5, "shop": "north", "day of week": "mon"}


def decoder(*others: Signature, **gateway: Any) -> RowDecoder:
    about = About(
        model="m", task="binary", label="y", event_time="at", entity="who", gateway=GatewaySpec.model_validate(gateway)
    )
    return RowDecoder(about, SIGNATURE, others)


def rows(body: Any, reader: RowDecoder | None = None) -> list[Row]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (reader or decoder()).read(raw).rows


def problems(body: Any, reader: RowDecoder | None = None) -> tuple[str, ...]:
    with pytest.raises(BadRequest) as refused:
        rows(body, reader)
    return refused.value.problems


def test_one_record_and_many() -> None:
    asked = decoder().read(json.dumps(GOOD).encode())
    assert (asked.rows, asked.listed) == ([Row(GOOD, None)], False)
    asked = decoder().read(json.dumps({"records": [GOOD, {**GOOD, "who": 12.0, "at": "2024-01-01T05:00Z"}]}).encode())
    assert [row.entity for row in asked.rows] == [None, "12"]
    assert asked.listed
    late = b" " * 100 + json.dumps({"records": [GOOD]}).encode()
    assert decoder().read(late).listed


@pytest.mark.parametrize(
    ("value", "read"), [(1, 1.0), (True, True), (None, None), (1e-400, 0.0), (-0.5, -0.5), (10**30, 1e30)]
)
def test_what_training_took_as_a_number_is_one(value: Any, read: Any) -> None:
    [row] = rows({**GOOD, "x": value})
    assert row.fields["x"] == read
    assert not isinstance(row.fields["x"], int) or isinstance(value, bool)


@pytest.mark.parametrize("value", ["north", 12, 12.5, False, None])
def test_a_category_is_a_text_a_number_a_truth_or_missing(value: Any) -> None:
    [row] = rows({**GOOD, "shop": value})
    assert row.fields["shop"] is value or row.fields["shop"] == value


TWICE = [
    b'{"x": 1, "shop": "a", "day of week": "b", "x": 2}',
    b'{"x": 1, "shop": "a", "day of week": "b", "x": 1}',
    b'{"x" : 1,"shop" :"a", "day of week":"b:c", "who": "d", "who":"e:"}',
    b'{"records": [{"x": 1, "shop": "a", "day of week": "b", "\\u0078": 2}]}',
    b'{"records": [], "records": [{"x": 1, "shop": "a", "day of week": "b"}]}',
]


@pytest.mark.parametrize("body", TWICE)
@pytest.mark.parametrize("extra", ["refuse", "ignore"])
def test_a_name_that_stands_twice_is_refused(body: bytes, extra: str) -> None:
    [problem] = problems(body, decoder(extra=extra))
    assert "stands twice in one object" in problem


def test_a_sound_request_is_read_once_also_where_its_texts_have_colons(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {**GOOD, "shop": "a: b", "who": ":", "at": "2024-01-01T05:00:00+01:00"}
    with monkeypatch.context() as patch:
        patch.setattr(json, "loads", lambda *_, **__: pytest.fail("it was read twice"))
        assert rows(told)[0].fields == told
        assert len(rows({"records": [told, GOOD]})) == 2
    assert rows(b'{"x": 1, "shop": "\\u003a", "day of week": "b"}')[0].fields["shop"] == ":"


def test_every_problem_of_a_request_is_told_at_once() -> None:
    body = {"x": "far", "shop": ["north"], "who": {"a": 1}, "at": "yesterday", "shp": 1}
    assert problems(body) == (
        "day of week is missing, must be a text, a number, true, false, or null where it is not known",
        "x == 'far', must be a number, true, false, or null where it is not known",
        "shop == a list of 1, must be a text, a number, true, false, or null where it is not known",
        "who == an object, must be a text or a number, or null where nobody is known",
        "at == 'yesterday', must be a time as in '2013-01-31T05:15:00+00:00' (ISO 8601), or null",
        "shp must be left out: the model has no such field; did you mean shop?",
    )
    first, second = problems({"records": [GOOD, {**GOOD, "x": "a"}, {**GOOD, "x": "b"}]})
    assert first.startswith("records[1].x == 'a', must be a number")
    assert second.startswith("records[2].x == 'b', must be a number")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "-" + "9" * 5000])
def test_a_number_that_is_none_is_named(number: str) -> None:
    body = json.dumps({**GOOD, "x": 0}).replace(": 0,", f": {number},").encode()
    [said] = problems(body)
    assert said.startswith("x == ")
    assert said.endswith("must be finite, or null where it is not known")


def test_half_a_surrogate_pair_goes_no_further() -> None:
    [said] = problems(json.dumps({**GOOD, "shop": "\ud800"}).encode())
    assert "half of a pair" in said
    said.encode()


@pytest.mark.parametrize(
    ("body", "status", "cause"),
    [
        (b"", 400, "no JSON"),
        (b"\xff{}", 400, "no UTF-8 at byte 0"),
        (b'{"x": 1', 400, "no JSON"),
        (b"[" * 50_000, 400, "nested too deeply"),
        (b"[]", 422, "a list"),
        (b'"x"', 422, "no object"),
        (b'{"records": []}', 422, "at least one"),
        (b'{"records": {}}', 422, "must be a list"),
        (b'{"records": [1]}', 422, "must be an object"),
        (b'{"records": [], "more": 1}', 422, "more must be left out"),
    ],
)
def test_what_is_no_request_at_all(body: bytes, status: int, cause: str) -> None:
    with pytest.raises(BadRequest, match=cause) as refused:
        rows(body)
    assert refused.value.status == status


def test_too_many_records_and_too_many_problems_are_told_shortly() -> None:
    with pytest.raises(BadRequest, match="3 of them, must be <= 2") as refused:
        rows({"records": [GOOD] * 3}, decoder(most_records=2))
    assert refused.value.status == 413
    said = problems({"records": [{}] * 900})
    assert len(said) == 21
    assert "more problems" in said[-1]
    [said] = problems({**GOOD, "z" * 10_000: 1})
    assert len(said) < 200
    [said] = problems({**GOOD, "x": "z" * 10_000})
    assert len(said) < 200


def test_extra_fields_may_be_left_aside() -> None:
    [row] = rows({**GOOD, "colour": "red"}, decoder(extra="ignore"))
    assert row.fields == GOOD
    assert problems({**GOOD, "colour": "red", "x": "far"}, decoder(extra="ignore")) == (
        "x == 'far', must be a number, true, false, or null where it is not known",
    )


def test_a_private_value_is_not_repeated() -> None:
    assert problems({**GOOD, "x": "secret"}, decoder(private=["x"]))[0].startswith("x == (private), must be")


def test_what_only_another_version_reads_may_be_sent_and_need_not_be() -> None:
    reader = decoder(Signature({"x": "number", "wind": "number"}), Signature({"wind": "category"}))
    assert rows(GOOD, reader)[0].fields == GOOD
    assert rows({**GOOD, "wind": "strong"}, reader)[0].fields["wind"] == "strong"
    schema = schema_of(reader.fields, About(model="m", task="binary", label="y", entity="who"))
    assert schema["required"] == ["x", "shop", "day of week"]
    assert set(schema["properties"]) == {*GOOD, "wind", "who", "at"}
    assert schema["additionalProperties"] is False


def test_a_list_that_is_ranked_must_be_named() -> None:
    about = About(model="m", task="ranking", label="y", entity="who", query="search")
    reader = RowDecoder(about, SIGNATURE)
    assert problems(GOOD, reader)[0].startswith("search is missing")
    assert rows({**GOOD, "search": 7, "who": "u1"}, reader)[0].entity == "7"


def test_a_feature_called_records_is_a_feature() -> None:
    reader = RowDecoder(About(model="m", task="binary", label="y"), Signature({"records": "number"}))
    assert rows({"records": 3}, reader)[0].fields == {"records": 3.0}


def test_records_as_python_has_them() -> None:
    assert decoder().rows_of([GOOD]) == rows(GOOD)
    with pytest.raises(BadRequest, match="x == inf, must be finite"):
        decoder().rows_of([{**GOOD, "x": math.inf}])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
records = st.dictionaries(st.sampled_from([*GOOD, "who", "at", "other"]), anything)


@settings(max_examples=150, deadline=None)
@given(records | st.fixed_dictionaries(dict.fromkeys(GOOD, anything)) | anything)
def test_the_fast_road_and_the_slow_one_agree_about_any_json(record: Any) -> None:
    reader, body = decoder(), json.dumps(record).encode()
    try:
        fast: Any = reader.read(body).rows
    except BadRequest as error:
        fast = error.problems
    if not isinstance(record, dict):
        assert isinstance(fast, tuple)
        return
    try:
        slow: Any = reader.rows_of([record])
    except BadRequest as error:
        slow = error.problems
    assert fast == slow


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_rows_or_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest):
        decoder().read(body)
