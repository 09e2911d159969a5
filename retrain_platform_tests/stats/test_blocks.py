"""The sum of a series whose neighbours are alike: its error against drawing blocks, and against what is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from retrain_platform.stats.blocks import FEWEST, block_length, summed


def remembering(seed: int, count: int, share: float) -> np.ndarray:
    """A series of which each value keeps `share` of the one before."""
    draw = np.random.default_rng(seed).normal(size=count)
    for place in range(1, count):
        draw[place] += share * draw[place - 1]
    return draw


@pytest.mark.parametrize("share", [0.0, 0.8])
def test_the_error_is_that_of_drawing_blocks_again_and_again(share: float) -> None:
    values = remembering(2, 60, share)
    found = summed(values)
    random, count = np.random.default_rng(5), len(values)
    starts = random.integers(0, count, (40_000, count // found.length))
    places = (starts[:, :, None] + np.arange(found.length)) % count
    sums = values[places].sum(axis=(1, 2)) * count / places[0].size
    few = np.sqrt(1 - found.length / count)
    blocks = np.sqrt(count // found.length / (count / found.length))
    assert found.error == pytest.approx(sums.std() * blocks / few, rel=0.02)


def test_neighbours_that_are_alike_make_longer_blocks_and_wider_intervals() -> None:
    alone, alike = remembering(7, 400, 0.0), remembering(7, 400, 0.9)
    assert block_length(alone) == 12  # 1.5 n^(1/3)
    assert block_length(alike) > 15
    apart = summed(alike / alike.std()).error / summed(alone / alone.std()).error
    assert apart > 2


def test_of_independent_values_it_is_the_usual_error() -> None:
    values = np.random.default_rng(11).normal(size=2000)
    assert summed(values).error == pytest.approx(values.std(ddof=1) * len(values) ** 0.5, rel=0.15)


@given(values=arrays(np.float64, st.integers(FEWEST, 40), elements=st.floats(-1e3, 1e3)), moved=st.floats(-10, 10))
def test_moving_every_value_moves_the_sum_alone(values: np.ndarray, moved: float) -> None:
    here, there = summed(values), summed(values + moved)
    assert here.low <= here.value <= here.high
    assert there.value == pytest.approx(here.value + moved * len(values), abs=1e-6)
    assert 1 <= here.length <= max(1, len(values) // 4)


def test_values_that_are_all_the_same_have_no_error() -> None:
    found = summed(np.full(20, 0.25))
    assert (found.value, found.low, found.high) == (5.0, 5.0, 5.0)


def test_of_few_values_no_error_is_told() -> None:
    found = summed(np.arange(FEWEST - 1, dtype=np.float64))
    assert found.value == 21
    assert np.isnan([found.low, found.high, found.error]).all()


def test_wrong_use_is_told() -> None:
    with pytest.raises(ValueError, match=r"confidence == 1, must be > 0 and < 1"):
        summed(np.zeros(20), 1)
    with pytest.raises(ValueError, match="must all be finite"):
        summed(np.array([0.0, np.nan] * 10))
