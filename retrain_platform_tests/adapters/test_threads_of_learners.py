"""`operation.resources.cpu`: as many threads fit and score, and the model is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import effective_n_jobs
from pydantic import TypeAdapter

from retrain_platform.adapters.ensemble_learner import FittedEnsemble
from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.lightgbm_learner import FittedLightGBM
from retrain_platform.adapters.packaged_model import keep_package, load_package
from retrain_platform.adapters.sklearn_threads import on_threads
from retrain_platform.resources import Settings, workshop
from retrain_platform.training import LearnerSpec
from retrain_platform.training.base import Fitted, Rows
from retrain_platform.training.semantic_version import recipe_fingerprint
from retrain_platform_tests.steps.tiny import rows, tiny_spec

LIGHTGBM = {"kind": "lightgbm", "rounds": 10, "params": {"num_leaves": 7, "min_data_in_leaf": 20}}
FOREST = {
    "kind": "sklearn",
    "estimator": "sklearn.ensemble.RandomForestClassifier",
    "params": {"n_estimators": 12, "max_depth": 4},
}
ENSEMBLE = {"kind": "ensemble", "by": "shop", "min_rows": 50, "member": LIGHTGBM}


def given() -> Rows:
    frame = rows(tiny_spec().period.at(2), 1200)
    return Rows(frame[["x", "shop"]], frame["bad"].to_numpy(np.float64))


def fitted(fields: dict[str, Any], threads: int) -> Fitted:
    spec: LearnerSpec = TypeAdapter(LearnerSpec).validate_python(fields)
    return learner(spec, "binary", threads=threads).fit(given())


@pytest.mark.parametrize("fields", [LIGHTGBM, FOREST, ENSEMBLE], ids=lambda fields: str(fields["kind"]))
def test_the_model_is_the_same_on_any_number_of_threads(fields: dict[str, Any], tmp_path: Path) -> None:
    plain, counted = fitted(fields, 0), fitted(fields, 2)
    assert plain.fingerprint() == counted.fingerprint()
    keep_package(counted, tmp_path / "package")
    frame = given().frame
    np.testing.assert_array_equal(load_package(tmp_path / "package", threads=2).score(frame), plain.score(frame))


def test_boosted_trees_take_the_threads_when_they_learn_and_when_they_are_loaded(tmp_path: Path) -> None:
    one = fitted(LIGHTGBM, 2)
    assert isinstance(one, FittedLightGBM)
    assert "[num_threads: 2]" in one.booster.model_to_string()
    keep_package(one, tmp_path / "one")
    keep_package(fitted(ENSEMBLE, 2), tmp_path / "several")
    loaded, several = (load_package(tmp_path / name, threads=2) for name in ("one", "several"))
    assert isinstance(loaded, FittedLightGBM)
    assert isinstance(several, FittedEnsemble)
    assert loaded._threads == 2
    assert [model._threads for model in several._models if isinstance(model, FittedLightGBM)] == [2] * 3


def test_scikit_learn_has_them_while_it_fits_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    from sklearn.ensemble import RandomForestClassifier

    seen: list[int] = []
    fit = RandomForestClassifier.fit

    def watched(self: Any, *args: Any, **more: Any) -> Any:
        seen.append(effective_n_jobs(self.n_jobs))
        return fit(self, *args, **more)

    monkeypatch.setattr(RandomForestClassifier, "fit", watched)
    for threads in (0, 2):
        fitted(FOREST, threads)
    assert seen == [1, 2]
    assert effective_n_jobs(None) == 1


def test_openmp_has_as_many_while_it_lasts() -> None:
    from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
    from threadpoolctl import threadpool_info

    def counts() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"}

    assert _openmp_effective_n_threads() >= 1  # its library is loaded
    before = counts()
    with on_threads(3):
        assert counts() == {3}
    assert counts() == before


def test_a_workshop_takes_what_the_spec_says_and_the_recipe_stays_the_same(tmp_path: Path) -> None:
    source = {"kind": "files", "path": "rows/*.parquet", "event_time": "at", "entity": "who"}
    plain, asks = (tiny_spec(source=source, operation={"resources": more}) for more in ({}, {"cpu": 2}))
    at = Settings(home=tmp_path, ledger_url=f"sqlite:///{tmp_path / 'l.db'}", tracking_uri="sqlite:///nowhere.db")
    shops = [workshop(spec, at) for spec in (plain, asks)]
    made = [shop.teach(shop.spec.training).fit(given()) for shop in shops]
    assert ["[num_threads: 2]" in one.booster.model_to_string() for one in made if isinstance(one, FittedLightGBM)] == [
        False,
        True,
    ]
    assert made[0].fingerprint() == made[1].fingerprint()
    keep_package(made[1], tmp_path / "package")
    loaded = shops[1].load(tmp_path / "package")
    assert isinstance(loaded, FittedLightGBM)
    assert loaded._threads == 2
    recipes = {recipe_fingerprint(spec.training, ["x"], "bad", "binary") for spec in (plain, asks)}
    assert len(recipes) == 1
