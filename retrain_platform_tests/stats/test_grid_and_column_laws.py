"""The laws of profiles: counts add up exactly, moments to 1e-12, in any order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain_platform.stats.choosing import choose_numbers
from retrain_platform.stats.column import ColumnProfile, Moments, aligned, all_missing, combine
from retrain_platform.stats.counters import NumberCounter, WholeCounter
from retrain_platform.stats.counting import Groups, code_texts, one_group
from retrain_platform.stats.grid import Grid

NUMERIC, INTEGER = Grid("numeric", centre=1.5), Grid("integer")
NUMBERS = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 1.5, -0.0])
COLUMNS = st.lists(NUMBERS, max_size=30).map(np.array)
TEXTS = st.lists(st.sampled_from(["a", "b", "ü", "", None]) | st.text(max_size=2), max_size=20)


def numbers(values: np.ndarray, grid: Grid = NUMERIC) -> ColumnProfile:
    return in_blocks([np.asarray(values, dtype=float)], grid)


def in_blocks(blocks: list[np.ndarray], grid: Grid = NUMERIC) -> ColumnProfile:
    counter = NumberCounter(grid) if grid.kind == "numeric" else WholeCounter(grid)
    for block in blocks:
        counter.add(block)
    return counter.profile()


def texts(values: list[str | None]) -> ColumnProfile:
    names = sorted({value for value in values if value is not None}, reverse=True)
    places = np.array([-1 if value is None else names.index(value) for value in values], dtype=np.intp)
    coded = code_texts(places, names)
    return coded.profiles(one_group(len(values)))[0] if values else all_missing(coded.grid, 0)


def assert_same(left: ColumnProfile, right: ColumnProfile) -> None:
    """Counts exactly, moments to 1e-12 of the size of what they are sums of."""
    assert left._scalars()[:-1] == right._scalars()[:-1]
    np.testing.assert_array_equal(left.keys, right.keys)
    np.testing.assert_array_equal(left.counts, right.counts)
    a, b = left.moments, right.moments
    assert (a.n, a.least, a.greatest) == (b.n, b.least, b.greatest)
    size = max(abs(a.least), abs(a.greatest)) if a.n else 0
    assert a.mean == pytest.approx(b.mean, abs=1e-12 * size)
    assert a.m2 == pytest.approx(b.m2, abs=1e-12 * a.n * size**2)


@given(a=COLUMNS, b=COLUMNS)
def test_the_sum_is_the_profile_of_both(a, b):
    for grid in (NUMERIC, INTEGER):
        assert_same(numbers(a, grid) + numbers(b, grid), numbers(np.concatenate([a, b]), grid))


@given(a=COLUMNS, b=COLUMNS, c=COLUMNS)
def test_adding_is_associative_commutative_and_has_a_zero(a, b, c):
    x, y, z = numbers(a), numbers(b), numbers(c)
    assert_same((x + y) + z, x + (y + z))
    assert_same(x + y, y + x)
    assert x + all_missing(NUMERIC, 0) == x
    assert_same(combine([x, y, z]), x + y + z)


@given(a=TEXTS, b=TEXTS)
def test_texts_are_counted_by_their_own_name(a, b):
    both = texts(a) + texts(b)
    assert both == texts(b) + texts(a) == texts(a + b)
    known = [value for value in a + b if value is not None]
    assert dict(zip(both.keys, both.counts, strict=True)) == {name: known.count(name) for name in known}
    assert both.missing == len(a + b) - len(known)


@given(values=COLUMNS.filter(len), seed=st.integers(0, 99))
def test_groups_are_profiled_as_if_alone(values, seed):
    codes = np.unique(np.random.default_rng(seed).integers(0, 4, len(values)), return_inverse=True)[1]
    groups = Groups(codes.astype(np.intp), int(codes.max()) + 1)
    (together,) = NumberCounter(NUMERIC).add(values, [groups])
    assert len(together) == groups.count
    for group, found in enumerate(together):
        assert_same(found, numbers(values[codes == group]))
    assert_same(combine(together), numbers(values))


@given(values=COLUMNS)
def test_every_row_is_somewhere(values):
    found = numbers(values)
    assert found.rows == len(values)
    assert found.counts.sum() + found.missing + found.infinite_low + found.infinite_high == len(values)
    assert found.infinite_low == (values == -np.inf).sum()
    assert found.moments.n == np.isfinite(values).sum()


def test_moments_are_numpys():
    values = np.random.default_rng(10).normal(1e6, 3, 5000)
    found = numbers(values).moments
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.deviation == pytest.approx(values.std(), rel=1e-12)
    assert (found.least, found.greatest) == (values.min(), values.max())
    assert np.isnan(Moments().deviation)


@given(a=st.floats(-1e30, 1e30), b=st.floats(-1e30, 1e30))
def test_cells_keep_the_order_and_hold_their_values(a, b):
    low, high = NUMERIC.keys(np.sort(np.array([a, b])))
    assert low <= high
    assert low >= 0
    assert high < 2**32
    position = NUMERIC.positions(np.array([low]))[0]
    assert abs(position - min(a, b)) <= abs(min(a, b) - NUMERIC.centre) / 128 + 1e-37


def test_cells_take_any_finite_number():
    extreme = np.array([-1e308, -1e39, 1e-320, 1e39, 1e308])
    keys = NUMERIC.keys(extreme)
    assert (np.diff(keys) >= 0).all()
    assert np.isfinite(NUMERIC.positions(keys)).all()
    assert INTEGER.keys(extreme).tolist() == [-(2**62), -(2**62), 0, 2**62, 2**62]


def test_whole_numbers_near_the_centre_have_their_own_cells():
    values = np.arange(-120.0, 121.0)
    assert len(np.unique(Grid("numeric", centre=0.0).keys(values))) == len(values)


def test_an_integer_grid_is_exact_and_rounds_what_is_not_whole():
    assert INTEGER.keys(np.array([-3.0, 7.0, 7.4])).tolist() == [-3, 7, 7]
    assert INTEGER.positions(np.array([-3, 7])).tolist() == [-3.0, 7.0]


def test_the_grid_fits_the_column():
    assert choose_numbers(np.array([1.0, 5.0, np.nan]), whole=True) == Grid("integer", centre=5.0)
    assert choose_numbers(np.array([0.0, 1e9, 2.0]), whole=True) == Grid("numeric", centre=2.0)
    assert choose_numbers(np.array([0.0, 0.0, 0.0]), whole=False) == Grid("numeric", centre=0.0, repeats=True)
    assert choose_numbers(np.array([np.nan, np.inf]), whole=True) == Grid("numeric")


def test_texts_have_no_order():
    with pytest.raises(ValueError, match="kind == 'category', must be 'numeric' or 'integer'"):
        Grid("category").keys(np.zeros(1))


def test_other_grids_are_refused():
    with pytest.raises(ValueError, match=r"grid == .*integer.*, must be .*numeric"):
        numbers(np.zeros(3)) + numbers(np.zeros(3), INTEGER)
    with pytest.raises(ValueError, match="must hold at least one"):
        aligned([])


def test_equality_is_of_content():
    assert numbers(np.array([1.0, 2.0])) == numbers(np.array([2.0, 1.0]))
    assert hash(numbers(np.array([1.0, 2.0]))) == hash(numbers(np.array([2.0, 1.0])))
    assert numbers(np.array([1.0, 2.0])) != numbers(np.array([1.0, 2.5]))
    assert numbers(np.array([1.0])) != "a profile"


def test_a_text_in_two_places_is_one_cell():
    coded = code_texts(np.array([0, 1, 2, -1]), ["x", "y", "x"])
    found = coded.profiles(one_group(4))[0]
    assert (found.keys.tolist(), found.counts.tolist(), found.missing) == (["x", "y"], [2, 1], 1)
