"""Coarse bins: the reference's quantiles and frequent categories, whatever the current side holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from retrain_platform.stats.bins import category_counts, quantile_counts

PAIRS = arrays(np.int64, (3, 8), elements=st.integers(0, 40))


def test_bins_are_the_quantiles_of_the_rows():
    values = np.random.default_rng(11).integers(0, 500, 4000)
    counts = np.bincount(values, minlength=500)[None]
    edges = np.sort(values)[[400 * k - 1 for k in range(1, 10)]]
    expected = np.bincount(np.searchsorted(edges, values), minlength=10)
    past, now = quantile_counts(counts, counts)
    assert past.tolist() == now.tolist() == [[0, *expected, 0]]


def test_what_lies_outside_the_reference_has_its_own_bins():
    past, now = quantile_counts(np.array([[0, 0, 5, 5, 0]]), np.array([[1, 2, 3, 4, 5]]), n=2)
    assert past.tolist() == [[0, 5, 5, 0]]
    assert now.tolist() == [[3, 3, 4, 5]]


def test_a_constant_reference_sees_every_change():
    past, now = quantile_counts(np.array([[0, 9, 0]]), np.array([[4, 5, 6]]))
    assert past[0, [0, 1, -1]].tolist() == [0, 9, 0]
    assert now[0, [0, 1, -1]].tolist() == [4, 5, 6]
    assert past.sum() == 9
    assert now.sum() == 15


def test_a_frequent_value_fills_what_its_share_is_worth():
    past, _ = quantile_counts(np.array([[70, *[1] * 30]]), np.zeros((1, 31), dtype=int))
    assert past[past > 0].tolist() == [70, 10, 10, 10]


@given(reference=PAIRS, a=PAIRS, b=PAIRS)
@pytest.mark.parametrize("binned", [quantile_counts, category_counts])
def test_bins_add_up_and_each_pair_has_its_own(binned, reference, a, b):
    past, now = binned(reference, a + b)
    np.testing.assert_array_equal(now, binned(reference, a)[1] + binned(reference, b)[1])
    np.testing.assert_array_equal(past.sum(axis=1), reference.sum(axis=1))
    np.testing.assert_array_equal(now.sum(axis=1), (a + b).sum(axis=1))
    alone = [binned(reference[[row]], a[[row]])[1][0] for row in range(3)]
    np.testing.assert_array_equal(binned(reference, a)[1], alone)


def test_frequent_categories_have_a_bin_each_and_the_rest_share_one():
    reference = np.array([[100 - cell for cell in range(60)] + [1] * 40])
    current = np.zeros_like(reference)
    current[0, [0, 49, 50, 59, 60, 99]] = [1, 2, 3, 4, 5, 6]
    past, now = category_counts(reference, current)
    assert past[0, :50].tolist() == list(range(100, 50, -1))
    assert (now[0, 0], now[0, 49], now[0, 50], now.shape) == (1, 2, 18, (1, 51))


def test_rare_categories_are_never_alone():
    past, now = category_counts(np.ones((1, 300), dtype=int), np.full((1, 300), 2))
    assert (past[0, -1], past[0, :-1].sum(), now[0, -1]) == (300, 0, 600)


def test_a_category_of_few_rows_is_frequent_by_chance():
    past, now = category_counts(np.array([[40, 5, 4, 1]]), np.array([[1, 2, 3, 4]]))
    assert past[0].tolist() == [40, 5, 0, 0, 5]
    assert now[0].tolist() == [1, 2, 0, 0, 7]


def test_at_least_one_bin():
    with pytest.raises(ValueError, match="n == 0, must be >= 1"):
        quantile_counts(np.ones((1, 3), dtype=int), np.ones((1, 3), dtype=int), n=0)
