import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io

from retrain_platform.adapters.content_digest import digest
from retrain_platform.adapters.package_files import BadPackage
from retrain_platform.adapters.sklearn_learner import SklearnLearner
from retrain_platform.training.base import Rows
from retrain_platform.training.sklearn import Sklearn, Step

FRAME = pd.DataFrame({"x": [1.0, 2, 3, 4, np.nan, 6], "c": ["a", "b", "a", None, "b", "a"]})
LABELS = np.array([1.0, 2, 3, 4, 5, 6])


def learner(name: str, **params: object) -> SklearnLearner:
    return SklearnLearner(Sklearn(estimator=name, params=params), "regression")


def test_a_step_that_scikit_learn_does_not_have_is_named() -> None:
    with pytest.raises(ValueError, match=r"estimator == 'sklearn.linear_model.Rigde', must be a class of scikit-learn"):
        learner("sklearn.linear_model.Rigde").fit(Rows(FRAME, LABELS))
    with pytest.raises(ValueError, match=r"params == alhpa, must be among alpha"):
        learner("sklearn.linear_model.Ridge", alhpa=1).fit(Rows(FRAME, LABELS))


def test_an_estimator_that_does_not_fit_the_task_is_refused() -> None:
    spec = Sklearn(estimator="sklearn.linear_model.Ridge")
    with pytest.raises(ValueError, match=r"must have predict_proba where task == 'binary'"):
        SklearnLearner(spec, "binary").fit(Rows(FRAME, (LABELS > 3).astype(float)))


def test_a_linear_model_on_texts_and_numbers_is_the_one_solved_by_hand() -> None:
    fitted = learner("sklearn.linear_model.Ridge", alpha=1e-9).fit(Rows(FRAME, LABELS))
    number = FRAME["x"].fillna(3.0)  # the median
    matrix = np.column_stack([number, FRAME["c"] == "a", FRAME["c"] == "b", FRAME["c"].isna()]).astype(float)
    by_hand = matrix @ np.linalg.lstsq(matrix, LABELS, rcond=None)[0]
    np.testing.assert_allclose(fitted.score(FRAME), by_hand, rtol=1e-5)
    assert fitted.report.importance["x"] > 0
    assert fitted.report.rounds == 0


def test_a_file_with_foreign_types_is_not_read(tmp_path: Path) -> None:
    learner("sklearn.linear_model.Ridge").fit(Rows(FRAME, LABELS)).save(tmp_path)
    (tmp_path / "pipeline.skops").write_bytes(skops.io.dumps(Step(estimator="sklearn.linear_model.Ridge")))
    with pytest.raises(BadPackage, match=r"types == .*Step.*, must be known to be plain data"):
        learner("sklearn.linear_model.Ridge").load(tmp_path)


FIT_AND_DIGEST = """
import numpy as np
from sklearn.ensemble import RandomForestRegressor
from retrain_platform.adapters.content_digest import digest
x = np.arange(40.0).reshape(20, 2)
found = [digest(RandomForestRegressor(3, random_state=seed).fit(x, x[:, 0] % 3)) for seed in (1, 1, 2)]
"""


def test_a_digest_is_the_same_in_another_process_and_sees_every_number() -> None:
    here: dict[str, list[str]] = {}
    exec(FIT_AND_DIGEST, here)
    command = [sys.executable, "-c", f"{FIT_AND_DIGEST}print(*found)"]
    there = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert here["found"] == there
    assert there[0] == there[1] != there[2]


def test_a_digest_is_of_content() -> None:
    array = np.arange(6.0)
    assert digest({"a": 1, "b": array}) == digest({"b": array.copy(), "a": 1})
    assert digest([1, 2]) != digest([2, 1])
    assert digest(array) != digest(array.reshape(2, 3))
    assert digest({"a": 1}) != digest({"a": 1.0})
    loop: list[object] = [1]
    loop.append(loop)
    assert digest(loop) == digest(loop)
    # Fields with a gap between them: what lies in it is nobody's.
    gapped = np.dtype({"names": ["n", "x"], "formats": ["i1", "f8"], "offsets": [0, 8]})
    one, other = np.zeros(2, gapped), np.frombuffer(bytes([0, *[7] * 7] + [0] * 8) * 2, gapped)
    assert digest(one) == digest(other)
