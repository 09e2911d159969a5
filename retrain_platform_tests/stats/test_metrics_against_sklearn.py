"""Every metric against scikit-learn, and leaving groups out and drawing units again against doing it the slow way."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from retrain_platform.stats.metrics import DEFAULT_METRICS, METRICS, MetricTask, metric
from retrain_platform_tests.stats.labelled import CASES, LAWS, ROWWISE, labelled


def _called(of, **more):
    return lambda y, s, **w: of(y, s >= 0.5, **more, **w)


def _of_classes(of, **more):
    return lambda y, s, **w: of(y, s.argmax(axis=1), **more, **w)


def _one_versus_rest(y, s, sample_weight):
    return np.mean([reference.roc_auc_score(y == c, s[:, c], sample_weight=sample_weight) for c in range(s.shape[1])])


MACRO = {"average": "macro", "zero_division": 0}
SKLEARN = {
    ("auc", "binary"): reference.roc_auc_score,
    ("log_loss", "binary"): reference.log_loss,
    ("brier", "binary"): reference.brier_score_loss,
    ("accuracy", "binary"): _called(reference.accuracy_score),
    ("precision", "binary"): _called(reference.precision_score),
    ("recall", "binary"): _called(reference.recall_score),
    ("f1", "binary"): _called(reference.f1_score),
    ("rmse", "regression"): reference.root_mean_squared_error,
    ("mae", "regression"): reference.mean_absolute_error,
    ("r2", "regression"): reference.r2_score,
    ("accuracy", "multiclass"): _of_classes(reference.accuracy_score),
    ("log_loss", "multiclass"): reference.log_loss,
    ("macro_auc", "multiclass"): _one_versus_rest,
    ("macro_precision", "multiclass"): _of_classes(reference.precision_score, **MACRO),
    ("macro_recall", "multiclass"): _of_classes(reference.recall_score, **MACRO),
    ("macro_f1", "multiclass"): _of_classes(reference.f1_score, **MACRO),
}
"""Ranking metrics, which scikit-learn takes one query at a time, are in `test_ranking_metrics`."""


def test_the_inventory_is_compared():
    assert set(SKLEARN) == set(ROWWISE)
    for task, names in DEFAULT_METRICS.items():
        assert all(task in METRICS[name].tasks for name in names)
    assert set(DEFAULT_METRICS) == {task for _, task in CASES}


@pytest.mark.parametrize("case", SKLEARN, ids="-".join)
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_scikit_learn(case: tuple[str, MetricTask], weighted: bool):
    rows = labelled(case[1], 500, seed=1)
    weights = rows.weights if weighted else None
    expected = SKLEARN[case](rows.labels, rows.scores, sample_weight=weights)
    assert rows.value(METRICS[case[0]], weights) == pytest.approx(expected, abs=1e-12)


def test_macro_auc_is_scikit_learns_too():
    rows = labelled("multiclass", 500, seed=3)
    expected = reference.roc_auc_score(rows.labels, rows.scores, multi_class="ovr", average="macro")
    assert rows.value(METRICS["macro_auc"]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["macro_precision", "macro_recall", "macro_f1"])
def test_a_class_without_rows_or_calls_counts_as_in_scikit_learn(name: str):
    """Class 3 neither occurs nor is called, class 2 is called only, class 1 is never called."""
    labels = np.array([0.0, 0, 1, 0, 1])
    scores = np.eye(4)[[0, 0, 0, 2, 2]]
    expected = SKLEARN[name, "multiclass"](labels, scores)
    assert METRICS[name].compute(labels, scores) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_the_direction_is_right(case: tuple[str, MetricTask]):
    of, rows = METRICS[case[0]], labelled(case[1], 500, seed=2)
    if case[1] == "ranking":  # queries longer than every k
        rows = rows._replace(queries=rows.groups % 2)
    perfect = np.clip(rows.labels, 0.01, 0.99) if case[1] == "binary" else rows.labels
    if case[1] == "multiclass":
        perfect = np.eye(4)[rows.labels.astype(int)] * 0.9 + 0.025
    better = rows._replace(scores=perfect).value(of) - rows.value(of)
    assert (better > 0) == of.greater_is_better


@pytest.mark.parametrize("case", LAWS, ids="-".join)
@settings(max_examples=40)
@given(rows=st.integers(1, 60), seed=st.integers(0, 10_000))
def test_without_each_group_is_the_metric_of_the_rest(case: tuple[str, MetricTask], rows: int, seed: int):
    of, sample = METRICS[case[0]], labelled(case[1], rows, seed)
    slow = [sample.where(sample.groups != group).value(of) for group in range(5)]
    fast = of.without_each(sample.labels, sample.scores, sample.groups, 5, sample.queries)
    np.testing.assert_allclose(fast, slow, atol=1e-9)


@pytest.mark.parametrize("name", ["ndcg@3", "mrr"])
@settings(max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_a_query_in_several_groups_is_valued_again_without_each(name: str, seed: int):
    sample = labelled("ranking", 40, seed)
    groups = np.random.default_rng(seed).integers(0, 5, 40)
    slow = [sample.where(groups != group).value(METRICS[name]) for group in range(5)]
    fast = METRICS[name].without_each(sample.labels, sample.scores, groups, 5, sample.queries)
    np.testing.assert_allclose(fast, slow, atol=1e-9)


@pytest.mark.parametrize("case", LAWS, ids="-".join)
@settings(max_examples=40)
@given(rows=st.integers(1, 60), seed=st.integers(0, 10_000))
def test_drawn_again_is_the_metric_of_the_drawn_rows(case: tuple[str, MetricTask], rows: int, seed: int):
    of, sample = METRICS[case[0]], labelled(case[1], rows, seed)
    draws = np.random.default_rng(seed).multinomial(5, np.full(5, 0.2), size=4)
    slow = []
    for drawn in draws:
        again = sample.where(np.repeat(np.arange(rows), drawn[sample.groups]))
        copies = np.concatenate([np.arange(drawn[group]) for group in sample.groups])
        if sample.queries is not None:  # a query that is drawn twice is two queries
            again = again._replace(queries=again.queries * 10 + copies)
        slow.append(again.value(of))
    fast = of.recounted(sample.labels, sample.scores, sample.groups, 5, sample.queries)(draws)
    np.testing.assert_allclose(fast, slow, atol=1e-9)


@pytest.mark.parametrize("case", LAWS, ids="-".join)
def test_influence_is_the_derivative_by_a_rows_weight(case: tuple[str, MetricTask]):
    of, sample = METRICS[case[0]], labelled(case[1], 80, seed=5)
    found = of.influence(sample.labels, sample.scores, sample.queries)
    units = np.arange(80) if sample.queries is None else sample.queries
    for unit in np.unique(units)[:12]:
        step = 1e-5 * (units == unit)
        slope = (sample.value(of, 1 + step) - sample.value(of, 1 - step)) / 2e-5
        assert found[units == unit].sum() == pytest.approx(slope, abs=1e-8)
    assert found.sum() == pytest.approx(0, abs=1e-12)


def test_undefined_is_nan():
    one, half = np.ones(4), np.full(4, 0.25)
    assert np.isnan(METRICS["auc"].compute(one, half))
    assert np.isnan(METRICS["recall"].compute(1 - one, half))
    assert np.isnan(METRICS["precision"].compute(one, half))
    assert np.isnan(METRICS["r2"].compute(np.full(4, 0.1), half))
    assert np.isnan(METRICS["macro_auc"].compute(one, np.eye(4)))
    assert np.isnan(METRICS["ndcg@10"].compute(0 * one, half, queries=one))


@pytest.mark.parametrize("case", LAWS, ids="-".join)
def test_undefined_is_nan_everywhere_and_warns_of_nothing(case: tuple[str, MetricTask]):
    of, sample = METRICS[case[0]], labelled(case[1], 10, seed=1)
    broken = sample.scores.copy()
    broken[3] = np.nan
    no_information = np.zeros(10) if case[1] != "regression" else np.full(10, 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(sample.where(np.arange(0)).value(of))
        for rows in (sample._replace(scores=broken), sample._replace(labels=no_information)):
            found = of.recounted(rows.labels, rows.scores, rows.groups, 5, rows.queries)(np.ones((2, 5), dtype=int))
            np.testing.assert_allclose(found, rows.value(of), atol=1e-12)
            of.influence(rows.labels, rows.scores, rows.queries)
    assert np.isnan(sample._replace(scores=broken).value(of))


def test_a_certain_miss_costs_a_finite_log_loss():
    assert 30 < METRICS["log_loss"].compute(np.array([1.0]), np.array([0.0])) < 40
    assert 30 < METRICS["log_loss"].compute(np.array([1.0]), np.array([[1.0, 0.0]])) < 40


def test_a_query_counts_the_mean_weight_of_its_rows():
    labels, scores, queries = np.array([1.0, 0, 1, 0]), np.array([2.0, 1, 1, 2]), np.array([7, 7, 9, 9])
    found = METRICS["mrr"].compute(labels, scores, np.array([1.0, 5, 1, 1]), queries)
    assert found == pytest.approx((3 * 1 + 1 * 0.5) / 4)


def test_wrong_use_is_named():
    two, both = np.array([0.0, 2.0]), np.array([0.1, 0.2])
    with pytest.raises(ValueError, match=r"metric == 'acu', must be one of auc, log_loss"):
        metric("acu")
    with pytest.raises(ValueError, match=r"label == 2\.0, must be 0 or 1 for auc"):
        METRICS["auc"].compute(two, both)
    with pytest.raises(ValueError, match=r"label == 2\.0, must be a whole number from 0 to 1 for macro_f1"):
        METRICS["macro_f1"].compute(two, np.eye(2))
    with pytest.raises(ValueError, match=r"label == -1\.0, must be >= 0 for mrr"):
        METRICS["mrr"].compute(-np.ones(2), both, queries=two)
    with pytest.raises(ValueError, match=r"queries == None, must name the query of each of 2 rows for ndcg@5"):
        METRICS["ndcg@5"].compute(two, both)
    with pytest.raises(ValueError, match=r"scores' shape == \(2,\), must be \(rows, classes\) for macro_f1"):
        METRICS["macro_f1"].compute(two, both)
    with pytest.raises(ValueError, match=r"scores' shape == \(2, 2\), must be \(rows,\) for auc"):
        METRICS["auc"].compute(two, np.eye(2))
    with pytest.raises(ValueError, match=r"lengths == 2, 1, 2, must be equal"):
        METRICS["mae"].compute(two, np.array([0.1]))
    with pytest.raises(ValueError, match="queries == 1 in more than one unit, must be 0"):
        METRICS["mrr"].recounted(two, both, np.array([0, 1]), 2, np.array([4, 4]))
