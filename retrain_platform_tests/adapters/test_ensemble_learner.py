"""A model for each segment, the pooled one for the rest, and scores raised beyond the anomaly limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.ensemble_learner import FittedEnsemble
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import BadPackage
from retrain_platform.adapters.packaged_model import load_package
from retrain_platform.training.base import Rows, Task
from retrain_platform.training.ensemble import Ensemble

RIDGE = {"kind": "sklearn", "estimator": "sklearn.linear_model.Ridge", "params": {"alpha": 1e-6}}
TREES = {"kind": "lightgbm", "rounds": 30, "params": {"num_leaves": 7, "min_data_in_leaf": 5}}
LOGISTIC = {"kind": "sklearn", "estimator": "sklearn.linear_model.LogisticRegression"}


def fitted(task: Task, frame: pd.DataFrame, labels: Any, **fields: Any) -> FittedEnsemble:
    spec = Ensemble.model_validate({"by": "shop", "min_rows": 100, "member": RIDGE, **fields})
    return learner(spec, task).fit(Rows(frame, np.asarray(labels)))  # type: ignore[return-value]


def rows(count: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    shop = rng.choice(["north", "south", "west"], count, p=[0.6, 0.35, 0.05])
    return pd.DataFrame({"shop": shop, "x": rng.normal(size=count)})


def opposite(frame: pd.DataFrame) -> np.ndarray:
    """What no straight line of all rows can tell: the shops go opposite ways."""
    return np.asarray(frame["x"] * np.where(frame["shop"] == "north", 3.0, -3.0))


def test_each_segment_is_answered_by_its_own_model_and_others_by_the_pooled_one() -> None:
    train = rows(1000)
    model = fitted("regression", train, opposite(train))
    later = rows(300, 2)
    own = later["shop"].isin(["north", "south"]).to_numpy()
    np.testing.assert_allclose(model.score(later)[own], opposite(later)[own], atol=1e-3)
    strange = pd.DataFrame({"shop": ["west", "east", None], "x": [1.0, 1.0, 1.0]})
    pooled = learner(Ensemble.model_validate({"by": "shop", "min_rows": 9999, "member": RIDGE}), "regression")
    alone = pooled.fit(Rows(train, opposite(train)))
    np.testing.assert_array_equal(model.score(strange), alone.score(strange))
    assert np.abs(model.score(strange)).max() < 2
    assert model.report.notes[0].startswith("models of their own by shop: north (")
    assert alone.report.notes[0] == "models of their own by shop: none; all others by the pooled one of 1,000 rows"


def test_a_segment_may_have_a_recipe_of_its_own() -> None:
    train = rows(1000)
    one = fitted("regression", train, opposite(train), members={"south": TREES})
    other = fitted("regression", train, opposite(train))
    later = rows(200, 3)
    same = one.score(later) == other.score(later)
    assert same[later["shop"] == "north"].all()
    assert not same[later["shop"] == "south"].any()
    assert one.report.rounds == 30
    assert other.report.rounds == 0


def test_a_segment_of_one_class_is_answered_by_the_pooled_model() -> None:
    train = rows(1000)
    labels = np.where(train["shop"] == "south", 1.0, (train["x"] > 0).astype(float))
    model = fitted("binary", train, labels, member=LOGISTIC)
    assert "one class alone, so the pooled model answers: south" in model.report.notes
    scores = model.score(rows(100, 4))
    assert ((scores > 0) & (scores < 1)).all()


def test_of_several_classes_a_segment_may_lack_some() -> None:
    train = rows(1000)
    labels = np.where(train["x"] > 0, "late", np.where(train["shop"] == "south", "early", "on time")).astype(object)
    model = fitted("multiclass", train, labels, member=LOGISTIC)
    assert model.report.classes == ("early", "late", "on time")
    later = rows(200, 5)
    scores = model.score(later)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    assert (scores[(later["shop"] == "south").to_numpy(), 2] == 0).all()
    assert (scores[(later["shop"] == "north").to_numpy(), 0] == 0).all()


def test_importance_is_shared_out_by_rows_over_models_of_any_kind() -> None:
    train = rows(1000).assign(noise=0.0)
    report = fitted("regression", train, opposite(train), members={"south": TREES}).report
    assert sum(report.importance.values()) == pytest.approx(1)
    assert max(report.importance, key=lambda name: report.importance[name]) == "x"
    assert report.importance["noise"] == 0


def lately(count: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Entities that go bad stay so, and only what they did lately tells: a linear model of `x` cannot."""
    rng = np.random.default_rng(seed)
    frame = rows(count, seed)
    trouble = rng.random(count) < 0.06
    frame["lately"] = np.where(trouble, 0.9, rng.normal(0.2, 0.05, count))
    chance = np.where(trouble, 0.95, 0.15 + 0.1 * (frame["x"] > 0))
    return frame, (rng.random(count) < chance).astype(float)


def test_scores_beyond_the_limit_are_raised_and_no_others() -> None:
    frame, labels = lately(4000, 6)
    weak = {"kind": "lightgbm", "rounds": 1, "params": {"num_leaves": 2, "learning_rate": 0.01}}
    anomaly = {"of": "lately", "over": 4.0}
    plain = fitted("binary", frame, labels, member=weak)
    model = fitted("binary", frame, labels, member=weak, anomaly=anomaly)
    later, truth = lately(2000, 7)
    flagged, raised = model.flagged(later), model.score(later) - plain.score(later)
    assert flagged[(later["lately"] == 0.9).to_numpy()].all()
    assert flagged.mean() < 0.1
    assert (raised[~flagged] == 0).all()
    assert (raised[flagged] > 0.5).all()
    assert model.score(later).max() <= 1
    assert model.score(later)[flagged].mean() == pytest.approx(truth[flagged].mean(), abs=0.1)
    unknown = later.assign(lately=np.nan)
    assert not model.flagged(unknown).any()
    assert plain.flagged(later).sum() == 0


def test_a_raised_model_comes_back_from_its_package(tmp_path: Path) -> None:
    frame, labels = lately(3000, 8)
    model = fitted(
        "binary", frame, labels, member=TREES, anomaly={"of": "lately", "over": 4.0}, members={"west": LOGISTIC}
    )
    model.save(tmp_path)
    loaded = load_package(tmp_path)
    later, _ = lately(500, 9)
    np.testing.assert_array_equal(loaded.score(later), model.score(later))
    np.testing.assert_array_equal(loaded.flagged(later), model.flagged(later))  # type: ignore[attr-defined]
    assert loaded.fingerprint() == model.fingerprint()
    assert loaded.report == model.report


def test_other_limits_are_another_model() -> None:
    frame, labels = lately(2000, 10)
    one, other = (
        fitted("binary", frame, labels, member=LOGISTIC, anomaly={"of": "lately", "over": over}) for over in (2, 4)
    )
    assert one.fingerprint() != other.fingerprint()


def test_a_package_with_a_part_missing_is_told(tmp_path: Path) -> None:
    train = rows(1000)
    fitted("regression", train, opposite(train)).save(tmp_path)
    (tmp_path / "members" / "1" / "learner.json").write_text('{"kind": "python", "task": "binary", "format": 1}')
    with pytest.raises(BadPackage, match="== 'python', must be one of lightgbm, sklearn within an ensemble"):
        load_package(tmp_path)
    (tmp_path / "ensemble.json").unlink()
    with pytest.raises(BadPackage, match=r"holds no whole ensemble: ensemble.json is missing"):
        load_package(tmp_path)


def test_what_it_cannot_do_is_refused() -> None:
    train = rows(400)
    with pytest.raises(ValueError, match=r"training\.by == 'town', must be a feature; there are shop, x"):
        fitted("regression", train, opposite(train), by="town")
    with pytest.raises(ValueError, match=r"training\.anomaly\.of == 'late', must be a feature"):
        fitted("regression", train, opposite(train), anomaly={"of": "late"})
    with pytest.raises(ValueError, match=r"training\.kind == 'ensemble', must be another where task == 'ranking'"):
        fitted("ranking", train, opposite(train))


def test_a_refit_takes_the_rounds_that_it_is_told() -> None:
    train = rows(1000)
    spec = Ensemble.model_validate({"by": "shop", "min_rows": 100, "member": TREES})
    assert learner(spec, "regression").fit(Rows(train, opposite(train)), rounds=4).report.rounds == 4
