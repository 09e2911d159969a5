"""LightGBM's configuration: gradient boosted trees, stopped early on the newest rows before the holdout."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from retrain_platform.dataset.duration import Duration
from retrain_platform.training.budget import TimeLimit
from retrain_platform.training.incremental import MoreTrees
from retrain_platform.training.recipe import Recipe
from retrain_platform.training.search import Dimension, Found

PARAMETERS = frozenset(
    {
        "bagging_fraction", "bagging_freq", "bin_construct_sample_cnt", "boost_from_average", "cat_l2", "cat_smooth",
        "data_sample_strategy", "extra_trees", "feature_fraction", "feature_fraction_bynode", "is_unbalance",
        "lambda_l1", "lambda_l2", "learning_rate", "linear_lambda", "linear_tree", "max_bin", "max_cat_threshold",
        "max_cat_to_onehot", "max_delta_step", "max_depth", "min_data_in_bin", "min_data_in_leaf",
        "min_data_per_group", "min_gain_to_split", "min_sum_hessian_in_leaf", "neg_bagging_fraction", "num_leaves",
        "other_rate", "path_smooth", "pos_bagging_fraction", "scale_pos_weight", "top_rate",
    }
)  # fmt: skip
"""What `params` may hold, by LightGBM's own names: that which shapes the trees."""

SYNONYMS = {
    "colsample_bynode": "feature_fraction_bynode",
    "colsample_bytree": "feature_fraction",
    "eta": "learning_rate",
    "max_bins": "max_bin",
    "max_leaf_nodes": "num_leaves",
    "max_leaves": "num_leaves",
    "min_child_samples": "min_data_in_leaf",
    "min_child_weight": "min_sum_hessian_in_leaf",
    "min_data": "min_data_in_leaf",
    "min_samples_leaf": "min_data_in_leaf",
    "min_split_gain": "min_gain_to_split",
    "reg_alpha": "lambda_l1",
    "reg_lambda": "lambda_l2",
    "shrinkage_rate": "learning_rate",
    "subsample": "bagging_fraction",
    "subsample_freq": "bagging_freq",
    "unbalance": "is_unbalance",
}
"""Other names of the same parameters: one name each, so that two specs can be compared."""

_REPEATABLE = "is fixed, so that the same decision gives the same trees: leave it out"
_BY_TASK = "follows from task: leave it out"
_BY_SEED = "is set by training.seed"
_BY_ROUNDS = "is set by training.rounds"
_BY_PATIENCE = "is set by training.early_stopping_rounds"
_BY_MACHINE = "is the machine's business, and changes no tree: set OMP_NUM_THREADS, or operation.resources.cpu"

OURS = {
    **dict.fromkeys(("deterministic", "force_col_wise", "force_row_wise"), _REPEATABLE),
    **dict.fromkeys(("application", "loss", "metric", "metrics", "num_class", "num_classes", "objective"), _BY_TASK),
    **dict.fromkeys(
        (
            "bagging_seed", "data_random_seed", "data_seed", "drop_seed", "extra_seed", "feature_fraction_seed",
            "objective_seed", "random_seed", "random_state", "seed",
        ),
        _BY_SEED,
    ),
    **dict.fromkeys(
        (
            "max_iter", "n_estimators", "n_iter", "nrounds", "num_boost_round", "num_iteration", "num_iterations",
            "num_round", "num_rounds", "num_tree", "num_trees",
        ),
        _BY_ROUNDS,
    ),
    **dict.fromkeys(
        ("early_stopping", "early_stopping_round", "early_stopping_rounds", "n_iter_no_change"), _BY_PATIENCE
    ),
    **dict.fromkeys(("n_jobs", "nthread", "nthreads", "num_thread", "num_threads"), _BY_MACHINE),
    **dict.fromkeys(("categorical_feature", "categorical_features"), "follows from the columns: texts are categories"),
}  # fmt: skip
"""What would fight with another field of the spec, and which one."""

FLAGS = frozenset({"boost_from_average", "extra_trees", "is_unbalance", "linear_tree"})
"""The parameters that are true or false."""

COUNTS = frozenset(
    {
        "bagging_freq", "bin_construct_sample_cnt", "max_bin", "max_cat_threshold", "max_cat_to_onehot", "max_depth",
        "min_data_in_bin", "min_data_in_leaf", "min_data_per_group", "num_leaves",
    }
)  # fmt: skip
"""The parameters that are whole numbers."""


class LightGBM(Recipe):
    """Trees by LightGBM's own names in `params`, at most `rounds` of them.

    The fit stops when `early_stopping_rounds` more trees have not helped on the part `early_stop_on`,
    the newest before the holdout; the refit takes as many trees as were best there. `stop_metric` says
    what must have helped: None takes the task's loss, which also follows how often the label is 1 there.
    A fit that takes longer than `time_limit` ends there with the best of its trees so far: not repeatable, said so.
    """

    kind: Literal["lightgbm"] = "lightgbm"
    params: dict[str, float | int | bool | str] = {}
    rounds: int = Field(default=300, ge=1, le=100_000)
    early_stopping_rounds: int = Field(default=30, ge=1)
    stop_metric: Literal["auc", "log_loss", "rmse", "mae", "ndcg@10", "map@10"] | None = None
    early_stop_on: Duration = timedelta(weeks=1)
    time_limit: TimeLimit | None = None
    incremental: MoreTrees | None = None

    @field_validator("params")
    @classmethod
    def _known_parameters(cls, value: dict[str, float | int | bool | str]) -> dict[str, float | int | bool | str]:
        problems = [f"{name} == {value[name]!r} {cure}" for name, cure in _refused(value)]
        if problems:
            raise ValueError("; ".join(problems))
        return value

    @model_validator(mode="after")
    def _searched_parameters(self) -> LightGBM:
        space = self.search.space if self.search else {}
        problems = [f"search.space.{name} {cure}" for name, cure in _refused(dict.fromkeys(space, 0))]
        problems += [said for name, dimension in space.items() for said in _misfit(name, dimension)]
        problems += [
            f"params.{name} == {self.params[name]!r}, must be in search.space.{name}: the search begins with it"
            for name, dimension in space.items()
            if name in self.params and not dimension.holds(self.params[name])
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def with_params(self, found: Found) -> LightGBM:
        """The recipe that a search found: nothing more is searched."""
        return self.model_copy(update={"params": {**self.params, **found}, "search": None})

    def own_params(self) -> Found:
        """The parameters as the recipe writes them."""
        return self.params


def _refused(params: dict[str, float | int | bool | str]) -> Iterator[tuple[str, str]]:
    for name in params:
        if name in OURS:
            yield name, OURS[name]
        elif name in SYNONYMS:
            yield name, f"must be written {SYNONYMS[name]}, LightGBM's own name for it"
        elif name not in PARAMETERS:
            close = difflib.get_close_matches(name, PARAMETERS, 1)
            yield name, f"is no parameter known here{f': did you mean {close[0]}?' if close else ''}"


def _misfit(name: str, dimension: Dimension) -> Iterator[str]:
    """What is wrong with a range for this parameter."""
    if dimension.choices is not None:
        return
    if name in FLAGS or name == "data_sample_strategy":
        yield f"search.space.{name} == a range, must be choices"
    elif name in COUNTS and not dimension.whole:
        yield f"search.space.{name}.low == {dimension.low}, .high == {dimension.high}, must be whole numbers"
    elif name in PARAMETERS - COUNTS and dimension.whole:
        yield (
            f"search.space.{name}.low == {dimension.low}, .high == {dimension.high}, must be fractions, "
            f"as in {dimension.low}.0: whole numbers would be tried alone"
        )
