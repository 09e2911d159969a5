"""Feature tables joined as of the event's time: never a value from later, and the newest of those before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from retrain_platform.dataset.joining import BadJoin, join_as_of
from retrain_platform.dataset.joins import JOINS, Join
from retrain_platform.dataset.source import source_of
from retrain_platform.dataset.times import BadTimes

ADAPTER: TypeAdapter[Any] = TypeAdapter(Join)
START = datetime(2024, 1, 1, tzinfo=UTC)


def join(**changed: Any) -> Any:
    return ADAPTER.validate_python(
        {"kind": "files", "path": "planes.parquet", "on": ["tail"], "available": "known", **changed}
    )


def hours(values: list[float | None]) -> list[datetime | None]:
    return [None if value is None else START + timedelta(hours=value) for value in values]


def joined(events: pd.DataFrame, table: pd.DataFrame, spec: Any) -> Any:
    return join_as_of(events, pd.to_datetime(events["at"], utc=True), table, spec, "UTC")


EVENTS = pd.DataFrame({"at": hours([10, 5, 20, 10, None]), "tail": ["N1", "N1", "N1", "N9", "N1"]}, index=list("vwxyz"))
TABLE = pd.DataFrame({"known": hours([4, 10, 15, 10.001]), "tail": ["N1"] * 4, "seats": [100, 110, 120, 999]})


def test_an_event_gets_the_newest_row_known_by_its_time_and_keeps_its_place() -> None:
    found = joined(EVENTS, TABLE, join())
    assert found.frame.index.tolist() == list("vwxyz")
    assert found.frame["seats"].fillna(-1).tolist() == [110, 100, 120, -1, -1]
    assert found.note == ""
    assert list(found.frame.columns) == ["at", "tail", "seats"]


def test_a_row_older_than_within_counts_as_none() -> None:
    within = joined(EVENTS, TABLE, join(within="5h"))
    assert within.frame["seats"].fillna(-1).tolist() == [110, 100, 120, -1, -1]
    shorter = joined(EVENTS, TABLE, join(within="4h"))
    assert shorter.frame["seats"].fillna(-1).tolist() == [110, 100, -1, -1, -1]


def test_rows_of_one_key_and_time_are_told_and_their_order_does_not_matter() -> None:
    twice = pd.concat([TABLE, TABLE.assign(seats=[7, 8, 9, 10])], ignore_index=True)
    one, other = joined(EVENTS, twice, join()), joined(EVENTS, twice.iloc[::-1], join())
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert one.note == (
        "4 rows of files planes.parquet have the same tail and known as another: the last by content counts"
    )


def test_keys_are_compared_by_what_they_name_and_a_missing_one_equals_none() -> None:
    events = pd.DataFrame({"at": hours([9, 9, 9]), "id": [12.0, 13.0, np.nan], "shop": ["a", "a", "a"]})
    table = pd.DataFrame({"known": hours([1, 1, 1]), "number": ["12", None, "13"], "shop": ["a", "a", "b"], "x": 1.5})
    found = joined(events, table, join(on={"id": "number", "shop": "shop"}))
    assert found.frame["x"].fillna(-1).tolist() == [1.5, -1, -1]


def test_types_do_not_depend_on_whether_every_event_finds_a_row() -> None:
    table = TABLE.assign(new=True, made=pd.Timestamp("2001-01-01"), maker=pd.Categorical(["A"] * 4))
    every = joined(EVENTS.iloc[:3], table, join())
    some = joined(EVENTS, table, join())
    none = joined(EVENTS.iloc[:3], table.iloc[:0], join())
    for found in (every, some, none):
        assert found.frame[["seats", "new"]].dtypes.tolist() == ["float64", "float64"]
        assert found.frame["maker"].dtype == object
        assert found.frame["made"].dtype.kind == "M"
    assert none.frame["seats"].isna().all()


def test_only_the_columns_asked_for_come_under_their_prefix() -> None:
    table = TABLE.assign(tail_year=1999)
    assert list(joined(EVENTS, table, join(columns=["seats"], prefix="plane_")).frame) == ["at", "tail", "plane_seats"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"on": ["tial"]}, "on == 'tial', must be a column of the events, which has at, tail"),
        ({"on": {"tail": "number"}}, "on == 'number', must be a column of the table, which has known, tail, seats"),
        ({"available": "since"}, "available == 'since', must be a column of the table"),
        ({"columns": ["seat"]}, "columns == 'seat', must be a column of the table"),
        ({"on": {"tail": "seats"}}, "prefix == '', must tell the table's columns from the events', which have tail"),
    ],
)
def test_what_does_not_fit_is_told(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(BadJoin, match=said):
        joined(EVENTS, TABLE, join(**spec))


def test_availabilities_that_cannot_be_read_are_told() -> None:
    with pytest.raises(BadTimes, match="known == 'soon', must be a time"):
        joined(EVENTS, TABLE.assign(known="soon"), join())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"available": None}, "available must be given: .* values from after the event would be learned from"),
        ({"on": []}, "at least 1 item"),
        ({"within": "0h"}, "must be longer than nothing"),
        ({"available": "tail"}, "must be another column than those of on"),
        ({"columns": ["known"]}, "must not name available"),
        ({"path": "planes.xlsx"}, "must end in .parquet"),
        ({"kind": "excel"}, "'files', 'delta', 'sql', 'asset', 'python'"),
    ],
)
def test_a_join_that_cannot_be_meant_is_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        join(**spec)


PLACES = {
    "files": {"path": "a.csv"},
    "delta": {"uri": "lake/planes"},
    "sql": {"url": "sqlite:///a.db", "table": "planes"},
    "asset": {"key": "raw/planes", "path": "a.csv"},
    "python": {"call": "shop:planes"},
}


def test_every_member_is_read_written_back_and_has_a_reader() -> None:
    assert {member.model_fields["kind"].default for member in JOINS} == set(PLACES)
    for kind, place in PLACES.items():
        read = ADAPTER.validate_python({"kind": kind, "on": {"tail": "number"}, "available": "known", **place})
        assert ADAPTER.validate_json(read.model_dump_json()) == read
        source = source_of(read)
        assert (source.kind, source.event_time, source.entity) == (kind, "known", "number")
        assert source.told() == read.told()


MOMENTS = st.one_of(st.none(), st.integers(0, 12))
KEYS = st.sampled_from(["a", "b", None])
EVENT_ROWS = st.lists(st.tuples(MOMENTS, KEYS), max_size=12)
TABLE_ROWS = st.lists(st.tuples(MOMENTS, KEYS, st.integers(0, 99)), max_size=20, unique_by=lambda row: row[:2])


def brute(at: int | None, key: str | None, rows: list[tuple[int | None, str | None, int]], within: int | None) -> float:
    """By definition: of the rows with the same key, known by then and not too long before, the last."""
    fit = [
        (known, value)
        for known, other, value in rows
        if at is not None and key is not None and key == other and known is not None and known <= at
        and (within is None or at - known <= within)
    ]  # fmt: skip
    return float(max(fit)[1]) if fit else -1.0


@settings(max_examples=200, deadline=None)
@given(events=EVENT_ROWS, rows=TABLE_ROWS, within=st.one_of(st.none(), st.integers(1, 6)))
@example(events=[(5, "a")], rows=[(5, "a", 1), (6, "a", 2)], within=None)
def test_it_is_the_definition_for_any_rows_in_any_order(
    events: list[tuple[int | None, str | None]],
    rows: list[tuple[int | None, str | None, int]],
    within: int | None,
) -> None:
    left = pd.DataFrame({"at": hours([at for at, _ in events]), "tail": [key for _, key in events]}, dtype=object)
    right = pd.DataFrame(
        {"known": hours([k for k, _, _ in rows]), "tail": [k for _, k, _ in rows], "v": [v for _, _, v in rows]}
    )
    right["known"] = pd.to_datetime(right["known"], utc=True)
    spec = join(within=None if within is None else f"{within}h")
    found = joined(left, right, spec).frame["v"].astype(float).fillna(-1.0).tolist()
    assert found == [brute(at, key, rows, within) for at, key in events]


@settings(max_examples=100, deadline=None)
@given(events=EVENT_ROWS, rows=TABLE_ROWS, cut=st.integers(0, 12))
def test_what_becomes_known_later_changes_no_event_before(
    events: list[tuple[int | None, str | None]], rows: list[tuple[int | None, str | None, int]], cut: int
) -> None:
    early = pd.DataFrame(
        {"at": hours([at for at, _ in events if at is not None and at < cut])},
        dtype=object,
    ).assign(tail=[key for at, key in events if at is not None and at < cut])

    def features(kept: list[tuple[int | None, str | None, int]]) -> list[float]:
        right = pd.DataFrame({"known": hours([k for k, _, _ in kept]), "tail": [k for _, k, _ in kept]}, dtype=object)
        right = right.assign(known=pd.to_datetime(right["known"], utc=True), v=[float(v) for _, _, v in kept])
        return list(joined(early, right, join()).frame["v"].astype(float).fillna(-1.0))

    assert features(rows) == features([row for row in rows if row[0] is not None and row[0] < cut])
