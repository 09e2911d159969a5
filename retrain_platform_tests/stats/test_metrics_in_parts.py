"""A metric of every part of the rows together is that of each part's rows alone, to the last digit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.stats.auc import auc
from retrain_platform.stats.intervals import apart, beside, numbered, side, sides
from retrain_platform.stats.metrics import METRICS

NAMES = [name for name, each in METRICS.items() if "binary" in each.measures]


@pytest.mark.parametrize("name", [*NAMES, "mae"])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 60), ties=st.booleans(), torn=st.booleans())
def test_parts_together_are_the_parts_alone(name: str, seed: int, rows: int, ties: bool, torn: bool) -> None:
    draw = np.random.default_rng(seed)
    labels, scores = (draw.random(rows) < 0.4).astype(float), draw.random(rows)
    scores = scores.round(1) if ties else scores
    scores[0] = np.nan if torn else scores[0]
    parts, days = draw.integers(0, 4, rows), draw.integers(0, 20, rows) * 7
    told = sides(labels, scores, days, METRICS[name], parts.astype(np.intp), 4)
    for place in range(4):
        own = parts == place
        names, groups = np.unique(days[own], return_inverse=True)
        alone = METRICS[name].compute(labels[own], scores[own])
        np.testing.assert_array_equal(told[place].value, alone)
        without = METRICS[name].without_each(labels[own], scores[own], groups, len(names))
        np.testing.assert_array_equal(told[place].without, without)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(2, 60))
def test_a_side_of_auc_is_the_area_of_all_rows_and_of_those_without_each_day(seed: int, rows: int) -> None:
    draw = np.random.default_rng(seed)
    labels, scores, days = (
        draw.integers(0, 2, rows).astype(float),
        draw.random(rows).round(1),
        draw.integers(0, 4, rows),
    )
    value, without = side(labels, scores, days, METRICS["auc"])
    np.testing.assert_array_equal(value, auc(labels, scores))
    slow = [auc(labels[days != day], scores[days != day]) for day in np.unique(days)]
    np.testing.assert_array_equal(without, slow)


def test_two_sides_are_apart_as_the_two_models_are_beside_each_other() -> None:
    draw = np.random.default_rng(3)
    labels, days = draw.integers(0, 2, 200).astype(float), draw.integers(0, 9, 200)
    a, b = draw.random(200), draw.random(200)
    for name in NAMES:
        mine, theirs = (side(labels, scores, days, METRICS[name]) for scores in (a, b))
        assert apart(mine, theirs, METRICS[name], 200, 0.9) == beside(labels, a, b, days, METRICS[name], 0.9)


@settings(max_examples=60, deadline=None)
@given(days=st.lists(st.integers(-(10**6), 10**6) | st.integers(19000, 19009), max_size=40))
def test_groups_are_numbered_in_the_order_of_their_names(days: list[int]) -> None:
    names, groups = np.unique(np.array(days, dtype=np.int64), return_inverse=True)
    found, count = numbered(np.array(days, dtype=np.int64))
    assert count == len(names)
    np.testing.assert_array_equal(found, groups)


def test_days_of_a_narrow_kind_may_spread_over_all_of_it() -> None:
    found, count = numbered(np.array([-128, 127] * 40, dtype=np.int8))
    assert count == 2
    assert found.tolist() == [0, 1] * 40


@pytest.mark.parametrize("name", ["auc", "accuracy", "macro_auc"])
def test_no_rows_have_no_parts(name: str) -> None:
    scores = np.empty((0, 3) if name == "macro_auc" else 0)
    days = parts = np.empty(0, dtype=np.intp)
    assert sides(np.empty(0), scores, days, METRICS[name], parts, 0) == []
