"""Counting block after block gives what counting at once gives, wherever the blocks are cut."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.stats.column import ColumnProfile, all_missing, bucketed, combine
from retrain_platform.stats.counters import BUCKETS, NumberCounter, TextCounter, WholeCounter
from retrain_platform.stats.counting import Groups
from retrain_platform.stats.grid import Grid

PLAIN = Grid("numeric", 1.5)
GRIDS = [
    PLAIN,
    Grid("numeric", 1.5, repeats=True),
    Grid("numeric", 0.0, 2.0**-30, fine=((0xC2A0, 4), (0x3F7F, 16)), repeats=True),
    Grid("integer"),
]
NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 1.5, 1.5, -0.0, 80.0, 80.25, 1e300])
COLUMNS = st.lists(NUMBERS, max_size=30).map(np.array)
CUTS = st.lists(st.integers(0, 30), max_size=4).map(sorted)
TEXTS = st.lists(st.sampled_from(["a", "b", "ü", "", None]) | st.text(max_size=2), max_size=20)


def counter(grid: Grid) -> NumberCounter | WholeCounter:
    return WholeCounter(grid) if grid.kind == "integer" else NumberCounter(grid)


def in_blocks(values: np.ndarray, grid: Grid, cuts: list[int]) -> ColumnProfile:
    counting = counter(grid)
    for block in np.split(values, cuts):
        counting.add(block)
    return counting.profile()


def texts(values: list[str | None], most: int, cuts: list[int] = []) -> ColumnProfile:  # noqa: B006
    counting = TextCounter(most)
    for start, stop in zip([0, *cuts], [*cuts, len(values)], strict=True):
        block = values[start:stop]
        names = sorted({value for value in block if value is not None})
        counting.add(np.array([-1 if value is None else names.index(value) for value in block], dtype=int), names)
    return counting.profile()


def assert_same(left: ColumnProfile, right: ColumnProfile) -> None:
    """Counts exactly, moments to 1e-12 of the size of what they are sums of."""
    assert left._scalars()[:-1] == right._scalars()[:-1]
    np.testing.assert_array_equal(left.keys, right.keys)
    np.testing.assert_array_equal(left.counts, right.counts)
    a, b = left.moments, right.moments
    assert (a.n, a.least, a.greatest) == (b.n, b.least, b.greatest)
    size = max(abs(a.least), abs(a.greatest)) if a.n else 0
    assert a.mean == pytest.approx(b.mean, abs=1e-12 * size)
    if size < 1e150:
        assert a.m2 == pytest.approx(b.m2, abs=1e-12 * a.n * size**2)


@pytest.mark.parametrize("grid", GRIDS, ids=["plain", "repeats", "cut and scaled", "integer"])
@settings(max_examples=60, deadline=None)
@given(values=COLUMNS, cuts=CUTS)
def test_blocks_cut_anywhere(grid, values, cuts):
    assert_same(in_blocks(values, grid, cuts), in_blocks(values, grid, []))


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.integers(-5000, 5000), max_size=30).map(lambda rows: np.array(rows, dtype=int)), cuts=CUTS)
def test_whole_numbers_are_counted_the_same_as_whole_and_as_floats(values, cuts):
    whole = in_blocks(values, Grid("integer"), cuts)
    assert_same(whole, in_blocks(values.astype(float), Grid("integer"), []))
    assert dict(zip(whole.keys.tolist(), whole.counts.tolist(), strict=True)) == {
        value: int((values == value).sum()) for value in set(values.tolist())
    }


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(COLUMNS, min_size=1, max_size=4))
def test_at_most_the_strays_of_a_cell_are_other_than_its_value(parts):
    values = np.concatenate(parts)
    finite = values[np.isfinite(values)]
    for grid in GRIDS[1:3]:
        found = combine([in_blocks(part, grid, []) for part in parts])
        cells = np.searchsorted(found.keys, grid.keys(finite))
        other = np.bincount(cells[finite != found.values[cells]], minlength=len(found.keys))
        assert (other <= found.apart).all()
        assert (found.apart <= found.counts).all()


@settings(max_examples=60, deadline=None)
@given(a=COLUMNS, b=COLUMNS, c=COLUMNS)
def test_adding_is_associative_commutative_and_has_a_zero(a, b, c):
    for grid in GRIDS:
        x, y, z = (in_blocks(part, grid, []) for part in (a, b, c))
        left, right = (x + y) + z, x + (y + z)
        assert_same(left, right)
        np.testing.assert_array_equal(left.values, right.values)
        np.testing.assert_array_equal(left.apart, right.apart)
        np.testing.assert_array_equal((x + y).values, (y + x).values)
        assert_same(x + y, y + x)
        assert x + all_missing(grid, 0) == x
        assert combine([x]) == x


@settings(max_examples=60, deadline=None)
@given(values=COLUMNS.filter(len), seed=st.integers(0, 99))
def test_groups_are_profiled_as_if_alone(values, seed):
    codes = np.unique(np.random.default_rng(seed).integers(0, 4, len(values)), return_inverse=True)[1]
    groups = Groups(codes.astype(np.intp), int(codes.max()) + 1)
    for grid in GRIDS:
        (together,) = counter(grid).add(values, [groups])
        for group, found in enumerate(together):
            assert_same(found, in_blocks(values[codes == group], grid, []))
        assert_same(combine(together), in_blocks(values, grid, []))


def test_many_groups_of_many_cells_need_no_table_of_both():
    rows = 20_000
    values = np.random.default_rng(1).permutation(np.arange(rows, dtype=float))
    groups = Groups(np.arange(rows, dtype=np.intp), rows)  # a table would have 4e8 places
    for grid in (Grid("numeric", 0.0, repeats=True), Grid("integer")):
        tracemalloc.start()
        (found,) = counter(grid).add(values, [groups])
        assert tracemalloc.get_traced_memory()[1] < 200e6
        tracemalloc.stop()
        assert len(found) == rows
        assert all(each.rows == each.counts.sum() == 1 for each in found)
        assert [each.moments.mean for each in found[:100]] == values[:100].tolist()


@settings(max_examples=60, deadline=None)
@given(a=TEXTS, b=TEXTS, cuts=st.integers(0, 20).map(lambda cut: [cut]))
@pytest.mark.parametrize("most", [0, 2, 100])
def test_texts_by_name_and_in_buckets_add_up(most, a, b, cuts):
    whole = texts(a + b, most, cuts)
    parts = texts(a, most) + texts(b, most)
    mixed = texts(a, 100) + texts(b, 0)
    for found in (whole, parts, mixed):
        assert (found.rows, found.missing) == (len(a + b), (a + b).count(None))
        thrown = found if found.grid.buckets else bucketed(found, BUCKETS)
        assert thrown == bucketed(texts(a + b, 100), BUCKETS)
    assert parts == texts(b, most) + texts(a, most)


def test_more_texts_than_the_most_are_counted_in_buckets():
    assert texts(["a", "b"], 2).grid == Grid("category")
    found = texts(["a", "b", "c", "a"], 2)
    assert found.grid == Grid("category", buckets=BUCKETS)
    assert found.counts.sum() == 4
    assert all(key.startswith("bucket ") for key in found.keys)


def test_a_text_that_no_row_has_gets_no_cell():
    counting = TextCounter()
    counting.add(np.array([0, 0, -1]), ["x", "never"])
    found = counting.profile()
    assert (found.keys.tolist(), found.counts.tolist(), found.missing) == (["x"], [2], 1)
