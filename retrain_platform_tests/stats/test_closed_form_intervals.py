"""DeLong against its definition; first-order errors against the textbook's, the jackknife and DeLong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import confusion_matrix, roc_auc_score

from retrain_platform.stats.auc import placements
from retrain_platform.stats.delong import delong, delong_paired
from retrain_platform.stats.intervals import linear_paired, linear_single, paired, single
from retrain_platform.stats.metrics import METRICS, MetricTask
from retrain_platform_tests.stats.labelled import LAWS, labelled


def by_definition(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUCs and DeLong's covariance from the kernel of all pairs (their equations 4 to 6)."""
    difference = scores[:, labels == 1][:, :, None] - scores[:, labels == 0][:, None, :]
    won = (difference > 0) + 0.5 * (difference == 0)
    positives, negatives = won.mean(axis=2), won.mean(axis=1)
    covariance = np.cov(positives) / positives.shape[1] + np.cov(negatives) / negatives.shape[1]
    return won.mean(axis=(1, 2)), covariance


@given(seed=st.integers(0, 10_000), levels=st.sampled_from([2, 7, 1000]))
def test_delong_is_its_definition(seed: int, levels: int):
    draw = np.random.default_rng(seed)
    labels = draw.permutation(np.repeat([0.0, 1.0], draw.integers(2, 20, 2)))
    scores = draw.integers(0, levels, (3, len(labels))) + 0.0
    values, covariance = by_definition(labels, scores)
    found = delong(labels, scores)
    np.testing.assert_allclose(found.values, values, atol=1e-12)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-12)


def test_a_placement_is_the_share_of_the_other_class_on_the_right_side():
    placed = placements(np.array([1.0, 0, 0, 1]), np.array([0.3, 0.3, 0.1, 0.2]))
    assert placed.tolist() == [0.75, 0.25, 1.0, 0.5]


def test_delong_of_a_difference_is_normal_and_signed():
    rows = labelled("binary", 400, seed=1)
    worse = rows.scores + np.random.default_rng(1).normal(size=400)
    found = delong_paired(rows.labels, rows.scores, worse, confidence=0.9)
    values, covariance = by_definition(rows.labels, np.array([rows.scores, worse]))
    error = np.sqrt(np.array([1, -1]) @ covariance @ [1, -1])
    low, high = stats.norm.interval(0.9, values[0] - values[1], error)
    assert found[:4] == pytest.approx((values[0] - values[1], low, high, error))
    assert found.value > 0
    assert delong_paired(rows.labels, rows.scores, rows.scores)[:4] == (0, 0, 0, 0)


def test_delong_says_what_it_cannot_tell():
    one_positive, scores = np.array([0.0, 0, 1]), np.array([[0.1, 0.5, 0.3]])
    assert delong(one_positive, scores).values.tolist() == [0.5]
    assert np.isnan(delong(one_positive, scores).covariance).all()
    assert np.isnan(delong(np.zeros(3), scores).values).all()
    assert np.isnan(delong_paired(one_positive, scores[0], scores[0])[1:4]).all()
    with pytest.raises(ValueError, match="confidence == 0, must be > 0 and < 1"):
        delong_paired(one_positive, scores[0], scores[0], confidence=0)


def test_by_row_the_first_order_error_of_auc_is_delongs():
    draw = np.random.default_rng(2)
    labels = (draw.random(3000) < 0.3).astype(float)
    a, b = labels + draw.normal(size=3000), labels + draw.normal(size=3000)
    ours, theirs = linear_paired(labels, a, b, METRICS["auc"]), delong_paired(labels, a, b)
    assert ours.value == pytest.approx(theirs.value)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.002)


def test_by_day_the_first_order_error_of_auc_is_obuchowskis():
    """Her equations for one AUC: S10, S01 and S11 of the clusters' sums of placements."""
    draw = np.random.default_rng(3)
    labels, days = (draw.random(200) < 0.4).astype(float), draw.integers(0, 12, 200)
    scores = labels + draw.normal(size=12)[days] + draw.normal(size=200).round(1)
    area, placed = roc_auc_score(labels, scores), placements(labels, scores)
    m, n = labels.sum(), (1 - labels).sum()
    x = np.bincount(days, placed * labels) - np.bincount(days, labels) * area
    y = np.bincount(days, placed * (1 - labels)) - np.bincount(days, 1 - labels) * area
    s10, s01, s11 = 12 / 11 / m * (x @ x), 12 / 11 / n * (y @ y), 12 / 11 * (x @ y)
    found = linear_single(labels, scores, METRICS["auc"], units=days)
    assert found.standard_error**2 == pytest.approx(s10 / m + s01 / n + 2 * s11 / (m * n))
    assert found.high - found.value == pytest.approx(found.standard_error * stats.t.ppf(0.975, 11))


def multinomial(labels: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Variances by the delta method on the four cells of a confusion matrix."""
    cells = confusion_matrix(labels, scores >= 0.5).ravel() / len(labels)
    tn, fp, fn, tp = cells
    right, found, called = tp + tn, tp / (tp + fn), tp / (tp + fp)
    f1 = 2 * tp / (2 * tp + fp + fn)
    slopes = np.array([0, -f1, -f1, 2 - 2 * f1]) / (2 * tp + fp + fn)
    return {
        "accuracy": right * (1 - right),
        "recall": found * (1 - found) / (tp + fn),
        "precision": called * (1 - called) / (tp + fp),
        "f1": slopes**2 @ cells - (slopes @ cells) ** 2,
    }


@pytest.mark.parametrize("name", ["accuracy", "recall", "precision", "f1"])
def test_by_row_it_is_the_delta_method_on_multinomial_cells(name: str):
    rows = labelled("binary", 500, seed=4)
    found = linear_single(rows.labels, rows.scores, METRICS[name])
    assert found.standard_error**2 == pytest.approx(multinomial(rows.labels, rows.scores)[name] / 499)


def test_by_row_of_two_models_it_is_mcnemars():
    """The variance of a difference of accuracies from the discordant cells."""
    rows = labelled("binary", 500, seed=5)
    other = np.random.default_rng(5).random(500)
    first, second = ((scores >= 0.5) == (rows.labels == 1) for scores in (rows.scores, other))
    b, c = (first & ~second).mean(), (second & ~first).mean()
    found = linear_paired(rows.labels, rows.scores, other, METRICS["accuracy"])
    assert found.value == pytest.approx(b - c)
    assert found.standard_error**2 == pytest.approx((b + c - (b - c) ** 2) / 499)


def test_of_a_mean_loss_it_is_students_interval():
    rows = labelled("regression", 60, seed=6)
    losses = np.abs(rows.labels - rows.scores)
    low, high = stats.t.interval(0.95, 59, losses.mean(), stats.sem(losses))
    assert linear_single(rows.labels, rows.scores, METRICS["mae"])[1:3] == pytest.approx((low, high))


def test_a_query_is_the_unit_of_a_ranking():
    rows = labelled("ranking", 300, seed=7)
    names = np.unique(rows.queries)
    each = [rows.where(rows.queries == name).value(METRICS["mrr"]) for name in names]
    values = np.array(each)[~np.isnan(each)]
    found = linear_single(rows.labels, rows.scores, METRICS["mrr"], queries=rows.queries)
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(stats.sem(values), rel=0.03)  # the undefined ones widen the degrees
    assert found.groups == len(names)


@pytest.mark.parametrize("case", LAWS, ids="-".join)
def test_with_many_days_it_is_the_jackknife(case: tuple[str, MetricTask]):
    of, rows = METRICS[case[0]], labelled(case[1], 6000, seed=8)
    days = np.arange(6000) // 30 if rows.queries is None else rows.queries % 200
    other = np.random.default_rng(8).permutation(rows.scores)
    quick = linear_paired(rows.labels, rows.scores, other, of, units=days, queries=rows.queries)
    slow = paired(rows.labels, rows.scores, other, days, of, queries=rows.queries)
    assert quick.value == pytest.approx(slow.value)
    assert quick.value != 0
    assert quick.standard_error == pytest.approx(slow.standard_error, rel=0.02)
    alone = linear_single(rows.labels, rows.scores, of, units=days, queries=rows.queries)
    expected = single(rows.labels, rows.scores, days, of, queries=rows.queries)
    assert alone.standard_error == pytest.approx(expected.standard_error, rel=0.02)


def test_what_cannot_be_bounded_has_no_bounds():
    one_class = linear_single(np.ones(4), np.arange(4.0), METRICS["auc"])
    assert np.isnan(one_class[:4]).all()
    one_day = linear_single(np.array([0.0, 1]), np.array([0.0, 1]), METRICS["auc"], units=np.zeros(2, dtype=int))
    assert one_day.value == 1
    assert np.isnan(one_day[1:4]).all()
    with pytest.raises(ValueError, match="confidence == 1, must be > 0 and < 1"):
        linear_single(np.ones(4), np.ones(4), METRICS["mae"], confidence=1)
    with pytest.raises(ValueError, match="units == 3, must be one for each of 4 rows"):
        linear_single(np.ones(4), np.ones(4), METRICS["mae"], units=np.ones(3, dtype=int))
