"""What MLflow tells its users of a version: the columns to send, and what comes back."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.mlflow_registry import MlflowRegistry
from retrain_platform.adapters.model_signature import signature_of
from retrain_platform.adapters.packaged_model import PackagedModel, keep_package, load_package
from retrain_platform.training import LightGBM
from retrain_platform.training.base import Rows


def rows(count: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "seats": rng.integers(1, 9, count),
            "share": rng.random(count),
            "shop": rng.choice(["north", "south"], count),
            "known": rng.random(count) > 0.5,
        }
    )


def kept(folder: Path, task: Any) -> Path:
    """A small package of the task."""
    frame = rows()
    labels: Any = (frame["share"] > 0.5).to_numpy(np.float64)
    if task == "multiclass":
        labels = np.where(frame["share"] > 0.6, "good", np.where(frame["share"] > 0.3, "fair", "bad")).astype(object)
    recipe = LightGBM.model_validate({"rounds": 3, "params": {"min_data_in_leaf": 5}})
    keep_package(learner(recipe, task).fit(Rows(frame, labels)), folder / "final")
    return folder / "final"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept(tmp_path_factory.mktemp("package"), "binary")


@pytest.fixture(scope="module")
def served(package: Path, mlflow_place: Path, tracking_uri: str) -> Any:
    """The registered version as an MLflow user loads it."""
    registry = MlflowRegistry(tracking_uri, mlflow_place / "artifacts", mlflow_place / "cache")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "An input example was not provided")
        made = registry.register("signed", "d1", package, {})
    mlflow.set_tracking_uri(tracking_uri)
    return mlflow.pyfunc.load_model(f"models:/signed/{made.version}")


def test_the_version_names_its_columns_and_its_answer(served: Any) -> None:
    signature = served.metadata.signature
    assert [(column.name, column.required) for column in signature.inputs] == [(name, True) for name in rows()]
    assert signature.outputs.to_dict() == [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": (-1,)}}]


@pytest.mark.parametrize(
    "sent",
    [
        lambda frame: frame,
        lambda frame: frame.assign(seats=frame["seats"].where(frame["seats"] > 2), extra="not asked for"),
        lambda frame: frame.assign(share=1, known=frame["known"].astype(float)),
        lambda frame: frame.assign(shop=frame["shop"].astype("category")),
        lambda frame: frame.assign(shop=np.nan, seats=frame["seats"].astype("Int64")),
    ],
    ids=["as it learned", "whole numbers with gaps", "no fractions", "a category", "no texts at all"],
)
def test_mlflow_refuses_nothing_that_the_model_takes(served: Any, package: Path, sent: Any) -> None:
    frame = sent(rows(20))
    np.testing.assert_array_equal(served.predict(frame), PackagedModel(load_package(package)).predict(frame))


def test_a_request_without_a_column_is_refused_by_name(served: Any) -> None:
    with pytest.raises(MlflowException, match="missing inputs \\['share'\\]"):
        served.predict(rows(2).drop(columns="share"))


def test_of_several_classes_the_answer_is_what_the_package_answers(tmp_path: Path) -> None:
    folder = kept(tmp_path, "multiclass")
    answered = PackagedModel(load_package(folder)).predict(rows(5))
    assert signature_of(folder).outputs.input_names() == list(answered)


def test_a_folder_that_is_no_package_has_none(tmp_path: Path) -> None:
    assert signature_of(tmp_path) is None
