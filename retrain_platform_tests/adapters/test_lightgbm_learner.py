import hashlib
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from retrain_platform.adapters.lightgbm_learner import FittedLightGBM, LightGBMLearner
from retrain_platform.dataset.preparation import fit_preparation
from retrain_platform.stats.metrics import metric
from retrain_platform.training.base import Rows
from retrain_platform.training.lightgbm import OURS, PARAMETERS, SYNONYMS, LightGBM


def data(count: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": random.normal(size=count), "c": random.choice(list("abcdef"), count)})
    chance = 1 / (1 + np.exp(-frame["x"] * 2 + (frame["c"] == "a") * 2))
    return Rows(frame, (random.random(count) < chance).astype(float))


TRAIN, VALID = data(2000, 1), data(1000, 2)
SPEC = LightGBM(params={"learning_rate": 0.3, "num_leaves": 15}, rounds=200, early_stopping_rounds=10)


def fitted(spec: LightGBM = SPEC, threads: int = 1, rounds: int | None = None, stop: bool = True) -> FittedLightGBM:
    valid = VALID if stop else None
    return LightGBMLearner(spec, "binary", threads=threads).fit(TRAIN, valid=valid, rounds=rounds)


def test_the_fit_stops_early_at_the_best_round_of_its_curve() -> None:
    report = fitted().report
    curve = report.curves["valid_log_loss"]
    assert report.rounds == int(np.argmin(curve)) + 1
    assert len(curve) == report.rounds + SPEC.early_stopping_rounds
    assert set(report.curves) == {"valid_log_loss", "valid_auc"}


def test_of_several_classes_a_round_is_a_tree_for_each() -> None:
    frames = TRAIN.frame, VALID.frame
    grades = [np.where(each["c"] == "a", "low", np.where(each["x"] > 0, "high", "usual")) for each in frames]
    train, valid = map(Rows, frames, grades)
    made = LightGBMLearner(SPEC, "multiclass", threads=1).fit(train, valid=valid)
    curve = made.report.curves["valid_log_loss"]
    assert set(made.report.curves) == {"valid_log_loss"}
    assert made.report.rounds == int(np.argmin(curve)) + 1
    again = LightGBMLearner(SPEC, "multiclass", threads=1).fit(train, rounds=made.report.rounds)
    np.testing.assert_array_equal(again.score(valid.frame), made.score(valid.frame))


def relevant(frame: pd.DataFrame) -> Rows:
    """The rows in queries of 20, those with a greater `x` more relevant."""
    relevance = np.digitize(frame["x"].to_numpy(), (0.5, 1.5)).astype(float)
    return Rows(frame, relevance, queries=np.arange(len(frame)) // 20)


def ranked(order: NDArray[np.intp], valid: Rows | None = None) -> FittedLightGBM:
    """Fitted on the rows in that order, each of the query that it has."""
    learner = LightGBMLearner(SPEC.model_copy(update={"rounds": 20}), "ranking", threads=1)
    return learner.fit(relevant(TRAIN.frame).of(order), valid=valid)


def test_a_query_s_rows_may_stand_anywhere() -> None:
    one_by_one = np.arange(2000).reshape(100, 20).T.ravel()  # the first row of each query, then the second, ...
    assert ranked(one_by_one).fingerprint() == ranked(np.arange(2000)).fingerprint()


def test_a_ranking_stops_by_the_gain_that_we_measure() -> None:
    valid = relevant(VALID.frame)
    made = ranked(np.arange(2000), valid)
    curves = made.report.curves
    assert set(curves) == {"valid_ndcg@10", "valid_map@10"}
    best = metric("ndcg@10").compute(valid.labels, made.score(valid.frame), queries=valid.queries)
    assert max(curves["valid_ndcg@10"]) == pytest.approx(best, abs=0.01)  # ties: ours are in random order


def test_relevance_that_is_no_whole_number_is_refused_with_what_to_do() -> None:
    learner, queries = LightGBMLearner(SPEC, "ranking", threads=1), np.arange(2000) // 20
    with pytest.raises(ValueError, match=r"labels == 0.5 in places, must be whole numbers from 0 to 10000"):
        learner.fit(Rows(TRAIN.frame, np.arange(2000) % 2 / 2, queries=queries))


def test_a_given_number_of_rounds_is_kept_and_without_valid_rows_the_recipe_s() -> None:
    assert fitted(rounds=17).report.rounds == 17
    assert fitted(rounds=17).report.curves == {}
    assert fitted(stop=False).report.rounds == SPEC.rounds


def test_trees_are_the_same_on_any_number_of_threads() -> None:
    sampled = LightGBM(params={"bagging_fraction": 0.5, "bagging_freq": 1, "feature_fraction": 0.5}, rounds=20)
    assert fitted(sampled, threads=1).fingerprint() == fitted(sampled, threads=3).fingerprint()
    assert fitted(sampled).fingerprint() != fitted(sampled.model_copy(update={"seed": 8})).fingerprint()


def test_the_fingerprint_is_of_the_text_before_the_parameters(tmp_path: Path) -> None:
    model = fitted()
    model.save(tmp_path)
    text = (tmp_path / "booster.txt").read_text()
    assert "\nparameters:" in text
    assert model.fingerprint() == hashlib.sha256(text.split("\nparameters:")[0].encode()).hexdigest()


def test_scores_are_lightgbm_s_own(tmp_path: Path) -> None:
    model = fitted()
    model.save(tmp_path)
    frame = VALID.frame.assign(c=VALID.frame["c"].map({letter: code for code, letter in enumerate("abcdef")}))
    own = lgb.Booster(model_file=str(tmp_path / "booster.txt")).predict(frame.to_numpy(float))
    np.testing.assert_array_equal(model.score(VALID.frame), own)


def test_a_value_that_lightgbm_refuses_is_told_by_the_field() -> None:
    with pytest.raises(ValueError, match=r"training.params == \{'num_leaves': -3\}, must suit LightGBM"):
        fitted(LightGBM(params={"num_leaves": -3}))


def test_the_recipe_s_names_are_those_of_the_installed_lightgbm() -> None:
    aliases = lgb.basic._ConfigAliases._get_all_param_aliases()
    assert set(aliases) >= PARAMETERS
    assert {name: main for name, main in SYNONYMS.items() if name not in aliases[main]} == {}
    every = {alias for names in aliases.values() for alias in names} | {"early_stopping_rounds"}
    assert set(OURS) <= every | {"data_seed", "application"}
    assert not set(OURS) & (PARAMETERS | set(SYNONYMS))


def test_the_trees_are_those_of_the_matrix() -> None:
    random = np.random.default_rng(5)
    count = 3000
    frame = pd.DataFrame(
        {
            "x": np.where(random.random(count) < 0.1, np.nan, random.normal(size=count)),
            "whole": random.integers(-3, 1000, count),
            "small": random.normal(size=count).astype(np.float32),
            "flag": random.random(count) < 0.4,
            "c": np.where(random.random(count) < 0.1, None, random.choice(list("abcdefgh"), count).astype(object)),
        }
    )
    labels = (frame["x"].fillna(1) + (frame["c"] == "a") + frame["flag"] + random.normal(size=count) > 1).astype(float)
    preparation = fit_preparation(frame, list(frame))
    learner = LightGBMLearner(SPEC, "binary", threads=1)
    matrix = lgb.Dataset(preparation.transform(frame), labels, categorical_feature=list(preparation.categorical))
    text = lgb.train(learner._parameters((), Rows(frame, labels.to_numpy()), None), matrix, 20).model_to_string()
    expected = hashlib.sha256(text.split("\nparameters:")[0].encode()).hexdigest()
    for each in (frame, frame.astype({"c": "category"})):
        assert learner.fit(Rows(each, labels.to_numpy()), rounds=20).fingerprint() == expected
