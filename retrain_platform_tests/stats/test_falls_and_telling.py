"""Relative falls, shares of rows that hold, and what one feature tells, against closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from retrain_platform.stats.falls import falls_apart, relative_fall, share_held
from retrain_platform.stats.metrics import metric
from retrain_platform.stats.telling import tells, told_by_category


def scored(seed: int = 0, rows: int = 600, days: int = 12) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(seed)
    truth = random.normal(size=rows)
    labels = (truth + random.normal(size=rows) > 0).astype(float)
    return labels, truth, truth + random.normal(size=rows), np.repeat(np.arange(days), rows // days)


def test_a_fall_is_the_lost_share_and_its_error_the_jackknife_s() -> None:
    labels, before, after, days = scored()
    found = relative_fall(labels, (before, after), days, metric("auc"))
    a, b = roc_auc_score(labels, before), roc_auc_score(labels, after)
    assert found.value == pytest.approx((a - b) / a)
    without = []
    for day in range(12):
        kept = days != day
        one, two = (roc_auc_score(labels[kept], scores[kept]) for scores in (before, after))
        without.append((one - two) / one)
    gaps = np.array(without) - found.value
    assert found.error == pytest.approx(np.sqrt(11 / 12 * (gaps**2).sum()))
    assert found.days == 12


def test_an_error_that_rises_falls() -> None:
    labels = np.arange(10.0)
    days = np.arange(10) // 2
    found = relative_fall(labels, (labels + 1, labels + 2), days, metric("mae"))
    assert found.value == pytest.approx(1.0)  # twice the error: all of it once more is lost
    assert found.error == pytest.approx(0.0)


def test_two_models_that_fall_alike_are_not_apart() -> None:
    labels, before, after, days = scored()
    same = falls_apart(labels, (before, after), (before, after), days, metric("auc"))
    assert (same.value, same.error) == (0.0, 0.0)
    steady = falls_apart(labels, (before, after), (before, before), days, metric("auc"))
    alone = relative_fall(labels, (before, after), days, metric("auc"))
    assert (steady.value, steady.error) == pytest.approx((alone.value, alone.error))


def test_where_there_is_no_metric_there_is_no_fall() -> None:
    one_class = np.ones(6)
    assert np.isnan(relative_fall(one_class, (one_class, one_class), np.arange(6), metric("auc")).value)
    labels, before, after, days = scored()
    assert np.isnan(relative_fall(labels, (before, after), np.zeros_like(days), metric("auc")).error)
    perfect = np.arange(4.0)
    assert np.isnan(relative_fall(perfect, (perfect, perfect + 1), np.arange(4), metric("mae")).value)


def test_the_interval_of_a_fall_covers() -> None:
    """Of 150 exams of 20 days, the true fall lies within two errors in most."""
    falls = [relative_fall(*_pair(seed), metric("auc")) for seed in range(150)]
    true = np.mean([found.value for found in falls])
    covered = np.mean([abs(found.value - true) <= 2.09 * found.error for found in falls])
    assert 0.9 <= covered <= 0.99


def _pair(seed: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]:
    labels, before, after, days = scored(seed, rows=800, days=20)
    return labels, (before, after), days


def test_the_error_of_a_share_is_that_of_days() -> None:
    held = np.array([True, True, True, False, True, False, False, False])
    days = np.repeat(np.arange(4), 2)
    found = share_held(held, days)
    effects = np.array([1.0, 0.0, 0.0, -1.0]) / 8
    assert (found.value, found.error) == (0.5, pytest.approx(np.sqrt(4 / 3 * (effects**2).sum())))


def test_all_or_none_of_few_rows_is_not_certain() -> None:
    assert share_held(np.ones(300, bool), np.arange(300)).error == pytest.approx(0.005)
    assert share_held(np.zeros(30, bool), np.arange(30)).error == pytest.approx(0.05)
    assert np.isnan(share_held(np.ones(300, bool), np.zeros(300, int)).error)
    assert np.isnan(share_held(np.ones(0, bool), np.zeros(0, int)).value)


@given(st.integers(0, 10_000))
def test_how_much_is_told_does_not_depend_on_direction_or_scale(seed: int) -> None:
    random = np.random.default_rng(seed)
    values, labels = random.normal(size=60), (random.random(60) < 0.5).astype(float)
    labels[:2] = [0, 1]
    one = tells(values, labels, "class")
    assert 0.5 <= one <= 1
    assert tells(-3 * values + 1, labels, "class") == pytest.approx(one)
    assert tells(values, 1 - labels, "class") == pytest.approx(one)


def test_what_a_feature_tells() -> None:
    labels, truth, _, _ = scored()
    auc = roc_auc_score(labels, truth)
    assert tells(truth, labels, "class") == pytest.approx(max(auc, 1 - auc))
    assert tells(np.where(labels == 1, np.nan, truth), labels, "class") == 1.0  # being missing tells it all
    numbers = truth**3
    assert tells(truth, numbers, "number") == pytest.approx(1.0)
    noise = np.random.default_rng(1).normal(size=600)
    assert tells(noise, numbers, "number") == pytest.approx(abs(spearmanr(noise, numbers).statistic))
    assert tells(np.zeros(600), labels, "class") == 0.5
    three = np.arange(600) % 3.0
    assert tells((three == 2).astype(float), three, "class") == 1.0


def test_a_category_of_single_rows_tells_nothing_of_itself() -> None:
    labels, _, _, _ = scored()
    names = np.arange(600)
    assert np.isnan(told_by_category(names, labels)).all()
    by_label = labels.astype(int)
    assert tells(told_by_category(by_label, labels), labels, "class") == 1.0
    assert np.isnan(told_by_category(np.full(4, -1), labels[:4])).all()


@given(st.integers(0, 10_000))
def test_what_a_feature_tells_of_the_order_of_lists_is_the_share_of_their_pairs(seed: int) -> None:
    random = np.random.default_rng(seed)
    queries = random.integers(0, 6, 40)
    relevance, values = random.integers(0, 3, 40).astype(float), random.integers(0, 5, 40).astype(float)
    pairs = [
        (np.sign(relevance[a] - relevance[b]) * np.sign(values[a] - values[b]) + 1) / 2
        for a in range(40)
        for b in range(a)
        if queries[a] == queries[b] and relevance[a] != relevance[b]
    ]
    share = float(np.mean(pairs))
    assert tells(values, relevance, "order", queries) == pytest.approx(max(share, 1 - share))


def test_a_feature_that_orders_every_list_tells_all_however_far_apart_the_lists_are() -> None:
    random = np.random.default_rng(3)
    queries, relevance = np.repeat(np.arange(50), 8), random.integers(0, 3, 400).astype(float)
    level = random.normal(size=50)[queries] * 100
    assert tells(level - relevance, relevance, "order", queries) == 1.0
    assert abs(spearmanr(level - relevance, relevance).statistic) < 0.3
    assert tells(level, relevance, "order", queries) == 0.5  # the same throughout each list
    missing = np.where(relevance == 2, np.nan, 1.0)
    assert tells(missing, (relevance == 2).astype(float), "order", queries) == 1.0
    assert tells(level, np.ones(400), "order", queries) == 0.5
    with pytest.raises(ValueError, match="must name each row's list"):
        tells(level, relevance, "order")
