"""What the gateway answers is what batch scoring does, for every family of learners and every adjustment."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from retrain_platform.adapters.learners import learner
from retrain_platform.adapters.package_files import Kind
from retrain_platform.adapters.packaged_model import _LOADERS, load_package
from retrain_platform.adapters.pipeline_package import FittedPipeline
from retrain_platform.gateway.base import Row
from retrain_platform.gateway.models.decoding import RowDecoder
from retrain_platform.gateway.models.scoring import NativeScorer
from retrain_platform.gateway.models.versions import CannotServe, Version, loaded_version
from retrain_platform.release.serving import About
from retrain_platform.training.adjusted import Adjustment, adjusted
from retrain_platform.training.base import FitReport, Fitted
from retrain_platform.training.conformance import _frame
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform_tests.contracts.learner_examples import LATER, RECIPES, Made, known

TRUSTED = ("retrain_platform_tests",)
ABOUT = About(model="m", task="binary", label="y", entity="who")


def strange(frame: pd.DataFrame) -> pd.DataFrame:
    """Among the rows unseen categories and missing values."""
    frame = frame.copy()
    frame.loc[frame.index[::5], "carrier"] = "ZZ"
    frame.loc[frame.index[::7], "carrier"] = None
    frame.loc[frame.index[::8], ["temp", "distance"]] = np.nan
    return frame


ROWS = strange(LATER)


def as_requests(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(frame.to_json(orient="records", double_precision=15))


def read(version: Version, frame: pd.DataFrame) -> list[Row]:
    body = json.dumps({"records": as_requests(frame)}).encode()
    return RowDecoder(ABOUT, version.signature).read(body).rows


def agree(fitted: Fitted, folder: Path, frame: pd.DataFrame = ROWS) -> Version:
    """Save it, and compare what a gateway's version answers, row by row and together, with `Fitted.score`."""
    fitted.save(folder)
    version = loaded_version("3", folder, None, TRUSTED)
    wanted = load_package(folder).score(frame)
    rows = read(version, frame)
    together = version.answer(rows)
    assert [each.error for each in together] == [None] * len(frame)
    np.testing.assert_allclose(np.array([each.score for each in together]), wanted, rtol=0, atol=1e-9)
    alone = [version.answer([row])[0].score for row in rows[:40]]
    np.testing.assert_allclose(np.array(alone), wanted[:40], rtol=0, atol=1e-9)
    assert version.classes == fitted.report.classes
    return version


def test_every_learner_answers_at_the_gateway_as_in_batch(made: Made, tmp_path: Path) -> None:
    teacher, task = made
    agree(teacher.fit(known(task)), tmp_path)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_adjusted_scores_are_adjusted_at_the_gateway(task: Any, tmp_path: Path) -> None:
    fitted = learner(LightGBM(rounds=10, params={"min_data_in_leaf": 5}), task).fit(known(task))
    names = fitted.report.classes or ("0", "1")
    factors = dict(zip(names, (0.4, 2.5, 1.7), strict=False))
    adjustment = Adjustment(limits={"temp": (30.0, 60.0), "distance": (500.0, 2000.0)}, factors=factors)
    version = agree(adjusted(fitted, adjustment), tmp_path)
    assert isinstance(version._scorer, NativeScorer)
    assert not np.allclose(fitted.score(ROWS), load_package(tmp_path).score(ROWS))


def test_categories_of_whole_numbers_and_truths_are_read_as_training_took_them(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "gate": pd.Series(random.choice([12, 7, "B4", True, 3.0], 400), dtype=object),
            "late": random.random(400) < 0.5,
            "seats": random.integers(1, 300, 400),
        }
    )
    frame["gate"] = [[12, 7, "B4", True, 3.0, None][k] for k in random.integers(0, 6, 400)]
    labels = ((frame["gate"].astype(str) == "12") ^ frame["late"]).to_numpy(float)
    rows = known("binary")._replace(frame=frame, labels=labels)
    version = agree(learner(LightGBM(rounds=20), "binary").fit(rows), tmp_path, frame)
    one, other = ({"gate": gate, "late": late, "seats": 5} for gate, late in ((12, True), (12.0, 1)))
    answers = version.answer([Row(one, None), Row(other, None)])
    assert answers[0] == answers[1]


def test_ten_thousand_rows_with_missing_values_and_unseen_categories_are_scored_alike(tmp_path: Path) -> None:
    learner(LightGBM(rounds=30, params={"num_leaves": 15}), "binary").fit(known("binary")).save(tmp_path)
    version = loaded_version("3", tmp_path, None, ())
    many = strange(_frame(10_000, 7))
    rows = [Row(fields, None) for fields in as_requests(many)]
    wanted = load_package(tmp_path).score(many)
    alone = np.array([version.answer([row])[0].score for row in rows])
    np.testing.assert_allclose(alone, wanted, rtol=0, atol=1e-9)
    together = np.array([answer.score for answer in version.answer(rows)])
    np.testing.assert_allclose(together, wanted, rtol=0, atol=1e-9)


def test_a_row_that_a_version_cannot_read_spoils_no_other(tmp_path: Path) -> None:
    learner(LightGBM(rounds=3), "binary").fit(known("binary")).save(tmp_path)
    version = loaded_version("3", tmp_path, None, ())
    good = Row({"carrier": "UA", "distance": 5.0, "temp": 1.0, "gust": None}, None)
    lacks, wrong = Row({"carrier": "UA"}, None), Row({**good.fields, "temp": "warm"}, None)
    first, second, third, fourth = version.answer([good, lacks, wrong, good])
    assert first == fourth
    assert first.error is None
    assert (second.score, second.error) == (
        None,
        "distance, temp, gust == nothing, must be there: this version was fitted on it",
    )
    assert third.error == "temp == 'warm', must be a number or null: this version was fitted on numbers"


def test_a_row_that_a_frame_cannot_hold_spoils_no_other(tmp_path: Path) -> None:
    from pydantic import TypeAdapter

    from retrain_platform.training import LearnerSpec

    spec = TypeAdapter(LearnerSpec).validate_python(
        {"kind": "sklearn", "estimator": "sklearn.linear_model.LogisticRegression"}
    )
    learner(spec, "binary").fit(known("binary")).save(tmp_path)
    version = loaded_version("3", tmp_path, None, ())
    good = Row({"carrier": "UA", "distance": 5.0, "temp": 1.0, "gust": None}, None)
    first, second, third = version.answer([good, Row({"carrier": "UA"}, None), Row({**good.fields, "temp": "x"}, None)])
    assert first.error is None
    assert (second.score, third.score) == (None, None)
    assert "distance" in str(second.error)
    assert "x" in str(third.error)


def test_a_pipeline_of_others_answers_as_in_batch(tmp_path: Path) -> None:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rows = known("regression")
    texts = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["carrier"]), remainder="passthrough")
    pipeline = make_pipeline(texts, LinearRegression())
    filled = rows.frame.assign(gust=1.0).fillna({"temp": 50.0, "carrier": "none"})
    report = FitReport(rounds=0, features=tuple(filled.columns), importance={})
    version = agree(FittedPipeline(pipeline.fit(filled, rows.labels), "regression", report), tmp_path, filled.iloc[:50])
    assert set(version.signature.kinds.values()) == {"any"}


def test_trees_of_other_columns_than_the_preparation_has_are_never_asked(tmp_path: Path) -> None:
    """The library takes a row for as long as its trees are wide: a shorter one would be read beyond its end."""
    learner(LightGBM(rounds=3), "binary").fit(known("binary")).save(tmp_path)
    preparation = json.loads((tmp_path / "preparation.json").read_text())
    preparation["features"] = preparation["features"][:-1]
    (tmp_path / "preparation.json").write_text(json.dumps(preparation))
    with pytest.raises(CannotServe, match=r"features == 3 of .*, must be 4 as its trees have"):
        loaded_version("3", tmp_path, None, ())


def test_no_learner_escapes_and_the_adopted_ones_are_there_too() -> None:
    asked = {kind for kind, _, _ in RECIPES} | {"pipeline"}
    assert asked == set(get_args(Kind)) == set(_LOADERS)


def test_several_threads_may_ask_one_version(tmp_path: Path) -> None:
    """Small requests on the event loop, large ones in threads, and rows beside, all of the same trees."""
    version = agree(learner(LightGBM(rounds=60), "multiclass").fit(known("multiclass")), tmp_path, LATER.iloc[:5])
    rows = read(version, ROWS)
    wanted = version.answer(rows)

    def ask(size: int) -> bool:
        parts = [rows[at : at + size] for at in range(0, len(rows), size)]
        return all([answer for part in parts for answer in version.answer(part)] == wanted for _ in range(4))

    with ThreadPoolExecutor(6) as threads:
        assert all(threads.map(ask, (1, 3, 64, 65, 300, 1)))
