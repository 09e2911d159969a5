"""Every distance against scipy or its formula on the raw counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from retrain_platform.stats import distances

REFERENCE = np.array([50, 30, 0, 15, 5, 0])
CURRENT = np.array([10, 12, 4, 8, 0, 0])
POSITIONS = np.array([-2.0, -1.0, 0.5, 3.0, 3.5, 9.0])
OF_COUNTS = {
    "psi": distances.psi,
    "kl": distances.kl,
    "js": distances.js,
    "ks": distances.ks,
    "chi_squared": distances.chi_squared,
    "wasserstein": lambda p, q: distances.wasserstein(p, q, np.arange(np.shape(p)[-1])),
    "new_category_share": distances.new_category_share,
}


def smoothed() -> tuple[np.ndarray, np.ndarray]:
    """By hand: half a row in each of the five bins that are used."""
    p = np.array([50.5, 30.5, 0.5, 15.5, 5.5]) / 102.5
    q = np.array([10.5, 12.5, 4.5, 8.5, 0.5]) / 36.5
    return p, q


def test_psi_and_kl_equal_scipys_entropies():
    p, q = smoothed()
    assert distances.kl(REFERENCE, CURRENT) == pytest.approx(stats.entropy(q, p), abs=1e-12)
    both = stats.entropy(q, p) + stats.entropy(p, q)
    assert distances.psi(REFERENCE, CURRENT) == pytest.approx(both, abs=1e-12)


def test_chi_squared_is_scipys_divided_by_the_rows():
    p, q = smoothed()
    expected = stats.chisquare(q * 36.5, p * 36.5).statistic / 36.5
    assert distances.chi_squared(REFERENCE, CURRENT) == pytest.approx(expected, abs=1e-12)


def test_js_equals_scipys():
    assert distances.js(REFERENCE, CURRENT) == pytest.approx(jensenshannon(REFERENCE, CURRENT), abs=1e-12)


def test_ks_and_wasserstein_equal_scipys_on_the_rows():
    rows = [np.repeat(POSITIONS, counts) for counts in (REFERENCE, CURRENT)]
    assert distances.ks(REFERENCE, CURRENT) == pytest.approx(stats.ks_2samp(*rows).statistic, abs=1e-12)
    expected = stats.wasserstein_distance(*rows)
    assert distances.wasserstein(REFERENCE, CURRENT, POSITIONS) == pytest.approx(expected, abs=1e-12)


def test_new_categories_are_those_the_reference_never_saw():
    assert distances.new_category_share(REFERENCE, CURRENT) == pytest.approx(4 / 34)


@pytest.mark.parametrize("name", OF_COUNTS)
def test_nothing_changed_is_no_distance(name: str):
    assert OF_COUNTS[name](REFERENCE, REFERENCE) == pytest.approx(0, abs=1e-12)
    assert OF_COUNTS[name](REFERENCE * 9, REFERENCE) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("name", OF_COUNTS)
@pytest.mark.parametrize("bins", [0, 6])
def test_an_empty_side_is_unknown(name: str, bins: int):
    empty, full = np.zeros(bins, dtype=int), np.ones(bins, dtype=int)
    assert np.isnan(OF_COUNTS[name](empty, full))
    assert np.isnan(OF_COUNTS[name](full, empty))
    assert np.isnan(OF_COUNTS[name](empty, empty))


@pytest.mark.parametrize("name", OF_COUNTS)
def test_many_pairs_at_once_equal_one_by_one(name: str):
    many = np.random.default_rng(9).integers(0, 4, (7, 6))
    many[3] = 0
    together = OF_COUNTS[name](REFERENCE, many)
    np.testing.assert_allclose(together, [OF_COUNTS[name](REFERENCE, one) for one in many], atol=1e-15)
    np.testing.assert_allclose(
        OF_COUNTS[name](many, many[::-1]), [OF_COUNTS[name](a, b) for a, b in zip(many, many[::-1], strict=True)]
    )


def test_a_category_that_vanishes_costs_a_finite_psi():
    assert 0 < distances.psi([500, 500], [1000, 0]) < 5
