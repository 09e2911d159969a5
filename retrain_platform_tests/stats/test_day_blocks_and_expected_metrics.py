"""Sums by day against scipy and least squares; expected metrics against the metrics themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from retrain_platform.stats.day_blocks import Block, correction, difference, mean_by_cell, two_sided
from retrain_platform.stats.expected import BINARY, REGRESSION, by_bin, calibrated, pooled
from retrain_platform.stats.metrics import METRICS
from retrain_platform.stats.sequential import biased_at


class TestMeanByCell:
    def test_with_one_row_a_day_the_comparison_is_welchs_t_test(self) -> None:
        rng = np.random.default_rng(0)
        now, before = rng.normal(1, 2, (7, 3)), rng.normal(0, 1, (21, 3))
        told = difference(mean_by_cell(np.ones((7, 3)), now), mean_by_cell(np.ones((21, 3)), before))
        expected = stats.ttest_ind(now, before, equal_var=False)
        assert two_sided(told) == pytest.approx(expected.pvalue)
        assert told.freedom == pytest.approx(expected.df)

    def test_rows_of_a_day_that_say_the_same_count_as_one(self) -> None:
        once, often = np.array([[1.0], [2], [3]]), np.array([[10.0], [20], [30]])
        one, ten = mean_by_cell(np.ones((3, 1)), once), mean_by_cell(np.full((3, 1), 10.0), often)
        assert one.value == ten.value
        assert one.error == pytest.approx(ten.error)

    def test_a_day_without_rows_does_not_count(self) -> None:
        told = mean_by_cell(np.array([[2.0, 0], [2, 3], [2, 0]]), np.array([[1.0, 0], [2, 3], [3, 0]]))
        assert told.freedom[0] == 2
        assert np.isnan(told.error[1])

    def test_a_wider_error_is_wider_on_both_sides(self) -> None:
        side = Block(np.zeros(1), np.array([3.0]), np.array([6.0]))
        assert difference(side, side, 2.0).error == pytest.approx(2 * difference(side, side).error)


def lines(labels: np.ndarray, scores: np.ndarray, days: np.ndarray, z: np.ndarray, w: np.ndarray) -> np.ndarray:
    r = labels - scores
    terms = (np.ones_like(r), w, r, w * z, r * z, w * z * z)
    return np.stack([np.bincount(days, term) for term in terms], axis=1)


class TestCorrection:
    def test_of_a_regression_is_the_least_squares_line(self) -> None:
        rng = np.random.default_rng(0)
        scores, days = rng.normal(5, 2, 700), np.arange(700) % 7
        labels = 1 + 0.8 * scores + rng.normal(size=700)
        bias, slope = correction(lines(labels, scores, days, scores - 5, np.ones(700))).value
        assert bias == pytest.approx((labels - scores).mean())
        assert slope == pytest.approx(np.polyfit(scores, labels - scores, 1)[0])

    @pytest.mark.parametrize("slope", [0.9, 1.0, 1.15])
    def test_of_a_classifier_is_near_the_logistic_recalibration(self, slope: float) -> None:
        rng = np.random.default_rng(1)
        z = rng.normal(-0.5, 1, 200_000)
        scores = 1 / (1 + np.exp(-z))
        labels = (rng.random(len(z)) < 1 / (1 + np.exp(-slope * z))).astype(float)
        told = correction(lines(labels, scores, np.arange(len(z)) % 7, z, scores * (1 - scores)))
        exact = LogisticRegression(C=np.inf).fit(z[:, None], labels).coef_[0, 0]
        assert 1 + told.value[1] == pytest.approx(exact, abs=0.02)

    def test_its_error_is_that_of_repeated_weeks(self) -> None:
        rng = np.random.default_rng(2)
        found = []
        for _ in range(400):
            day = np.repeat(np.arange(7), 200)
            z = rng.normal(size=1400)
            scores = 1 / (1 + np.exp(-z))
            labels = (rng.random(1400) < 1 / (1 + np.exp(-z - 0.3 * rng.normal(size=7)[day]))).astype(float)
            found.append(correction(lines(labels, scores, day, z, scores * (1 - scores))))
        values, errors = np.array([f.value for f in found]), np.array([f.error for f in found])
        assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(values.std(axis=0), rel=0.1)

    def test_of_one_day_or_equal_scores_has_no_error_or_no_slope(self) -> None:
        assert np.isnan(correction(np.ones((1, 6))).error).all()
        flat = lines(np.array([0.0, 1, 1, 0]), np.full(4, 0.5), np.array([0, 0, 1, 1]), np.zeros(4), np.full(4, 0.25))
        assert np.isnan(correction(flat).value[1])


class TestExpected:
    @given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 9)), min_size=1, max_size=30))
    def test_pooling_is_isotonic_regression(self, told: list[tuple[float, float]]) -> None:
        values, weights = np.array(told).T
        expected = IsotonicRegression().fit(np.arange(len(values)), values, weights).predict(np.arange(len(values)))
        assert pooled(values, weights) == pytest.approx(expected, abs=1e-9)

    def test_bins_without_rows_lie_between_their_neighbours(self) -> None:
        assert calibrated(np.array([0.0, 4, 0, 4, 0]), np.array([0.0, 1, 0, 3, 0])).tolist() == [
            0.25,
            0.25,
            0.5,
            0.75,
            0.75,
        ]
        assert np.isnan(calibrated(np.zeros(2), np.zeros(2))).all()

    @pytest.mark.parametrize("name", sorted(BINARY))
    def test_with_the_labels_own_shares_a_metric_is_itself(self, name: str) -> None:
        rng = np.random.default_rng(0)
        levels = np.linspace(0.05, 0.95, 12)
        bins = rng.integers(0, 12, 3000)
        labels = (rng.random(3000) < levels[bins]).astype(float)
        rows, positives = np.bincount(bins).astype(float), np.bincount(bins, labels)
        assert BINARY[name](rows, positives, levels) == pytest.approx(METRICS[name].compute(labels, levels[bins]))

    @pytest.mark.parametrize("name", sorted(REGRESSION))
    def test_with_the_errors_own_sums_a_metric_is_itself(self, name: str) -> None:
        rng = np.random.default_rng(0)
        scores, labels, bins = rng.normal(size=500), rng.normal(size=500), rng.integers(0, 5, 500)
        wrong = np.abs(labels - scores)
        sums = [np.bincount(bins).astype(float), np.bincount(bins, wrong), np.bincount(bins, wrong**2)]
        assert REGRESSION[name](*sums) == pytest.approx(METRICS[name].compute(labels, scores))

    def test_the_mean_of_an_empty_bin_is_that_of_all(self) -> None:
        assert by_bin(np.array([2.0, 0, 2]), np.array([2.0, 0, 6])).tolist() == [1, 2, 3]


class TestBiasedAt:
    def test_unbiased_gaps_are_called_biased_at_most_as_often_as_stated(self) -> None:
        rng = np.random.default_rng(0)
        wrong = sum(biased_at(rng.normal(size=52).tolist()) is not None for _ in range(1000))
        assert 0 < wrong <= stats.binom.ppf(0.99, 1000, 0.05)

    def test_a_bias_of_two_spreads_is_found_within_a_dozen(self) -> None:
        rng = np.random.default_rng(1)
        looks = [biased_at(rng.normal(2, 1, 12).tolist()) for _ in range(200)]
        assert sum(look is not None for look in looks) > 170

    def test_a_long_unbiased_time_does_not_hide_a_bias(self) -> None:
        rng = np.random.default_rng(3)
        gaps = [*rng.normal(size=60).tolist(), *rng.normal(4, 1, 13).tolist()]
        look = biased_at(gaps)
        assert look is not None
        assert look > 60

    def test_what_was_proved_stays_proved(self) -> None:
        gaps = np.random.default_rng(2).normal(3, 1, 20).tolist()
        look = biased_at(gaps)
        assert look is not None
        assert biased_at([*gaps, *([-100.0] * 50)]) == look

    def test_takes_few_and_constant_gaps(self) -> None:
        assert biased_at([1.0, 1.0]) is None
        assert biased_at([0.0, 0.0, 0.0]) is None
        assert biased_at([1.0, 1.0, 1.0]) == 3
