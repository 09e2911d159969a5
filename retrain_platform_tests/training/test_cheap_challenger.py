"""A recipe made cheap."""

from retrain_platform.training.challenger import cheap
from retrain_platform.training.lightgbm import LightGBM
from retrain_platform.training.sklearn import Sklearn


def test_trees_get_fewer_and_smaller_never_more() -> None:
    large = LightGBM(params={"num_leaves": 63, "learning_rate": 0.05, "lambda_l2": 2.0}, rounds=300)
    small = LightGBM(params={"num_leaves": 7, "learning_rate": 0.3}, rounds=20)
    made = cheap(large, trees=60, leaves=31)
    assert isinstance(made, LightGBM)
    assert (made.rounds, made.params) == (60, {"num_leaves": 31, "learning_rate": 0.1, "lambda_l2": 2.0})
    kept = cheap(small, trees=60, leaves=31)
    assert isinstance(kept, LightGBM)
    assert (kept.rounds, kept.params) == (20, small.params)


def test_an_estimator_of_scikit_learn_stays_as_it_is() -> None:
    recipe = Sklearn(estimator="sklearn.linear_model.Ridge")
    assert cheap(recipe, trees=5, leaves=2) is recipe
