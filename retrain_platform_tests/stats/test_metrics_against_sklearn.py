"""Every metric against scikit-learn, and leaving groups out against doing it the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from retrain_platform.stats.metrics import DEFAULT_METRICS, METRICS, Metric, metric

SKLEARN = {
    "auc": reference.roc_auc_score,
    "log_loss": reference.log_loss,
    "brier": reference.brier_score_loss,
    "rmse": reference.root_mean_squared_error,
    "mae": reference.mean_absolute_error,
    "r2": reference.r2_score,
} | {
    name: lambda y, s, sample_weight=None, of=of: of(y, s >= 0.5, sample_weight=sample_weight)
    for name, of in (
        ("accuracy", reference.accuracy_score),
        ("precision", reference.precision_score),
        ("recall", reference.recall_score),
        ("f1", reference.f1_score),
    )
}


def sample(of: Metric, rows: int, seed: int):
    """Labels, scores with many ties, weights and groups."""
    draw = np.random.default_rng(seed)
    scores = draw.integers(0, 11, rows) / 10
    noise = draw.random(rows) < 0.4 + 0.3 * scores
    labels = noise.astype(float) if of.task == "binary" else 30 + 5 * scores + draw.normal(size=rows)
    return labels, scores, draw.random(rows), draw.integers(0, 5, rows)


def test_the_inventory_is_compared():
    assert set(SKLEARN) == set(METRICS)
    assert {name for names in DEFAULT_METRICS.values() for name in names} <= set(METRICS)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_scikit_learn(name: str, weighted: bool):
    labels, scores, weights, _ = sample(METRICS[name], 500, seed=1)
    given_weights = weights if weighted else None
    expected = SKLEARN[name](labels, scores, sample_weight=given_weights)
    assert METRICS[name].compute(labels, scores, given_weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
def test_the_direction_is_right(name: str):
    labels, scores, *_ = sample(METRICS[name], 500, seed=2)
    perfect = np.clip(labels, 0.01, 0.99) if METRICS[name].task == "binary" else labels
    better = METRICS[name].compute(labels, perfect) - METRICS[name].compute(labels, scores)
    assert (better > 0) == METRICS[name].greater_is_better


@pytest.mark.parametrize("name", METRICS)
@given(rows=st.integers(1, 60), seed=st.integers(0, 10_000))
def test_without_each_group_is_the_metric_of_the_rest(name: str, rows: int, seed: int):
    labels, scores, _, groups = sample(METRICS[name], rows, seed)
    slow = [METRICS[name].compute(labels[groups != g], scores[groups != g]) for g in range(5)]
    fast = METRICS[name].without_each(labels, scores, groups, 5)
    np.testing.assert_allclose(fast, slow, atol=1e-9)


def test_undefined_is_nan():
    one, half = np.ones(4), np.full(4, 0.25)
    assert np.isnan(METRICS["auc"].compute(one, half))
    assert np.isnan(METRICS["recall"].compute(1 - one, half))
    assert np.isnan(METRICS["precision"].compute(one, half))
    assert np.isnan(METRICS["r2"].compute(np.full(4, 0.1), half))
    for known in METRICS.values():
        assert np.isnan(known.compute(one[:0], one[:0]))
        assert np.isnan(known.compute(np.array([0.0, 1.0]), np.array([np.nan, 0.5])))


def test_a_certain_miss_costs_a_finite_log_loss():
    assert 30 < METRICS["log_loss"].compute(np.array([1.0]), np.array([0.0])) < 40


def test_wrong_use_is_named():
    with pytest.raises(ValueError, match=r"metric == 'acu', must be one of auc, log_loss"):
        metric("acu")
    with pytest.raises(ValueError, match=r"label == 2\.0, must be 0 or 1 for auc"):
        METRICS["auc"].compute(np.array([0.0, 2.0]), np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match=r"lengths == 2, 1, 2, must be equal"):
        METRICS["mae"].compute(np.array([0.0, 2.0]), np.array([0.1]))
