"""Co-moments add up, and give pandas' correlations whatever is missing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.stats.comoments import CoMomentCounter, CoMoments, one_of_every
from retrain_platform.stats.grid import Grid

GRIDS = {"b": Grid("numeric", 5.0, 2.0**-3), "a": Grid("integer", 2.0), "c": Grid("numeric"), "t": Grid("category")}
WHOLE = st.integers(-40, 40).map(float) | st.sampled_from([np.nan, np.inf, -np.inf])
BLOCKS = st.integers(0, 12).flatmap(
    lambda rows: st.tuples(*[st.lists(WHOLE, min_size=rows, max_size=rows).map(np.array)] * 3)
)


def counted(*blocks: tuple[np.ndarray, ...]) -> CoMoments:
    """Of blocks of columns a, b and c; products of small whole numbers are exact in any order."""
    counter = CoMomentCounter(GRIDS)
    for block in blocks:
        columns = {name: np.asarray(column, dtype=float) for name, column in zip("abc", block, strict=True)}
        counter.add(columns, [name for name in "abc" if not np.isfinite(columns[name]).all()])
    return counter.total()


@settings(max_examples=80, deadline=None)
@given(x=BLOCKS, y=BLOCKS, z=BLOCKS)
def test_blocks_add_up(x, y, z):
    together = counted(tuple(np.concatenate(parts) for parts in zip(x, y, z, strict=True)))
    assert counted(x, y, z) == together
    one, two, three = counted(x), counted(y), counted(z)
    assert (one + two) + three == one + (two + three) == together
    assert one + two == two + one
    assert one + CoMoments.none(GRIDS) == one


def test_correlations_are_pandas_of_the_rows_that_both_columns_have():
    draw = np.random.default_rng(31)
    common = draw.normal(size=20_000)
    frame = pd.DataFrame(
        {"a": draw.integers(0, 9, 20_000) + common, "b": 1e6 + 30 * common + draw.normal(size=20_000), "c": -common}
    )
    frame.loc[draw.random(20_000) < 0.3, "b"] = np.nan
    frame.loc[draw.random(20_000) < 0.2, "c"] = np.nan
    frame.loc[5, "c"] = np.inf
    expected = frame.replace(np.inf, np.nan).corr().to_numpy()
    grids = GRIDS | {"b": Grid("numeric", 1e6)}
    counter = CoMomentCounter(grids)
    for start in range(0, 20_000, 7000):
        part = frame.iloc[start : start + 7000]
        counter.add({name: part[name].to_numpy() for name in "abc"}, ["b", "c"])
    found = counter.total()
    np.testing.assert_allclose(found.correlations(), expected, atol=1e-9)
    assert found.rows[0, 1] == frame["b"].notna().sum()
    assert found.rows[1, 2] == (frame["b"].notna() & np.isfinite(frame["c"])).sum()


def test_what_does_not_vary_has_no_correlation():
    found = counted((np.full(9, 3.0), np.arange(9.0), np.arange(9.0) * 2)).correlations()
    assert np.isnan(found[0]).all()
    assert found[1, 2] == pytest.approx(1)
    huge = counted((np.arange(9.0), np.arange(9.0) * 1e300, np.arange(9.0))).correlations()
    assert huge[0, 2] == pytest.approx(1)
    assert np.isnan(huge[0, 1])


def test_other_columns_are_not_added():
    with pytest.raises(ValueError, match="on the same grids"):
        counted((np.ones(1),) * 3) + CoMoments.none(GRIDS | {"b": Grid("numeric", 6.0)})
    none = CoMoments.none({"t": Grid("category")})
    assert none.names == ()
    CoMomentCounter({"t": Grid("category")}).add({})


@given(n=st.integers(1, 50), cuts=st.lists(st.integers(0, 500), max_size=5))
def test_one_of_every_n_rows_is_the_same_however_the_blocks_are_cut(n, cuts):
    edges = [0, *sorted(cuts), 500]
    drawn = [start + one_of_every(n, start, stop) for start, stop in pairwise(edges)]
    whole = one_of_every(n, 0, 500)
    assert np.concatenate(drawn).tolist() == whole.tolist()
    assert (np.bincount(whole // n, minlength=500 // n)[: 500 // n] == 1).all()


def test_rows_are_not_drawn_in_step():
    """Else of hourly rows every 8th would be of three hours only."""
    rows = one_of_every(8, 0, 240_000)
    assert np.bincount(rows % 24).min() > 0.9 * len(rows) / 24
    assert np.bincount(rows % 8).min() > 0.95 * len(rows) / 8
