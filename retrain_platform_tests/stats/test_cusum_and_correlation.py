"""The cumulative sum's false alarms and delays by simulation, its parts by closed forms; Holm by its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from retrain_platform.stats.correlation import MOST, lag_one, lag_one_before, widening
from retrain_platform.stats.cusum import LEARNING, rising, run_length, self_started, threshold_for
from retrain_platform.stats.multiplicity import holm

SLACK = 0.5
STREAMS, DAYS = 200, 365


def days_alike(correlation: float, days: int, seed: int, skewed: bool = False) -> np.ndarray:
    """A first-order autoregression around 7 with the spread 3; its steps normal, or gamma of shape 4."""
    rng = np.random.default_rng(seed)
    steps = (rng.gamma(4, size=days) - 4) / 2 if skewed else rng.normal(size=days)
    values = np.empty(days)
    values[0] = steps[0]
    for day in range(1, days):
        values[day] = correlation * values[day - 1] + np.sqrt(1 - correlation**2) * steps[day]
    return 7 + 3 * values


def sums_of(values: np.ndarray) -> np.ndarray:
    return rising(self_started(values, lag_one_before(values)), SLACK)


def first_alarm(values: np.ndarray, threshold: float) -> float:
    """The first day over the threshold; infinite where there is none."""
    over = np.flatnonzero(sums_of(values) > threshold)
    return float(over[0]) if len(over) else np.inf


class TestFalseAlarms:
    @pytest.mark.parametrize(("correlation", "skewed"), [(0.0, False), (0.0, True), (0.5, False), (0.7, False)])
    def test_on_any_day_are_at_most_as_many_as_stated(self, correlation: float, skewed: bool) -> None:
        """Once in 365 days: within 182 a share of 1 - exp(-182/365) = .393, at a one-sided 99% bound."""
        threshold, days = threshold_for(365, SLACK), 182
        most = stats.binom.ppf(0.99, STREAMS, 1 - np.exp(-days / 365))
        streams = [days_alike(correlation, days, seed, skewed) for seed in range(STREAMS)]
        assert sum(first_alarm(each, threshold) < np.inf for each in streams) <= most

    def test_would_be_many_more_if_alike_days_were_taken_as_independent(self) -> None:
        threshold = threshold_for(1000, SLACK)
        streams = [days_alike(0.5, DAYS, seed) for seed in range(100)]
        found = sum((rising(self_started(values, 0 * values), SLACK) > threshold).any() for values in streams)
        assert found > 80

    @pytest.mark.parametrize("length", [200, 365])
    def test_come_as_far_apart_as_asked_from_the_first_days_on(self, length: int) -> None:
        """Alarms over all days watched, each stream until its first alarm: the rate of an exponential wait."""
        threshold, rng = threshold_for(length, SLACK), np.random.default_rng(3)
        alarms, days = 0, 0
        for _ in range(200):
            values = rng.normal(7, 3, 2 * length)
            over = np.flatnonzero(rising(self_started(values, 0 * values), SLACK) > threshold)
            alarms += len(over) > 0
            days += over[0] + 1 if len(over) else len(values)
        assert length * 0.9 < days / alarms < length * 1.35


class TestDelay:
    @pytest.mark.parametrize("shift", [1.0, 1.5, 2.0])
    def test_is_siegmunds_for_a_known_level(self, shift: float) -> None:
        threshold, rng = threshold_for(500, SLACK), np.random.default_rng(5)
        waits = []
        for _ in range(400):
            over = np.flatnonzero(rising(rng.normal(shift, 1, 400), SLACK) > threshold)
            waits.append(over[0] + 1)
        assert np.mean(waits) == pytest.approx(run_length(threshold, SLACK, shift), rel=0.08)

    @pytest.mark.parametrize(("correlation", "shift", "longer"), [(0.0, 1.5, 1.5), (0.6, 1.0, 2.0)])
    def test_is_little_longer_where_the_days_before_told_level_and_correlation(
        self, correlation: float, shift: float, longer: float
    ) -> None:
        """The median against the mean of a sum that knows both; a correlation leaves the root of (1 - r) / (1 + r)."""
        threshold, waits = threshold_for(365, SLACK), []
        for seed in range(120):
            values = days_alike(correlation, 119 + 140, seed)
            values[119:] += 3 * shift
            waits.append(first_alarm(values, threshold) - 118)
        left = np.sqrt((1 - correlation) / (1 + correlation))
        known = run_length(threshold, SLACK, left * shift)
        assert np.median([wait for wait in waits if wait > 0]) < longer * known

    def test_a_shift_that_lasts_is_not_taken_for_correlation(self) -> None:
        """All days together would tell a correlation of more than .5 of independent days."""
        values = days_alike(0.0, 160, 1)
        values[120:] += 9
        assert lag_one([values]) > 0.5
        assert lag_one_before(values)[120] < 0.2
        assert first_alarm(values, threshold_for(365, SLACK)) < 127


class TestSelfStarted:
    def test_is_the_normal_quantile_of_the_rank_among_the_days_before(self) -> None:
        values, alike = np.random.default_rng(0).normal(100, 5, 31), np.full(31, 0.3)
        rest = values[1:] - 0.3 * values[:-1]
        rank = stats.rankdata(rest)[-1]
        assert self_started(values, alike)[30] == pytest.approx(stats.norm.ppf((rank - 0.5) / 30))
        assert (self_started(values, alike)[:LEARNING] == 0).all()

    def test_is_standard_normal_and_independent_of_any_shape(self) -> None:
        rng, count = np.random.default_rng(1), 40
        runs = [self_started(rng.gamma(0.5, size=count), np.zeros(count))[LEARNING:] for _ in range(2000)]
        found = np.array(runs)
        assert found.mean(axis=0) == pytest.approx(np.zeros(count - LEARNING), abs=0.1)
        assert found[:, -1].std() == pytest.approx(1, abs=0.07)
        assert np.abs(np.corrcoef(found.T) - np.eye(count - LEARNING)).max() < 0.1

    @given(st.floats(-1e6, 1e6), st.floats(0.01, 1000))
    def test_knows_neither_level_nor_spread(self, level: float, spread: float) -> None:
        values = np.round(np.random.default_rng(2).normal(size=20), 3)
        moved = level + spread * values
        assert sums_of(moved) == pytest.approx(sums_of(values), abs=1e-3)

    def test_takes_constants_and_short_streams(self) -> None:
        for values in (np.full(40, 5.0), np.array([1.0, 2]), np.array([])):
            assert sums_of(values).tolist() == [0] * len(values)

    def test_no_later_day_changes_what_a_day_said(self) -> None:
        values = days_alike(0.4, 60, 3)
        assert sums_of(values)[:40].tolist() == pytest.approx(sums_of(values[:40]).tolist())


class TestThreshold:
    @pytest.mark.parametrize("length", [10, 100, 1000, 20_000])
    def test_is_the_inverse_of_the_run_length(self, length: float) -> None:
        assert run_length(threshold_for(length, SLACK), SLACK) == pytest.approx(length)

    @pytest.mark.parametrize("arguments", [(0, 0.5), (100, 0)])
    def test_must_mean_something(self, arguments: tuple[float, float]) -> None:
        with pytest.raises(ValueError, match="must both be > 0"):
            threshold_for(*arguments)

    def test_of_a_shift_as_large_as_the_slack_is_the_limit_of_both_sides(self) -> None:
        around = [run_length(4, 0.5, 0.5 + step) for step in (-1e-4, 0, 1e-4)]
        assert around[0] == pytest.approx(around[1], rel=1e-3)
        assert around[2] == pytest.approx(around[1], rel=1e-3)


class TestCorrelation:
    @pytest.mark.parametrize("correlation", [0.0, 0.3, 0.6])
    def test_is_found_over_streams_of_different_levels(self, correlation: float) -> None:
        streams = [days_alike(correlation, 60, seed) + 100 * seed for seed in range(40)]
        assert lag_one(streams) == pytest.approx(correlation, abs=0.06)

    def test_takes_the_width_of_a_mean(self) -> None:
        means = [days_alike(0.5, 300, seed).mean() for seed in range(500)]
        assert np.std(means) == pytest.approx(3 / np.sqrt(300) * widening(0.5), rel=0.1)

    def test_of_the_days_before_is_that_of_each_beginning_and_a_fifth_of_its_error(self) -> None:
        values = days_alike(0.5, 80, 2) + 1e4
        for count in (20, 50, 79):
            careful = min(lag_one([values[:count]]) + 0.2 / np.sqrt(count), MOST)
            assert lag_one_before(values)[count] == pytest.approx(careful, abs=1e-6)
        assert (lag_one_before(values)[:9] == 0).all()
        assert lag_one_before(np.arange(100.0))[-1] == MOST

    @pytest.mark.parametrize("streams", [[], [np.arange(5.0)], [np.ones(50)], [np.tile([1.0, -1.0], 20)]])
    def test_is_none_of_few_constant_or_alternating_days(self, streams: list[np.ndarray]) -> None:
        assert lag_one(streams) == 0

    def test_is_at_most_the_largest_that_is_told_from_a_trend(self) -> None:
        assert lag_one([np.arange(100.0)]) == 0.8


class TestHolm:
    @given(st.lists(st.floats(0, 1), max_size=12))
    def test_is_the_largest_so_far_of_the_chances_times_those_left(self, chances: list[float]) -> None:
        order = np.argsort(chances, kind="stable")
        steps = np.arange(len(chances), 0, -1) * np.array(chances)[order]
        expected = np.empty(len(chances))
        expected[order] = np.minimum(np.maximum.accumulate(steps), 1) if chances else []
        assert holm(chances) == pytest.approx(expected.tolist())

    def test_is_never_more_than_bonferronis_and_less_for_the_second(self) -> None:
        assert holm([0.01, 0.02]) == [0.02, 0.02]

    def test_wrongly_rejects_any_of_ten_as_often_as_stated(self) -> None:
        rng = np.random.default_rng(0)
        wrong = sum(min(holm(rng.random(10).tolist())) < 0.05 for _ in range(2000))
        assert wrong <= stats.binom.ppf(0.99, 2000, 0.05)
