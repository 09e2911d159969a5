"""What staying has cost, where it is known."""

from __future__ import annotations

import numpy as np
import pytest

from retrain_platform.stats.staying import (
    DISCOUNT,
    OPTIMISM,
    PRIOR_GROWTH,
    PRIOR_SLOPE,
    SLOPE_WEIGHT,
    Seen,
    staying,
)


def models(
    slope: float, *cuts: int, until: int, rows: int = 1000, growth: float = 0.0, level: float = 0.2
) -> list[Seen]:
    """Models whose gap opens by `slope` a period, each scored from its first period until the end."""
    seen = []
    for place, cut in enumerate(cuts):
        size = rows * 2**place if growth else rows
        base = level - growth * np.log(size / rows)
        losses = {period: float(base + slope * (period - cut)) for period in range(cut, until)}
        stop = cuts[place + 1] if place + 1 < len(cuts) else until
        seen.append(Seen(cut, size, losses, tuple(range(cut, stop))))
    return seen


def test_of_one_model_alone_a_gap_is_what_is_expected_before_anything_is_seen() -> None:
    found = staying(models(0.0, 0, until=4), 4)
    assert found.slope == pytest.approx(PRIOR_SLOPE * 0.2)
    assert found.expected == pytest.approx(PRIOR_SLOPE * 0.2 * (0 + 1 + 2 + 3))
    assert found.growth == pytest.approx(PRIOR_GROWTH * 0.2)


def test_paired_losses_tell_how_fast_the_gap_opens() -> None:
    found = staying(models(0.02, 0, 10, until=16), 6)
    pairs, apart = 6, 10
    level = 0.2 + 0.02 * 2.5
    ridge = (SLOPE_WEIGHT * PRIOR_SLOPE * level + pairs * apart * 0.2) / (SLOPE_WEIGHT + pairs * apart**2)
    assert found.slope == pytest.approx(ridge)
    assert found.slope == pytest.approx(0.02, rel=0.01)
    assert found.expected == pytest.approx(ridge * 15)


def test_weather_that_both_models_meet_is_no_gap() -> None:
    calm = models(0.02, 0, 10, until=16)
    storm = {period: 0.3 * (period % 3) for period in range(16)}
    stormy = [each._replace(losses={at: loss + storm[at] for at, loss in each.losses.items()}) for each in calm]
    assert staying(stormy, 6).slope == pytest.approx(staying(calm, 6).slope, abs=0.001)


def test_what_came_of_more_rows_is_no_ageing() -> None:
    found = staying(models(0.0, 0, 8, 9, until=20, growth=0.1), 11)
    assert 0.05 < found.growth < 0.1, "drawn to what was expected, .02"
    assert found.slope < 0.005


def test_a_training_that_would_have_more_rows_is_missed_for_longer() -> None:
    seen = models(0.0, 0, 3, 5, until=12, growth=0.1)
    same, twice = staying(seen, 7), staying(seen, 7, grown=2.0)
    assert twice.expected - same.expected == pytest.approx(same.growth * np.log(1 + np.arange(1, 8) / 7).sum())


def test_a_model_that_is_no_better_than_the_one_before_has_no_gap() -> None:
    assert staying(models(-0.05, 0, 5, until=10), 5).slope == 0.0


def test_losses_beyond_a_fresh_models_are_summed_and_discounted() -> None:
    jumped = Seen(0, 1000, dict(enumerate([0.2, 0.2, 0.2, 0.2, 0.6, 0.6])), tuple(range(6)))
    found = staying([jumped], 6)
    gaps = found.slope * np.arange(6)
    usual = 0.2 * (1 - OPTIMISM)
    left = 0.0
    for loss, gap in zip(jumped.losses.values(), gaps, strict=True):
        left = max(0.0, left + loss - gap - usual)
    assert found.beyond == pytest.approx(left / DISCOUNT)
    assert found.beyond > 0.8 / DISCOUNT - 0.05


def test_noise_from_period_to_period_is_no_surprise() -> None:
    draw = np.random.default_rng(1)
    losses = draw.normal(0.3, 0.05, 40)
    seen = [
        Seen(0, 1000, dict(enumerate(losses)), tuple(range(20))),
        Seen(20, 1000, dict(enumerate(losses)), tuple(range(20, 40))),
    ]
    assert staying(seen, 20).beyond < 0.1


def test_later_losses_change_nothing_of_pairs_long_ago() -> None:
    early = models(0.02, 0, 10, until=20)
    late = models(0.02, 0, 10, until=40)
    assert staying(early, 10).slope / staying(late, 30).slope == pytest.approx(1.0, abs=0.01)
