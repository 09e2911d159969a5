"""Doubled rows, outliers, weights by age and class: against closed forms and simulation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from retrain_platform.dataset.cleaning import Duplicates, Outliers, clipped, doubled, limits_of, outside
from retrain_platform.dataset.selection import Cuts, Selection, labelled, settled, without_outliers
from retrain_platform.dataset.weights import (
    age_weights,
    class_factors,
    corrected,
    factors_of_rows,
    kept_factors,
    undersampled,
)

START = datetime(2024, 1, 1, tzinfo=UTC)


def rows(count: int = 100) -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "_event_time": pd.Timestamp(START) + pd.to_timedelta(range(count), unit="h"),
            "_entity": [f"e{number % 7}" for number in range(count)],
            "_label": [float(number % 3 == 0) for number in range(count)],
            "x": random.normal(size=count),
            "shop": ["north", "south"] * (count // 2),
        }
    )


def test_doubled_rows_count_once_the_first_or_the_last() -> None:
    frame = pd.concat([rows(10), rows(10).iloc[[2, 2, 5]]], ignore_index=True)
    assert np.flatnonzero(doubled(frame, Duplicates(), ["x", "shop"])).tolist() == [10, 11, 12]
    assert np.flatnonzero(doubled(frame, Duplicates(keep="last"), ["x", "shop"])).tolist() == [2, 5, 10]
    by_entity = doubled(frame, Duplicates(on=("_entity",)), ["x"])
    assert (~by_entity).sum() == frame["_entity"].nunique()
    other_shop = frame.assign(shop=range(13))
    assert not doubled(other_shop, Duplicates(), ["x", "shop"]).any()
    assert doubled(other_shop, Duplicates(), ["x"]).sum() == 3
    with pytest.raises(KeyError, match=r"on == \['nobody'\], must be columns of the source, which has x, shop"):
        doubled(frame, Duplicates(on=("nobody",)), ["x"])


def test_limits_are_the_formulas() -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, np.nan, np.inf], "flag": [True] * 11, "shop": ["a"] * 11})
    assert limits_of(frame, Outliers(beyond=1.5), ["x", "flag", "shop"]) == {"x": (3 - 6, 7 + 6)}
    mad = limits_of(frame, Outliers(method="mad", beyond=2), ["x"])["x"]
    assert mad == pytest.approx((5 - 2 * 1.4826 * 2, 5 + 2 * 1.4826 * 2))
    assert limits_of(frame, Outliers(method="quantiles", beyond=0.125), ["x"]) == {"x": (2.0, 8.0)}
    assert limits_of(frame, Outliers(features=("y*",)), ["x"]) == {}
    assert limits_of(frame.assign(x=4.0), Outliers(), ["x"]) == {}
    assert limits_of(frame.assign(x=np.nan), Outliers(), ["x"]) == {}


def test_what_lies_outside_is_left_out_or_moved_and_missing_is_neither() -> None:
    frame = pd.DataFrame({"x": [-9.0, 0.0, np.nan, 9.0], "shop": ["a"] * 4})
    limits = {"x": (-1.0, 2.0)}
    assert outside(frame, limits).tolist() == [True, False, False, True]
    assert clipped(frame, limits)["x"].tolist()[:2] == [-1.0, 0.0]
    assert np.isnan(clipped(frame, limits)["x"][2])
    assert frame["x"].tolist()[0] == -9.0
    inside = frame.iloc[[1, 2]]
    assert clipped(inside, limits) is inside
    assert clipped(frame.drop(columns="x"), limits).columns.tolist() == ["shop"]
    assert clipped(frame.assign(x="text"), limits)["x"].tolist() == ["text"] * 4


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"method": "quantiles"}, "beyond == 3, must be a share below 0.5 where method == 'quantiles'"),
        ({"beyond": 0}, "greater than 0"),
        ({"beyond": float("nan")}, "finite"),
        ({"features": []}, "at least 1"),
    ],
)
def test_outliers_that_mean_nothing_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Outliers.model_validate(fields)


def test_an_outlier_leaves_the_training_part_alone() -> None:
    frame = rows().assign(x=lambda f: f["x"].where(~f.index.isin([3, 70, 95]), 1000.0))
    cuts = Cuts(START + timedelta(hours=60), START + timedelta(hours=80))
    how = Selection.model_validate({"cleaning": {"outliers": {"features": ["x"]}}, "embargo": "2h"})
    kept, outliers, found = settled(frame.copy(), how, cuts, ["x", "shop"])
    assert (outliers, len(kept), (kept["x"] == 1000).sum()) == (1, 99, 2)
    assert found.limits == limits_of(frame.iloc[:58], Outliers(), ["x"])
    pd.testing.assert_frame_equal(without_outliers(frame.copy(), found, cuts), kept)
    clip = Selection.model_validate({"cleaning": {"outliers": {"action": "clip"}}})
    kept, outliers, found = settled(frame.copy(), clip, cuts, ["x"])
    assert (outliers, len(kept)) == (0, 100)
    assert set(found.limits) == {"x"}


def test_history_is_drawn_of_the_older_rows_only_and_grows_with_its_share() -> None:
    frame = rows(1000).assign(_label=lambda f: f["_label"].where(f.index % 10 != 0))
    since = START + timedelta(hours=800)
    found = {
        share: labelled(frame.copy(), Selection(older=("o",), since=since, history=share), 7, ["x"])
        for share in (0.1, 0.5)
    }
    for share, chosen in found.items():
        older = chosen.rows["_event_time"] < since
        assert (~older).sum() == 180
        assert older.sum() == chosen.older == pytest.approx(720 * share, abs=60)
        assert chosen.unlabelled == pytest.approx(20 + 80 * share, abs=20)
    assert set(found[0.1].rows["_event_time"]) < set(found[0.5].rows["_event_time"])
    assert labelled(frame.copy(), Selection(), 7, ["x"]).older == 0


def test_a_row_of_the_half_life_weighs_half() -> None:
    times = pd.Series(pd.to_datetime([START, START + timedelta(days=90), START + timedelta(days=180)]))
    assert age_weights(times, timedelta(days=90)).tolist() == [0.25, 0.5, 1.0]
    np.testing.assert_array_equal(age_weights(times.dt.as_unit("s"), timedelta(days=90)), [0.25, 0.5, 1.0])


@given(st.lists(st.integers(1, 60), min_size=2, max_size=5), st.integers(0, 100))
def test_balanced_classes_weigh_alike_and_all_as_much_as_before(sizes: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes), dtype=float), sizes)
    weights = np.random.default_rng(seed).uniform(0.1, 2, len(labels))
    balanced = factors_of_rows(labels, class_factors(labels, weights)) * weights
    sums = np.bincount(labels.astype(int), weights=balanced)
    np.testing.assert_allclose(sums, weights.sum() / len(sizes))
    kept = undersampled(labels, np.random.default_rng(seed).random(len(labels)))
    assert np.bincount(labels[kept].astype(int)).tolist() == [min(sizes)] * len(sizes)
    assert kept_factors(labels) == {str(c): pytest.approx(min(sizes) / size) for c, size in enumerate(sizes)}


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.1, 10), st.floats(0.1, 10))
def test_scores_are_put_back_by_bayes_rule(prior: float, likelihood: float, first: float, second: float) -> None:
    """Posterior odds are prior odds times the likelihood ratio: changing the prior and back changes nothing."""
    ratio = likelihood / (1 - likelihood)
    true = prior * ratio / (prior * ratio + (1 - prior))
    shifted = prior * second * ratio / (prior * second * ratio + (1 - prior) * first)
    assert corrected(np.array([shifted]), [first, second])[0] == pytest.approx(true, rel=1e-9)
    several = corrected(np.array([[1 - shifted, shifted]]), [first, second])
    np.testing.assert_allclose(several, [[1 - true, true]], rtol=1e-7)


def test_classes_may_have_names() -> None:
    labels = np.array(["late", "early", "early", "early"], dtype=object)
    assert class_factors(labels) == {"early": pytest.approx(2 / 3), "late": 2.0}
    assert factors_of_rows(np.array(["late", "lost"], dtype=object), {"late": 2.0}).tolist() == [2.0, 1.0]
    assert kept_factors(labels) == {"early": pytest.approx(1 / 3), "late": 1.0}
