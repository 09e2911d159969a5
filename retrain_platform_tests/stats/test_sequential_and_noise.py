"""Looking at every tick must not raise the error rate; the level of ordinary noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from retrain_platform.stats.noise import noise_level, others
from retrain_platform.stats.sequential import look_confidence


def test_all_looks_together_spend_the_error_and_no_more():
    spent = sum(1 - look_confidence(0.9, look) for look in range(1, 20_001))
    assert 0.0999 < spent < 0.1


def test_later_looks_ask_for_more():
    asked = [look_confidence(0.95, look) for look in range(1, 30)]
    assert asked == sorted(asked)
    assert asked[0] > 0.95


def test_looking_at_every_tick_of_a_stationary_stream_keeps_the_error_rate():
    draw = np.random.default_rng(8)
    looks = np.arange(1, 101)
    z = np.cumsum(draw.normal(size=(4000, 100)), axis=1) / np.sqrt(looks)
    limits = ndtri((1 + np.array([look_confidence(0.95, look) for look in looks])) / 2)
    assert (np.abs(z) > limits).any(axis=1).mean() <= 0.05
    assert (np.abs(z) > ndtri(0.975)).any(axis=1).mean() > 0.3  # what looking naively would do


@pytest.mark.parametrize(("confidence", "look"), [(1.0, 1), (0.0, 1), (0.95, 0)])
def test_a_look_is_checked(confidence: float, look: int):
    with pytest.raises(ValueError, match="must be >"):
        look_confidence(confidence, look)


def test_the_noise_of_few_is_their_largest_and_of_many_their_quantile():
    assert noise_level([0.3, 0.1, 0.2]) == 0.3
    assert noise_level(np.arange(19.0)) == 18
    assert noise_level(np.arange(20.0)) == pytest.approx(np.quantile(np.arange(20.0), 0.95))
    assert noise_level(np.arange(10.0), quantile=0.9) == pytest.approx(8.1)


def test_unknown_scores_do_not_count():
    assert noise_level([np.nan, 0.1, 0.2]) == 0.2
    assert np.isnan(noise_level([np.nan, 0.1]))
    assert np.isnan(noise_level([]))


def test_others_leave_one_out():
    assert others(np.array([[1, 2], [10, 20], [100, 200]])).tolist() == [[110, 220], [101, 202], [11, 22]]
