"""What every learner promises, run over every member of the union."""

import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import BadPackage
from retrain_platform.adapters.packaged_model import _load_pyfunc, load_package
from retrain_platform.training import LEARNERS
from retrain_platform.training.base import Learner, MissingColumns
from retrain_platform.training.conformance import unmet
from retrain_platform_tests.contracts.learner_examples import CLASSES, LATER, RECIPES, Made, known, truth


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
    one, other = (teacher.fit(known(task)) for _ in range(2))
    assert one.fingerprint() == other.fingerprint()
    np.testing.assert_array_equal(one.score(LATER), other.score(LATER))
    shifted = known(task)
    shifted.labels[:200] = shifted.labels[:200][::-1]
    assert teacher.fit(shifted).fingerprint() != one.fingerprint()


def test_it_learns_something(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(known(task))
    scores, labels = fitted.score(LATER), truth(task)
    assert scores.dtype == np.float64
    if task == "multiclass":
        assert fitted.report.classes == CLASSES
        assert scores.shape == (len(LATER), 3)
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-9)
        assert (np.array(fitted.report.classes)[scores.argmax(axis=1)] == labels).mean() > 0.6
        return
    assert scores.shape == (len(LATER),)
    assert np.corrcoef(scores, labels)[0, 1] > 0.6
    if task == "binary":
        assert ((scores >= 0) & (scores <= 1)).all()


def test_what_is_saved_is_what_is_loaded(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    fitted = teacher.fit(known(task))
    fitted.save(tmp_path)
    for loaded in (teacher.load(tmp_path), load_package(tmp_path)):
        np.testing.assert_array_equal(loaded.score(LATER), fitted.score(LATER))
        assert loaded.fingerprint() == fitted.fingerprint()
        assert loaded.report == fitted.report
    answers = _load_pyfunc(str(tmp_path)).predict(LATER)
    if isinstance(answers, pd.DataFrame):
        assert list(answers) == ["predicted", *(f"probability_{name}" for name in CLASSES)]
        assert answers["predicted"].tolist() == [CLASSES[k] for k in fitted.score(LATER).argmax(1)]
        answers = answers.drop(columns="predicted").to_numpy()
    np.testing.assert_array_equal(answers, fitted.score(LATER))


def test_one_row_scores_as_it_does_among_others(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(known(task))
    together = fitted.score(LATER)
    for row in (0, 9, 11):
        np.testing.assert_allclose(fitted.score(LATER.iloc[[row]]), together[[row]], rtol=1e-12)
    assert len(fitted.score(LATER.iloc[:0])) == 0


def test_unseen_categories_and_missing_values_get_a_score(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(known(task))
    strange = LATER.assign(carrier="ZZ", temp=np.nan, distance=np.nan, gust=5.0)
    assert np.isfinite(fitted.score(strange)).all()
    assert np.isfinite(fitted.score(LATER.assign(carrier=None))).all()


def test_a_missing_column_is_named_and_other_columns_do_not_matter(made: Made) -> None:
    teacher, task = made
    fitted = teacher.fit(known(task))
    with pytest.raises(MissingColumns, match="carrier, temp"):
        fitted.score(LATER.drop(columns=["carrier", "temp"]))
    shuffled = LATER.assign(extra=1)[["extra", "temp", "gust", "carrier", "distance"]]
    np.testing.assert_array_equal(fitted.score(shuffled), fitted.score(LATER))


def test_the_report_names_the_features_and_the_weight_of_each(made: Made) -> None:
    teacher, task = made
    report = teacher.fit(known(task)).report
    assert report.features == tuple(LATER.columns)
    assert not report.importance or set(report.importance) == set(LATER.columns)
    assert report.importance.get("gust", 0.0) == 0.0


def test_a_folder_without_a_model_is_said_to_have_none(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    with pytest.raises(BadPackage, match=r"holds no fitted model: learner.json is missing"):
        teacher.load(tmp_path)
    teacher.fit(known(task)).save(tmp_path)
    (tmp_path / "learner.json").write_text('{"kind": "oracle", "task": "binary", "format": 1}')
    with pytest.raises(BadPackage, match=r"kind of .* == 'oracle', must be one of lightgbm, sklearn, python"):
        load_package(tmp_path)
    (tmp_path / "learner.json").write_text('{"kind": "lightgbm", "task": "binary", "format": 99}')
    with pytest.raises(BadPackage, match="== 99, must be 1"):
        load_package(tmp_path)
