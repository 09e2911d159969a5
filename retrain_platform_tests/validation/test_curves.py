"""The few numbers that the exam's plots are drawn from, held against the rows they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from retrain_platform.validation.curves import BINS, LEVELS, POINTS, ModelCurves, curves, shares

RNG = np.random.default_rng(5)
TRUTH = RNG.normal(size=6000)
LABELS = (TRUTH + RNG.normal(size=6000) > 1).astype(float)
SCORES = 1 / (1 + np.exp(-TRUTH - RNG.normal(0, 0.5, 6000)))


def test_the_roc_is_the_empirical_one_in_few_corners() -> None:
    found = np.array(curves(LABELS, SCORES, binary=True).roc)
    assert len(found) <= POINTS
    assert found[0].tolist() == [0, 0]
    assert found[-1].tolist() == [1, 1]
    assert np.trapezoid(found[:, 1], found[:, 0]) == pytest.approx(roc_auc_score(LABELS, SCORES), abs=0.002)
    whole = roc_curve(LABELS, SCORES, drop_intermediate=False)
    corners = {(round(x, 4), round(y, 4)) for x, y in zip(whole[0], whole[1], strict=True)}
    assert {tuple(point) for point in found.tolist()} <= corners


PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=2, max_size=60)


@given(PAIRS)
def test_a_roc_never_turns_back_and_needs_both_classes(pairs: list[tuple[float, float]]) -> None:
    labels, scores = np.array(pairs).T
    found = np.array(curves(labels, scores, binary=True).roc)
    assert (len(found) > 0) == (len(set(labels)) == 2)
    if len(found):
        assert (np.diff(found, axis=0) >= 0).all()
        assert np.trapezoid(found[:, 1], found[:, 0]) == pytest.approx(roc_auc_score(labels, scores), abs=1e-3)


def test_every_row_stands_in_one_bin_of_the_calibration() -> None:
    bins = curves(LABELS, SCORES, binary=True).calibration
    assert len(bins) == BINS
    assert {each.rows for each in bins} == {600}
    assert sum(each.rows * each.score for each in bins) / 6000 == pytest.approx(SCORES.mean(), abs=1e-6)
    assert sum(each.rows * each.label for each in bins) / 6000 == pytest.approx(LABELS.mean(), abs=1e-6)
    assert [each.score for each in bins] == sorted(each.score for each in bins)


def test_equal_scores_are_never_parted() -> None:
    scores = np.repeat([0.1, 0.6], [95, 5])
    bins = curves(np.zeros(100), scores, binary=True).calibration
    assert [(each.rows, each.score) for each in bins] == [(95, 0.1), (5, 0.6)]
    spread = np.concatenate([np.linspace(0.1, 0.2, 30), np.full(40, 0.5), np.linspace(0.8, 0.9, 30)])
    assert [each.rows for each in curves(np.zeros(100), spread, binary=True).calibration] == [10] * 3 + [40] + [10] * 3
    (alone,) = curves(LABELS, np.full(6000, 0.3), binary=True).calibration
    assert (alone.rows, alone.score) == (6000, 0.3)


def test_residuals_are_quantiles_of_label_minus_prediction() -> None:
    found = curves(TRUTH, TRUTH - 2.0, binary=False)
    assert found.roc == ()
    assert found.residuals == (2.0,) * len(LEVELS)
    other = curves(TRUTH, np.zeros(6000), binary=False).residuals
    assert other == pytest.approx(np.quantile(TRUTH, LEVELS), abs=1e-6)


def test_rows_that_are_no_numbers_do_not_count() -> None:
    spoiled, labels = SCORES.copy(), LABELS.copy()
    spoiled[:100], labels[100:200] = np.nan, np.inf
    assert curves(labels, spoiled, binary=True) == curves(LABELS[200:], SCORES[200:], binary=True)
    assert curves(np.full(3, np.nan), np.ones(3), binary=True) == ModelCurves()


def test_importance_in_shares_of_the_whole() -> None:
    assert shares({"b": 1.0, "a": -3.0, "c": float("nan")}) == {"a": 0.75, "b": 0.25}
    assert shares({"a": 0.0}) == {}
    assert shares({}) == {}
