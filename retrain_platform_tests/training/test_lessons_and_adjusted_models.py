"""What a learner is given of a dataset's rows, and what the fitted model does with every row that it is asked about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.dataset.split import Split
from retrain_platform.training.adjusted import Adjusted, Adjustment, adjusted, adjustment_of, within
from retrain_platform.training.base import Fitted, Rows
from retrain_platform.training.lesson import lesson
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.recipe import Recipe

START = datetime(2024, 1, 1, tzinfo=UTC)


def rows(count: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(3)
    x = random.normal(size=count)
    return pd.DataFrame(
        {
            "_event_time": pd.Timestamp(START) + pd.to_timedelta(range(count), unit="h"),
            "_entity": [f"e{number}" for number in range(count)],
            "_label": (x + random.normal(size=count) > 1.2).astype(float),
            "x": x,
        }
    )


def split(frame: pd.DataFrame) -> Split:
    return Split(frame.iloc[:300], frame.iloc[300:], frame.iloc[:0], embargoed=0)


def recipe(**fields: Any) -> Recipe:
    return LightGBM.model_validate({"params": {"num_leaves": 4}, "rounds": 10, "early_stop_on": "0h", **fields})


def test_a_recipe_that_asks_for_nothing_is_given_the_rows_themselves() -> None:
    parts = split(rows())
    given = lesson(recipe(), parts, ["x"])
    assert given.train is parts.train
    assert given.valid is parts.valid
    assert (given.weights, given.valid_weights, given.adjustment) == (None, None, Adjustment())


def test_weights_have_the_mean_one_and_halve_with_the_half_life() -> None:
    given = lesson(recipe(half_life="48h"), split(rows()), ["x"])
    assert given.weights is not None
    assert given.weights.mean() == pytest.approx(1)
    assert given.weights[100] / given.weights[52] == pytest.approx(2)
    assert given.valid_weights is None


@pytest.mark.parametrize("half_life", [None, "48h"])
def test_balanced_classes_weigh_alike_whatever_their_age(half_life: str | None) -> None:
    fields = {"half_life": half_life} if half_life else {}
    given = lesson(recipe(balance="weights", **fields), split(rows()), ["x"])
    late = given.train["_label"].to_numpy() == 1
    assert given.weights is not None
    assert given.weights[late].sum() == pytest.approx(given.weights[~late].sum())
    factors, valid = given.adjustment.factors, given.valid["_label"]
    assert given.valid_weights is not None
    np.testing.assert_allclose(given.valid_weights, np.where(valid == 1, factors["1"], factors["0"]))


def test_undersampling_keeps_every_rare_row_and_says_what_it_left() -> None:
    parts = split(rows())
    given = lesson(recipe(balance="undersample"), parts, ["x"])
    rare = int(parts.train["_label"].sum())
    assert given.train["_label"].value_counts().to_dict() == {0.0: rare, 1.0: rare}
    assert given.adjustment.factors == {"0": pytest.approx(rare / (300 - rare)), "1": 1.0}
    assert given.weights is None
    assert len(given.valid) == 100
    again = lesson(recipe(balance="undersample"), parts, ["x"])
    pd.testing.assert_frame_equal(again.train, given.train)
    assert not lesson(recipe(balance="undersample", seed=8), parts, ["x"]).train.equals(given.train)


def test_outliers_are_clipped_in_both_parts_or_dropped_from_what_is_learned() -> None:
    frame = rows().assign(x=lambda found: found["x"].where(~found.index.isin([5, 350]), 90.0))
    clip = lesson(recipe(rows={"outliers": {"action": "clip"}}), split(frame), ["x"])
    assert clip.train["x"].max() == clip.valid["x"].max() == clip.adjustment.limits["x"][1]
    drop = lesson(recipe(rows={"outliers": {}}), split(frame), ["x"])
    assert (len(drop.train), drop.valid["x"].max(), drop.adjustment) == (299, 90.0, Adjustment())
    narrow = lesson(recipe(rows={"outliers": {}}), split(frame), ["x"], {"x": (-1.0, 1.0)})
    assert narrow.train["x"].abs().max() <= 1


def fitted() -> Fitted:
    frame = rows()
    return learner(LightGBM.model_validate({"rounds": 5}), "binary").fit(Rows(frame[["x"]], frame["_label"].to_numpy()))


def test_an_adjusted_model_is_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    inner, frame = fitted(), rows()
    model = adjusted(inner, Adjustment(limits={"x": (-1.0, 1.0)}, factors={"0": 0.5, "1": 2.0}))
    keep_package(model, tmp_path / "package")
    loaded = load_package(tmp_path / "package")
    assert isinstance(loaded, Adjusted)
    np.testing.assert_array_equal(loaded.score(frame), model.score(frame))
    assert loaded.fingerprint() == model.fingerprint() != inner.fingerprint()
    assert loaded.report == inner.report
    raw = inner.score(frame.assign(x=frame["x"].clip(-1, 1)))
    np.testing.assert_allclose(model.score(frame), raw / 2 / (raw / 2 + (1 - raw) * 2))
    assert len(model.score(frame.iloc[:0])) == 0
    assert within(loaded).fingerprint() == inner.fingerprint()
    assert adjustment_of(loaded).factors == {"0": 0.5, "1": 2.0}


def test_what_needs_no_adjustment_has_none(tmp_path: Path) -> None:
    inner = fitted()
    assert adjusted(inner, Adjustment()) is inner
    assert adjustment_of(inner) == Adjustment()
    keep_package(inner, tmp_path / "package")
    assert not isinstance(load_package(tmp_path / "package"), Adjusted)


def test_several_classes_are_put_back_by_their_names() -> None:
    class Three:
        report = fitted().report.model_copy(update={"classes": ("a", "b", "c")})

        def score(self, frame: pd.DataFrame) -> np.ndarray:
            return np.full((len(frame), 3), [0.2, 0.3, 0.5])

    inner: Any = Three()
    model = adjusted(inner, Adjustment(factors={"c": 5.0, "a": 1.0, "b": 1.0}))
    np.testing.assert_allclose(model.score(rows(2)), np.tile(np.array([0.2, 0.3, 0.1]) / 0.6, (2, 1)))
