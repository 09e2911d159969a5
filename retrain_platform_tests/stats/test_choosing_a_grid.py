"""The grid that is chosen from some rows holds little in any cell of the rows that follow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.stats.choosing import FARTHEST_INTEGER, SAMPLE, WIDEST_INTEGER_SPAN, choose_numbers
from retrain_platform.stats.counters import NumberCounter
from retrain_platform.stats.grid import FINEST, Grid

MOST_EXTRA = 1 << 18
DRAWS = {
    "normal": lambda draw, n: draw.normal(size=n),
    "far from zero": lambda draw, n: draw.normal(1e9, 1, n),
    "two narrow modes": lambda draw, n: draw.choice([0.0, 1000.0], n) + draw.normal(0, 1e-3, n),
    "cauchy": lambda draw, n: draw.standard_cauchy(n),
    "lognormal": lambda draw, n: draw.lognormal(0, 3, n),
    "tiny": lambda draw, n: draw.normal(1, 0.1, n) * 1e-310,
    "huge": lambda draw, n: draw.normal(1, 0.1, n) * 1e300,
    "half zero": lambda draw, n: np.where(draw.random(n) < 0.5, 0.0, draw.exponential(size=n)),
    "decimals": lambda draw, n: np.round(draw.normal(20, 3, n), 1),
    "uniform": lambda draw, n: draw.random(n),
}


@pytest.mark.parametrize("name", DRAWS)
def test_a_cell_of_several_values_holds_little(name):
    draw = np.random.default_rng(21)
    grid = choose_numbers(DRAWS[name](draw, 30_000), whole=False)
    later = DRAWS[name](draw, 60_000)
    keys = grid.keys(later)
    frequent, held = (pd.Series(later).groupby(keys).agg(of) for of in (lambda cell: cell.value_counts().iloc[0], len))
    others = (held - frequent)[grid.bits(held.index.to_numpy() >> 16) < FINEST]  # beyond that, float32 ends
    assert others.max() / len(later) <= 3 / 2048


@settings(max_examples=80, deadline=None)
@given(
    modes=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=60),
    widths=st.sampled_from([0.0, 1e-12, 1e-3, 1.0, 1e30]),
    seed=st.integers(0, 99),
)
def test_the_cells_stay_within_their_budget(modes, widths, seed):
    draw = np.random.default_rng(seed)
    values = draw.choice(modes, 4000) + draw.normal(0, 1, 4000) * widths
    grid = choose_numbers(values, whole=False)
    assert sum(1 << bits for _, bits in grid.fine) <= MOST_EXTRA
    assert grid.fine == tuple(sorted(grid.fine))
    assert np.isfinite([grid.centre, grid.scale]).all()
    counter = NumberCounter(grid)
    counter.add(values)
    assert counter.profile().counts.sum() == len(values)


def test_only_modest_whole_numbers_have_a_cell_each():
    assert choose_numbers(np.array([0.0, WIDEST_INTEGER_SPAN]), whole=True).kind == "integer"
    assert choose_numbers(np.array([0.0, WIDEST_INTEGER_SPAN + 1]), whole=True).kind == "numeric"
    far = float(FARTHEST_INTEGER)
    assert choose_numbers(np.array([far - 5, far]), whole=True).kind == "integer"
    assert choose_numbers(np.array([far, far + 4096]), whole=True).kind == "numeric"
    assert choose_numbers(np.array([1.0, 2.0]), whole=False).kind == "numeric"


def test_repeated_values_are_noticed():
    draw = np.random.default_rng(22)
    assert not choose_numbers(draw.normal(size=5000), whole=False).repeats
    assert choose_numbers(np.round(draw.normal(size=5000), 1), whole=False).repeats
    assert choose_numbers(np.array([4.0]), whole=False).repeats


def test_the_whole_of_a_long_column_is_looked_at():
    values = np.append(np.zeros(8 * SAMPLE), np.linspace(1e6, 1e6 + 1, 8 * SAMPLE))
    grid = choose_numbers(values, whole=False)
    assert len(np.unique(grid.keys(values[-8 * SAMPLE :]))) > 500


def test_cells_beyond_float32_are_known():
    grid = Grid("numeric", 0.0, 1.0)
    keys = np.unique(grid.keys(np.array([-1e300, -1e39, -3.0, 0.0, 3.0, 1e37, 1e39])))
    assert grid.beyond(keys).tolist() == [True, False, False, False, False, True]
    assert not Grid("integer").beyond(np.array([1, 2])).any()
