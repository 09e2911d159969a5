"""No pickle, and no class, that the spec does not name is loaded by a gateway."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from retrain_platform.adapters.package_files import write_package
from retrain_platform.dataset.preparation import Preparation
from retrain_platform.gateway.models.trust import Untrusted, must_be_trusted
from retrain_platform.gateway.models.versions import CannotServe, loaded_version
from retrain_platform.training.base import FitReport

OWN = ("retrain_platform_tests",)


class Line:
    """A model of ours, as far as a pickle goes."""

    def __init__(self) -> None:
        self.weights = [0.5]


class Harm:
    """What a stranger would send."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.marker),))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "model").mkdir(parents=True)
    report = FitReport(rounds=0, features=("x",), importance={})
    write_package(folder, "python", "regression", Preparation(features=("x",)), report)
    return folder


def pyfunc(package: Path, pickled: bytes, **changed: Any) -> None:
    (package / "class.json").write_text(json.dumps({"class": "mlflow.pyfunc"}))
    about = {"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl", **changed}
    (package / "model" / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": about}}))
    (package / "model" / "python_model.pkl").write_bytes(pickled)


def test_a_foreign_pickle_is_refused_and_nothing_of_it_ran(package: Path, tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    pyfunc(package, pickle.dumps(Harm(marker)))
    with pytest.raises(CannotServe, match=r"its pickle names posix\.mkdir, must be of a trusted package"):
        loaded_version("4", package, None, OWN)
    assert not marker.exists()


def test_a_pickle_of_a_trusted_package_is_read_and_of_no_other(package: Path) -> None:
    pyfunc(package, pickle.dumps({"model": Line(), "of": [1.0, None, "text"]}))
    must_be_trusted(package, OWN)
    with pytest.raises(Untrusted, match=r"names .*Line, must be of a trusted package \(none\)"):
        must_be_trusted(package, ())
    with pytest.raises(Untrusted, match="must be of a trusted package"):
        must_be_trusted(package, ("retrain_platform_test",))


def test_what_a_trusted_module_only_imports_is_not_trusted(package: Path) -> None:
    here = Line.__module__.encode()
    pyfunc(package, b"\x80\x04\x8c" + bytes([len(here)]) + here + b"\x8c\x08os.mkdir\x93.")
    with pytest.raises(Untrusted, match=r"os\.mkdir, which is of posix"):
        must_be_trusted(package, OWN)


@pytest.mark.parametrize(
    "changed",
    [{"loader_module": "mlflow.sklearn"}, {"code": "code"}, {"python_model": "other.pkl"}, {"loader_module": None}],
)
def test_mlflow_is_only_followed_where_it_reads_that_pickle(package: Path, changed: dict[str, Any]) -> None:
    pyfunc(package, pickle.dumps({}), **changed)
    with pytest.raises(Untrusted, match="to be loaded by a gateway"):
        must_be_trusted(package, OWN)


def test_a_torn_pickle_or_description_is_refused(package: Path) -> None:
    pyfunc(package, pickle.dumps({"a": 1})[:-3])
    with pytest.raises(Untrusted, match="cannot be read"):
        must_be_trusted(package, OWN)
    (package / "model" / "MLmodel").write_text("flavors: [")
    with pytest.raises(Untrusted, match="MLmodel cannot be read"):
        must_be_trusted(package, OWN)
    (package / "class.json").unlink()
    with pytest.raises(Untrusted, match=r"class\.json cannot be read"):
        must_be_trusted(package, OWN)


@pytest.mark.parametrize("named", ["os:system", "shutil:rmtree", "", "retrain_platform:RetrainedModel"])
def test_a_class_of_somebody_elses_is_not_imported(package: Path, named: str) -> None:
    (package / "class.json").write_text(json.dumps({"class": named}))
    with pytest.raises(CannotServe, match="its class is"):
        loaded_version("4", package, None, OWN)


def test_a_family_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    report = FitReport(rounds=0, features=("x",), importance={})
    write_package(tmp_path, "python", "regression", Preparation(features=("x",)), report)
    (tmp_path / "learner.json").write_text('{"kind": "oracle", "task": "binary", "format": 1}')
    with pytest.raises(CannotServe, match=r"kind of .* == 'oracle', must be one of"):
        loaded_version("4", tmp_path, None, OWN)
    with pytest.raises(CannotServe, match="holds no fitted model"):
        loaded_version("4", tmp_path / "nowhere", None, OWN)


@pytest.mark.parametrize("kind", ["sklearn", "pipeline"])
def test_a_pipeline_that_holds_somebody_elses_type_is_refused(tmp_path: Path, kind: Any) -> None:
    import skops.io

    report = FitReport(rounds=0, features=("x",), importance={})
    write_package(tmp_path, kind, "regression", Preparation(features=("x",)), report)
    (tmp_path / "pipeline.skops").write_bytes(skops.io.dumps(Line()))
    with pytest.raises(CannotServe, match="Line"):
        loaded_version("4", tmp_path, None, OWN)


def test_trees_that_are_none_are_refused(tmp_path: Path) -> None:
    report = FitReport(rounds=0, features=("x",), importance={})
    write_package(tmp_path, "lightgbm", "regression", Preparation(features=("x",)), report)
    for text in ("", "tree\nversion=v4\n", "\x80\x04."):
        (tmp_path / "booster.txt").write_text(text)
        with pytest.raises(CannotServe, match="version 4 cannot be loaded"):
            loaded_version("4", tmp_path, None, OWN)
