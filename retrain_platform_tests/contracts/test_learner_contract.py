"""What every learner promises, run over every member of the union."""

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import BadPackage
from retrain_platform.adapters.packaged_model import _load_pyfunc, load_package
from retrain_platform.training import LEARNERS, LearnerSpec
from retrain_platform.training.base import Learner, MissingColumns, OneClass, Task
from retrain_platform.training.conformance import unmet

RECIPES = [
    ("lightgbm", "binary", {"params": {"num_leaves": 7, "min_data_in_leaf": 5}, "rounds": 40}),
    ("lightgbm", "regression", {"params": {"bagging_fraction": 0.7, "bagging_freq": 1}, "rounds": 40}),
    ("sklearn", "regression", {"estimator": "sklearn.linear_model.Ridge"}),
    ("sklearn", "binary", {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 500}}),
    (
        "sklearn",
        "binary",
        {
            "steps": [
                {"estimator": "sklearn.feature_selection.VarianceThreshold"},
                {"estimator": "sklearn.ensemble.HistGradientBoostingClassifier", "params": {"max_iter": 20}},
            ],
            "categories": "ordinal",
        },
    ),
    ("sklearn", "regression", {"estimator": "sklearn.ensemble.RandomForestRegressor", "params": {"n_estimators": 8}}),
    ("python", "binary", {"call": "retrain_platform_tests.training.own_learners:fit", "params": {"ridge": 0.5}}),
    ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit"}),
    ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit_pyfunc"}),
]
Made = tuple[Learner, Task]


def rows(count: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "carrier": random.choice(["UA", "AA", "DL", "B6"], count),
            "distance": random.integers(100, 3000, count),
            "temp": random.normal(50, 20, count),
            "gust": np.full(count, np.nan),
        }
    )
    frame.loc[frame.index[::9], "temp"] = np.nan
    frame.loc[frame.index[::11], "carrier"] = None
    return frame


def labels(frame: pd.DataFrame, task: Task) -> NDArray[np.float64]:
    minutes = (frame["carrier"] == "UA") * 30 + frame["temp"].fillna(50) - 60 + frame["distance"] / 200
    return (minutes > 0).to_numpy(float) if task == "binary" else minutes.to_numpy(float)


@pytest.fixture(params=RECIPES, ids=lambda recipe: f"{recipe[0]}-{recipe[1]}-{next(iter(recipe[2].values()))}"[:60])
def made(request: pytest.FixtureRequest) -> Made:
    kind, task, fields = request.param
    spec: LearnerSpec = TypeAdapter(LearnerSpec).validate_python({"kind": kind, **fields})
    return learner(spec, task), task


TRAIN, LATER = rows(600, 1), rows(300, 2)


def test_no_member_of_the_union_escapes() -> None:
    assert {kind for kind, _, _ in RECIPES} == {member.model_fields["kind"].default for member in LEARNERS}
    for member in LEARNERS:
        fields = next(fields for kind, _, fields in RECIPES if kind == member.model_fields["kind"].default)
        built = learner(member.model_validate(fields), "regression")
        for method in ("fit", "load"):
            promised: Callable[..., object] = getattr(Learner, method)
            assert (
                list(inspect.signature(getattr(built, method)).parameters)
                == list(inspect.signature(promised).parameters)[1:]
            )


def test_every_learner_keeps_what_a_users_own_is_asked_for(made: Made) -> None:
    teacher, task = made
    assert unmet(teacher, task) == []


def test_the_same_input_gives_the_same_model(made: Made) -> None:
    teacher, task = made
    one, other = (teacher.fit(TRAIN.copy(), labels(TRAIN, task)) for _ in range(2))
    assert one.fingerprint() == other.fingerprint()
    np.testing.assert_array_equal(one.score(LATER), other.score(LATER))
    shifted = labels(TRAIN, task)
    shifted[:200] = shifted[:200][::-1]
    assert teacher.fit(TRAIN, shifted).fingerprint() != one.fingerprint()


def test_it_learns_something(made: Made) -> None:
    teacher, task = made
    scores = teacher.fit(TRAIN, labels(TRAIN, task)).score(LATER)
    assert scores.shape == (len(LATER),)
    assert scores.dtype == np.float64
    assert np.corrcoef(scores, labels(LATER, task))[0, 1] > 0.6
    if task == "binary":
        assert ((scores >= 0) & (scores <= 1)).all()


def test_what_is_saved_is_what_is_loaded(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    fitted = teacher.fit(TRAIN, labels(TRAIN, task))
    fitted.save(tmp_path)
    for loaded in (teacher.load(tmp_path), load_package(tmp_path)):
        np.testing.assert_array_equal(loaded.score(LATER), fitted.score(LATER))
        assert loaded.fingerprint() == fitted.fingerprint()
        assert loaded.report == fitted.report
    np.testing.assert_array_equal(_load_pyfunc(str(tmp_path)).predict(LATER), fitted.score(LATER))


def test_one_row_scores_as_it_does_among_others(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(TRAIN, labels(TRAIN, task))
    together = fitted.score(LATER)
    for row in (0, 9, 11):
        np.testing.assert_allclose(fitted.score(LATER.iloc[[row]]), together[[row]], rtol=1e-12)
    assert len(fitted.score(LATER.iloc[:0])) == 0


def test_unseen_categories_and_missing_values_get_a_score(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(TRAIN, labels(TRAIN, task))
    strange = LATER.assign(carrier="ZZ", temp=np.nan, distance=np.nan, gust=5.0)
    assert np.isfinite(fitted.score(strange)).all()
    assert np.isfinite(fitted.score(LATER.assign(carrier=None))).all()


def test_a_missing_column_is_named_and_other_columns_do_not_matter(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(TRAIN, labels(TRAIN, task))
    with pytest.raises(MissingColumns, match="carrier, temp"):
        fitted.score(LATER.drop(columns=["carrier", "temp"]))
    shuffled = LATER.assign(extra=1)[["extra", "temp", "gust", "carrier", "distance"]]
    np.testing.assert_array_equal(fitted.score(shuffled), fitted.score(LATER))


def test_the_report_names_the_features_and_the_weight_of_each(made: Made) -> None:
    teacher, task = made
    report = teacher.fit(TRAIN, labels(TRAIN, task)).report
    assert report.features == tuple(TRAIN.columns)
    assert not report.importance or set(report.importance) == set(TRAIN.columns)
    assert report.importance.get("gust", 0.0) == 0.0


def test_labels_that_cannot_be_learned_from_are_refused(made: Made) -> None:
    teacher, task = made
    good = labels(TRAIN, task)
    with pytest.raises(ValueError, match="must be the same and at least 1"):
        teacher.fit(TRAIN, good[:-1])
    with pytest.raises(ValueError, match="must be known and finite"):
        teacher.fit(TRAIN, np.where(np.arange(len(good)) == 5, np.nan, good))
    if task == "binary":
        with pytest.raises(OneClass, match="labels == 1 in all 600 rows, must have both classes"):
            teacher.fit(TRAIN, np.ones(len(TRAIN)))
        with pytest.raises(ValueError, match="labels == 2, must be 0 or 1"):
            teacher.fit(TRAIN, good * 2)


def test_a_folder_without_a_model_is_said_to_have_none(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    with pytest.raises(BadPackage, match=r"holds no fitted model: learner.json is missing"):
        teacher.load(tmp_path)
    teacher.fit(TRAIN, labels(TRAIN, task)).save(tmp_path)
    (tmp_path / "learner.json").write_text('{"kind": "oracle", "task": "binary", "format": 1}')
    with pytest.raises(BadPackage, match=r"kind of .* == 'oracle', must be one of lightgbm, sklearn, python"):
        load_package(tmp_path)
    (tmp_path / "learner.json").write_text('{"kind": "lightgbm", "task": "binary", "format": 99}')
    with pytest.raises(BadPackage, match="== 99, must be 1"):
        load_package(tmp_path)
