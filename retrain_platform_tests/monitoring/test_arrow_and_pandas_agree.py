"""The same rows give the same profile, read from Arrow batches or from a frame."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from retrain_platform.monitoring import frames
from retrain_platform.monitoring.arrow_blocks import ArrowReader, choose_grid, sort_of
from retrain_platform.monitoring.blocks import Texts
from retrain_platform.monitoring.profile import DatasetProfile
from retrain_platform.monitoring.profiler import Profiler
from retrain_platform.stats.grid import Grid

ROWS = 300
DRAW = np.random.default_rng(51)
WHOLE = DRAW.integers(0, 50, ROWS)
GONE = DRAW.random(ROWS) < 0.2
START = dt.datetime(2024, 1, 1)  # noqa: DTZ001 (a time without a zone is what is tested)


def gaps(values: list) -> list:
    return [None if gone else value for gone, value in zip(GONE, values, strict=True)]


TEXTS = [f"t{number}" for number in WHOLE]
TIMES = [START + dt.timedelta(hours=int(n), microseconds=int(n) * 7) for n in WHOLE]
DATES = [START.date() + dt.timedelta(days=int(n)) for n in WHOLE]
CLOCK = [dt.time(int(n) % 24, 30) for n in WHOLE]
COLUMNS = {
    "floats": pa.array(gaps(DRAW.normal(size=ROWS).tolist())),
    "floats with nan": pa.array(np.where(GONE, np.nan, WHOLE * 1.5)),
    "infinite": pa.array(np.where(GONE, np.inf, -WHOLE * 1.5)),
    "whole": pa.array(WHOLE),
    "whole with nulls": pa.array(gaps(WHOLE.tolist())),
    "one byte": pa.array(WHOLE.astype(np.int8)),
    "without a sign": pa.array(WHOLE.astype(np.uint64) + np.uint64(2**63)),
    "half": pa.array(DRAW.normal(size=ROWS).astype(np.float16)),
    "single": pa.array(gaps(DRAW.normal(size=ROWS).astype(np.float32).tolist()), pa.float32()),
    "truth": pa.array(WHOLE > 20),
    "truth with nulls": pa.array(gaps((WHOLE > 20).tolist())),
    "text": pa.array(gaps(TEXTS)),
    "large text": pa.array(gaps(TEXTS), pa.large_string()),
    "text view": pa.array(gaps(TEXTS), pa.string_view()),
    "empty text": pa.array([""] * ROWS),
    "no text": pa.nulls(ROWS, pa.string()),
    "dictionary": pa.array(gaps(TEXTS)).dictionary_encode(),
    "long dictionary": pa.DictionaryArray.from_arrays(pa.array(WHOLE), [f"t{number}" for number in range(5000)]),
    "dictionary of bytes": pa.DictionaryArray.from_arrays(
        pa.array((np.arange(ROWS) % 128).astype(np.int8)), [f"t{number}" for number in range(128)]
    ),
    "dictionary of unsigned bytes": pa.DictionaryArray.from_arrays(
        pa.array((np.arange(ROWS) % 200).astype(np.uint8), mask=GONE), [f"t{number}" for number in range(200)]
    ),
    "time": pa.array(gaps(TIMES), pa.timestamp("us")),
    "time, nanoseconds": pa.array(
        pd.Series(pd.Timestamp("2024-01-01 00:00:00.123456789") + pd.to_timedelta(WHOLE, "h"))
    ),
    "time with a zone": pa.array(
        gaps([each.replace(tzinfo=dt.UTC) for each in TIMES]), pa.timestamp("ms", "America/New_York"), safe=False
    ),
    "date": pa.array(gaps(DATES), pa.date32()),
    "date in milliseconds": pa.array(gaps(DATES), pa.date64()),
    "clock": pa.array(gaps(CLOCK), pa.time64("us")),
    "clock in seconds": pa.array(gaps(CLOCK), pa.time32("s")),
    "duration": pa.array(gaps([dt.timedelta(seconds=int(n)) for n in WHOLE]), pa.duration("ms")),
    "decimal": pa.array(gaps([decimal.Decimal(int(n)) / 4 for n in WHOLE]), pa.decimal128(10, 2)),
    "nothing": pa.nulls(ROWS),
}


def from_arrow(column: pa.Array, grid: Grid, segments: pa.Array | None = None) -> DatasetProfile:
    counted, reader = Profiler({"x": grid}), ArrowReader()
    for start in range(0, ROWS, 130):
        block = column[start : start + 130]
        parts = None if segments is None else {"s": reader.groups("s", segments[start : start + 130])}
        counted.add({"x": reader.values("x", block)}, len(block), parts)
    return counted.profile()


def assert_same(left: DatasetProfile, right: DatasetProfile) -> None:
    ours, theirs = left.columns["x"], right.columns["x"]
    assert ours._scalars()[:-1] == theirs._scalars()[:-1]
    np.testing.assert_array_equal(ours.keys, theirs.keys)
    np.testing.assert_array_equal(ours.counts, theirs.counts)
    assert ours.moments.mean == pytest.approx(theirs.moments.mean, rel=1e-12)
    assert (ours.moments.least, ours.moments.greatest) == (theirs.moments.least, theirs.moments.greatest)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_profile_is_the_same(name):
    column = COLUMNS[name]
    frame = pa.table({"x": column}).to_pandas()
    grid = choose_grid(column)
    if name != "whole with nulls":  # pandas makes floats of them, which need not stay whole
        assert frames.choose_grids(frame, ["x"])["x"] == grid
    found = from_arrow(column, grid)
    assert_same(found, frames.profile(frame, {"x": grid}))
    assert found.columns["x"].missing == pd.isna(frame["x"]).sum()
    assert found.rows == ROWS


def test_segments_are_the_same():
    segments = pa.array(gaps(TEXTS))
    frame = pa.table({"x": COLUMNS["floats"], "s": segments}).to_pandas()
    grid = choose_grid(COLUMNS["floats"])
    ours = from_arrow(COLUMNS["floats"], grid, segments)
    theirs = frames.profile(frame, {"x": grid}, ["s"])
    assert "missing" in ours.segments["s"]
    assert list(ours.segments["s"]) == list(theirs.segments["s"])
    for value, columns in ours.segments["s"].items():
        assert_same(DatasetProfile(columns, 0), DatasetProfile(theirs.segments["s"][value], 0))
    assert_same(ours, theirs)


@pytest.mark.parametrize("name", ["whole", "truth", "dictionary", "date", "decimal", "nothing", "whole with nulls"])
def test_any_sort_of_values_can_split_the_rows(name):
    groups, texts = ArrowReader().groups("s", COLUMNS[name])
    assert groups.count == len(texts) == len(set(texts)) == len({str(each) for each in COLUMNS[name].to_pylist()})


def test_a_null_in_a_dictionary_is_missing():
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1, 2]), pa.array(["a", None, "b"]))
    found = from_arrow(column, Grid("category")).columns["x"]
    assert (found.keys.tolist(), found.counts.tolist(), found.missing) == (["a", "b"], [1, 1], 2)


def test_a_slice_of_a_column_is_read_where_it_lies():
    whole = pa.array([None, *range(9)])
    assert ArrowReader().values("x", whole[3:6]).values.tolist() == [2, 3, 4]
    assert np.isnan(ArrowReader().values("x", whole[:2]).values).tolist() == [True, False]
    flags = ArrowReader().values("x", pa.array([True, False, None, True])[1:])
    assert isinstance(flags, Texts)
    assert flags.places.tolist() == [0, -1, 1]


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.int64()), pa.struct([("a", pa.int64())]), pa.binary(), pa.large_binary(),
        pa.map_(pa.string(), pa.int64()), pa.month_day_nano_interval(), pa.dictionary(pa.int32(), pa.binary()),
    ],
    ids=str,
)  # fmt: skip
def test_what_has_no_distribution_is_known_as_such(kind):
    assert sort_of(kind) is None


def test_each_sort_has_a_name():
    named = {name: sort_of(column.type) for name, column in COLUMNS.items()}
    assert named["dictionary"] == named["text view"] == "text"
    assert named["decimal"] == named["half"] == "number"
    assert (named["time"], named["time with a zone"], named["date"]) == (
        "time without a zone", "time", "time without a zone",
    )  # fmt: skip
    assert (named["clock"], named["duration"], named["nothing"]) == ("time of day", "duration", "nothing")
