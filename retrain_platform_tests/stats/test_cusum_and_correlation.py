"""The cumulative sum's false alarms and delays by simulation, its parts by closed forms; Holm by its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from retrain_platform.stats.correlation import lag_one, widening
from retrain_platform.stats.cusum import rising, run_length, self_started, threshold_for, whitened
from retrain_platform.stats.multiplicity import holm

SLACK = 0.5
STREAMS, DAYS = 200, 365


def days_alike(correlation: float, days: int, seed: int) -> np.ndarray:
    """A first-order autoregression around 7 with the spread 3."""
    rng = np.random.default_rng(seed)
    values = np.empty(days)
    values[0] = rng.normal()
    for day in range(1, days):
        values[day] = correlation * values[day - 1] + np.sqrt(1 - correlation**2) * rng.normal()
    return 7 + 3 * values


def alarms_a_year(correlation: float, threshold: float) -> int:
    """In how many streams the sum is over the threshold at any weekly look, the correlation estimated at each."""
    found = 0
    for seed in range(STREAMS):
        values = days_alike(correlation, DAYS, seed)
        for seen in range(14, DAYS + 1, 7):
            known = values[:seen]
            sums = rising(self_started(whitened(known, lag_one([known]))), SLACK)
            if (sums[-7:] > threshold).any():
                found += 1
                break
    return found


class TestFalseAlarms:
    @pytest.mark.parametrize("correlation", [0.0, 0.5, 0.7])
    def test_are_at_most_as_many_as_stated(self, correlation: float) -> None:
        """Once in 1000 days: within 365 a share of 1 - exp(-365/1000) = .306, at a one-sided 99% bound."""
        most = stats.binom.ppf(0.99, STREAMS, 1 - np.exp(-DAYS / 1000))
        assert alarms_a_year(correlation, threshold_for(1000, SLACK)) <= most

    def test_would_be_many_more_if_alike_days_were_taken_as_independent(self) -> None:
        threshold = threshold_for(1000, SLACK)
        streams = [days_alike(0.5, DAYS, seed) for seed in range(STREAMS)]
        found = sum((rising(self_started(values), SLACK) > threshold).any() for values in streams)
        assert found > 0.8 * STREAMS

    @pytest.mark.parametrize("length", [200, 500])
    def test_come_as_far_apart_as_asked_from_the_first_days_on(self, length: int) -> None:
        """Alarms over all days watched, each stream until its first alarm: the rate of an exponential wait."""
        threshold, rng = threshold_for(length, SLACK), np.random.default_rng(3)
        alarms, days = 0, 0
        for _ in range(300):
            over = np.flatnonzero(rising(self_started(rng.normal(7, 3, 3 * length)), SLACK) > threshold)
            alarms += len(over) > 0
            days += over[0] + 1 if len(over) else 3 * length
        assert days / alarms == pytest.approx(length, rel=0.15)


class TestDelay:
    @pytest.mark.parametrize("shift", [1.0, 1.5, 2.0])
    def test_is_siegmunds_for_a_known_level(self, shift: float) -> None:
        threshold, rng = threshold_for(500, SLACK), np.random.default_rng(5)
        waits = []
        for _ in range(400):
            over = np.flatnonzero(rising(rng.normal(shift, 1, 400), SLACK) > threshold)
            waits.append(over[0] + 1)
        assert np.mean(waits) == pytest.approx(run_length(threshold, SLACK, shift), rel=0.08)

    def test_is_little_longer_after_a_hundred_days_that_told_the_level(self) -> None:
        threshold, rng = threshold_for(500, SLACK), np.random.default_rng(6)
        waits = []
        while len(waits) < 200:
            values = np.concatenate([rng.normal(7, 3, 100), rng.normal(7 + 3 * 1.5, 3, 100)])
            sums = rising(self_started(values), SLACK)
            if not (sums[:100] > threshold).any():
                over = np.flatnonzero(sums[100:] > threshold)
                waits.append(over[0] + 1 if len(over) else 100)
        assert np.mean(waits) < 1.5 * run_length(threshold, SLACK, 1.5)


class TestSelfStarted:
    def test_is_the_predictive_t_of_each_value(self) -> None:
        values = np.random.default_rng(0).normal(100, 5, 30)
        deviates = self_started(values)
        before = values[:20]
        ratio = (values[20] - before.mean()) / (before.std(ddof=1) * np.sqrt(1 + 1 / 20))
        assert deviates[20] == pytest.approx(stats.norm.ppf(stats.t.cdf(ratio, 19)))
        assert (deviates[:2] == 0).all()

    def test_is_standard_normal_and_independent_where_nothing_changed(self) -> None:
        rng = np.random.default_rng(1)
        runs = np.array([self_started(rng.normal(3, 2, 12)) for _ in range(4000)])[:, 2:]
        assert stats.kstest(runs[:, 0], "norm").pvalue > 0.01
        assert stats.kstest(runs[:, 9], "norm").pvalue > 0.01
        assert np.abs(np.corrcoef(runs.T) - np.eye(10)).max() < 0.06

    @given(st.floats(-1e6, 1e6), st.floats(0.01, 1000))
    def test_knows_neither_level_nor_spread(self, level: float, spread: float) -> None:
        values = np.random.default_rng(2).normal(size=20)
        assert self_started(level + spread * values) == pytest.approx(self_started(values), abs=1e-3)

    def test_takes_constants_and_short_streams(self) -> None:
        assert self_started(np.array([5.0, 5, 5, 5])).tolist() == [0, 0, 0, 0]
        assert self_started(np.array([5.0, 5, 5, 6]))[-1] == 8
        assert self_started(np.array([5.0, 5, 5, 4]))[-1] == -8
        assert self_started(np.array([1.0, 2])).tolist() == [0, 0]
        assert self_started(np.array([])).tolist() == []

    def test_a_far_value_keeps_its_sign_and_is_bounded(self) -> None:
        values = np.append(np.random.default_rng(0).normal(size=50), [1e9, -1e9])
        assert self_started(values)[-2:].tolist() == [8, pytest.approx(-1.0, abs=8)]


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
