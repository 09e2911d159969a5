"""Intervals against closed forms, and their coverage where days share their weather."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from retrain_platform.stats.intervals import paired, single
from retrain_platform.stats.metrics import METRICS

ALWAYS = 700
"""Simulated studies: the standard error of a coverage of .95 is .008."""


def test_of_a_mean_over_equal_days_it_is_students_interval_of_the_daily_means():
    draw = np.random.default_rng(3)
    labels, days = draw.exponential(size=120), np.repeat(np.arange(8) * 11, 15)
    daily = labels.reshape(8, 15).mean(axis=1)
    low, high = stats.t.interval(0.9, 7, daily.mean(), daily.std(ddof=1) / np.sqrt(8))
    found = single(labels, np.zeros(120), days, METRICS["mae"], confidence=0.9)
    assert found[:4] == pytest.approx((daily.mean(), low, high, daily.std(ddof=1) / np.sqrt(8)))
    assert (found.groups, found.rows) == (8, 120)


def test_of_a_difference_it_is_the_paired_t_interval_and_points_to_the_better():
    draw = np.random.default_rng(4)
    labels, days = draw.normal(size=100), np.tile(np.arange(10), 10)
    a, b = labels + draw.normal(size=100) / 2, labels + draw.normal(size=100)
    gains = [np.mean(np.abs(labels - b)[days == d] - np.abs(labels - a)[days == d]) for d in range(10)]
    low, high = stats.ttest_1samp(gains, 0).confidence_interval(0.95)
    found = paired(labels, a, b, days, METRICS["mae"])
    assert found[:3] == pytest.approx((np.mean(gains), low, high))
    assert found.value > 0
    assert paired(labels, b, a, days, METRICS["mae"]).value == pytest.approx(-found.value)


def test_the_jackknife_of_auc_is_the_slow_one():
    draw = np.random.default_rng(5)
    labels, days = (draw.random(90) < 0.4).astype(float), draw.integers(0, 6, 90)
    a, b = draw.random(90).round(1), draw.random(90).round(1)
    auc = METRICS["auc"]

    def difference(rows):
        return auc.compute(labels[rows], a[rows]) - auc.compute(labels[rows], b[rows])

    whole = difference(days >= 0)
    error = np.sqrt(5 / 6 * sum((difference(days != d) - whole) ** 2 for d in range(6)))
    found = paired(labels, a, b, days, auc)
    assert (found.value, found.standard_error) == pytest.approx((whole, error))
    assert found.high - found.value == pytest.approx(error * stats.t.ppf(0.975, 5))


def test_identical_scores_differ_by_nothing():
    labels, days = np.tile([0.0, 1.0], 10), np.repeat(np.arange(4), 5)
    scores = np.linspace(0, 1, 20)
    assert paired(labels, scores, scores, days, METRICS["auc"])[:4] == (0, 0, 0, 0)


def test_what_cannot_be_bounded_has_no_bounds():
    labels, scores = np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.1, 0.9, 0.2, 0.95])
    one_day = single(labels, scores, np.zeros(4, dtype=int), METRICS["auc"])
    assert one_day.value == pytest.approx(2 / 3)
    assert np.isnan(one_day[1:4]).all()
    only_positive_on_one_day = single(labels, scores, np.arange(4), METRICS["auc"])
    assert only_positive_on_one_day.value == pytest.approx(2 / 3)
    assert np.isnan(only_positive_on_one_day[1:4]).all()
    nothing = single(labels[:0], scores[:0], np.empty(0, dtype=int), METRICS["auc"])
    assert np.isnan(nothing[:4]).all()
    assert nothing[4:] == (0, 0)


def test_confidence_must_be_a_share():
    with pytest.raises(ValueError, match="confidence == 1, must be > 0 and < 1"):
        single(np.zeros(4), np.zeros(4), np.arange(4), METRICS["mae"], confidence=1)


def test_a_single_auc_covers_with_days_as_the_unit_and_not_with_rows():
    """Positives of day d score N(1 + .6 z_d, 1), negatives N(0, 1): every pair is won with the same chance."""
    draw, truth = np.random.default_rng(6), NormalDist().cdf(1 / np.sqrt(2 + 0.6**2))
    by_day = by_row = 0
    for _ in range(ALWAYS):
        sizes = draw.integers(40, 120, 14)
        days = np.repeat(np.arange(14), sizes)
        labels = (draw.random(len(days)) < 0.3).astype(float)
        scores = labels * (1 + 0.6 * draw.normal(size=14)[days]) + draw.normal(size=len(days))
        found = single(labels, scores, days, METRICS["auc"])
        by_day += found.low <= truth <= found.high
        rows = single(labels, scores, np.arange(len(days)), METRICS["auc"])
        by_row += rows.low <= truth <= rows.high
    assert 0.92 <= by_day / ALWAYS <= 0.975
    assert by_row / ALWAYS < 0.75


def test_a_paired_loss_covers_over_seven_days_of_unequal_size():
    """Model a errs by 1, b by 9 and the day's own amount: a is better by 8."""
    draw = np.random.default_rng(7)
    hits = 0
    for _ in range(ALWAYS):
        days = np.repeat(np.arange(7), draw.integers(30, 90, 7))
        labels = draw.normal(size=len(days))
        b = labels + 9 + draw.normal(size=7)[days] + draw.normal(size=len(days))
        found = paired(labels, labels + 1, b, days, METRICS["mae"])
        hits += found.low <= 8 <= found.high
    assert 0.92 <= hits / ALWAYS <= 0.975
