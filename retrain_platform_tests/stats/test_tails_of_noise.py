"""A level found for one look in twenty, carried out to rarer ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from retrain_platform.stats.noise import noise_level
from retrain_platform.stats.tails import carried, of_chance, of_periods


@pytest.mark.parametrize("chance", [0.05, 0.01, 0.05 / 30])
def test_a_level_of_chance_is_carried_out_as_chi_squared_of_one_degree(chance: float):
    exact = stats.chi2.isf(chance, 1) / stats.chi2.isf(0.05, 1)
    assert of_chance(chance) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("degrees", [2, 9, 50])
def test_that_is_far_enough_for_more_degrees(degrees: int):
    for chance in (0.01, 0.001):
        assert of_chance(chance) > stats.chi2.isf(chance, degrees) / stats.chi2.isf(0.05, degrees)


def test_more_chance_than_the_level_has_narrows_nothing():
    assert of_chance(0.5) == 1


@pytest.mark.parametrize(("periods", "chance"), [(2, 0.05), (4, 0.05), (8, 0.05), (8, 0.01), (24, 0.01), (52, 0.01)])
def test_one_more_period_passes_the_level_of_some_with_the_chance_asked_for(periods: int, chance: float):
    """60,000 histories of squared normal scores; the scale is another one in each."""
    draw = np.random.default_rng(periods)
    scores = draw.normal(size=(60_000, periods + 1)) ** 2
    few = periods * 0.05 < 1
    levels = scores[:, :-1].max(axis=1) if few else np.quantile(scores[:, :-1], 0.95, axis=1)
    assert noise_level(scores[0, :-1]) == pytest.approx(levels[0])
    passed = np.mean(scores[:, -1] > of_periods(periods, chance) * levels)
    assert passed < chance * 1.1
    assert passed > chance * 0.85


def test_more_periods_and_more_chance_need_less():
    assert of_periods(4, 0.01) > of_periods(8, 0.01) > of_periods(50, 0.01) > of_periods(50, 0.02) >= 1


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_chance_is_between_nothing_and_one(chance: float):
    for asked in (of_chance, lambda value: of_periods(8, value)):
        with pytest.raises(ValueError, match=r"chance == .*, must be > 0 and < 1"):
            asked(chance)
    with pytest.raises(ValueError, match="periods == 1, must be >= 2"):
        of_periods(1, 0.05)


def test_only_what_is_over_chance_is_carried_out():
    assert carried(0.05, 0.02, factor=3) == pytest.approx(0.02 + 3 * 0.03)
    assert carried(0.01, 0.02, factor=3) == 0.02
    assert carried(0.06, 0.02, step=0.1) == pytest.approx(0.02 + (0.2 + 0.1) ** 2)


@pytest.mark.parametrize(("degrees", "effect"), [(1, 0.0), (11, 0.0), (11, 0.1), (1, 0.3), (11, 0.3)])
def test_chance_and_what_moves_the_whole_are_passed_as_often_as_asked(degrees: int, effect: float):
    """Eight periods and a ninth, 4000 times: each a chance of so many degrees, 1 / 300, and a normal effect.

    What the halves differ by is carried on, as in `monitoring.ordinary`.
    Chance carried out as the effect is would be a limit that next to nothing passes.
    """
    draw, each, size = np.random.default_rng(degrees), 0.05 / 6, 1 / 300
    vectors = draw.normal(size=(4000, 9, degrees)) * np.sqrt(size)
    vectors[:, :, 0] += effect * draw.normal(size=(4000, 9))
    past = vectors[:, :8]
    ninth = ((vectors[:, 8] - past.mean(axis=1)) ** 2).sum(axis=-1)
    level = (((past - (past.sum(axis=1, keepdims=True) - past) / 7) ** 2).sum(axis=-1)).max(axis=1)
    floor = stats.chi2.isf(0.05, degrees) * size * (1 + 1 / 8) * of_chance(each)
    chance = degrees * size * (1 + 1 / 7)
    apart = ((past[:, :4].mean(axis=1) - past[:, 4:].mean(axis=1)) ** 2).sum(axis=-1)
    steps = np.sqrt(np.maximum(apart - degrees * size / 2, 0)) / 4 * (4.5 - 8 / 7 * np.sqrt(63 / 12))
    levels = [carried(one, chance, step=step) for one, step in zip(level, steps, strict=True)]
    limits = np.array([max(floor, carried(one, chance, factor=of_periods(8, each))) for one in levels])
    whole = np.maximum(floor, level * of_periods(8, each))
    assert (ninth > limits).sum() <= stats.binom.ppf(0.99, 4000, each)
    if degrees > 1 and effect < 0.3:
        assert limits.mean() < 0.9 * whole.mean()
