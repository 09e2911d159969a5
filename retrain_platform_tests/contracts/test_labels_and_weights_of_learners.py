"""What every learner makes of labels and weights: classes by their names, and what cannot be learned from."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from retrain_platform.adapters.learners import learner
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import OneClass, Rows, Task
from retrain_platform_tests.contracts.learner_examples import CLASSES, LATER, Made, known, truth


def test_labels_that_cannot_be_learned_from_are_refused(made: Made) -> None:
    teacher, task = made
    good = known(task)
    labels, some = good.labels, np.arange(600) == 5
    with pytest.raises(ValueError, match="must be the same and at least 1"):
        teacher.fit(good._replace(labels=labels[:-1]))
    with pytest.raises(ValueError, match="must be known"):
        teacher.fit(good._replace(labels=np.where(some, None if task == "multiclass" else np.nan, labels)))
    if task == "binary":
        with pytest.raises(OneClass, match="labels == 1 in all 600 rows, must have both classes"):
            teacher.fit(good._replace(labels=np.ones(600)))
        with pytest.raises(ValueError, match="labels == 2, must be 0 or 1"):
            teacher.fit(good._replace(labels=labels * 2))
    if task == "multiclass":
        with pytest.raises(OneClass, match="labels == 'late' in all 600 rows, must have at least two classes"):
            teacher.fit(good._replace(labels=np.full(600, "late", dtype=object)))
    if task == "ranking":
        with pytest.raises(OneClass, match="labels == 1 in all 600 rows, must differ in relevance"):
            teacher.fit(good._replace(labels=np.ones(600)))
        with pytest.raises(ValueError, match="labels == -1, must be >= 0 where task == 'ranking'"):
            teacher.fit(good._replace(labels=labels - 1))
        with pytest.raises(ValueError, match="queries == none for 600 rows, must be one a row"):
            teacher.fit(good._replace(queries=None))


def test_equal_rows_with_other_class_names_are_another_model(made: Made) -> None:
    teacher, task = made
    if task != "multiclass":
        return
    rows = known(task)
    renamed = rows._replace(labels=np.array([f"so {name}" for name in rows.labels], dtype=object))
    one, other = teacher.fit(rows), teacher.fit(renamed)
    np.testing.assert_array_equal(one.score(LATER), other.score(LATER))
    assert one.fingerprint() != other.fingerprint()


def test_a_class_that_only_stops_the_fit_is_none_of_the_models(made: Made) -> None:
    teacher, task = made
    if task != "multiclass":
        return
    labels = np.where(np.arange(len(LATER)) % 3 == 0, "cancelled", truth(task))
    fitted = teacher.fit(known(task), valid=Rows(LATER, labels))
    assert fitted.report.classes == CLASSES
    alone = np.full(len(LATER), "cancelled", dtype=object)
    assert teacher.fit(known(task), valid=Rows(LATER, alone)).score(LATER).shape == (300, 3)


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
    rows, times = known(task), np.where(np.arange(600) % 3 == 0, 2, 1)
    weighed = teacher.fit(rows._replace(weights=times.astype(float))).score(LATER)
    copied = teacher.fit(rows.of(np.repeat(np.arange(600), times))).score(LATER)
    np.testing.assert_allclose(weighed, copied, rtol=1e-6)
    assert not np.allclose(weighed, teacher.fit(rows).score(LATER), rtol=1e-6)


def test_weights_that_are_none_are_refused(made: Made) -> None:
    teacher, task = made
    for weights, said in (
        (np.ones(3), "3 for 600 rows, must be the same"),
        (np.full(600, -1.0), "-1 in places, must be finite and at least 0"),
        (np.full(600, np.nan), "nan in places, must be finite"),
        (np.zeros(600), "0 for all 600 rows, must be more for some"),
    ):
        with pytest.raises(ValueError, match=said):
            teacher.fit(known(task)._replace(weights=weights))


def test_an_estimator_that_takes_no_weights_is_named() -> None:
    spec: LearnerSpec = TypeAdapter(LearnerSpec).validate_python(
        {"kind": "sklearn", "estimator": "sklearn.neighbors.KNeighborsClassifier"}
    )
    with pytest.raises(ValueError, match=r"estimator == 'sklearn.neighbors.KNeighborsClassifier', must take weights"):
        learner(spec, "binary").fit(known("binary")._replace(weights=np.ones(600)))
