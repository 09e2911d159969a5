"""Profiles of frames: they add up as rows do, survive bytes, and take whatever a period brings."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames, range_indexes

from retrain_platform.monitoring.frames import choose_grids, profile
from retrain_platform.monitoring.profile import DatasetProfile, total
from retrain_platform.monitoring.profile_bytes import write_lines
from retrain_platform.stats.counters import TextCounter
from retrain_platform.stats.grid import Grid

GRIDS = {"x": Grid("numeric", 0.5), "n": Grid("integer"), "c": Grid("category")}
FINE = {"x": Grid("numeric", 0.5, 2.0**-7, fine=((0x8000, 3), (0xBF80, 16)), repeats=True), "n": Grid("numeric", 1.0)}
FRAMES = data_frames(
    [
        column("x", elements=st.sampled_from([0.0, 1.5, -7.25, 1e9, np.nan, np.inf, -np.inf])),
        column("n", elements=st.integers(-3, 3)),
        column("c", elements=st.sampled_from(["a", "b", "ü"]) | st.none(), dtype=object),
        column("s", elements=st.sampled_from(["east", "west"]) | st.none(), dtype=object),
    ],
    index=range_indexes(max_size=12),
)


def weeks(rows: int = 400) -> pd.DataFrame:
    draw = np.random.default_rng(12)
    return pd.DataFrame(
        {
            "wind": draw.normal(10, 4, rows),
            "hour": draw.integers(5, 24, rows),
            "rain": np.zeros(rows),
            "late": draw.random(rows) < 0.5,
            "dest": draw.choice(["ATL", "BOS", "LAX"], rows),
            "kind": pd.Categorical(draw.choice(["jet", "prop"], rows)),
            "seen": pd.Timestamp("2013-01-01", tz="America/New_York")
            + pd.to_timedelta(draw.integers(0, 999, rows), "h"),
            "plane": pd.array(draw.choice([1, 2, None], rows), dtype="Int64"),
        }
    )


@settings(max_examples=60, deadline=None)
@given(a=FRAMES, b=FRAMES, c=FRAMES)
def test_profiles_add_up_as_rows_do(a: pd.DataFrame, b: pd.DataFrame, c: pd.DataFrame):
    """The numbers are few bits long, so that their sums are exact and equality is plain."""
    x, y, z = (profile(each, GRIDS, ["s"]) for each in (a, b, c))
    both = profile(pd.concat([a, b]), GRIDS, ["s"])
    for found in (x + y, y + x):
        assert found.rows == both.rows
        assert counts(found) == counts(both)
    assert counts((x + y) + z) == counts(x + (y + z)) == counts(total([x, y, z]))


def counts(of: DatasetProfile) -> dict:
    """Everything but the moments, whose laws are tested with their tolerance in stats."""
    places = {"": of.columns} | {
        f"{s}={v}": columns for s, values in of.segments.items() for v, columns in values.items()
    }
    return {
        (place, name): (*found._scalars()[:-1], found.keys.tolist(), found.counts.tolist())
        for place, columns in places.items()
        for name, found in columns.items()
    }


@settings(max_examples=60, deadline=None)
@given(frame=FRAMES)
@pytest.mark.parametrize("grids", [GRIDS, GRIDS | FINE], ids=["plain", "cut, scaled, noting repeated values"])
def test_bytes_are_lossless(grids: dict[str, Grid], frame: pd.DataFrame):
    made = profile(frame, grids, ["s"])
    data = made.to_bytes()
    assert DatasetProfile.from_bytes(data) == DatasetProfile(
        made.columns, made.rows, {name: values for name, values in made.segments.items() if values}, made.together
    )
    assert DatasetProfile.from_bytes(data).to_bytes() == data


def test_texts_in_buckets_survive_bytes():
    counter = TextCounter(most=1)
    counter.add(np.array([0, 1, 1, -1]), ["a", "b"])
    made = DatasetProfile({"c": counter.profile()}, 4)
    assert made.columns["c"].grid.buckets
    assert DatasetProfile.from_bytes(made.to_bytes()) == made
    assert (made + profile(pd.DataFrame({"c": ["a", "z"]}), {"c": GRIDS["c"]})).columns["c"].counts.sum() == 5


def test_dates_and_times_of_day_are_numbers():
    at = [dt.date(1970, 1, 2), None, dt.date(1970, 1, 4)]
    frame = pd.DataFrame({"on": at, "at": [dt.time(0, 1), dt.time(1), None]}, dtype=object)
    made = profile(frame, choose_grids(frame, ["on", "at"])).columns
    assert (made["on"].moments.mean, made["on"].missing, made["on"].grid.kind) == (2 * 86_400, 1, "numeric")
    assert (made["at"].moments.mean, made["at"].missing) == (1830, 1)


def test_equal_profiles_give_equal_bytes():
    frame = weeks()
    grids = choose_grids(frame, list(frame))
    first = profile(frame, grids, ["dest", "kind"])
    backwards = profile(frame, dict(reversed(grids.items())), ["kind", "dest"])
    assert first == backwards
    assert first.to_bytes() == backwards.to_bytes() == DatasetProfile.from_bytes(first.to_bytes()).to_bytes()
    assert DatasetProfile.from_bytes(first.to_bytes()) == first
    assert len(first.to_bytes()) < 20_000


def test_strange_bytes_are_refused():
    with pytest.raises(ValueError, match="must be a profile's bytes"):
        DatasetProfile.from_bytes(b"not arrow at all")
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    table = pa.table({"a": [1]}).replace_schema_metadata({b"version": b"9"})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(ValueError, match="version == b'9', must be b'2'"):
        DatasetProfile.from_bytes(bytes(sink.getvalue()))
    assert DatasetProfile.from_bytes(write_lines([], 5)) == DatasetProfile({}, 5)


def test_grids_follow_the_types_of_the_columns():
    frame = weeks()
    kinds = {name: grid.kind for name, grid in choose_grids(frame, list(frame)).items()}
    assert kinds == {
        "wind": "numeric", "hour": "integer", "rain": "numeric", "late": "category", "dest": "category",
        "kind": "category", "seen": "numeric", "plane": "integer",
    }  # fmt: skip
    objects = pd.DataFrame({"a": [1, None, 3], "b": [1, 2, 3], "c": [0.5, None, 2], "d": [None] * 3}, dtype=object)
    kinds = {name: grid.kind for name, grid in choose_grids(objects, list(objects)).items()}
    assert kinds == {"a": "integer", "b": "integer", "c": "numeric", "d": "category"}
    with pytest.raises(ValueError, match="must be in the frame, which lacks gust, snow"):
        choose_grids(frame, ["wind", "gust", "snow"])


def test_grids_come_back_from_a_profile():
    frame = weeks()
    grids = choose_grids(frame, list(frame))
    assert profile(frame, grids).grids() == grids


def test_counts_are_those_of_the_rows():
    frame = weeks()
    made = profile(frame, choose_grids(frame, list(frame)), ["dest"])
    hours, where = made.columns["hour"], made.segments["dest"]
    assert dict(zip(hours.keys, hours.counts, strict=True)) == frame["hour"].value_counts().to_dict()
    assert list(where) == ["ATL", "BOS", "LAX"]
    for value, part in frame.groupby("dest"):
        found = where[value]["plane"]
        assert (found.rows, found.missing) == (len(part), part["plane"].isna().sum())
        assert where[value]["wind"].moments.mean == pytest.approx(part["wind"].mean(), rel=1e-12)
        late = where[value]["late"]
        assert dict(zip(late.keys, late.counts, strict=True)) == part["late"].astype(str).value_counts().to_dict()


def test_times_are_seconds_since_1970():
    frame = pd.DataFrame({"at": pd.to_datetime(["1970-01-01T00:01:00Z", None]), "for": pd.to_timedelta([90, 30], "s")})
    made = profile(frame, choose_grids(frame, ["at", "for"])).columns
    assert (made["at"].moments.mean, made["at"].missing) == (60, 1)
    assert made["for"].moments.mean == 60


def test_a_column_may_vanish_change_its_type_or_turn_null():
    grids = choose_grids(weeks(), list(weeks()))
    broken = (
        weeks(10).drop(columns="wind").assign(hour=["noon", "7"] * 5, rain=None, dest=[1, 2] * 5, kind=[1.0, None] * 5)
    )
    made = profile(broken, grids, ["dest", "nowhere"]).columns
    assert (made["wind"].missing, made["wind"].rows) == (10, 10)
    assert (made["hour"].keys.tolist(), made["hour"].missing) == ([7], 5)
    assert made["rain"].missing == 10
    assert made["dest"].keys.tolist() == ["1", "2"]
    assert (made["kind"].keys.tolist(), made["kind"].missing) == (["1"], 5)


def test_a_period_without_rows_is_the_zero_of_adding():
    frame = weeks()
    grids = choose_grids(frame, list(frame))
    full, empty = profile(frame, grids, ["dest"]), profile(frame.iloc[:0], grids, ["dest"])
    assert empty.rows == 0
    assert full + empty == full
    assert total([]) == DatasetProfile({}, 0)


def test_rows_without_a_segment_are_in_their_own():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "s": ["b", None, "b"], "t": [7.0, np.nan, 7.0]})
    made = profile(frame, {"x": GRIDS["x"]}, ["s", "t"])
    assert {value: columns["x"].rows for value, columns in made.segments["s"].items()} == {"b": 2, "missing": 1}
    assert list(made.segments["t"]) == ["7", "missing"]


def test_a_column_or_segment_that_one_side_lacks_is_missing_there():
    left = profile(pd.DataFrame({"x": [1.0, 2.0], "s": ["a", "b"]}), {"x": GRIDS["x"]}, ["s"])
    right = profile(pd.DataFrame({"c": ["u"], "s": ["a"]}), {"c": GRIDS["c"]}, ["s"])
    both = left + right
    assert (both.columns["x"].missing, both.columns["c"].missing, both.rows) == (1, 2, 3)
    assert (both.segments["s"]["a"]["x"].rows, both.segments["s"]["a"]["c"].missing) == (2, 1)
    assert both.segments["s"]["b"]["x"].rows == 1
    with pytest.raises(ValueError, match="grid =="):
        left + profile(pd.DataFrame({"x": [1]}), {"x": GRIDS["n"]})


def test_importing_the_room_imports_nothing_heavy():
    rooms = "profile, drift, performance, profile_bytes, reading, ruler, reports"
    code = f"from retrain_platform.monitoring import {rooms}; import sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "scipy", "sklearn", "pyarrow", "dagster", "mlflow"} & set(loaded)
