"""Cross-validation within the training part."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrain_platform.training.folds import embargoed, folds
from retrain_platform.training.search import Search, SearchFailed

SPACE = {"num_leaves": {"low": 7, "high": 63}}
DAYS = st.lists(st.integers(0, 30), min_size=1, max_size=200).map(lambda days: np.array(sorted(days)))


def search(**more: object) -> Search:
    return Search.model_validate({"space": SPACE, **more})


@settings(max_examples=100, deadline=None)
@given(DAYS, st.integers(2, 8))
def test_by_time_a_fold_is_scored_on_days_after_all_that_it_learned_from(days: np.ndarray, count: int) -> None:
    if len(np.unique(days)) < 2:
        with pytest.raises(SearchFailed, match="1 days to learn from, must be at least 2"):
            folds(search(folds=count), days, seed=1)
        return
    made = folds(search(folds=count), days, seed=1)
    assert 1 <= len(made) <= count
    for place, fold in enumerate(made):
        assert len(fold.train)
        assert len(fold.valid)
        assert days[fold.train].max() < days[fold.valid].min()
        if place:
            before = made[place - 1]
            np.testing.assert_array_equal(fold.train, np.concatenate([before.train, before.valid]))
    last = made[-1]
    assert len(last.train) + len(last.valid) == len(days)


def test_by_time_the_blocks_are_about_as_large() -> None:
    made = folds(search(folds=4), np.repeat(np.arange(10), 100), seed=1)
    assert [(len(fold.train), len(fold.valid)) for fold in made] == [(200, 200), (400, 200), (600, 200), (800, 200)]


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 100), st.integers(2, 8))
def test_at_random_every_row_is_scored_once_and_the_same_seed_draws_the_same(rows: int, count: int) -> None:
    asked = search(folds=count, by="kfold")
    made = folds(asked, np.zeros(rows, dtype=int), seed=3)
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.valid for fold in made])), np.arange(rows))
    for fold, again in zip(made, folds(asked, np.zeros(rows, dtype=int), seed=3), strict=True):
        assert not set(fold.train) & set(fold.valid)
        np.testing.assert_array_equal(fold.valid, again.valid)


def times_of(days: np.ndarray) -> pd.Series:
    """Rows at noon of their days."""
    return pd.Series(pd.to_datetime(days * 24 + 12, unit="h", utc=True))


@settings(max_examples=100, deadline=None)
@given(DAYS, st.integers(2, 8), st.integers(1, 5))
def test_an_embargo_leaves_out_just_the_rows_that_are_nearer(days: np.ndarray, count: int, gap: int) -> None:
    if len(np.unique(days)) < 2:
        return
    made, times = folds(search(folds=count), days, seed=1), times_of(days)
    far = [fold.train[days[fold.train] < days[fold.valid].min() - gap] for fold in made]
    if not any(len(each) for each in far):
        with pytest.raises(SearchFailed, match="must leave a fold of the search rows to learn from"):
            embargoed(made, times, timedelta(days=gap))
        return
    cut = embargoed(made, times, timedelta(days=gap))
    kept = [(train, fold.valid) for train, fold in zip(far, made, strict=True) if len(train)]
    assert len(cut) == len(kept)
    for fold, (train, valid) in zip(cut, kept, strict=True):
        np.testing.assert_array_equal(fold.train, train)
        np.testing.assert_array_equal(fold.valid, valid)


def test_without_an_embargo_all_rows_before_are_learned_from() -> None:
    days = np.repeat(np.arange(6), 3)
    made = folds(search(folds=2), days, seed=1)
    assert embargoed(made, times_of(days), timedelta(0)) is made
