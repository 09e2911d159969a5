"""A user's own function as a learner: judged by the suite of the family, its errors by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import BadPackage
from retrain_platform.adapters.packaged_model import load_package
from retrain_platform.training.base import OneClass, PluginFailed
from retrain_platform.training.conformance import made_up, unmet
from retrain_platform.training.python import PythonLearner
from retrain_platform_tests.training import own_learners

SEEN = made_up("binary")


def own(name: str, **params: Any) -> Any:
    spec = PythonLearner(call=f"retrain_platform_tests.training.own_learners:{name}", params=params)
    return learner(spec, "binary")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("breaks", "raised MemoryError: no room for 600 rows"),
        ("bare", "returned float without score, save, load, must return an object with score, save and load, or an ML"),
        ("local", "must be of a class that can be imported"),
        ("nowhere", "must name a function of"),
    ],
)
def test_a_function_that_gives_no_model_is_named_with_its_error(name: str, said: str) -> None:
    with pytest.raises(PluginFailed, match=r"^training.call: ") as caught:
        own(name).fit(SEEN.train)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    (told,) = unmet(own(name), "binary")
    assert told.startswith("must fit 600 rows of 4 columns: PluginFailed: ")


@pytest.mark.parametrize(
    ("how", "said"),
    [("nan", "must be finite"), ("twice", "one number a row"), ("wide", "must be from 0 to 1 where task == 'binary'")],
)
def test_scores_that_are_none_never_leave_the_model(how: str, said: str) -> None:
    fitted = own("odd", how=how).fit(SEEN.train)
    with pytest.raises(PluginFailed, match=said):
        fitted.score(SEEN.later)
    assert any(said in told for told in unmet(own("odd", how=how), "binary"))


def test_weights_are_minded_or_refused() -> None:
    assert unmet(own("careless"), "binary") == [
        "must learn more from rows that weigh more: heavy right labels teach no more than heavy wrong ones"
    ]
    assert unmet(own("unweighted"), "binary") == []
    with pytest.raises(PluginFailed, match="has no parameter weights, must have one where half_life or balance"):
        own("unweighted").fit(SEEN.train._replace(weights=np.ones(600)))
    with pytest.raises(PluginFailed, match="must name a function"):
        own("nowhere").fit(SEEN.train._replace(weights=np.ones(600)))


def test_what_a_function_does_not_keep_is_told_in_sentences() -> None:
    told = unmet(own("moody"), "binary")
    assert "must give the same model for the same rows: a second fit scores otherwise; fix its seed" in told
    assert any(said.startswith("must learn something: every row has the score") for said in told)
    assert unmet(own("fit"), "binary") == []


def test_labels_that_cannot_be_learned_from_never_reach_the_function() -> None:
    with pytest.raises(OneClass):
        own("breaks").fit(SEEN.train._replace(labels=np.ones(600)))


def test_the_platforms_coded_texts_reach_it_as_texts_and_its_rows_are_a_copy() -> None:
    plain = SEEN.train.frame
    coded = plain.assign(carrier=plain["carrier"].astype("category"))
    before = coded.copy()
    fitted = own("fit").fit(SEEN.train._replace(frame=coded))
    np.testing.assert_array_equal(fitted.score(coded), own("fit").fit(SEEN.train).score(plain))
    pd.testing.assert_frame_equal(coded, before)


def test_a_model_whose_class_is_gone_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own("fit").fit(SEEN.train).save(tmp_path)
    monkeypatch.delattr(own_learners, "Line")
    with pytest.raises(BadPackage, match=r"cannot be loaded by its own class: AttributeError: .* 'Line'"):
        load_package(tmp_path)
