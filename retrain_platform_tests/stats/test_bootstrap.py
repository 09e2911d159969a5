"""The bootstrap against scikit-learn row by row, against the closed forms, and its coverage."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from retrain_platform.stats import bootstrap
from retrain_platform.stats.bootstrap import bootstrap_paired, bootstrap_single
from retrain_platform.stats.bootstrap_auc import MATRIX_OF, auc_recounted
from retrain_platform.stats.delong import delong_paired
from retrain_platform.stats.intervals import linear_paired, linear_single
from retrain_platform.stats.metrics import METRICS, MetricTask
from retrain_platform_tests.stats.labelled import LAWS, labelled

AUC = METRICS["auc"]


@given(seed=st.integers(0, 10_000))
def test_few_and_many_units_are_counted_alike(seed: int):
    """The matrix of pairs won and the pass over the rows; units without rows change nothing."""
    rows = labelled("binary", 60, seed)
    draws = np.random.default_rng(seed).multinomial(5, np.full(5, 0.2), size=6)
    few = auc_recounted(rows.labels, rows.scores, rows.groups, 5)(draws)
    padded = np.pad(draws, ((0, 0), (0, MATRIX_OF)))
    many = auc_recounted(rows.labels, rows.scores, rows.groups, 5 + MATRIX_OF)(padded)
    np.testing.assert_allclose(few, many, atol=1e-12)


@pytest.mark.parametrize("rare", [0.2, 0.8])
def test_rows_drawn_again_score_as_in_scikit_learn(rare: float):
    draw = np.random.default_rng(1)
    labels, scores = (draw.random(700) < rare).astype(float), draw.random(700).round(2)
    chosen = draw.integers(0, 700, (5, 700))
    draws = np.array([np.bincount(one, minlength=700) for one in chosen])
    expected = [roc_auc_score(labels[one], scores[one]) for one in chosen]
    assert auc_recounted(labels, scores, np.arange(700), 700)(draws) == pytest.approx(expected)


@pytest.mark.parametrize("case", LAWS, ids="-".join)
@pytest.mark.parametrize("method", ["t", "percentile", "bca"])
def test_it_agrees_with_the_closed_form(case: tuple[str, MetricTask], method: bootstrap.Method):
    """2000 resamples know a standard error to 1.6%."""
    of, rows = METRICS[case[0]], labelled(case[1], 3000, seed=2)
    other = np.random.default_rng(2).permutation(rows.scores)
    more = {"units": np.arange(3000) // 15 if rows.queries is None else None, "queries": rows.queries}
    found = bootstrap_paired(rows.labels, rows.scores, other, of, resamples=2000, method=method, **more)
    closed = linear_paired(rows.labels, rows.scores, other, of, **more)
    assert (found.resamples, found.undefined) == (2000, 0)
    assert found.interval.value == closed.value
    assert found.interval[4:] == closed[4:]
    assert found.interval.standard_error == pytest.approx(closed.standard_error, rel=0.06)
    assert found.interval[1:3] == pytest.approx(closed[1:3], abs=0.25 * closed.standard_error)


def test_by_row_it_agrees_with_delong():
    draw = np.random.default_rng(3)
    labels = (draw.random(2000) < 0.2).astype(float)
    a = labels + draw.normal(size=2000)
    b = a + 0.5 * draw.normal(size=2000)
    found, closed = bootstrap_paired(labels, a, b, AUC, resamples=2000).interval, delong_paired(labels, a, b)
    assert found.standard_error == pytest.approx(closed.standard_error, rel=0.06)
    assert found[1:3] == pytest.approx(closed[1:3], abs=0.15 * closed.standard_error)
    assert found.groups == 2000


def test_both_models_are_drawn_on_the_same_resamples():
    """Two models that err alike differ by nothing, whatever is drawn; one shifted by a constant has no noise."""
    rows = labelled("regression", 300, seed=4)
    shifted = rows.labels + 1
    same = bootstrap_paired(rows.labels, rows.scores, rows.scores, METRICS["rmse"])
    assert same.interval[:4] == (0, 0, 0, 0)
    ahead = bootstrap_paired(rows.labels, shifted + 2, shifted, METRICS["mae"]).interval
    assert ahead[:4] == pytest.approx((-2, -2, -2, 0), abs=1e-9)


def test_the_same_seed_draws_the_same_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    rows = labelled("binary", 900, seed=5)
    found = bootstrap_single(rows.labels, rows.scores, AUC, resamples=50, seed=1)
    assert bootstrap_single(rows.labels, rows.scores, AUC, resamples=50, seed=2) != found
    monkeypatch.setattr(bootstrap, "_DRAWS_AT_ONCE", 7 * 900)
    assert bootstrap_single(rows.labels, rows.scores, AUC, resamples=50, seed=1) == found


def test_percentiles_and_bca_are_scipys():
    """The same estimator from other random numbers: bounds agree within their own noise."""
    values = np.random.default_rng(6).exponential(size=40)
    for method, theirs in (("percentile", "percentile"), ("bca", "BCa")):
        found = bootstrap_single(values, 0 * values, METRICS["mae"], resamples=20_000, method=method).interval
        expected = stats.bootstrap((values,), np.mean, n_resamples=20_000, method=theirs, rng=1).confidence_interval
        assert found[1:3] == pytest.approx(tuple(expected), abs=0.01)
    t = bootstrap_single(values, 0 * values, METRICS["mae"], resamples=20_000).interval
    assert t[1:3] == pytest.approx(stats.t.interval(0.95, 39, values.mean(), stats.sem(values)), rel=0.02)


def test_with_few_units_t_is_as_wide_as_students_interval():
    """Of 4 days' equal means; the resamples alone would vary by sqrt(3 / 4) of it."""
    values, days = np.random.default_rng(7).exponential(size=4), np.repeat(np.arange(4), 3)
    labels = np.repeat(values, 3)
    found = bootstrap_single(labels, 0 * labels, METRICS["mae"], units=days, resamples=20_000).interval
    assert found.standard_error == pytest.approx(stats.sem(values), rel=0.03)
    assert found[1:3] == pytest.approx(stats.t.interval(0.95, 3, values.mean(), stats.sem(values)), rel=0.05)


def test_undefined_resamples_are_counted():
    """Positives on one of 5 days: a third of the resamples lack it. On 4 of 12 days: three in 400."""
    days = np.repeat(np.arange(5), 8)
    labels, scores = ((days == 0) & (np.arange(40) % 2 == 0)).astype(float), np.arange(40.0) % 7
    many = bootstrap_single(labels, scores, AUC, units=days)
    assert 0.28 < many.undefined / many.resamples < 0.38
    assert many.interval.value == pytest.approx(roc_auc_score(labels, scores))
    assert np.isnan(many.interval[1:4]).all()
    days = np.repeat(np.arange(12), 8)
    labels, scores = ((days < 4) & (np.arange(96) % 2 == 0)).astype(float), np.arange(96.0) % 7
    for method in ("t", "percentile", "bca"):
        few = bootstrap_single(labels, scores, AUC, units=days, method=method)
        assert 1 <= few.undefined <= 20
        assert few.interval.low < few.interval.value < few.interval.high
        assert few.interval.standard_error > 0


def test_what_cannot_be_bounded_has_no_bounds():
    one_class = bootstrap_single(np.ones(6), np.arange(6.0), AUC, resamples=10)
    assert np.isnan(one_class.interval[:4]).all()
    assert one_class.undefined == 10
    one_day = bootstrap_single(np.array([0.0, 1]), np.array([0.0, 1]), AUC, units=np.zeros(2, dtype=int))
    assert one_day.interval.value == 1
    assert np.isnan(one_day.interval[1:4]).all()
    nothing = bootstrap_single(np.empty(0), np.empty(0), AUC, resamples=10)
    assert np.isnan(nothing.interval[:4]).all()
    assert (nothing.interval.groups, nothing.undefined) == (0, 10)
    broken = bootstrap_single(np.array([0.0, 1, 1]), np.array([0.0, np.nan, 1]), AUC, resamples=10)
    assert np.isnan(broken.interval[:4]).all()
    constant = bootstrap_single(np.array([0.0, 1, 1, 0] * 20), np.full(80, 0.5), AUC, method="bca").interval
    assert constant[:4] == (0.5, 0.5, 0.5, 0)


def test_wrong_use_is_named():
    labels, scores = np.array([0.0, 1]), np.array([0.1, 0.9])
    with pytest.raises(ValueError, match="confidence == 0, must be > 0 and < 1"):
        bootstrap_single(labels, scores, AUC, confidence=0)
    with pytest.raises(ValueError, match="resamples == 1, must be >= 2"):
        bootstrap_single(labels, scores, AUC, resamples=1)
    with pytest.raises(ValueError, match="method == 'basic', must be one of t, percentile, bca"):
        bootstrap_single(labels, scores, AUC, method="basic")  # type: ignore[arg-type]


def test_a_difference_of_aucs_by_day_covers():
    """Model b blurs a by noise of the row; a day's positives score higher or lower for both."""
    draw, hits, studies = np.random.default_rng(8), 0, 250
    truth = NormalDist().cdf(1 / np.sqrt(2 + 0.6**2)) - NormalDist().cdf(1 / np.sqrt(2 + 0.6**2 + 2 * 0.5**2))
    for seed in range(studies):
        days = np.repeat(np.arange(14), draw.integers(40, 120, 14))
        labels = (draw.random(len(days)) < 0.3).astype(float)
        a = labels * (1 + 0.6 * draw.normal(size=14)[days]) + draw.normal(size=len(days))
        b = a + 0.5 * draw.normal(size=len(days))
        found = bootstrap_paired(labels, a, b, AUC, units=days, resamples=200, seed=seed).interval
        hits += found.low <= truth <= found.high
    assert 0.91 <= hits / studies <= 0.985  # the standard error of .95 is .014


@pytest.mark.parametrize("closed", [False, True])
def test_a_mean_of_queries_covers(closed: bool):
    """One relevant row of five, scored at random: the mean reciprocal rank is (1 + 1/2 + 1/3 + 1/4 + 1/5) / 5."""
    draw, hits, studies = np.random.default_rng(9), 0, 300
    truth, queries = (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5, np.repeat(np.arange(40), 5)
    labels = (np.arange(200) % 5 == 0).astype(float)
    for seed in range(studies):
        scores = draw.random(200)
        if closed:
            found = linear_single(labels, scores, METRICS["mrr"], queries=queries)
        else:
            drawn = bootstrap_single(labels, scores, METRICS["mrr"], queries=queries, resamples=200, seed=seed)
            found = drawn.interval
        hits += found.low <= truth <= found.high
    assert 0.91 <= hits / studies <= 0.98  # the standard error of .95 is .013
