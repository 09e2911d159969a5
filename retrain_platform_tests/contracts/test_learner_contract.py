"""What every learner promises, run over every member of the union."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import BadPackage
from retrain_platform.adapters.packaged_model import _load_pyfunc, load_package
from retrain_platform.training import LEARNERS, LearnerSpec
from retrain_platform.training.base import Fitted, Learner, MissingColumns, OneClass, Task
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
    (
        "ensemble",
        "binary",
        {
            "by": "carrier",
            "min_rows": 120,
            "member": {"kind": "lightgbm", "params": {"num_leaves": 7, "min_data_in_leaf": 5}, "rounds": 40},
            "members": {"AA": {"kind": "sklearn", "estimator": "sklearn.linear_model.LogisticRegression"}},
        },
    ),
    (
        "ensemble",
        "regression",
        {
            "member": {"kind": "sklearn", "estimator": "sklearn.linear_model.Ridge"},
            "members": {"UA": {"kind": "lightgbm", "params": {"min_data_in_leaf": 5}, "rounds": 40}},
            "by": "carrier",
            "min_rows": 140,
            "anomaly": {"of": "temp", "over": 1.5, "min_flagged": 5},
        },
    ),
    (
        "ensemble",
        "multiclass",
        {
            "min_rows": 100,
            "by": "carrier",
            "member": {"kind": "lightgbm", "params": {"num_leaves": 8, "min_data_in_leaf": 5}, "rounds": 40},
        },
    ),
    ("python", "binary", {"call": "retrain_platform_tests.training.own_learners:fit", "params": {"ridge": 0.5}}),
    ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit"}),
    ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit_pyfunc"}),
    ("lightgbm", "multiclass", {"params": {"num_leaves": 8, "min_data_in_leaf": 5}, "rounds": 40}),
    ("sklearn", "multiclass", {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 600}}),
    ("python", "multiclass", {"call": "retrain_platform_tests.training.own_learners:fit_classes"}),
    ("lightgbm", "ranking", {"params": {"num_leaves": 9, "min_data_in_leaf": 5}, "rounds": 40}),
    ("sklearn", "ranking", {"estimator": "sklearn.linear_model.Ridge", "params": {"alpha": 0.5}}),
    ("python", "ranking", {"call": "retrain_platform_tests.training.own_learners:fit", "params": {"ridge": 2}}),
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


def of(frame: pd.DataFrame, task: Task) -> NDArray[Any]:
    minutes = (frame["carrier"] == "UA") * 30 + frame["temp"].fillna(50) - 60 + frame["distance"] / 200
    if task == "multiclass":
        return np.array(["early", "late", "later"], dtype=object)[np.digitize(minutes, (-10, 10))]
    if task == "ranking":
        return np.digitize(minutes, (-10, 10, 30)).astype(float)
    return (minutes > 0).to_numpy(float) if task == "binary" else minutes.to_numpy(float)


@pytest.fixture(params=RECIPES, ids=lambda recipe: f"{recipe[0]}-{recipe[1]}-{next(iter(recipe[2].values()))}"[:60])
def made(request: pytest.FixtureRequest) -> Made:
    kind, task, fields = request.param
    spec: LearnerSpec = TypeAdapter(LearnerSpec).validate_python({"kind": kind, **fields})
    return learner(spec, task), task


TRAIN, LATER = rows(600, 1), rows(300, 2)
QUERIES = np.random.default_rng(3).integers(0, 60, 600)


def taught(
    teacher: Learner, task: Task, frame: pd.DataFrame = TRAIN, labels: NDArray[Any] | None = None, **more: Any
) -> Fitted:
    """Fitted on all rows, which for ranking are in no order of their queries."""
    queries = QUERIES if task == "ranking" else None
    return teacher.fit(frame, of(frame, task) if labels is None else labels, queries=queries, **more)


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
    one, other = (taught(teacher, task, TRAIN.copy()) for _ in range(2))
    assert one.fingerprint() == other.fingerprint()
    np.testing.assert_array_equal(one.score(LATER), other.score(LATER))
    shifted = of(TRAIN, task)
    shifted[:200] = shifted[:200][::-1]
    assert taught(teacher, task, labels=shifted).fingerprint() != one.fingerprint()


def test_it_learns_something(made: Made) -> None:
    teacher, task = made
    fitted = taught(teacher, task)
    scores, truth = fitted.score(LATER), of(LATER, task)
    assert scores.dtype == np.float64
    if task == "multiclass":
        assert fitted.report.classes == ("early", "late", "later")
        assert scores.shape == (len(LATER), 3)
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-9)
        assert (np.array(fitted.report.classes)[scores.argmax(axis=1)] == truth).mean() > 0.6
        return
    assert scores.shape == (len(LATER),)
    assert np.corrcoef(scores, truth)[0, 1] > 0.6
    if task == "binary":
        assert ((scores >= 0) & (scores <= 1)).all()


def test_what_is_saved_is_what_is_loaded(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    fitted = taught(teacher, task)
    fitted.save(tmp_path)
    for loaded in (teacher.load(tmp_path), load_package(tmp_path)):
        np.testing.assert_array_equal(loaded.score(LATER), fitted.score(LATER))
        assert loaded.fingerprint() == fitted.fingerprint()
        assert loaded.report == fitted.report
    answers = _load_pyfunc(str(tmp_path)).predict(LATER)
    if isinstance(answers, pd.DataFrame):
        assert list(answers) == ["predicted", "probability_early", "probability_late", "probability_later"]
        assert answers["predicted"].tolist() == [("early", "late", "later")[k] for k in fitted.score(LATER).argmax(1)]
        answers = answers.drop(columns="predicted").to_numpy()
    np.testing.assert_array_equal(answers, fitted.score(LATER))


def test_one_row_scores_as_it_does_among_others(made: Made) -> None:
    teacher, task = made
    fitted = taught(teacher, task)
    together = fitted.score(LATER)
    for row in (0, 9, 11):
        np.testing.assert_allclose(fitted.score(LATER.iloc[[row]]), together[[row]], rtol=1e-12)
    assert len(fitted.score(LATER.iloc[:0])) == 0


def test_unseen_categories_and_missing_values_get_a_score(made: Made) -> None:
    teacher, task = made
    fitted = taught(teacher, task)
    strange = LATER.assign(carrier="ZZ", temp=np.nan, distance=np.nan, gust=5.0)
    assert np.isfinite(fitted.score(strange)).all()
    assert np.isfinite(fitted.score(LATER.assign(carrier=None))).all()


def test_a_missing_column_is_named_and_other_columns_do_not_matter(made: Made) -> None:
    teacher, task = made
    fitted = taught(teacher, task)
    with pytest.raises(MissingColumns, match="carrier, temp"):
        fitted.score(LATER.drop(columns=["carrier", "temp"]))
    shuffled = LATER.assign(extra=1)[["extra", "temp", "gust", "carrier", "distance"]]
    np.testing.assert_array_equal(fitted.score(shuffled), fitted.score(LATER))


def test_the_report_names_the_features_and_the_weight_of_each(made: Made) -> None:
    teacher, task = made
    report = taught(teacher, task).report
    assert report.features == tuple(TRAIN.columns)
    assert not report.importance or set(report.importance) == set(TRAIN.columns)
    assert report.importance.get("gust", 0.0) == 0.0


def test_labels_that_cannot_be_learned_from_are_refused(made: Made) -> None:
    teacher, task = made
    good = of(TRAIN, task)
    with pytest.raises(ValueError, match="must be the same and at least 1"):
        taught(teacher, task, labels=good[:-1])
    with pytest.raises(ValueError, match="must be known"):
        taught(
            teacher, task, labels=np.where(np.arange(len(good)) == 5, None if task == "multiclass" else np.nan, good)
        )
    if task == "binary":
        with pytest.raises(OneClass, match="labels == 1 in all 600 rows, must have both classes"):
            teacher.fit(TRAIN, np.ones(len(TRAIN)))
        with pytest.raises(ValueError, match="labels == 2, must be 0 or 1"):
            teacher.fit(TRAIN, good * 2)
    if task == "multiclass":
        with pytest.raises(OneClass, match="labels == 'late' in all 600 rows, must have at least two classes"):
            teacher.fit(TRAIN, np.full(len(TRAIN), "late", dtype=object))
    if task == "ranking":
        with pytest.raises(OneClass, match="labels == 1 in all 600 rows, must differ in relevance"):
            taught(teacher, task, labels=np.ones(len(TRAIN)))
        with pytest.raises(ValueError, match="labels == -1, must be >= 0 where task == 'ranking'"):
            taught(teacher, task, labels=good - 1)
        with pytest.raises(ValueError, match="queries == none for 600 rows, must be one a row"):
            teacher.fit(TRAIN, good)


def test_equal_rows_with_other_class_names_are_another_model(made: Made) -> None:
    teacher, task = made
    if task != "multiclass":
        return
    renamed = np.array([f"very {name}" for name in of(TRAIN, task)], dtype=object)
    one, other = taught(teacher, task), taught(teacher, task, labels=renamed)
    np.testing.assert_array_equal(one.score(LATER), other.score(LATER))
    assert one.fingerprint() != other.fingerprint()


def test_a_class_that_only_stops_the_fit_is_none_of_the_models(made: Made) -> None:
    teacher, task = made
    if task != "multiclass":
        return
    labels = np.where(np.arange(len(LATER)) % 3 == 0, "cancelled", of(LATER, task))
    fitted = taught(teacher, task, valid=LATER, valid_labels=labels)
    assert fitted.report.classes == ("early", "late", "later")
    alone = np.full(len(LATER), "cancelled", dtype=object)
    assert taught(teacher, task, valid=LATER, valid_labels=alone).score(LATER).shape == (300, 3)


def test_a_folder_without_a_model_is_said_to_have_none(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    with pytest.raises(BadPackage, match=r"holds no fitted model: learner.json is missing"):
        teacher.load(tmp_path)
    taught(teacher, task).save(tmp_path)
    (tmp_path / "learner.json").write_text('{"kind": "oracle", "task": "binary", "format": 1}')
    with pytest.raises(BadPackage, match=r"kind of .* == 'oracle', must be one of lightgbm, sklearn, python"):
        load_package(tmp_path)
    (tmp_path / "learner.json").write_text('{"kind": "lightgbm", "task": "binary", "format": 99}')
    with pytest.raises(BadPackage, match="== 99, must be 1"):
        load_package(tmp_path)


# Everything that counts rows, and not weights, is set aside; after one tree roundings choose between equal splits.
COUNTLESS = {"max_bin": 5000, "min_data_in_bin": 1, "min_data_in_leaf": 1, "num_leaves": 7}


@pytest.mark.parametrize(
    ("kind", "task", "fields"),
    [
        ("lightgbm", "binary", {"params": COUNTLESS, "rounds": 1}),
        ("python", "regression", {"call": "retrain_platform_tests.training.own_learners:fit"}),
    ],
)
def test_a_row_of_weight_two_is_as_good_as_two_rows(kind: str, task: Task, fields: dict[str, object]) -> None:
    teacher = learner(TypeAdapter(LearnerSpec).validate_python({"kind": kind, **fields}), task)
    twice = np.arange(len(TRAIN)) % 3 == 0
    weighed = taught(teacher, task, weights=np.where(twice, 2.0, 1.0)).score(LATER)
    doubled = TRAIN.iloc[np.repeat(np.arange(len(TRAIN)), np.where(twice, 2, 1))].reset_index(drop=True)
    copied = taught(teacher, task, doubled).score(LATER)
    np.testing.assert_allclose(weighed, copied, rtol=1e-6)
    assert not np.allclose(weighed, taught(teacher, task).score(LATER), rtol=1e-6)


def test_weights_that_are_none_are_refused(made: Made) -> None:
    for weights, said in (
        (np.ones(3), "3 for 600 rows, must be the same"),
        (np.full(600, -1.0), "-1 in places, must be finite and at least 0"),
        (np.full(600, np.nan), "nan in places, must be finite"),
        (np.zeros(600), "0 for all 600 rows, must be more for some"),
    ):
        with pytest.raises(ValueError, match=said):
            taught(*made, weights=weights)


def test_an_estimator_that_takes_no_weights_is_named() -> None:
    spec: LearnerSpec = TypeAdapter(LearnerSpec).validate_python(
        {"kind": "sklearn", "estimator": "sklearn.neighbors.KNeighborsClassifier"}
    )
    with pytest.raises(ValueError, match=r"estimator == 'sklearn.neighbors.KNeighborsClassifier', must take weights"):
        taught(learner(spec, "binary"), "binary", weights=np.ones(len(TRAIN)))
