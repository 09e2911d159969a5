"""The exact KS is within the cells' and the bound that goes with it, whatever the values: a guarantee."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from retrain_platform.monitoring.ruler import Counts, Ruler
from retrain_platform.stats import distances
from retrain_platform.stats.choosing import choose_numbers
from retrain_platform.stats.column import ColumnProfile, combine
from retrain_platform.stats.counters import NumberCounter
from retrain_platform.stats.exact import exact_distances
from retrain_platform.stats.grid import Grid

ODD = [np.inf, -np.inf, 0.0, -0.0, 5e-324, -1e-310, 1e-310, 1e300, -1e308, 1.7e308, 1e39, 3.5e38, 1000.0, 1e9, 1e9 + 1]
VALUES = st.sampled_from(ODD) | st.floats(allow_nan=False) | st.integers(-3, 3).map(float) | st.floats(0.999, 1.001)
ROWS = st.lists(VALUES, min_size=1, max_size=40).map(np.array)


def counted(values: np.ndarray, grid: Grid, blocks: int = 1) -> ColumnProfile:
    counter = NumberCounter(grid)
    for block in np.array_split(values, blocks):
        counter.add(block)
    return counter.profile()


def measured(past: ColumnProfile, now: ColumnProfile) -> tuple[float, float]:
    both, ruler = Counts.of([past, now]), Ruler.of(past)
    before, after = both.part(0, 1), both.part(1, 2)
    return float(ruler.scores(before, after)["ks"][0]), float(ruler.ks_bound(before, after)[0])


def exact_ks(past: np.ndarray, now: np.ndarray) -> float:
    return float(stats.ks_2samp(past, now, method="asymp").statistic)


def grids(past: np.ndarray) -> list[Grid]:
    """That of the values, one that foresaw nothing, one that notes repeated values, one finely cut."""
    return [
        choose_numbers(past, whole=False),
        Grid("numeric", 7.5),
        Grid("numeric", 0.0, repeats=True),
        Grid("numeric", 1.0, 2.0**20, fine=((0x8000, 6), (0xBF80, 16)), repeats=True),
    ]


@settings(max_examples=150, deadline=None)
@given(past=ROWS, now=ROWS, blocks=st.integers(1, 4))
def test_the_exact_one_is_within_the_bound(past, now, blocks):
    exact = exact_ks(past, now)
    for grid in grids(past):
        ks, bound = measured(counted(past, grid, blocks), counted(now, grid, blocks))
        assert ks - 1e-12 <= exact <= ks + bound + 1e-12


@settings(max_examples=60, deadline=None)
@given(parts=st.lists(ROWS, min_size=2, max_size=4), now=ROWS)
def test_it_stays_so_where_profiles_were_added(parts, now):
    past = np.concatenate(parts)
    for grid in grids(past):
        ks, bound = measured(combine([counted(part, grid) for part in parts]), counted(now, grid))
        assert ks - 1e-12 <= exact_ks(past, now) <= ks + bound + 1e-12


@settings(max_examples=100, deadline=None)
@given(past=ROWS, now=ROWS)
def test_sorting_gives_scipys_distances(past, now):
    found = exact_distances(past, np.append(now, np.nan))
    assert found.ks == pytest.approx(exact_ks(past, now), abs=1e-12)
    ends = [side[np.abs(side) < 1e150] for side in (past, now)]
    if all(map(len, ends)):
        exact = stats.wasserstein_distance(*ends)
        assert exact_distances(*ends).wasserstein == pytest.approx(exact, rel=1e-9, abs=1e-300)


def test_minus_zero_is_zero():
    zeros, minus = np.zeros(50), np.full(50, -0.0)
    for repeats in (False, True):
        grid = Grid("numeric", 0.0, repeats=repeats)
        assert measured(counted(zeros, grid), counted(minus, grid))[0] == 0
        assert counted(zeros, grid).values.tobytes() == counted(minus, grid).values.tobytes()


def test_a_cell_of_several_values_is_a_bound_of_its_mass_and_one_of_a_single_value_is_none():
    crowd, single = np.repeat([1e9, 1e9 + 1, -5.0], [30, 30, 40]), np.repeat([1e9, -5.0], [60, 40])
    blind, noting = Grid("numeric", 0.0), Grid("numeric", 0.0, repeats=True)
    assert measured(counted(crowd, blind), counted(crowd, blind)) == (0, pytest.approx(0.6))
    assert measured(counted(single, blind), counted(single, blind)) == (0, pytest.approx(0.6))
    assert measured(counted(single, noting), counted(single, noting)) == (0, 0)
    assert measured(counted(crowd, noting), counted(single, noting))[1] == pytest.approx(0.3)


def test_no_bound_where_a_side_is_empty():
    assert np.isnan(distances.ks_bound([0, 0], [1, 2], ([0, 0], [1, 2])))


def test_nothing_to_sort_is_unknown():
    assert np.isnan(exact_distances(np.full(3, np.nan), np.ones(2))).all()
    found = exact_distances(np.array([np.inf]), np.array([1.0, np.inf]))
    assert found.ks == 0.5
    assert np.isnan(found.wasserstein)
